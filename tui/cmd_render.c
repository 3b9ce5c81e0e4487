#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "traces/reader.h"
#include "tui/command.h"
#include "tui/read.h"
#include "tui/say.h"
#include "tui/view.h"

#define SIDE_MAX 1000

static int read_place(const struct ui_arguments *arguments,
		      struct ui_render_options *out)
{
	const char *at = arguments->values[UI_OPT_AT];
	const char *event = arguments->values[UI_OPT_EVENT];
	const char *size = arguments->values[UI_OPT_SIZE];

	if (out->view && (ui_view_named(out->view) < 0
			  || ui_view_named(out->view) == UI_VIEW_MENU))
		return ui_misused(_("there is no view \"%s\"; try stage, "
				    "events, tree, waits, statistics, lesson, "
				    "notes or help"), out->view);
	if (at && event)
		return ui_misused(_("--at and --event exclude each other"));
	if (at && !ui_read_time(at, &out->at_ns))
		return ui_misused(_("\"%s\" is no time; write 1.25s, 300ms, "
				    "40us or 9ns"), at);
	if (event && !ui_read_number(event, &out->at_seq))
		return ui_misused(_("\"%s\" is no number of an event; they "
				    "begin at 1"), event);
	if (size && !ui_read_size(size, SIDE_MAX, &out->columns, &out->rows))
		return ui_misused(_("\"%s\" is no size; write 80x24, at most "
				    "%dx%d"), size, SIDE_MAX, SIDE_MAX);
	return UI_OK;
}

int ui_cmd_render(const struct ui_arguments *arguments)
{
	struct ui_render_options picture = {
		.trace = arguments->operands[0],
		.view = arguments->values[UI_OPT_VIEW],
		.at_ns = -1,
		.columns = 80,
		.rows = 24,
		.ordinal = ui_given(arguments, UI_OPT_ORDINAL),
	};
	struct ui_options options;
	char error[512];

	if (ui_common_options(arguments, &options) != UI_OK
	    || read_place(arguments, &picture) != UI_OK)
		return UI_USAGE;
	/* Here a name that is full of control characters is told safely. */
	struct trace *trace = trace_open(picture.trace, error, sizeof(error));
	if (!trace)
		return ui_complain("%s", error);
	trace_close(trace);
	picture.language = options.language;
	picture.ascii = options.ascii;
	picture.color = options.color;
	return ui_render(&picture);
}
