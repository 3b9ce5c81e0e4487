/* tui/manual.h - the lists in the manual pages, printed from the tables
 *
 * `forkscope --dump-man PAGE` prints a manual page with the regions between
 *
 *   .\" begin LIST
 *   .\" end
 *
 * made anew, where LIST is `commands`, `options COMMAND` (COMMAND empty: of the
 * menu), `events`, `states`, `objects`, `roles`, `ends`, `keys`. A test compares
 * the result with the page, so that pages cannot lie. */
#ifndef UI_MANUAL_H
#define UI_MANUAL_H

/* Returns an exit status. */
int ui_manual_print(const char *path);

#endif
