/* tui/say.h - how the program speaks: errors in one line, and suggestions */
#ifndef UI_SAY_H
#define UI_SAY_H

#include <stdbool.h>
#include <stddef.h>

#include "traces/i18n.h"

/* Exit statuses of every command (record's is its program's). */
enum ui_status { UI_OK = 0, UI_FAILED = 1, UI_USAGE = 2 };

/* The command that speaks: "run". NULL: the program itself. */
void ui_say_as(const char *command);

/* ui_complain - one line on stderr: `forkscope COMMAND: what; what to do`
 * Control characters of the message never reach the terminal.
 * Returns  UI_FAILED */
int ui_complain(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The same for a command that was called wrongly: says where help is to be had.
 * Returns UI_USAGE */
int ui_misused(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* One line on stderr that is no error. */
void ui_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* ui_nearest - what was probably meant
 * names    ends with NULL
 * Returns  the one that differs from `word` by the fewest letters, if they are few
 *          enough for a slip; else NULL */
const char *ui_nearest(const char *word, const char *const *names);

#endif
