/* tests/check_queue_death.c - processes killed in queues
 *
 * Whoever is killed wherever, the others get whole items, or a clear error, or
 * wait. */
#include <check.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mp.h"
#include "queues/queue.h"
#include "tests/support/children.h"

static struct mp_process *start(mp_target target, struct mp_queue *queue)
{
	struct mp_process *p = mp_Process(.target = target,
					  .args = mp_tuple(queue));

	ck_assert_int_eq(mp_process_start(p), 0);
	return p;
}

static void finish(struct mp_process *p)
{
	mp_process_join(p, mp_after(20));
	ck_assert_int_eq(mp_process_exitcode(p), 0);
	mp_process_destroy(p);
}

static struct mp_queue *queue_of(struct mp_call *call)
{
	struct mp_queue *queue;

	return mp_bind(call, "queue", &queue) < 0 ? NULL : queue;
}

/* ---- large items ---- */

#define LARGE ((size_t)1 << 20)

static int put_large(struct mp_call *call)
{
	struct mp_queue *queue = queue_of(call);
	char *bytes = calloc(1, LARGE);

	gate_open(&answer);
	int err = mp_queue_put_bytes(queue, bytes, LARGE, MP_FOREVER);
	free(bytes);
	return err < 0 ? mp_raise() : 0;
}

/* Its writer is killed while the reader is in the middle of it: an error, and in
 * time; also when the writer is a feeder. */
START_TEST(the_rest_of_an_item_of_a_dead_writer_is_not_waited_for)
{
	struct mp_queue *queue = _i ? mp_Queue() : mp_SimpleQueue();
	struct mp_process *p = start(put_large, queue);
	void *bytes;
	size_t size;

	ck_assert(gate_wait(&answer));
	while (mp__ring_room(mp__queue_ring(queue)) > 0)
		mp_sleep(0.001);
	mp_process_kill(p);
	mp_process_join(p, MP_FOREVER);
	ck_assert_int_eq(mp_queue_get_bytes(queue, &bytes, &size, mp_after(10)),
			 MP_EOS);
	ck_assert_ptr_nonnull(strstr(mp_error_message(), "is dead"));
	/* The end of what is there is the beginning of nothing. */
	ck_assert_int_eq(mp_queue_get_bytes(queue, &bytes, &size, MP_NOW),
			 MP_EEMPTY);
	ck_assert_int_eq(mp_queue_empty(queue), 1);
	mp_process_destroy(p);
	mp_queue_destroy(queue);
}
END_TEST

/* Half an item is no reason to time out. */
START_TEST(a_deadline_is_one_for_the_beginning_of_an_item)
{
	struct mp_queue *queue = mp_SimpleQueue();
	struct mp_process *p = start(put_large, queue);
	void *bytes;
	size_t size;

	ck_assert(gate_wait(&answer));
	while (mp__ring_room(mp__queue_ring(queue)) > 0)
		mp_sleep(0.001);
	ck_assert_int_eq(mp_queue_get_bytes(queue, &bytes, &size, MP_NOW), 0);
	ck_assert_uint_eq(size, LARGE);
	free(bytes);
	finish(p);
	mp_queue_destroy(queue);
}
END_TEST

/* ---- killed anywhere ---- */

/* A small header says who sent it and how much; then bytes that follow from it. */
struct item {
	uint32_t who, size;
	unsigned char bytes[200000];
};

static void fill(struct item *item, uint32_t who, uint32_t size)
{
	item->who = who;
	item->size = size;
	for (uint32_t i = 0; i < size; i++)
		item->bytes[i] = (unsigned char)(who * 31 + size + i);
}

static bool is_whole(const struct item *item, size_t size)
{
	if (size < 8 || item->size != size - 8)
		return false;
	for (uint32_t i = 0; i < item->size; i++)
		if (item->bytes[i]
		    != (unsigned char)(item->who * 31 + item->size + i))
			return false;
	return true;
}

static int put_for_ever(struct mp_call *call)
{
	static struct item item;
	struct mp_queue *queue = queue_of(call);
	unsigned seed = (unsigned)getpid();

	for (;;) {
		uint32_t size = (uint32_t)rand_r(&seed) % 100;
		if (size == 0)
			size = (uint32_t)rand_r(&seed) % 200000;
		fill(&item, (uint32_t)getpid(), size);
		if (mp_queue_put_bytes(queue, &item, 8 + size, MP_FOREVER) < 0)
			return mp_raise();
	}
}

/* Exit code 1: it got what nobody had put. */
static int get_for_ever(struct mp_call *call)
{
	struct mp_queue *queue = queue_of(call);
	void *bytes;
	size_t size;

	for (;;) {
		int err = mp_queue_get_bytes(queue, &bytes, &size, MP_FOREVER);
		if (err == MP_EOS)
			continue;
		if (err < 0 || !is_whole(bytes, size))
			return 1;
		free(bytes);
	}
}

#define KILLED 4

static void kill_in_turn(struct mp_queue *queue, unsigned seed)
{
	struct mp_process *p[KILLED];

	for (int i = 0; i < KILLED; i++)
		p[i] = start(i % 2 ? get_for_ever : put_for_ever, queue);
	for (int i = 0; i < KILLED; i++) {
		mp_sleep(rand_r(&seed) % 3000 / 1e6);
		mp_process_kill(p[i]);
		mp_process_join(p[i], MP_FOREVER);
		ck_assert_int_eq(mp_process_exitcode(p[i]), -SIGKILL);
		mp_process_destroy(p[i]);
	}
}

START_TEST(whoever_is_killed_nobody_gets_a_torn_item)
{
	for (unsigned round = 0; round < 30; round++) {
		struct mp_queue *queue = round % 3 == 0 ? mp_SimpleQueue()
					 : round % 3 == 1 ? mp_Queue(50)
							  : mp_Queue();
		void *bytes;
		size_t size;
		int err;
		kill_in_turn(queue, round * 77 + (unsigned)getpid());
		/* What is left is whole, or said to be a part; or somebody has
		 * died with the read lock. */
		while ((err = mp_queue_get_bytes(queue, &bytes, &size,
						 MP_NOW)) != MP_EEMPTY) {
			if (err == MP_EOS)
				continue;
			ck_assert_msg(err == 0, "%s", mp_error_message());
			ck_assert(is_whole(bytes, size));
			free(bytes);
		}
		mp_queue_destroy(queue);
	}
}
END_TEST

/* ---- the suite ---- */

static Suite *queue_death_suite(void)
{
	Suite *suite = suite_create("queue_death");
	TCase *tc = tcase_create("queue_death");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, children_begin, children_end);
	tcase_add_loop_test(tc,
			    the_rest_of_an_item_of_a_dead_writer_is_not_waited_for,
			    0, 2);
	tcase_add_test(tc, a_deadline_is_one_for_the_beginning_of_an_item);
	tcase_add_test(tc, whoever_is_killed_nobody_gets_a_torn_item);
	suite_add_tcase(suite, tc);
	return suite;
}

int main(void)
{
	SRunner *runner = srunner_create(queue_death_suite());

	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
