/* tests/check_memory_names.c - nobody's name of shared memory is left behind
 *
 * However the program ends, and at whatever step a process of it is killed. */
#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "arena/arena.h"
#include "base/fd.h"
#include "mp.h"
#include "tests/support/rerun.h"
#include "tests/support/steps.h"

/* The same for all programs of this test, and for no other test. */
static char step_name[40];

static void choose_name(void)
{
	snprintf(step_name, sizeof(step_name), "fs_check_step_%d", getpid());
	setenv("CHECK_STEP_NAME", step_name, 0);
	snprintf(step_name, sizeof(step_name), "%s", getenv("CHECK_STEP_NAME"));
}

static bool exists(const char *name)
{
	char path[300];

	snprintf(path, sizeof(path), "/dev/shm/%s", name);
	return access(path, F_OK) == 0;
}

/* ---- programs ---- */

static int sleep_with_it(struct mp_call *call)
{
	(void)call;
	mp_sleep(1000);
	return 0;
}

/* argument: how to end */
static int program_leaves_names(const char *argument)
{
	struct mp_memory *memory = mp_SharedMemory(.create = true, .size = 5);
	struct mp_memory *other = mp_SharedMemory(.create = true, .size = 5);

	mp_memory_unlink(other);
	printf("%s\n", mp_memory_name(memory));
	fflush(stdout);
	if (strcmp(argument, "child") == 0) {	/* lives on for a while */
		struct mp_process *p = mp_Process(.target = sleep_with_it);
		mp_process_start(p);
		printf("%d\n", mp_process_pid(p));
		fflush(stdout);
	}
	if (strcmp(argument, "exit") == 0)
		return 0;
	raise(strcmp(argument, "term") == 0 ? SIGTERM : SIGKILL);
	return 1;
}

/* The tracker is killed, and another name is made. */
static int program_loses_tracker(const char *unused)
{
	struct mp_memory *memory = mp_SharedMemory(.create = true, .size = 5);
	uint32_t pid;

	(void)unused;
	while (!((pid = atomic_load(&mp__arena->tracker)) & 0x80000000u))
		mp_sleep(0.001);
	pid &= 0x7fffffff;
	if (kill((pid_t)pid, SIGKILL) < 0)
		return 2;
	while (mp__pid_is_alive((pid_t)pid))
		mp_sleep(0.001);
	struct mp_memory *other = mp_SharedMemory(.create = true, .size = 5);
	printf("%s %s\n", mp_memory_name(memory), mp_memory_name(other));
	fflush(stdout);
	raise(SIGKILL);
	return 1;
}

/* There can be no process for it: then nothing is made; and later it can. */
static int program_has_no_tracker(const char *unused)
{
	struct rlimit limit;

	(void)unused;
	/* The limit is not for root. */
	if (getrlimit(RLIMIT_NPROC, &limit) < 0
	    || setrlimit(RLIMIT_NPROC, &(struct rlimit){ 0, limit.rlim_max }) < 0
	    || (geteuid() == 0 && setuid(65534) < 0))
		return 1;
	if (mp_SharedMemory(.name = step_name, .create = true, .size = 5)
	    || mp_error_code() != MP_EOS)
		return 2;
	if (exists(step_name))
		return 3;
	setrlimit(RLIMIT_NPROC, &limit);
	prctl(PR_SET_DUMPABLE, 1);	/* for LeakSanitizer */
	struct mp_memory *memory = mp_SharedMemory(.name = step_name,
						   .create = true, .size = 5);
	if (!memory)
		return 4;
	mp_memory_unlink(memory);
	return 0;
}

static int has_name(void)
{
	return exists(step_name);
}

/* argument: the step at which it is killed; of a name that is there already it makes
 * nothing. */
static int makes_and_unlinks(struct mp_call *call)
{
	long step = 0;

	mp_bind(call, "step", &step);
	steps_watch(has_name);
	steps_begin((unsigned)step);
	struct mp_memory *memory = mp_SharedMemory(.name = step_name,
						   .create = true, .size = 5);
	if (memory)
		mp_memory_unlink(memory);
	steps_end();
	return 0;
}

static int program_is_killed(const char *argument)
{
	/* There is a tracker already. */
	struct mp_memory *other = mp_SharedMemory(.create = true, .size = 5);
	struct mp_process *p = mp_Process(.target = makes_and_unlinks,
					  .args = mp_tuple(atol(argument)));

	mp_memory_unlink(other);
	mp_process_start(p);
	mp_process_join(p, MP_FOREVER);
	puts(mp_process_exitcode(p) == 0 ? "lived" : "died");
	return 0;
}

