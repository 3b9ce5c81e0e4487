/* tests/support/screen.h - a program in a terminal that a test can read
 *
 * The program runs in a pseudo-terminal; what it writes goes through libvterm, a
 * real terminal emulator, and the test reads the cells. Nothing here sleeps: waits
 * end when what is waited for is there, and fail after a limit. */
#ifndef TESTS_SUPPORT_SCREEN_H
#define TESTS_SUPPORT_SCREEN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct screen;

struct screen_options {
	char *const *argv;
	char *const *environment;	/* "NAME=value", NULL at the end; or NULL */
	int columns, rows;
	bool stdin_null;		/* stdin is /dev/null, not the terminal */
};

/* Starts the program; the test fails if that is impossible. */
struct screen *screen_start(const struct screen_options *options);
/* Ends the program if it still runs. */
void screen_free(struct screen *screen);

/* screen_wait - read until `text` is somewhere on the screen
 * Returns  false after 20 s, or when the program has ended without it */
bool screen_wait(struct screen *screen, const char *text);
/* Until `text` is nowhere on the screen. */
bool screen_wait_gone(struct screen *screen, const char *text);
void screen_type(struct screen *screen, const char *bytes);
void screen_resize(struct screen *screen, int columns, int rows);
/* The whole screen, a line a row; valid until the next call. */
const char *screen_text(struct screen *screen);
/* How many cells have a background colour of their own. */
int screen_colored(struct screen *screen);
/* Whether the program has asked for something a proper one takes back. */
bool screen_is_alternate(const struct screen *screen);
bool screen_shows_cursor(const struct screen *screen);
bool screen_has_mouse(const struct screen *screen);
/* Whether echo and line mode are on. */
bool screen_is_cooked(const struct screen *screen);
/* Whether these bytes were ever sent to the terminal. */
bool screen_got(const struct screen *screen, const char *bytes);

pid_t screen_pid(const struct screen *screen);
/* Closes the terminal, as when its window is closed. */
void screen_hang_up(struct screen *screen);
/* screen_end - wait until the program ends; its wait status, -1 after 20 s */
int screen_end(struct screen *screen);
/* Waits until the program has stopped (Ctrl-Z). */
bool screen_wait_stopped(struct screen *screen);
/* Time the program has spent on a processor, in clock ticks. */
long screen_cpu_ticks(const struct screen *screen);

#endif
