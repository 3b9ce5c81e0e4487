#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "tui/command.h"
#include "tui/lesson.h"
#include "tui/runner_trace.h"
#include "tui/say.h"

static int check_settings(const struct lesson *lesson,
			  const struct ui_arguments *arguments)
{
	char error[512];

	for (size_t i = 0; i < arguments->setting_count; i++)
		if (!lesson_check_setting(lesson, arguments->settings[i],
					  error, sizeof(error)))
			return ui_complain("%s", error), UI_USAGE;
	return UI_OK;
}

/* The interactive program makes room itself only for what it is told to
 * replace, and it is told nothing about that: do it here. */
static int watch(const char *what, const struct ui_arguments *arguments,
		 struct ui_options *options)
{
	char error[512];

	if (options->trace_output
	    && !runner_make_room(options->trace_output,
				 ui_given(arguments, UI_OPT_FORCE), error,
				 sizeof(error)))
		return ui_complain("%s", error);
	options->lesson = what;
	return ui_main(options);
}

int ui_cmd_run(const struct ui_arguments *arguments)
{
	const char *what = arguments->operands[0];
	bool tui = ui_given(arguments, UI_OPT_TUI);
	bool text = ui_given(arguments, UI_OPT_TEXT);
	struct ui_options options;
	char error[512];

	if (tui && text)
		return ui_misused(_("--tui and --text exclude each other"));
	if (ui_common_options(arguments, &options) != UI_OK)
		return UI_USAGE;
	if (tui && !ui_is_interactive())
		return ui_complain(_("--tui needs a terminal; --text does "
				     "not"));
	struct lesson *lesson = lesson_find(what, options.language, error,
					    sizeof(error));
	if (!lesson)
		return ui_complain("%s", error);
	int status = check_settings(lesson, arguments);
	if (status == UI_OK)
		status = tui || (!text && ui_is_interactive())
				 ? watch(what, arguments, &options)
				 : ui_run_text(lesson, arguments, &options);
	lesson_free(lesson);
	return status;
}
