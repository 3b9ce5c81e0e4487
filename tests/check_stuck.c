/* tests/check_stuck.c - programs that cannot go on, recorded while they cannot
 *
 * What is claimed of made-up traces (check_deadlock.c) holds for real ones, too. */
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mp.h"
#include "tests/support/rerun.h"

#define ITEMS 30
#define ITEM_BYTES 10000	/* far more than a queue holds */

static int put_all(struct mp_call *call)
{
	static char bytes[ITEM_BYTES];
	struct mp_queue *queue;

	if (mp_bind(call, "queue", &queue) < 0)
		return mp_raise();
	for (int i = 0; i < ITEMS; i++)
		mp_queue_put_bytes(queue, bytes, sizeof(bytes), MP_FOREVER);
	return 0;
}

/* argument: how many items it takes out before it joins */
static int program_joins(const char *argument)
{
	struct mp_queue *queue = mp_Queue(.name = "shelf");
	struct mp_process *p = mp_Process(.target = put_all,
					  .args = mp_tuple(queue));
	void *bytes;
	size_t size;

	mp_process_start(p);
	printf("%d\n", mp_process_pid(p));
	fflush(stdout);
	for (int i = 0; i < atoi(argument); i++) {
		mp_queue_get_bytes(queue, &bytes, &size, MP_FOREVER);
		free(bytes);
	}
	mp_process_join(p, MP_FOREVER);
	return 0;
}

static const struct rerun_program programs[] = {
	{ "joins", program_joins },
	{ NULL, NULL }
};

static void wait_for_claim(const struct rerun *run)
{
	for (int i = 0; i < 2000; i++) {
		if (strcmp(rerun_ask(run, "SELECT kind FROM deadlock"), "ring")
		    == 0)
			return;
		usleep(10000);
	}
	ck_abort_msg("nothing was claimed: %s",
		     rerun_ask(run, "SELECT kind FROM deadlock"));
}

/* All of it drained but the last few: the feeder is stuck with the rest. */
static const char *const taken[] = { "0", "1", "7", "15" };

START_TEST(join_before_all_is_drained_is_claimed)
{
	struct rerun run;
	int pid;

	rerun_begin(&run);
	rerun_start(&run, run.trace, "joins", taken[_i]);
	FILE *out = fdopen(dup(run.out_fd), "r");
	ck_assert_int_eq(fscanf(out, "%d", &pid), 1);
	fclose(out);
	wait_for_claim(&run);
	kill(run.pid, SIGKILL);
	kill(pid, SIGKILL);
	rerun_finish(&run);
	rerun_end(&run);
}
END_TEST

START_TEST(join_after_all_is_drained_is_none)
{
	struct rerun run;

	rerun(&run, "joins", "30");
	ck_assert_int_eq(run.status, 0);
	ck_assert_str_eq(rerun_ask(&run, "SELECT count(*) FROM deadlock"), "0");
	rerun_end(&run);
}
END_TEST

/* ---- the suite ---- */

static void set_up(void)
{
	signal(SIGTERM, SIG_DFL);
	signal(SIGINT, SIG_DFL);
}

static Suite *stuck_suite(void)
{
	Suite *suite = suite_create("stuck");
	TCase *tc = tcase_create("stuck");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, set_up, NULL);
	tcase_add_loop_test(tc, join_before_all_is_drained_is_claimed, 0, 4);
	tcase_add_test(tc, join_after_all_is_drained_is_none);
	suite_add_tcase(suite, tc);
	return suite;
}

int main(int argc, char **argv)
{
	return rerun_main(argc, argv, programs, stuck_suite);
}
