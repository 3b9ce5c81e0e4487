/* tests/check_lock.c - Lock, RLock
 *
 * What each promises (multiprocessing.synchronize), across processes: children
 * tell, the test asserts. */
#include <check.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "mp.h"
#include "process/process.h"
#include "synchronize/lock.h"
#include "tests/support/orders.h"
#include "tests/support/waiting.h"

/* ---- Lock ---- */

START_TEST(a_lock_is_had_by_one)
{
	struct mp_lock *lock = mp_Lock();

	ck_assert_int_eq(mp_lock_value(lock), 1);
	struct mp_process *p = start(lock, "tgtr");
	assert_hears(1);
	ck_assert(mp_lock_locked(lock));
	ck_assert_int_eq(mp_lock_acquire(lock, MP_NOW), 0);
	ck_assert_int_eq(mp_lock_acquire(lock, mp_after(0.01)), 0);
	gate_open(&gate);
	assert_hears(1);
	assert_hears(0);	/* not twice by the same one, either */
	assert_hears(0);
	finish(p);
	ck_assert_int_eq(mp_lock_acquire(lock, MP_FOREVER), 1);
	ck_assert_int_eq(mp_lock_release(lock), 0);
	mp_lock_destroy(lock);
}
END_TEST

START_TEST(who_waits_gets_it_when_it_is_given_back)
{
	struct mp_lock *lock = mp_Lock();

	ck_assert_int_eq(mp_lock_acquire(lock, MP_FOREVER), 1);
	struct mp_process *p = start(lock, "ar");
	waiting_in(p, MP__OP_LOCK_ACQUIRE);
	ck_assert_int_eq(mp_lock_release(lock), 0);
	assert_hears(1);
	assert_hears(0);
	finish(p);
	ck_assert_int_eq(mp_lock_value(lock), 1);
}
END_TEST

START_TEST(any_process_may_release_a_lock)
{
	struct mp_lock *lock = mp_Lock();

	ck_assert_int_eq(mp_lock_acquire(lock, MP_FOREVER), 1);
	struct mp_process *p = start(lock, "r");
	assert_hears(0);
	finish(p);
	ck_assert_int_eq(mp_lock_value(lock), 1);
	ck_assert_int_eq(mp_lock_acquire(lock, MP_NOW), 1);
}
END_TEST

START_TEST(a_free_lock_cannot_be_released)
{
	struct mp_lock *lock = mp_Lock();

	ck_assert_int_eq(mp_lock_release(lock), MP_EVALUE);
	ck_assert_str_eq(mp_error_message(),
			 "semaphore or lock released too many times");
	ck_assert_int_eq(mp_lock_value(lock), 1);
}
END_TEST

START_TEST(a_dead_holder_keeps_its_lock)
{
	struct mp_lock *lock = mp_Lock();
	struct mp_process *p = start(lock, "agr");

	assert_hears(1);
	mp_process_terminate(p);
	mp_process_join(p, MP_FOREVER);
	ck_assert_int_eq(mp_lock_acquire(lock, mp_after(0.01)), 0);
	ck_assert_int_eq(mp_lock_release(lock), 0);
	ck_assert_int_eq(mp_lock_acquire(lock, MP_NOW), 1);
}
END_TEST

START_TEST(a_lock_made_in_one_process_is_the_same_in_all)
{
	struct mp_lock *lock;
	struct mp_value *value = mp_value(mp_Lock());
	void *bytes, *object;
	size_t size;

	/* As it travels through a pipe or a queue. */
	ck_assert_int_eq(mp_value_pack(value, &bytes, &size), 0);
	ck_assert_int_eq(mp_value_as_object(value, MP_OBJECT_LOCK, &object), 0);
	mp_value_unref(value);
	ck_assert_int_eq(mp_value_unpack(bytes, size, &value), 0);
	free(bytes);
	lock = object;
	ck_assert_int_eq(mp_value_as_object(value, MP_OBJECT_LOCK, &object), 0);
	ck_assert_ptr_eq(object, lock);
	ck_assert_int_eq(mp_value_as_object(value, MP_OBJECT_QUEUE, &object),
			 MP_ETYPE);
	mp_value_unref(value);
	mp_lock_destroy(lock);
}
END_TEST

START_TEST(what_is_destroyed_is_not_found_again)
{
	struct mp_lock *lock = mp_Lock();
	struct mp_value *value = mp_value(lock), *again = NULL;
	void *bytes;
	size_t size;

	ck_assert_int_eq(mp_value_pack(value, &bytes, &size), 0);
	mp_lock_destroy(lock);
	ck_assert_int_eq(mp_value_unpack(bytes, size, &again), MP_EVALUE);
	lock = mp_Lock();	/* in the same place */
	ck_assert_int_eq(mp_value_unpack(bytes, size, &again), MP_EVALUE);
	for (size_t i = 0; i < size; i++) {
		((unsigned char *)bytes)[i] ^= 0x55;
		mp_value_unref(mp_value_unpack(bytes, size, &again) < 0
				       ? NULL : again);
		((unsigned char *)bytes)[i] ^= 0x55;
	}
	free(bytes);
	mp_value_unref(value);
}
END_TEST

