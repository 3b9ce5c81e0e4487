#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "tui/command.h"
#include "tui/say.h"

#include "traces/reader.h"

int ui_cmd_replay(const struct ui_arguments *arguments)
{
	const char *path = arguments->operands[0];
	struct ui_options options;
	char error[512];

	if (ui_common_options(arguments, &options) != UI_OK)
		return UI_USAGE;
	/* Say what is wrong with the file before the screen is taken over. */
	struct trace *trace = trace_open(path, error, sizeof(error));
	if (!trace)
		return ui_complain("%s", error);
	trace_close(trace);
	if (!ui_is_interactive())
		return ui_complain(_("this needs a terminal; `forkscope render "
				     "%s` and `forkscope show %s` do not"),
				   path, path);
	options.trace = path;
	return ui_main(&options);
}
