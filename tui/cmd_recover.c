#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "traces/reader.h"
#include "traces/recover.h"
#include "traces/wait.h"
#include "tui/command.h"
#include "tui/say.h"

/* Says what there is now. The file was written by us a moment ago. */
static int tell_result(const char *path)
{
	char error[512];
	struct trace *trace = trace_open(path, error, sizeof(error));

	if (!trace)
		return ui_complain("%s", error);
	const struct trace_info *info = trace_info(trace);
	printf(_("%s is whole again: %llu events, %llu lost; watch them with "
		 "`forkscope replay %s`\n"), info->path,
	       (unsigned long long)info->events,
	       (unsigned long long)info->lost, info->path);
	trace_close(trace);
	return UI_OK;
}

/* 1: there is something to recover, 0: there is not, -1: it cannot be read */
static int needs_recovery(const char *path)
{
	char error[512];
	struct trace *trace = trace_open(path, error, sizeof(error));

	if (!trace)
		return ui_complain("%s", error), -1;
	bool is_live = trace_info(trace)->live;
	trace_close(trace);
	/* A ring file that nobody holds is a rest of the crash, too. */
	return is_live || trace_wait_closed(path, 0) == TRACE_WAIT_BROKEN;
}

int ui_cmd_recover(const struct ui_arguments *arguments)
{
	const char *path = arguments->operands[0];
	char error[512];
	int needed = needs_recovery(path);

	if (needed < 0)
		return UI_FAILED;
	if (trace_wait_closed(path, 0) == TRACE_WAIT_TIMEOUT)
		return ui_complain(_("%s is being recorded just now; wait "
				     "until its program has ended"), path);
	if (!needed) {
		printf(_("%s is whole; there is nothing to recover\n"), path);
		return UI_OK;
	}
	struct trace_recover_report report;
	if (trace_recover(path, &report, error, sizeof(error)) < 0)
		return ui_complain("%s", error);
	if (report.running)
		return ui_complain(_("%s: its program still runs (process %d); "
				     "wait until it has ended"), path,
				   (int)report.running);
	return tell_result(path);
}