static int destroy_it(struct mp_call *call)
{
	struct mp_lock *lock;

	if (mp_bind(call, "lock", &lock) < 0)
		return mp_raise();
	mp_lock_destroy(lock);
	return 0;
}

START_TEST(only_its_maker_destroys_a_lock)
{
	struct mp_lock *lock = mp_Lock();
	struct mp_process *p = mp_Process(.target = destroy_it,
					  .args = mp_tuple(lock));

	mp_process_start(p);
	finish(p);
	ck_assert_uint_ne(lock->head.id, 0);
	ck_assert_int_eq(mp_lock_acquire(lock, MP_NOW), 1);
}
END_TEST

/* ---- RLock ---- */

START_TEST(an_rlock_counts_its_owner)
{
	struct mp_lock *lock = mp_RLock();

	for (int depth = 1; depth <= 3; depth++)
		ck_assert_int_eq(mp_lock_acquire(lock, MP_FOREVER), 1);
	assert_repr(lock, "<RLock(MainProcess, 3)>");
	struct mp_process *p = start(lock, "tatr");
	assert_hears(0);
	waiting_in(p, MP__OP_LOCK_ACQUIRE);
	for (int depth = 3; depth > 1; depth--) {
		ck_assert_int_eq(mp_lock_release(lock), 0);
		ck_assert(mp_lock_locked(lock));
	}
	ck_assert_int_eq(mp_lock_release(lock), 0);
	assert_hears(1);
	assert_hears(1);	/* it owns it now, and takes it again */
	assert_hears(0);
	finish(p);
}
END_TEST

START_TEST(only_its_owner_releases_an_rlock)
{
	struct mp_lock *lock = mp_RLock();

	ck_assert_int_eq(mp_lock_release(lock), MP_EOWNER);
	ck_assert_str_eq(mp_error_message(), "attempt to release recursive "
					     "lock not owned by thread");
	ck_assert_int_eq(mp_lock_acquire(lock, MP_FOREVER), 1);
	struct mp_process *p = start(lock, "r");
	assert_hears(MP_EOWNER);
	finish(p);
	ck_assert_int_eq(mp_lock_release(lock), 0);
}
END_TEST

static void *take_in_thread(void *lock)
{
	return (void *)(intptr_t)mp_lock_acquire(lock, MP_NOW);
}

START_TEST(another_thread_does_not_own_an_rlock)
{
	struct mp_lock *lock = mp_RLock();
	pthread_t thread;
	void *taken;

	ck_assert_int_eq(mp_lock_acquire(lock, MP_FOREVER), 1);
	ck_assert_int_eq(pthread_create(&thread, NULL, take_in_thread, lock),
			 0);
	pthread_join(thread, &taken);
	ck_assert_ptr_null(taken);
}
END_TEST

/* ---- with, and how they print ---- */

static int leave_by_return(struct mp_lock *lock)
{
	MP_WITH(lock)
		return (int)mp_lock_value(lock);
	return -1;
}

START_TEST(with_gives_back_however_it_is_left)
{
	struct mp_lock *lock = mp_Lock();
	int rounds = 0;

	MP_WITH(lock) {
		rounds++;
		ck_assert(mp_lock_locked(lock));
	}
	ck_assert(!mp_lock_locked(lock));
	MP_WITH(lock) {
		rounds++;
		break;
	}
	ck_assert(!mp_lock_locked(lock));
	ck_assert_int_eq(leave_by_return(lock), 0);
	ck_assert(!mp_lock_locked(lock));
	ck_assert_int_eq(rounds, 2);
	ck_assert_int_eq(mp_acquire(lock, MP_NOW), 1);
	ck_assert_int_eq(mp_release(lock), 0);
}
END_TEST

START_TEST(a_lock_prints_its_owner)
{
	struct mp_lock *lock = mp_Lock(), *rlock = mp_RLock();

	assert_repr(lock, "<Lock(owner=None)>");
	assert_repr(rlock, "<RLock(None, 0)>");
	struct mp_process *p = start(lock, "a"), *q = start(rlock, "a");
	assert_hears(1);
	assert_hears(1);
	finish(p);
	finish(q);
	assert_repr(lock, "<Lock(owner=SomeOtherProcess)>");
	assert_repr(rlock, "<RLock(SomeOtherProcess, nonzero)>");
	struct mp_value *value = mp_list(lock);
	char *text = mp_value_repr(value);
	ck_assert_str_eq(text, "[<Lock(owner=SomeOtherProcess)>]");
	free(text);
	mp_value_unref(value);
	mp_lock_release(lock);
	mp_lock_acquire(lock, MP_NOW);
	assert_repr(lock, "<Lock(owner=MainProcess)>");
}
END_TEST

