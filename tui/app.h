/* tui/app.h - the interactive program, from outside */
#ifndef UI_APP_H
#define UI_APP_H

#include <stdbool.h>
#include <stddef.h>

struct lesson;

enum ui_color { UI_COLOR_AUTO, UI_COLOR_ALWAYS, UI_COLOR_NEVER };

struct ui_options {
	const char *language;		/* "en", "zh" */
	const char *lesson;		/* begin with this lesson's page; or */
	const char *trace;		/* begin with this trace; or NULL: menu */
	char *const *settings;		/* knobs for the lesson; may be NULL */
	const char *trace_output;	/* where a lesson's trace is kept, or NULL */
	bool skip_prediction;
	bool ascii, no_mouse;
	enum ui_color color;
};

/* ui_main - run the interactive program until the user leaves
 * Opens the terminal (/dev/tty when stdin is not one) and leaves it as it was.
 * Returns an exit status: 0, 1 with one line on stderr. */
int ui_main(const struct ui_options *options);

/* ui_render - print one frame of a trace as text on stdout
 * at_ns    where the cursor stands; -1: at the end
 * columns, rows  size; view: name of a view or NULL for the stage
 * Returns  0, or 1 with one line on stderr */
struct ui_render_options {
	const char *trace, *view, *language;
	long long at_ns;
	unsigned long long at_seq;	/* used if not 0 */
	int columns, rows;
	bool ascii, ordinal;
	enum ui_color color;
};
int ui_render(const struct ui_render_options *options);

#endif
