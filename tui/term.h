/* tui/term.h - a terminal: shows canvases, gives keys
 *
 * Only term_curses.c knows how. Where the signals of a terminal go is decided
 * here too: they set flags, and ui_term_wait tells. */
#ifndef UI_TERM_H
#define UI_TERM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tui/app.h"
#include "tui/canvas.h"

struct ui_term;

struct ui_input {
	int key;		/* UI_KEY_NONE: nothing more to read */
	int x, y, wheel;	/* of UI_KEY_MOUSE; wheel 1: up, -1: down */
};

enum ui_signal {
	UI_SIGNAL_RESIZE = 1, UI_SIGNAL_LEAVE = 2, UI_SIGNAL_SUSPEND = 4,
	UI_SIGNAL_INPUT = 8	/* keys are there to be read */
};

/* ui_term_open - take the terminal over; /dev/tty where stdin is none
 * error    receives one line
 * Returns  a terminal for ui_term_close; NULL */
struct ui_term *ui_term_open(const struct ui_options *options, char *error,
			     size_t error_size);
/* Leaves the terminal as it was. NULL is allowed. */
void ui_term_close(struct ui_term *term);
void ui_term_size(const struct ui_term *term, int *columns, int *rows);
/* The size after a UI_SIGNAL_RESIZE. */
void ui_term_resize(struct ui_term *term, int *columns, int *rows);
/* Shows a canvas; writes only what has changed since the last one. */
void ui_term_draw(struct ui_term *term, const struct ui_canvas *canvas);
/* The next draw paints everything. */
void ui_term_forget(struct ui_term *term);
/* ui_term_wait - sleep until something happens or the time is over (ns; -1:
 * forever). Returns flags of enum ui_signal; 0: the time is over */
unsigned ui_term_wait(struct ui_term *term, int64_t timeout_ns);
/* Reads one key; never blocks. */
struct ui_input ui_term_read(struct ui_term *term);
/* Gives the terminal back, stops this process, takes it again on SIGCONT. */
void ui_term_suspend(struct ui_term *term);

/* Whether the locale's characters are UTF-8. */
bool ui_term_is_utf8(void);

/* ui_term_print - print a canvas as text on stdout; spaces at line ends are left
 * out. depth: UI_MONO for bare text */
void ui_term_print(const struct ui_canvas *canvas, enum ui_depth depth);

#endif
