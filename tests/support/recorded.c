#include "tests/support/recorded.h"

#include <dirent.h>
#include <stdio.h>

#include "mp.h"
#include "traces/check.h"

struct rerun run;

static void complain(void *unused, const struct trace_violation *violation)
{
	(void)unused;
	fprintf(stderr, "%s: %s (%s, seq %llu)\n", violation->invariant.name,
		violation->invariant.sentence, violation->what,
		(unsigned long long)violation->seq);
}

void assert_is_consistent(void)
{
	struct trace_checker checker = { .violated = complain };
	char error[256] = "";

	ck_assert_msg(trace_check(run.trace, &checker, error, sizeof(error))
		      == 0, "%s", error);
}

void assert_is_alone_in_its_folder(void)
{
	DIR *folder = opendir(run.folder);
	struct dirent *entry;

	while ((entry = readdir(folder)))
		if (entry->d_name[0] != '.')
			ck_assert_str_eq(entry->d_name, "x.fscope");
	closedir(folder);
}

void record(const char *program)
{
	rerun(&run, program, "");
	assert_is_alone_in_its_folder();
	assert_is_consistent();
}

/* ---- a program ---- */

void run_to_end(struct mp_process *p)
{
	mp_process_start(p);
	mp_process_join(p, MP_FOREVER);
}

int print_line(struct mp_call *call)
{
	(void)call;
	mp_print("from the child");
	return 0;
}

int program_prints(const char *argument)
{
	(void)argument;
	mp_print("to stdout");
	fprintf(stderr, "to stderr\n");
	run_to_end(mp_Process(.target = print_line));
	printf("no newline");
	return 3;
}
