#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "tui/term.h"

#define NCURSES_WIDECHAR 1
#include <curses.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "tui/buffer.h"
#include "tui/keymap.h"
#include "traces/i18n.h"

/* The only file that knows curses. One terminal at a time: curses has its screen
 * and signals have their handlers once in a process.
 *
 * Our signals are blocked except inside ppoll, so a flag is never set between
 * looking at it and going to sleep. */

#define COLORS_KNOWN 257	/* the terminal's own, and 256 */

struct ui_term {
	SCREEN *screen;
	FILE *input, *output;	/* input: /dev/tty, or NULL for stdin */
	enum ui_depth depth;
	bool utf8;
	struct ui_canvas shown;	/* what is on the screen; no cells: unknown */
	short *pairs;		/* [ink + 1][paper + 1], 0: not made yet */
	int pair_count;
};

static const int signals[] = {
	SIGWINCH, SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGTSTP, SIGCONT
};
#define SIGNAL_COUNT (sizeof(signals) / sizeof(*signals))

static volatile sig_atomic_t raised;
static struct sigaction old_actions[SIGNAL_COUNT];
static sigset_t old_mask;

static void on_signal(int number)
{
	if (number == SIGWINCH || number == SIGCONT)
		raised |= UI_SIGNAL_RESIZE;
	else if (number == SIGTSTP)
		raised |= UI_SIGNAL_SUSPEND;
	else
		raised |= UI_SIGNAL_LEAVE;
}

static void catch_signals(void)
{
	struct sigaction action = { .sa_handler = on_signal };
	sigset_t mask;

	sigemptyset(&mask);
	for (size_t i = 0; i < SIGNAL_COUNT; i++)
		sigaddset(&mask, signals[i]);
	sigprocmask(SIG_BLOCK, &mask, &old_mask);
	sigemptyset(&action.sa_mask);
	raised = 0;
	for (size_t i = 0; i < SIGNAL_COUNT; i++)
		sigaction(signals[i], &action, &old_actions[i]);
}

static void release_signals(void)
{
	for (size_t i = 0; i < SIGNAL_COUNT; i++)
		sigaction(signals[i], &old_actions[i], NULL);
	sigprocmask(SIG_SETMASK, &old_mask, NULL);
}

static enum ui_depth choose_depth(enum ui_color color)
{
	const char *none = getenv("NO_COLOR");

	if (color == UI_COLOR_NEVER ||
	    (color == UI_COLOR_AUTO && none && *none) || !has_colors())
		return UI_MONO;
	start_color();
	if (use_default_colors() == ERR || COLORS < 8)
		return UI_MONO;
	return COLORS >= 256 ? UI_256_COLORS : UI_8_COLORS;
}

/* Home, End and the arrows come in several spellings, and under tmux not in the
 * one that TERM promises. */
static void define_keys(void)
{
	static const struct {
		const char *bytes;
		int code;
	} keys[] = {
		{ "\033[1~", KEY_HOME }, { "\033[7~", KEY_HOME },
		{ "\033[H", KEY_HOME }, { "\033OH", KEY_HOME },
		{ "\033[4~", KEY_END }, { "\033[8~", KEY_END },
		{ "\033[F", KEY_END }, { "\033OF", KEY_END },
		{ "\033[A", KEY_UP }, { "\033OA", KEY_UP },
		{ "\033[B", KEY_DOWN }, { "\033OB", KEY_DOWN },
		{ "\033[C", KEY_RIGHT }, { "\033OC", KEY_RIGHT },
		{ "\033[D", KEY_LEFT }, { "\033OD", KEY_LEFT },
		{ "\033[5~", KEY_PPAGE }, { "\033[6~", KEY_NPAGE },
		{ "\033[1;2C", KEY_SRIGHT }, { "\033[1;2D", KEY_SLEFT },
		{ "\033[Z", KEY_BTAB }, { "\033OP", KEY_F(1) },
		{ "\033[11~", KEY_F(1) }, { "\033OS", KEY_F(4) },
		{ "\033[14~", KEY_F(4) },
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		if (key_defined(keys[i].bytes) == 0)
			define_key(keys[i].bytes, keys[i].code);
}

static void configure(struct ui_term *term, const struct ui_options *options)
{
	if (!getenv("ESCDELAY"))
		set_escdelay(25);
	cbreak();
	noecho();
	nonl();
	keypad(stdscr, TRUE);
	define_keys();
	nodelay(stdscr, TRUE);
	leaveok(stdscr, TRUE);
	curs_set(0);
	if (!options->no_mouse) {
		mousemask(BUTTON1_PRESSED | BUTTON4_PRESSED | BUTTON5_PRESSED,
			  NULL);
		mouseinterval(0);
	}
	term->depth = choose_depth(options->color);
	term->pairs = ui_alloc(sizeof(*term->pairs) * COLORS_KNOWN *
			       COLORS_KNOWN);
	term->pair_count = 1;
	term->utf8 = ui_term_is_utf8();
}

static FILE *open_input(void)
{
	int fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);

	return fd < 0 ? NULL : fdopen(fd, "r");
}

