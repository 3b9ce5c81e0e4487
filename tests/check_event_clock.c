/* tests/check_event_clock.c - the clock of the events */
#include <check.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "probe/clock.h"

static struct trace_ring ring;

static void set_clock(void)
{
	memset(&ring, 0, sizeof(ring));
	mp__event_clock_begin(&ring);
	mp__event_clock_set(&ring);
}

/* The rate is known to some millionths; this takes some ms, or seconds when something
 * else runs. */
static void assert_shows_monotonic(uint64_t (*clock)(void), int64_t off_ns)
{
	int64_t begin = mp__now();

	for (int i = 0; i < 10000; i++) {
		int64_t before = mp__now();
		int64_t shown = (int64_t)clock();
		int64_t after = mp__now();

		int64_t off = off_ns ? off_ns + (after - begin) / 1000 : 0;
		ck_assert_int_ge(shown, before - off);
		ck_assert_int_le(shown, after + off);
	}
}

static uint64_t recorders_clock(void)
{
	return mp__event_now_of(&ring);
}

START_TEST(it_shows_clock_monotonic)
{
	set_clock();
	assert_shows_monotonic(mp__event_now, 50000);
	assert_shows_monotonic(mp__event_soon, 50000);
	assert_shows_monotonic(recorders_clock, 50000);
}
END_TEST

START_TEST(without_a_counter_it_is_clock_monotonic)
{
	set_clock();
	ring.clock_ns = 0;
	ring.clock_scale = 0;
	mp__event_clock_set(&ring);
	ck_assert_uint_eq(mp__event_clock.scale, 0);
	assert_shows_monotonic(mp__event_now, 0);
	assert_shows_monotonic(mp__event_soon, 0);
	assert_shows_monotonic(recorders_clock, 0);
}
END_TEST

/* As if it had stood still, gone back, or been read an hour ago. */
START_TEST(a_rate_that_cannot_be_is_not_used)
{
	static const int64_t ages_ns[] = { INT64_C(3000000000),
					   INT64_C(3600000000000) };

	for (size_t i = 0; i < 2; i++) {
		set_clock();
		ring.clock_scale = 0;
		ring.clock_ticks = mp__ticks();
		ring.clock_ns = (uint64_t)(mp__now() - ages_ns[i]);
		mp__event_clock_set(&ring);
		ck_assert_uint_eq(mp__event_clock.scale, 0);
		ck_assert_uint_eq(ring.clock_scale, 0);
	}
	set_clock();
	ring.clock_scale = 0;
	ring.clock_ticks = mp__ticks() + (UINT64_C(1) << 40);
	mp__event_clock_set(&ring);
	ck_assert_uint_eq(mp__event_clock.scale, 0);
}
END_TEST

/* ---- a machine that has slept ---- */

static void assert_given_up(int64_t parted_ns, bool is_given_up)
{
	set_clock();
	if (!mp__event_clock.scale)
		return;		/* there is no counter here */
	ring.clock_ns += (uint64_t)parted_ns;
	mp__event_clock_check(&ring);
	mp__event_clock_renew(&ring);
	ck_assert_int_eq(ring.clock_scale == 0, is_given_up);
	ck_assert_int_eq(mp__event_clock.scale == 0, is_given_up);
	if (is_given_up)
		assert_shows_monotonic(recorders_clock, 0);
}

START_TEST(a_counter_that_has_parted_is_given_up)
{
	assert_given_up(0, false);
	assert_given_up(50000000, false);
	assert_given_up(INT64_C(3600000000000), true);
	assert_given_up(-1000000000, true);
}
END_TEST

START_TEST(a_counter_that_was_set_back_is_given_up)
{
	set_clock();
	if (!mp__event_clock.scale)
		return;
	ring.clock_ticks += UINT64_C(1) << 40;
	mp__event_clock_check(&ring);
	ck_assert_uint_eq(ring.clock_scale, 0);
}
END_TEST

/* ---- cause and effect ---- */

enum { ROUNDS = 100000 };

struct wire {
	_Alignas(64) _Atomic uint64_t there, back;
	uint64_t too_early, rounds;
};

/* Send the time, see the answer's: never earlier than the time it says. */
static void send_and_receive(_Atomic uint64_t *out, _Atomic uint64_t *in,
			     bool is_first, struct wire *told)
{
	uint64_t last = 0, got;

	for (int i = 0; i < ROUNDS; i++) {
		if (is_first)
			atomic_store_explicit(out, mp__event_soon(),
					      memory_order_release);
		for (int n = 0; (got = atomic_load(in)) == last; n++)
			if (n % 128 == 127)
				sched_yield();
		last = got;
		uint64_t now = mp__event_now();
		told->too_early += now < got;
		told->rounds++;
		if (!is_first)
			atomic_store_explicit(out, mp__event_soon(),
					      memory_order_release);
	}
}

START_TEST(nothing_is_received_before_it_was_sent)
{
	struct wire *wires = mmap(NULL, 2 * sizeof(*wires),
				  PROT_READ | PROT_WRITE,
				  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int status;

	ck_assert_ptr_ne(wires, MAP_FAILED);
	set_clock();
	pid_t pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		send_and_receive(&wires->back, &wires->there, false,
				 &wires[1]);
		_exit(0);
	}
	send_and_receive(&wires->there, &wires->back, true, &wires[0]);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	for (int i = 0; i < 2; i++) {
		ck_assert_uint_eq(wires[i].rounds, ROUNDS);
		ck_assert_uint_eq(wires[i].too_early, 0);
	}
}
END_TEST

static Suite *event_clock_suite(void)
{
	Suite *suite = suite_create("event_clock");
	TCase *tc = tcase_create("event_clock");

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, it_shows_clock_monotonic);
	tcase_add_test(tc, without_a_counter_it_is_clock_monotonic);
	tcase_add_test(tc, a_rate_that_cannot_be_is_not_used);
	tcase_add_test(tc, a_counter_that_has_parted_is_given_up);
	tcase_add_test(tc, a_counter_that_was_set_back_is_given_up);
	tcase_add_test(tc, nothing_is_received_before_it_was_sent);
	suite_add_tcase(suite, tc);
	return suite;
}

int main(void)
{
	SRunner *runner = srunner_create(event_clock_suite());

	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
