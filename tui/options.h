/* tui/options.h - the table of commands and options, and what a user gave
 *
 * One table, commands.def, is the source of what is accepted, of --help, and of
 * the lists in forkscope(1). */
#ifndef UI_OPTIONS_H
#define UI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum ui_command_id {
#define UI_COMMAND(symbol, ...) UI_CMD_##symbol,
#define UI_OPTION(...)
#include "tui/commands.def"
#undef UI_COMMAND
#undef UI_OPTION
	UI_COMMAND_COUNT
};

enum ui_option_id {
	UI_OPT_HELP, UI_OPT_VERSION, UI_OPT_LANGUAGE, UI_OPT_ASCII,
	UI_OPT_NO_MOUSE, UI_OPT_COLOR, UI_OPT_SET, UI_OPT_OUTPUT, UI_OPT_TUI,
	UI_OPT_TEXT, UI_OPT_FORCE, UI_OPT_LOSSY, UI_OPT_AT, UI_OPT_EVENT,
	UI_OPT_SIZE, UI_OPT_VIEW, UI_OPT_ORDINAL, UI_OPT_FROM, UI_OPT_TO,
	UI_OPT_AGENT, UI_OPT_KIND, UI_OPT_SEARCH, UI_OPT_RAW, UI_OPT_WAITS,
	UI_OPT_TSV,
	UI_OPTION_COUNT
};

struct ui_option {
	int command;			/* enum ui_command_id, -1: every one */
	enum ui_option_id id;
	char letter;
	const char *name, *argument, *help;
};

/* What was given. Strings belong to argv. */
struct ui_arguments {
	enum ui_command_id command;
	const char *values[UI_OPTION_COUNT]; /* NULL: not given; flags: "" */
	char **settings;		/* of --set, NULL at the end */
	size_t setting_count;
	char **operands;		/* NULL at the end */
	int operand_count;
};

/* ui_options_parse - understand argv[1...] as the arguments of a command
 * Checks the number of operands, except when --help or --version is among them.
 * Returns  0; UI_USAGE after one line on stderr */
int ui_options_parse(enum ui_command_id command, int argc, char **argv,
		     struct ui_arguments *out);
void ui_arguments_finish(struct ui_arguments *arguments);

static inline bool ui_given(const struct ui_arguments *arguments,
			    enum ui_option_id id)
{
	return arguments->values[id] != NULL;
}

/* ui_option_each - the options of a command one by one, its own and the general
 * ones: call with *place = 0 first. NULL after the last. */
const struct ui_option *ui_option_each(enum ui_command_id command,
				       size_t *place);

/* ui_options_help - what --help says about a command */
void ui_options_help(enum ui_command_id command, FILE *out);

#endif