struct ui_term *ui_term_open(const struct ui_options *options, char *error,
			     size_t error_size)
{
	struct ui_term *term = ui_alloc(sizeof(*term));
	const char *name = getenv("TERM");

	if (!isatty(STDOUT_FILENO)) {
		snprintf(error, error_size, "%s", _("standard output is not a "
			 "terminal; use render or show to get text"));
		goto failed;
	}
	if (!isatty(STDIN_FILENO) && !(term->input = open_input())) {
		snprintf(error, error_size, "%s", _("there is no terminal to "
			 "read keys from"));
		goto failed;
	}
	term->output = stdout;
	use_env(FALSE);		/* an exported LINES would freeze the size */
	use_tioctl(TRUE);
	catch_signals();
	term->screen = newterm(NULL, term->output,
			       term->input ? term->input : stdin);
	if (!term->screen) {
		release_signals();
		snprintf(error, error_size,
			 _("terminal type '%s' is not known here; try "
			   "TERM=xterm or TERM=vt100"), name ? name : "");
		goto failed;
	}
	configure(term, options);
	return term;
failed:
	if (term->input)
		fclose(term->input);
	free(term);
	return NULL;
}

void ui_term_close(struct ui_term *term)
{
	if (!term)
		return;
	endwin();
	delscreen(term->screen);
	release_signals();
	if (term->input)
		fclose(term->input);
	ui_canvas_finish(&term->shown);
	free(term->pairs);
	free(term);
}

static int input_fd(const struct ui_term *term)
{
	return term->input ? fileno(term->input) : STDIN_FILENO;
}

void ui_term_size(const struct ui_term *term, int *columns, int *rows)
{
	struct winsize size = { 0 };

	if (ioctl(fileno(term->output), TIOCGWINSZ, &size) == 0 &&
	    size.ws_col > 0 && size.ws_row > 0) {
		*columns = size.ws_col;
		*rows = size.ws_row;
	} else {
		*columns = COLS > 0 ? COLS : 80;
		*rows = LINES > 0 ? LINES : 24;
	}
}

void ui_term_resize(struct ui_term *term, int *columns, int *rows)
{
	ui_term_size(term, columns, rows);
	resizeterm(*rows, *columns);
	ui_term_forget(term);
}

void ui_term_forget(struct ui_term *term)
{
	ui_canvas_finish(&term->shown);
	clearok(curscr, TRUE);
}

/* A pair of colours is made when it is first used; a terminal that has no more
 * gives its own colours. */
static short pair_of(struct ui_term *term, struct ui_look look)
{
	short *pair = &term->pairs[(look.ink + 1) * COLORS_KNOWN +
				   look.paper + 1];

	if (look.ink < 0 && look.paper < 0)
		return 0;
	if (*pair)
		return *pair > 0 ? *pair : 0;
	if (term->pair_count >= COLOR_PAIRS || term->pair_count > 32000 ||
	    init_pair((short)term->pair_count, look.ink, look.paper) == ERR)
		*pair = -1;
	else
		*pair = (short)term->pair_count++;
	return *pair > 0 ? *pair : 0;
}

static attr_t attributes_of(unsigned attributes)
{
	return (attributes & UI_BOLD ? A_BOLD : 0) |
	       (attributes & UI_DIM ? A_DIM : 0) |
	       (attributes & UI_UNDERLINE ? A_UNDERLINE : 0) |
	       (attributes & UI_REVERSE ? A_REVERSE : 0);
}

static void decode_cell(const char *text, wchar_t *out, int size)
{
	size_t length = strlen(text), used;
	int count = 0;

	while (length > 0 && count < size - 1) {
		out[count++] = (wchar_t)ui_decode(text, length, &used);
		text += used;
		length -= used;
	}
	out[count] = L'\0';
}

static void draw_cell(struct ui_term *term, const struct ui_cell *cell, int x,
		      int y)
{
	struct ui_look look = ui_theme(cell->ink, cell->paper, term->depth);
	const char *shown = ui_cell_text(cell, term->depth);
	wchar_t text[CCHARW_MAX + 1] = L"?";
	cchar_t wide;

	if (cell->width == 0)
		return;
	if (term->utf8 || !(shown[0] & 0x80))
		decode_cell(shown, text, CCHARW_MAX);
	setcchar(&wide, text, attributes_of(look.attributes),
		 pair_of(term, look), NULL);
	mvadd_wch(y, x, &wide);
	if (cell->width == 2 && !term->utf8)
		mvadd_wch(y, x + 1, &wide);
}

