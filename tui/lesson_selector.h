/* tui/lesson_selector.h - `EVENT [AGENT] ["TEXT"] [#N]` read */
#ifndef UI_LESSON_SELECTOR_H
#define UI_LESSON_SELECTOR_H

#include <stdbool.h>

struct lesson_moment;

/* lesson_selector_read - fill in the selector of a moment
 * strict   the event must be one we know
 * wrong    receives what is wrong, for free(3), when false is returned */
bool lesson_selector_read(const char *selector, bool strict,
			  struct lesson_moment *moment, char **wrong);

#endif
