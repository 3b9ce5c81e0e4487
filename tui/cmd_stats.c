#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "traces/stats.h"
#include "tui/command.h"
#include "tui/read.h"
#include "tui/say.h"

#define WAITS_MAX 1000000

static int print(struct trace *trace, const struct trace_stats_options *options)
{
	/* What could not be written is noticed by all commands alike. */
	if (trace_stats_print(trace, stdout, options) == 0 || ferror(stdout))
		return UI_OK;
	return ui_complain("%s", trace_error(trace));
}

int ui_cmd_stats(const struct ui_arguments *arguments)
{
	const char *waits = arguments->values[UI_OPT_WAITS];
	struct trace_stats_options options = {
		.tsv = ui_given(arguments, UI_OPT_TSV),
	};
	unsigned long long count = 0;
	char error[512];

	if (waits && (!ui_read_number(waits, &count) || count > WAITS_MAX))
		return ui_misused(_("--waits is a number from 1 to %d, not "
				    "\"%s\""), WAITS_MAX, waits);
	options.waits = (unsigned)count;
	struct trace *trace = trace_open(arguments->operands[0], error,
					 sizeof(error));
	if (!trace)
		return ui_complain("%s", error);
	int status = print(trace, &options);
	trace_close(trace);
	return status;
}
