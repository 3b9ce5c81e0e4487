/* tui/command.h - the commands of the program
 *
 * A command is a row in commands.def and a function `int ui_cmd_NAME(arguments)`
 * in a file of its own, which returns an exit status (tui/say.h). */
#ifndef UI_COMMAND_H
#define UI_COMMAND_H

#include "tui/app.h"
#include "tui/options.h"

struct ui_command {
	const char *name;		/* "" is what runs without a name */
	const char *operands;
	int least, most;		/* operands; most -1: no limit */
	const char *summary, *more;
	int (*call)(const struct ui_arguments *arguments);
};

const struct ui_command *ui_command(enum ui_command_id id);

/* ui_command_main - the whole program, from argv to exit status */
int ui_command_main(int argc, char **argv);

/* What several commands share. */

/* ui_common_options - the options a screen needs, taken from what was given
 * Returns 0; UI_USAGE after one line on stderr */
int ui_common_options(const struct ui_arguments *arguments,
		      struct ui_options *out);
/* Whether what goes to stdout is coloured. */
bool ui_colors_stdout(enum ui_color color);
/* Stdin and stdout are terminals: the interactive program can be used. */
bool ui_is_interactive(void);
/* The lesson list as a table on stdout. Returns an exit status. */
int ui_print_lessons(const char *language);
/* ui_run_text - run a lesson and tell it as text. Returns an exit status. */
struct lesson;
int ui_run_text(struct lesson *lesson, const struct ui_arguments *arguments,
		const struct ui_options *options);

#define UI_COMMAND(symbol, ...) \
	int ui_cmd_##symbol(const struct ui_arguments *arguments);
#define UI_OPTION(...)
#include "tui/commands.def"
#undef UI_COMMAND
#undef UI_OPTION

#endif
