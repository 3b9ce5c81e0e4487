#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "tests/support/screen.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#include <vterm.h>

#include "tests/support/session.h"

#define LIMIT_MS 20000

struct screen {
	int fd;			/* our side of the terminal; -1: hung up */
	int slave;		/* kept open, so that its modes can be asked */
	pid_t leader;		/* of the session, as a shell would be */
	pid_t pid;		/* the program */
	bool has_ended, alternate, mouse;
	int status, columns, rows;
	VTerm *vterm;
	VTermScreen *cells;
	char *text;
	char *received;		/* all bytes so far */
	size_t received_length, received_size;
};

static long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int set_property(VTermProp property, VTermValue *value, void *data)
{
	struct screen *screen = data;

	if (property == VTERM_PROP_ALTSCREEN)
		screen->alternate = value->boolean;
	if (property == VTERM_PROP_MOUSE)
		screen->mouse = value->number != 0;
	return 1;
}

static const VTermScreenCallbacks callbacks = { .settermprop = set_property };

static void make_vterm(struct screen *screen)
{
	screen->vterm = vterm_new(screen->rows, screen->columns);
	vterm_set_utf8(screen->vterm, 1);
	screen->cells = vterm_obtain_screen(screen->vterm);
	vterm_screen_enable_altscreen(screen->cells, 1);
	vterm_screen_set_callbacks(screen->cells, &callbacks, screen);
	vterm_screen_reset(screen->cells, 1);
}

struct screen *screen_start(const struct screen_options *options)
{
	struct winsize size = { .ws_col = (unsigned short)options->columns,
				.ws_row = (unsigned short)options->rows };
	struct screen *screen = calloc(1, sizeof(*screen));
	int slave, report[2];

	ck_assert_ptr_nonnull(screen);
	ck_assert_int_eq(openpty(&screen->fd, &slave, NULL, NULL, &size), 0);
	ck_assert_int_eq(pipe2(report, O_CLOEXEC), 0);
	fcntl(screen->fd, F_SETFD, FD_CLOEXEC);
	screen->slave = slave;
	screen->columns = options->columns;
	screen->rows = options->rows;
	make_vterm(screen);
	screen->leader = fork();
	ck_assert_int_ge(screen->leader, 0);
	if (screen->leader == 0) {
		close(screen->fd);
		session_lead(options, slave, report[1]);
	}
	fcntl(slave, F_SETFD, FD_CLOEXEC);
	close(report[1]);
	ck_assert_int_eq(read(report[0], &screen->pid, sizeof(screen->pid)),
			 sizeof(screen->pid));
	close(report[0]);
	return screen;
}

static bool look_for_end(struct screen *screen)
{
	if (!screen->has_ended &&
	    waitpid(screen->leader, &screen->status, WNOHANG) ==
	    screen->leader)
		screen->has_ended = true;
	return screen->has_ended;
}

void screen_free(struct screen *screen)
{
	if (!look_for_end(screen)) {
		kill(screen->pid, SIGKILL);
		waitpid(screen->leader, NULL, 0);
	}
	if (screen->fd >= 0)
		close(screen->fd);
	if (screen->slave >= 0)
		close(screen->slave);
	vterm_free(screen->vterm);
	free(screen->text);
	free(screen->received);
	free(screen);
}

static void keep(struct screen *screen, const char *bytes, size_t length)
{
	if (screen->received_length + length + 1 > screen->received_size) {
		screen->received_size = 2 * (screen->received_length + length) +
					4096;
		screen->received = realloc(screen->received,
					   screen->received_size);
		ck_assert_ptr_nonnull(screen->received);
	}
	memcpy(screen->received + screen->received_length, bytes, length);
	screen->received_length += length;
	screen->received[screen->received_length] = '\0';
}

/* Reads what is there, waiting at most so long; false: nothing came. */
static bool read_some(struct screen *screen, int timeout_ms)
{
	struct pollfd poll_fd = { .fd = screen->fd, .events = POLLIN };
	char bytes[16384];
	ssize_t length;

	if (screen->fd < 0 || poll(&poll_fd, 1, timeout_ms) <= 0)
		return false;
	length = read(screen->fd, bytes, sizeof(bytes));
	if (length <= 0)
		return false;
	keep(screen, bytes, (size_t)length);
	vterm_input_write(screen->vterm, bytes, (size_t)length);
	return true;
}

static int put_cell(const VTermScreenCell *cell, char *out)
{
	int length = 0;

	if (!cell->chars[0]) {
		out[length++] = ' ';
		return length;
	}
	for (int i = 0; i < VTERM_MAX_CHARS_PER_CELL && cell->chars[i]; i++) {
		uint32_t c = cell->chars[i];

		if (c < 0x80) {
			out[length++] = (char)c;
		} else if (c < 0x800) {
			out[length++] = (char)(0xc0 | c >> 6);
			out[length++] = (char)(0x80 | (c & 0x3f));
		} else if (c < 0x10000) {
			out[length++] = (char)(0xe0 | c >> 12);
			out[length++] = (char)(0x80 | (c >> 6 & 0x3f));
			out[length++] = (char)(0x80 | (c & 0x3f));
		}
	}
	return length;
}