void ui_term_draw(struct ui_term *term, const struct ui_canvas *canvas)
{
	size_t count = (size_t)canvas->columns * (size_t)canvas->rows;
	bool all = term->shown.columns != canvas->columns ||
		   term->shown.rows != canvas->rows;

	if (all) {
		ui_canvas_finish(&term->shown);
		ui_canvas_init(&term->shown, canvas->columns, canvas->rows);
		erase();
	}
	for (int y = 0; y < canvas->rows; y++)
		for (int x = 0; x < canvas->columns; x++) {
			const struct ui_cell *cell = ui_cell_at(canvas, x, y);

			if (all || memcmp(cell, ui_cell_at(&term->shown, x, y),
					  sizeof(*cell)) != 0)
				draw_cell(term, cell, x, y);
		}
	memcpy(term->shown.cells, canvas->cells,
	       count * sizeof(*canvas->cells));
	refresh();
}

unsigned ui_term_wait(struct ui_term *term, int64_t timeout_ns)
{
	struct pollfd poll_fd = { .fd = input_fd(term), .events = POLLIN };
	struct timespec timeout = { timeout_ns / 1000000000,
				    timeout_ns % 1000000000 };
	unsigned result;
	sigset_t mask = old_mask;
	int ready;

	for (size_t i = 0; i < SIGNAL_COUNT; i++)
		sigdelset(&mask, signals[i]);
	ready = ppoll(&poll_fd, 1, timeout_ns < 0 ? NULL : &timeout, &mask);
	result = (unsigned)raised;
	raised = 0;
	if (ready > 0 && (poll_fd.revents & (POLLHUP | POLLERR | POLLNVAL)))
		result |= UI_SIGNAL_LEAVE;
	if (ready > 0 && (poll_fd.revents & POLLIN))
		result |= UI_SIGNAL_INPUT;
	return result;
}

static int plain_key(wint_t character)
{
	if (character == '\r' || character == '\n')
		return UI_KEY_ENTER;
	if (character == 127 || character == 8)
		return UI_KEY_BACKSPACE;
	return (int)character;
}

static int special_key(wint_t code)
{
	static const struct {
		int code, key;
	} keys[] = {
		{ KEY_UP, UI_KEY_UP }, { KEY_DOWN, UI_KEY_DOWN },
		{ KEY_LEFT, UI_KEY_LEFT }, { KEY_RIGHT, UI_KEY_RIGHT },
		{ KEY_SLEFT, UI_KEY_SHIFT_LEFT },
		{ KEY_SRIGHT, UI_KEY_SHIFT_RIGHT },
		{ KEY_HOME, UI_KEY_HOME }, { KEY_END, UI_KEY_END },
		{ KEY_FIND, UI_KEY_HOME }, { KEY_SELECT, UI_KEY_END },
		{ KEY_A1, UI_KEY_HOME }, { KEY_C1, UI_KEY_END },
		{ KEY_PPAGE, UI_KEY_PAGE_UP }, { KEY_NPAGE, UI_KEY_PAGE_DOWN },
		{ KEY_BTAB, UI_KEY_BACKTAB }, { KEY_DC, UI_KEY_DELETE },
		{ KEY_BACKSPACE, UI_KEY_BACKSPACE }, { KEY_ENTER, UI_KEY_ENTER },
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		if (keys[i].code == (int)code)
			return keys[i].key;
	if (code > KEY_F(0) && code <= KEY_F(12))
		return UI_KEY_F1 + (int)(code - KEY_F(1));
	return UI_KEY_FIRST;	/* a key that means nothing */
}

static struct ui_input read_mouse(void)
{
	struct ui_input input = { .key = UI_KEY_FIRST };
	MEVENT event;

	if (getmouse(&event) != OK)
		return input;
	input.key = UI_KEY_MOUSE;
	input.x = event.x;
	input.y = event.y;
	input.wheel = event.bstate & BUTTON4_PRESSED ? 1 :
		      event.bstate & BUTTON5_PRESSED ? -1 : 0;
	return input;
}

struct ui_input ui_term_read(struct ui_term *term)
{
	struct ui_input input = { .key = UI_KEY_NONE };
	wint_t character;
	int result = wget_wch(stdscr, &character);

	(void)term;
	if (result == KEY_CODE_YES && character == KEY_MOUSE)
		return read_mouse();
	if (result == KEY_CODE_YES)
		input.key = special_key(character);
	else if (result == OK)
		input.key = plain_key(character);
	return input;
}

void ui_term_suspend(struct ui_term *term)
{
	struct sigaction ours, usual = { .sa_handler = SIG_DFL };
	sigset_t stop;

	def_prog_mode();
	endwin();
	sigaction(SIGTSTP, &usual, &ours);
	sigemptyset(&stop);
	sigaddset(&stop, SIGTSTP);
	raise(SIGTSTP);
	sigprocmask(SIG_UNBLOCK, &stop, NULL);	/* it stops here */
	sigprocmask(SIG_BLOCK, &stop, NULL);
	sigaction(SIGTSTP, &ours, NULL);
	reset_prog_mode();
	ui_term_forget(term);
	raised |= UI_SIGNAL_RESIZE;
}
