#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "tui/command.h"

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tui/buffer.h"
#include "tui/complete.h"
#include "tui/lesson.h"
#include "tui/language.h"
#include "tui/manual.h"
#include "tui/say.h"

#ifndef PACKAGE_VERSION
#define PACKAGE_VERSION "0.1"
#endif

static const struct ui_command commands[] = {
#define UI_COMMAND(symbol, name, operands, least, most, summary, more) \
	{ name, operands, least, most, summary, more, ui_cmd_##symbol },
#define UI_OPTION(...)
#include "tui/commands.def"
#undef UI_COMMAND
#undef UI_OPTION
};

const struct ui_command *ui_command(enum ui_command_id id)
{
	return &commands[id];
}

/* ---- what several commands share ---- */

/* Keys come from /dev/tty where stdin is something else. */
static bool has_keys(void)
{
	if (isatty(STDIN_FILENO))
		return true;
	int fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

bool ui_is_interactive(void)
{
	return isatty(STDOUT_FILENO) && has_keys();
}

bool ui_colors_stdout(enum ui_color color)
{
	const char *never = getenv("NO_COLOR"), *terminal = getenv("TERM");

	if (color != UI_COLOR_AUTO)
		return color == UI_COLOR_ALWAYS;
	return isatty(STDOUT_FILENO) && !(never && *never)
	       && terminal && strcmp(terminal, "dumb") != 0;
}

static int read_color(const char *when, enum ui_color *out)
{
	static const char *const names[] = { "auto", "always", "never", NULL };

	if (!when)
		return UI_OK;
	if (!*when)
		when = "always";
	for (int i = 0; names[i]; i++) {
		if (strcmp(when, names[i]) == 0) {
			*out = (enum ui_color)i;
			return UI_OK;
		}
	}
	return ui_misused(_("--color is auto, always or never, not \"%s\""),
			  when);
}

int ui_common_options(const struct ui_arguments *arguments,
		      struct ui_options *out)
{
	const char *language = arguments->values[UI_OPT_LANGUAGE];

	*out = (struct ui_options){
		.language = language ? language : lesson_language(),
		.settings = arguments->settings,
		.trace_output = arguments->values[UI_OPT_OUTPUT],
		.ascii = ui_given(arguments, UI_OPT_ASCII),
		.no_mouse = ui_given(arguments, UI_OPT_NO_MOUSE),
	};
	if (language && strcmp(language, "en") != 0
	    && strcmp(language, "zh") != 0)
		return ui_misused(_("--language is en or zh, not \"%s\""),
				  language);
	ui_language_prefer(out->language);
	return read_color(arguments->values[UI_OPT_COLOR], &out->color);
}

/* ---- which command is meant ---- */

static bool is_folder(const char *word)
{
	struct stat st;

	return stat(word, &st) == 0 && S_ISDIR(st.st_mode);
}

static bool is_trace(const char *word)
{
	size_t length = strlen(word);

	return length > 7 && strcmp(word + length - 7, ".fscope") == 0;
}

/* The short forms: a folder is run, another path is replayed. */
static bool is_path(const char *word, enum ui_command_id *command)
{
	*command = is_folder(word) ? UI_CMD_run : UI_CMD_replay;
	return *command == UI_CMD_run || is_trace(word) || strchr(word, '/');
}

static bool is_command(const char *word, enum ui_command_id *command)
{
	for (int i = 1; i < UI_COMMAND_COUNT; i++) {
		if (strcmp(word, commands[i].name) == 0) {
			*command = (enum ui_command_id)i;
			return true;
		}
	}
	return false;
}

static int complain_unknown(const char *word)
{
	const char *names[UI_COMMAND_COUNT];
	char error[256];
	struct lesson *lesson = lesson_find(word, "en", error, sizeof(error));

	for (int i = 1; i < UI_COMMAND_COUNT; i++)
		names[i - 1] = commands[i].name;
	names[UI_COMMAND_COUNT - 1] = NULL;
	const char *near = ui_nearest(word, names);
	if (lesson)
		ui_misused(_("there is no command \"%s\", but a lesson; run it "
			     "with `forkscope run %s`"), word, word);
	else if (near)
		ui_misused(_("there is no command \"%s\"; did you mean "
			     "`forkscope %s`?"), word, near);
	else
		ui_misused(_("there is no command \"%s\""), word);
	lesson_free(lesson);
	return UI_USAGE;
}

/* ---- running it ---- */

static int print_version(void)
{
	puts("forkscope " PACKAGE_VERSION);
	return UI_OK;
}

/* argv[1...] are the arguments of the command. */
static int run_command(enum ui_command_id id, int argc, char **argv)
{
	struct ui_arguments arguments;
	int status;

	ui_say_as(commands[id].name[0] ? commands[id].name : NULL);
	status = ui_options_parse(id, argc, argv, &arguments);
	if (status == UI_OK && ui_given(&arguments, UI_OPT_HELP))
		ui_options_help(id, stdout);
	else if (status == UI_OK && ui_given(&arguments, UI_OPT_VERSION))
		status = print_version();
	else if (status == UI_OK)
		status = commands[id].call(&arguments);
	ui_arguments_finish(&arguments);
	return status;
}

/* `forkscope help run` is what people type who know git. */
static int run_help(int argc, char **argv)
{
	enum ui_command_id id = UI_CMD_menu;

	if (argc > 2 && !is_command(argv[2], &id))
		return complain_unknown(argv[2]);
	ui_options_help(id, stdout);
	return UI_OK;
}

/* `forkscope -l zh run daemon`: options that stand before the command are the
 * command's own, too. */
static void put_command_first(int argc, char **argv)
{
	enum ui_command_id id;
	int at = 1;

	while (at < argc && argv[at][0] == '-' && argv[at][1]
	       && strcmp(argv[at], "--") != 0)
		at += strcmp(argv[at], "-l") == 0
				      || strcmp(argv[at], "--language") == 0
			      ? 2
			      : 1;
	if (at == 1 || at >= argc || !is_command(argv[at], &id))
		return;
	char *command = argv[at];
	memmove(&argv[2], &argv[1], (size_t)(at - 1) * sizeof(*argv));
	argv[1] = command;
}

static int dispatch(int argc, char **argv)
{
	enum ui_command_id id;

	if (argc < 2)
		return run_command(UI_CMD_menu, argc, argv);
	put_command_first(argc, argv);
	if (strcmp(argv[1], "--dump-man") == 0)
		return ui_manual_print(argv[2]);
	if (strcmp(argv[1], "--complete") == 0)
		return ui_complete(argc - 2, argv + 2);
	if (argv[1][0] == '-' && argv[1][1])
		return run_command(UI_CMD_menu, argc, argv);
	if (is_command(argv[1], &id))
		return run_command(id, argc - 1, argv + 1);
	if (strcmp(argv[1], "help") == 0)
		return run_help(argc, argv);
	if (is_path(argv[1], &id))
		return run_command(id, argc, argv);
	return complain_unknown(argv[1]);
}

static bool asks_for_utf8(void)
{
	static const char *const names[] = { "LC_ALL", "LC_CTYPE", "LANG" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *value = getenv(names[i]);

		if (value && *value)
			return strcasestr(value, "utf-8")
			       || strcasestr(value, "utf8");
	}
	return false;
}

/* A locale that is asked for and not installed is no reason for question marks:
 * the language is known from its name, and C.UTF-8 is always there. */
static void choose_language(void)
{
	if (!setlocale(LC_ALL, "") && asks_for_utf8())
		setlocale(LC_ALL, "C.UTF-8");
	ui_language_use(lesson_language());
}

int ui_command_main(int argc, char **argv)
{
	choose_language();
	/* Somebody may have started us deaf to our children. */
	signal(SIGCHLD, SIG_DFL);
	int status = dispatch(argc, argv);
	/* Output that got lost, on a full disk for instance, is a failure. */
	if ((fflush(stdout) != 0 || ferror(stdout)) && status == UI_OK)
		status = ui_complain(errno == EBADF
			? _("standard output is closed")
			: _("the output could not be written: %m; is the "
			    "disk full?"));
	return status;
}

/* ---- forkscope without a command ---- */

static int menu_as_text(const struct ui_options *options)
{
	int status = ui_print_lessons(options->language);

	printf("\n%s\n", _("Run one with `forkscope run LESSON`; on a terminal, "
			   "`forkscope` alone is a menu."));
	return status;
}

int ui_cmd_menu(const struct ui_arguments *arguments)
{
	struct ui_options options;
	enum ui_command_id id;

	if (ui_common_options(arguments, &options) != UI_OK)
		return UI_USAGE;
	if (arguments->operand_count > 0) {
		const char *word = arguments->operands[0];
		if (!is_path(word, &id))
			return is_command(word, &id)
				       ? ui_misused(_("options come behind the "
						      "command: `forkscope %s "
						      "...`"), word)
				       : complain_unknown(word);
		ui_say_as(commands[id].name);
		struct ui_arguments of_path = *arguments;
		of_path.command = id;
		return commands[id].call(&of_path);
	}
	return ui_is_interactive() ? ui_main(&options)
				   : menu_as_text(&options);
}
