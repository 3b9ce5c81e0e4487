/* tui/tell.h - an event in one sentence, for the front-end */
#ifndef UI_TELL_H
#define UI_TELL_H

#include <stdint.h>

struct trace;
struct trace_record;

/* ui_tell - what happened, in the reader's language; for free(3), never NULL */
char *ui_tell(struct trace *trace, const struct trace_record *record);

/* A state's name in the reader's language; "" for 0. */
const char *ui_state_name(unsigned state);

#endif
