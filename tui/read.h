/* tui/read.h - times, numbers and sizes as people write them */
#ifndef UI_READ_H
#define UI_READ_H

#include <stdbool.h>

/* "1.25s", "300ms", "40us", "9ns"; seconds without a unit. All return false, and
 * leave the result alone, if it is nothing of the kind. */
bool ui_read_time(const char *text, long long *ns);
/* 1, 2, 3, ... */
bool ui_read_number(const char *text, unsigned long long *number);
/* "80x24"; each side 1 to `most` */
bool ui_read_size(const char *text, int most, int *columns, int *rows);

#endif
