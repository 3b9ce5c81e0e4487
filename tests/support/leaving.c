#include "tests/support/leaving.h"

#include <check.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct gate gate = { { 200, 201 } }, answer = { { 202, 203 } },
	    third = { { 204, 205 } };
struct rerun run;

void say(const char *text)
{
	if (write(STDOUT_FILENO, text, strlen(text)) < 0)
		abort();
}

int wait_at_gate(struct mp_call *call)
{
	(void)call;
	gate_wait(&gate);
	say("child ");
	return 0;
}

int sleep_long(struct mp_call *call)
{
	(void)call;
	gate_open(&answer);
	mp_sleep(1000);
	say("never ");
	return 0;
}

void open_gate(void *unused)
{
	(void)unused;
	gate_open(&gate);
}

void say_it(void *text)
{
	say(text);
}

struct mp_process *start_child(mp_target target, int daemon)
{
	struct mp_process *p = mp_Process(.target = target, .daemon = daemon);

	mp_process_start(p);
	return p;
}

static void move(struct gate *at)
{
	struct gate made;

	gate_make(&made);
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(dup2(made.fds[i], at->fds[i]), at->fds[i]);
	gate_close(&made);
}

void leaving_begin(void)
{
	signal(SIGTERM, SIG_DFL);
	signal(SIGINT, SIG_DFL);
	move(&gate);
	move(&answer);
	move(&third);
}

void leaving_end(void)
{
	gate_close(&gate);
	gate_close(&answer);
	gate_close(&third);
	rerun_end(&run);
}
