/* traces/recover.h - finish a trace whose recorder is gone */
#ifndef TRACE_RECOVER_H
#define TRACE_RECOVER_H

#include <stddef.h>

/* trace_recover - make a trace whole from what a crash has left beside it
 * What is in the trace already, in the spill file and in the ring file becomes
 * one trace, no slot twice; then the two files are removed. If the program still
 * runs, it stops recording. A ring file alone, without a usable trace, is enough.
 * error    one line that says what is wrong and what to do
 * Returns  0, also if there was nothing left to do; -1: nothing was changed that
 *          a second try could not go on from
 * Blocks   as long as the rows take, about a second for a million */
int trace_recover(const char *path, char *error, size_t error_size);

#endif
