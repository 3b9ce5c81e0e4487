#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "traces/check.h"
#include "tui/buffer.h"
#include "tui/command.h"
#include "tui/say.h"

struct checking {
	const char *path;
	bool shows_progress, has_shown, has_warned;
};

static void clear_progress(struct checking *c)
{
	if (c->has_shown)
		fputs("\r\033[K", stderr);
	c->has_shown = false;
}

static void on_progress(void *user, size_t done, size_t all)
{
	struct checking *c = user;

	if (!c->shows_progress)
		return;
	fprintf(stderr, "\r%zu/%zu", done, all);
	fflush(stderr);
	c->has_shown = true;
}

/* Names of files and of processes are a stranger's. */
static void print_safely(const char *text)
{
	struct ui_buffer b = { 0 };

	ui_buffer_add_safely(&b, text, strlen(text));
	if (b.length > 0)
		fwrite(b.bytes, 1, b.length, stdout);
	ui_buffer_finish(&b);
}

static void on_violation(void *user, const struct trace_violation *v)
{
	struct checking *c = user;

	clear_progress(c);
	c->has_warned = c->has_warned || v->invariant.is_warning;
	print_safely(c->path);
	printf(": %s%s [%s]", v->invariant.is_warning ? _("warning: ") : "",
	       v->invariant.sentence, v->invariant.name);
	if (*v->what) {
		fputs(": ", stdout);
		print_safely(v->what);
	}
	if (v->seq)
		printf(_(", first at event %llu"), (unsigned long long)v->seq);
	if (v->count > 1)
		printf(_(", %llu cases"), (unsigned long long)v->count);
	putchar('\n');
}

static int check(const char *path)
{
	struct checking c = {
		.path = path,
		.shows_progress = isatty(STDERR_FILENO),
	};
	const struct trace_checker checker = { on_violation, on_progress, &c };
	char error[512];
	int found = trace_check(path, &checker, error, sizeof(error));

	clear_progress(&c);
	if (found < 0)
		return ui_complain("%s", error);
	if (found == 0) {
		print_safely(path);
		puts(c.has_warned ? _(": nothing is wrong, but not all is "
				      "there")
				  : _(": all is well"));
	}
	return found > 0 ? UI_FAILED : UI_OK;
}

int ui_cmd_check(const struct ui_arguments *arguments)
{
	int status = UI_OK;

	for (int i = 0; i < arguments->operand_count; i++)
		if (check(arguments->operands[i]) != UI_OK)
			status = UI_FAILED;
	return status;
}
