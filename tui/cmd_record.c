#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <signal.h>
#include <stdlib.h>

#include "tui/buffer.h"
#include "tui/command.h"
#include "tui/paths.h"
#include "tui/runner.h"
#include "tui/say.h"

static void tell_end(struct runner *runner, const char *path)
{
	long long lost = runner_lost(runner);

	switch (runner_poll(runner)) {
	case 1:
		if (lost > 0)
			ui_note(_("%lld events in %s, %lld lost; watch them "
				  "with `forkscope replay %s`"),
				runner_events(runner), path, lost, path);
		else
			ui_note(_("%lld events in %s; watch them with "
				  "`forkscope replay %s`"),
				runner_events(runner), path, path);
		break;
	case 0:
		ui_note(_("%s is still being written; watch it with `forkscope "
			  "replay %s`"), path, path);
		break;
	default:
		ui_complain("%s", runner_error(runner));
		break;
	}
}

/* A shell that sees a program die of Ctrl-C ends its script, too: so die as the
 * program did. */
static void die_likewise(int status)
{
	if (status != 128 + SIGINT)
		return;
	fflush(NULL);
	signal(SIGINT, SIG_DFL);
	raise(SIGINT);
}

int ui_cmd_record(const struct ui_arguments *arguments)
{
	const char *output = arguments->values[UI_OPT_OUTPUT];
	char *name = ui_base_name(arguments->operands[0]), error[512];
	char *path = output ? ui_strdup(output) : ui_format("%s.fscope", name);
	const struct runner_options options = {
		.argv = arguments->operands,
		.trace_path = path,
		.own_terminal = true,
		.lossy = ui_given(arguments, UI_OPT_LOSSY),
		.force = ui_given(arguments, UI_OPT_FORCE),
	};
	int status = UI_FAILED;
	struct runner *runner = runner_start(&options, error, sizeof(error));

	if (runner) {
		status = runner_wait(runner);
		tell_end(runner, path);
		/* A program that ran well but could not be recorded is still
		 * a recording that failed. */
		if (runner_poll(runner) < 0 && status == 0)
			status = UI_FAILED;
	} else {
		ui_complain("%s", error);
	}
	runner_free(runner);
	free(path);
	free(name);
	die_likewise(status);
	return status;
}