const char *screen_text(struct screen *screen)
{
	size_t size = (size_t)screen->rows * ((size_t)screen->columns * 24 + 1);
	size_t length = 0;

	free(screen->text);
	screen->text = malloc(size + 1);
	ck_assert_ptr_nonnull(screen->text);
	for (int y = 0; y < screen->rows; y++) {
		for (int x = 0; x < screen->columns; x++) {
			VTermScreenCell cell;

			vterm_screen_get_cell(screen->cells,
					      (VTermPos){ y, x }, &cell);
			length += (size_t)put_cell(&cell,
						   screen->text + length);
			x += cell.width > 1;
		}
		screen->text[length++] = '\n';
	}
	screen->text[length] = '\0';
	return screen->text;
}

static bool wait_for(struct screen *screen, const char *text, bool there)
{
	long until = now_ms() + LIMIT_MS;

	for (;;) {
		if ((strstr(screen_text(screen), text) != NULL) == there)
			return true;
		if (!read_some(screen, 50) &&
		    (look_for_end(screen) || now_ms() > until)) {
			while (read_some(screen, 0))
				;
			return (strstr(screen_text(screen), text) != NULL) ==
			       there;
		}
		if (now_ms() > until)
			return false;
	}
}

bool screen_wait(struct screen *screen, const char *text)
{
	return wait_for(screen, text, true);
}

bool screen_wait_gone(struct screen *screen, const char *text)
{
	return wait_for(screen, text, false);
}

void screen_type(struct screen *screen, const char *bytes)
{
	size_t length = strlen(bytes);

	ck_assert_int_eq(write(screen->fd, bytes, length), (ssize_t)length);
}

void screen_resize(struct screen *screen, int columns, int rows)
{
	struct winsize size = { .ws_col = (unsigned short)columns,
				.ws_row = (unsigned short)rows };

	screen->columns = columns;
	screen->rows = rows;
	vterm_set_size(screen->vterm, rows, columns);
	ck_assert_int_eq(ioctl(screen->fd, TIOCSWINSZ, &size), 0);
}

int screen_colored(struct screen *screen)
{
	int count = 0;

	for (int y = 0; y < screen->rows; y++)
		for (int x = 0; x < screen->columns; x++) {
			VTermScreenCell cell;

			vterm_screen_get_cell(screen->cells,
					      (VTermPos){ y, x }, &cell);
			count += !VTERM_COLOR_IS_DEFAULT_BG(&cell.bg);
		}
	return count;
}

bool screen_is_alternate(const struct screen *screen)
{
	return screen->alternate;
}

bool screen_shows_cursor(const struct screen *screen)
{
	const char *shown = NULL, *at = screen->received;

	/* Not as libvterm has it: there, leaving the alternate screen brings
	 * back what ESC 7 saved, which in a terminal is another place. */
	for (; at && (at = strstr(at, "\033[?25")); at += 5)
		shown = at;
	return !shown || shown[5] == 'h';
}

bool screen_has_mouse(const struct screen *screen)
{
	return screen->mouse;
}

bool screen_is_cooked(const struct screen *screen)
{
	struct termios modes;

	ck_assert_int_eq(tcgetattr(screen->slave, &modes), 0);
	return (modes.c_lflag & ICANON) && (modes.c_lflag & ECHO);
}

bool screen_got(const struct screen *screen, const char *bytes)
{
	return screen->received && strstr(screen->received, bytes);
}

pid_t screen_pid(const struct screen *screen)
{
	return screen->pid;
}

void screen_hang_up(struct screen *screen)
{
	close(screen->slave);
	close(screen->fd);
	screen->fd = screen->slave = -1;
}

int screen_end(struct screen *screen)
{
	long until = now_ms() + LIMIT_MS;

	while (!look_for_end(screen) && now_ms() < until)
		if (!read_some(screen, 20) && screen->fd < 0)
			poll(NULL, 0, 20);
	while (read_some(screen, 0))
		;
	return screen->has_ended ? screen->status : -1;
}

bool screen_wait_stopped(struct screen *screen)
{
	long until = now_ms() + LIMIT_MS;

	while (now_ms() < until) {
		read_some(screen, 20);
		if (session_state(screen->pid) == 'T') {
			while (read_some(screen, 0))
				;
			return true;
		}
	}
	return false;
}

long screen_cpu_ticks(const struct screen *screen)
{
	return session_cpu_ticks(screen->pid);
}
