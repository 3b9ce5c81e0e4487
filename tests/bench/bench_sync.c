/* tests/bench/bench_sync.c - what synchronising and communicating costs
 *
 * bench_sync [SECONDS]: each figure beside the bare system's way to do the same
 * and beside CPython's, measured in one run; with recording off, and recorded. Exit
 * status 1 if one is slower than it is due to be. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "mp.h"
#include "probe/probe.h"
#include "tests/bench/figures.h"

struct bare {			/* what the bare ways share */
	sem_t sem;
	pthread_mutex_t mutex;
	pthread_cond_t cond;
	int turn;
};
static struct bare *bare;

static void bare_start(void)
{
	pthread_mutexattr_t mutex;
	pthread_condattr_t cond;

	bare = mmap(NULL, sizeof(*bare), PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (bare == MAP_FAILED)
		abort();
	sem_init(&bare->sem, 1, 1);
	pthread_mutexattr_init(&mutex);
	pthread_mutexattr_setpshared(&mutex, PTHREAD_PROCESS_SHARED);
	pthread_mutex_init(&bare->mutex, &mutex);
	pthread_condattr_init(&cond);
	pthread_condattr_setpshared(&cond, PTHREAD_PROCESS_SHARED);
	pthread_cond_init(&bare->cond, &cond);
}

/* ---- Lock ---- */

static struct mp_lock *lock;

static void our_lock(long count)
{
	for (long i = 0; i < count; i++) {
		mp_lock_acquire(lock, MP_FOREVER);
		mp_lock_release(lock);
	}
}

static void bare_lock(long count)
{
	for (long i = 0; i < count; i++) {
		sem_wait(&bare->sem);
		sem_post(&bare->sem);
	}
}

static void bare_lock_with_events(long count)
{
	for (long i = 0; i < count; i++) {
		sem_wait(&bare->sem);
		mp__record(TRACE_TICK, 0, i, 0);
		mp__record(TRACE_TICK, 0, i, 0);
		sem_post(&bare->sem);
	}
}

static void bare_mutex(long count)
{
	for (long i = 0; i < count; i++) {
		pthread_mutex_lock(&bare->mutex);
		pthread_mutex_unlock(&bare->mutex);
	}
}

static void our_contended(long count)
{
	figures_both(our_lock, our_lock, count / 2);
}

static void bare_contended(long count)
{
	figures_both_bare(bare_mutex, bare_mutex, count / 2);
}

/* ---- Pipe ---- */

static struct mp_connection *ours, *theirs;

static void our_ping(long count)
{
	for (long i = 0; i < count; i++) {
		mp_connection_send(ours, mp_value(i % 100));
		mp_value_unref(mp_connection_recv(ours));
	}
}

static void our_echo(long count)
{
	for (long i = 0; i < count; i++)
		mp_connection_send(theirs, mp_connection_recv(theirs));
}

static void our_pipe(long count)
{
	mp_Pipe(&ours, &theirs);
	figures_both(our_ping, our_echo, count);
	mp_connection_destroy(ours);
	mp_connection_destroy(theirs);
}

/* ---- Queue ---- */

static struct mp_queue *queue;
static int bare_fds[2];

static void our_consumer(long count)
{
	for (long i = 0; i < count; i++)
		mp_value_unref(mp_queue_get(queue, MP_FOREVER));
}

static void our_producer(long count)
{
	for (long i = 0; i < count; i++)
		mp_queue_put(queue, mp_value(i), MP_FOREVER);
}

static void our_queue(long count)
{
	queue = mp_Queue();
	figures_both(our_consumer, our_producer, count);
	mp_queue_destroy(queue);
}

static void bare_consumer(long count)
{
	char item[16];

	for (long i = 0; i < count; i++)
		if (read(bare_fds[0], item, sizeof(item)) != sizeof(item))
			abort();
}

static void bare_producer(long count)
{
	char item[16] = "";

	for (long i = 0; i < count; i++)
		if (write(bare_fds[1], item, sizeof(item)) != sizeof(item))
			abort();
}

static void bare_queue(long count)
{
	if (pipe(bare_fds) < 0)
		abort();
	figures_both_bare(bare_consumer, bare_producer, count);
	close(bare_fds[0]);
	close(bare_fds[1]);
}

/* ---- Condition ---- */

static struct mp_condition *condition;
static struct mp_shared *turn;

static void our_turns(long count, int mine)
{
	int *whose = mp_shared_memory(turn);

	for (long i = 0; i < count; i++)
		MP_WITH(condition) {
			while (*(volatile int *)whose != mine)
				mp_condition_wait(condition, MP_FOREVER);
			*whose = !mine;
			mp_condition_notify(condition, 1);
		}
}

static void our_ping_turns(long count)
{
	our_turns(count, 0);
}

static void our_pong_turns(long count)
{
	our_turns(count, 1);
}

static void our_condition(long count)
{
	figures_both(our_ping_turns, our_pong_turns, count);
}

static void bare_turns(long count, int mine)
{
	for (long i = 0; i < count; i++) {
		pthread_mutex_lock(&bare->mutex);
		while (bare->turn != mine)
			pthread_cond_wait(&bare->cond, &bare->mutex);
		bare->turn = !mine;
		pthread_cond_signal(&bare->cond);
		pthread_mutex_unlock(&bare->mutex);
	}
}

static void bare_ping_turns(long count)
{
	bare_turns(count, 0);
}

static void bare_pong_turns(long count)
{
	bare_turns(count, 1);
}

static void bare_condition(long count)
{
	figures_both_bare(bare_ping_turns, bare_pong_turns, count);
}

/* ---- Value ---- */

static struct mp_shared *value;

static void our_increments(long count)
{
	for (long i = 0; i < count; i++)
		MP_WITH(value)
			mp_set(value, mp_get(value) + 1);
}

/* In turns so long that the other process's first touch of each page of the ring is
 * not what is measured. */
static void our_value(long count)
{
	figures_both(our_increments, our_increments, count / 2);
}

/* ---- the table ---- */

static const struct figure figures[] = {
	{ "Lock, free", "lock", "sem_t (+ 2 events)", our_lock, bare_lock,
	  100000, bare_lock_with_events, .off = 2.5, .on = 1 },
	{ "Lock, 2 processes", "contended", "mutex", our_contended,
	  bare_contended, 200000, .python_off = 5, .python_on = 2 },
	{ "Pipe, round trip", "pipe", "2 pipes, 1 byte", our_pipe,
	  figures_bare_pipe,
	  5000, .off = 1.3, .on = 1.4 },
	{ "Queue, 1 to 1", "queue", "pipe, 16 bytes", our_queue, bare_queue,
	  200000, .off = 1, .on = 2 },
	{ "Condition, ping-pong", "condition", "pthread_cond", our_condition,
	  bare_condition, 5000, .off = 1.3, .on = 1.5 },
	{ "Value += 1, locked", "value", NULL, our_value, NULL, 400000,
	  .python_off = 20, .python_on = 10 },
};

static void start(void)
{
	bare_start();
	lock = mp_Lock();
	condition = mp_Condition(.lock = mp_Lock());
	turn = mp_RawValue('i', 0);
	value = mp_Value('i', 0);
}

int main(int argc, char **argv)
{
	const struct figures_bench bench = {
		.peer = "peer_sync.py",
		.figures = figures,
		.count = sizeof(figures) / sizeof(figures[0]),
		.start = start,
	};

	return figures_main(argc, argv, &bench);
}