static bool stays_in_fork;

static void stay_in_fork(void *unused)
{
	(void)unused;
	if (stays_in_fork)
		gate_wait(&gate);
}

static void *tell_whose_it_is(void *lock)
{
	char text[64];

	mp_lock_repr(lock, text, sizeof(text));
	gate_tell(&answer, strcmp(text, "<Lock(owner=SomeOtherThread)>"));
	return NULL;
}

static int have_a_thread_look(struct mp_call *call)
{
	struct mp_lock *lock;
	pthread_t thread;

	if (mp_bind(call, "lock", &lock) < 0)
		return mp_raise();
	mp_lock_acquire(lock, MP_FOREVER);
	pthread_create(&thread, NULL, tell_whose_it_is, lock);
	pthread_join(thread, NULL);
	gate_open(&gate);
	return 0;
}

/* Its parent does not come back from the fork before. */
START_TEST(a_newborn_process_knows_its_own_lock)
{
	struct mp_process *p = mp_Process(.target = have_a_thread_look,
					  .args = mp_tuple(mp_Lock()));

	ck_assert_int_eq(mp_fork_hooks(NULL, stay_in_fork, NULL, NULL),
			 0);
	stays_in_fork = true;
	ck_assert_int_eq(mp_process_start(p), 0);
	stays_in_fork = false;
	assert_hears(0);
	finish(p);
}
END_TEST

/* ---- signals ---- */

static void note(int signal)
{
	(void)signal;
}

static int wait_through_signals(struct mp_call *call)
{
	struct mp_lock *lock;
	bool interrupt;

	if (mp_bind(call, "lock interrupt", &lock, &interrupt) < 0)
		return mp_raise();
	sigaction(SIGUSR1, &(struct sigaction){ .sa_handler = note }, NULL);
	mp_set_interrupt(interrupt);
	gate_tell(&answer, mp_lock_acquire(lock, MP_FOREVER));
	return 0;
}

START_TEST(a_signal_ends_a_wait_only_on_request)
{
	struct mp_lock *lock = mp_Lock();

	mp_lock_acquire(lock, MP_NOW);
	for (int interrupt = 0; interrupt <= 1; interrupt++) {
		struct mp_process *p = mp_Process(
			.target = wait_through_signals,
			.args = mp_tuple(lock, mp_bool(interrupt)));
		mp_process_start(p);
		waiting_in(p, MP__OP_LOCK_ACQUIRE);
		/* One that comes just before it sleeps is not noticed. */
		struct pollfd fd = { answer.fds[0], POLLIN, 0 };
		do
			kill(mp_process_pid(p), SIGUSR1);
		while (poll(&fd, 1, 10) == 0 && interrupt);
		if (interrupt) {
			assert_hears(MP_EINTR);
		} else {
			waiting_in(p, MP__OP_LOCK_ACQUIRE);
			mp_lock_release(lock);
			assert_hears(1);
		}
		finish(p);
	}
}
END_TEST

/* ---- the suite ---- */

static Suite *lock_suite(void)
{
	Suite *suite = suite_create("lock");
	TCase *tc = tcase_create("lock");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, orders_begin, orders_end);
	tcase_add_test(tc, a_lock_is_had_by_one);
	tcase_add_test(tc, who_waits_gets_it_when_it_is_given_back);
	tcase_add_test(tc, any_process_may_release_a_lock);
	tcase_add_test(tc, a_free_lock_cannot_be_released);
	tcase_add_test(tc, a_dead_holder_keeps_its_lock);
	tcase_add_test(tc, a_lock_made_in_one_process_is_the_same_in_all);
	tcase_add_test(tc, what_is_destroyed_is_not_found_again);
	tcase_add_test(tc, only_its_maker_destroys_a_lock);
	tcase_add_test(tc, an_rlock_counts_its_owner);
	tcase_add_test(tc, only_its_owner_releases_an_rlock);
	tcase_add_test(tc, another_thread_does_not_own_an_rlock);
	tcase_add_test(tc, with_gives_back_however_it_is_left);
	tcase_add_test(tc, a_lock_prints_its_owner);
	tcase_add_test(tc, a_newborn_process_knows_its_own_lock);
	tcase_add_test(tc, a_signal_ends_a_wait_only_on_request);
	suite_add_tcase(suite, tc);
	return suite;
}

int main(void)
{
	SRunner *runner = srunner_create(lock_suite());

	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