static const struct rerun_program programs[] = {
	{ "names", program_leaves_names },
	{ "killed", program_is_killed },
	{ "loses", program_loses_tracker },
	{ "none", program_has_no_tracker },
	{ NULL, NULL }
};

/* ---- names that are left ---- */

static void wait_until_gone(const char *name)
{
	for (int i = 0; i < 2000 && exists(name); i++)
		usleep(10000);
	ck_assert(!exists(name));
}

static const char *const ends[] = { "exit", "term", "kill" };

START_TEST(what_was_left_is_cleaned_up)
{
	struct rerun run;
	char name[64];

	rerun_begin(&run);
	rerun_start(&run, NULL, "names", ends[_i]);
	rerun_finish(&run);
	ck_assert_int_eq(sscanf(run.out, "%63s", name), 1);
	wait_until_gone(name);
	ck_assert_str_eq(run.err, "resource_tracker: There appear to be 1 "
				  "leaked shared_memory objects to clean up at "
				  "shutdown\n");
	rerun_end(&run);
}
END_TEST

START_TEST(a_tracker_that_was_killed_is_replaced)
{
	struct rerun run;
	char names[2][64];

	rerun_begin(&run);
	rerun_start(&run, NULL, "loses", "-");
	rerun_finish(&run);
	ck_assert_int_eq(run.status, SIGKILL);
	ck_assert_int_eq(sscanf(run.out, "%63s %63s", names[0], names[1]), 2);
	wait_until_gone(names[0]);
	wait_until_gone(names[1]);
	ck_assert_ptr_nonnull(strstr(run.err, "2 leaked shared_memory"));
	rerun_end(&run);
}
END_TEST

START_TEST(without_a_tracker_nothing_is_made)
{
	struct rerun run;

	rerun_begin(&run);
	rerun_start(&run, NULL, "none", "-");
	rerun_finish(&run);
	ck_assert_int_eq(run.status, 0);
	rerun_end(&run);
}
END_TEST

START_TEST(nothing_goes_while_somebody_lives)
{
	struct rerun run;
	char name[64];
	int pid;

	rerun_begin(&run);
	rerun_start(&run, NULL, "names", "child");
	FILE *out = fdopen(dup(run.out_fd), "r");
	ck_assert_int_eq(fscanf(out, "%63s %d", name, &pid), 2);
	fclose(out);
	rerun_wait(&run);
	usleep(50000);
	ck_assert(exists(name));
	kill(pid, SIGKILL);
	wait_until_gone(name);
	rerun_finish(&run);
	rerun_end(&run);
}
END_TEST

/* ---- killed at any step ---- */

static bool dies_at(long step)
{
	struct rerun run;
	char number[24];

	snprintf(number, sizeof(number), "%ld", step);
	rerun_begin(&run);
	rerun_start(&run, NULL, "killed", number);
	rerun_finish(&run);	/* the tracker has ended, too */
	bool died = strcmp(run.out, "died\n") == 0;
	ck_assert(died || strcmp(run.out, "lived\n") == 0);
	rerun_end(&run);
	return died;
}

START_TEST(one_killed_at_any_step_leaves_no_name)
{
	long step = 1;

	ck_assert(!exists(step_name));
	while (steps_are_possible() && dies_at(step)) {
		ck_assert_msg(!exists(step_name), "step %ld", step);
		step++;
	}
	ck_assert(step > 3 || !steps_are_possible());
}
END_TEST

START_TEST(one_killed_at_any_step_takes_no_others_name)
{
	int fd = shm_open(step_name, O_CREAT | O_RDWR, 0600);
	long step = 1;

	ck_assert_int_eq(ftruncate(fd, 10), 0);
	while (steps_are_possible() && dies_at(step)) {
		ck_assert_msg(exists(step_name), "step %ld", step);
		step++;
	}
	shm_unlink(step_name);
	close(fd);
}
END_TEST

static void set_up(void)
{
	signal(SIGTERM, SIG_DFL);
	signal(SIGINT, SIG_DFL);
}

static Suite *memory_names_suite(void)
{
	Suite *suite = suite_create("memory_names");
	TCase *tc = tcase_create("memory_names");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, set_up, NULL);
	tcase_add_loop_test(tc, what_was_left_is_cleaned_up, 0, 3);
	tcase_add_test(tc, a_tracker_that_was_killed_is_replaced);
	tcase_add_test(tc, without_a_tracker_nothing_is_made);
	tcase_add_test(tc, nothing_goes_while_somebody_lives);
	tcase_add_test(tc, one_killed_at_any_step_leaves_no_name);
	tcase_add_test(tc, one_killed_at_any_step_takes_no_others_name);
	suite_add_tcase(suite, tc);
	return suite;
}

int main(int argc, char **argv)
{
	choose_name();
	return rerun_main(argc, argv, programs, memory_names_suite);
}
