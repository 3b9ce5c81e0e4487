#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <stdlib.h>
#include <string.h>

#include "traces/event.h"
#include "traces/reader.h"
#include "traces/tell.h"
#include "tui/buffer.h"
#include "tui/command.h"
#include "tui/read.h"
#include "tui/say.h"

static int read_times(const struct ui_arguments *arguments,
		      struct trace_show_options *out)
{
	static const enum ui_option_id ids[] = { UI_OPT_FROM, UI_OPT_TO };
	int64_t *const places[] = { &out->from_ns, &out->to_ns };

	for (int i = 0; i < 2; i++) {
		const char *text = arguments->values[ids[i]];
		long long ns = 0;
		if (text && !ui_read_time(text, &ns))
			return ui_misused(_("\"%s\" is no time; write 1.25s, "
					    "300ms, 40us or 9ns"), text);
		*places[i] = ns;
	}
	/* 0 stands for no limit; no event is earlier than the first ns. */
	if (arguments->values[UI_OPT_TO] && out->to_ns == 0)
		out->to_ns = 1;
	return UI_OK;
}

static int complain_unknown(const char *word, const char *const *names,
			    const char *message, const char *guess)
{
	const char *near = ui_nearest(word, names);

	/* Both are sentences with %s for the words. */
	char *text = near ? ui_format(guess, word, near)
			  : ui_format(message, word);
	ui_complain("%s", text);
	free(text);
	return UI_USAGE;
}

static int read_agent(struct trace *trace, const char *path, uint32_t *id)
{
	size_t count = trace_agent_count(trace);
	const char **paths = ui_alloc((count + 1) * sizeof(const char *));
	int status = UI_OK;

	for (size_t i = 0; i < count && !*id; i++) {
		paths[i] = trace_agent_at(trace, i)->path;
		if (strcmp(paths[i], path) == 0)
			*id = trace_agent_at(trace, i)->id;
	}
	if (!*id)
		status = complain_unknown(path, paths,
					  _("there is no agent \"%s\" in the "
					    "trace; M is the main process"),
					  _("there is no agent \"%s\" in the "
					    "trace; did you mean %s?"));
	free(paths);
	return status;
}

static int read_kind(struct trace *trace, const char *name, uint32_t *kind)
{
	const char *names[TRACE_KIND_COUNT + 1];
	size_t count = 0;

	for (uint32_t i = 1; i < TRACE_KIND_COUNT; i++) {
		const char *known = trace_kind_name(trace, i);
		if (known && *known)
			names[count++] = known;
		if (known && strcmp(known, name) == 0)
			*kind = i;
	}
	names[count] = NULL;
	if (*kind)
		return UI_OK;
	return complain_unknown(name, names,
				_("there is no event \"%s\"; fscope(5) lists "
				  "them"),
				_("there is no event \"%s\"; did you mean "
				  "%s?"));
}

static int show(struct trace *trace, const struct ui_arguments *arguments,
		struct trace_show_options *options)
{
	const char *agent = arguments->values[UI_OPT_AGENT];
	const char *kind = arguments->values[UI_OPT_KIND];

	if ((agent && read_agent(trace, agent, &options->agent_id) != UI_OK)
	    || (kind && read_kind(trace, kind, &options->kind) != UI_OK))
		return UI_USAGE;
	/* What could not be written is noticed by all commands alike. */
	if (trace_show(trace, stdout, options) == 0 || ferror(stdout))
		return UI_OK;
	return ui_complain("%s", trace_error(trace));
}

int ui_cmd_show(const struct ui_arguments *arguments)
{
	struct trace_show_options options = {
		.search = arguments->values[UI_OPT_SEARCH],
		.raw = ui_given(arguments, UI_OPT_RAW),
	};
	struct ui_options common;
	char error[512];

	if (ui_common_options(arguments, &common) != UI_OK
	    || read_times(arguments, &options) != UI_OK)
		return UI_USAGE;
	options.color = ui_colors_stdout(common.color);
	struct trace *trace = trace_open(arguments->operands[0], error,
					 sizeof(error));
	if (!trace)
		return ui_complain("%s", error);
	int status = show(trace, arguments, &options);
	trace_close(trace);
	return status;
}
