#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "process/process.h"
#include "queues/queue.h"

/* The feeder: a thread of each process that puts something. It takes what is buffered,
 * all at once, and moves it into the ring. It is an agent with a lane of its own,
 * because it is the reason why a process that has put something may not end. */

#define SPINS 40	/* looks before it sleeps; each lets others run */

/* ---- nothing to do: an operation like any other ---- */

static bool has_work(const struct mp__feeder_shm *feeder)
{
	return atomic_load(&feeder->buffered) > 0
	       || atomic_load(&feeder->quits);
}

int mp__try_feeder(struct mp__op *op)
{
	return has_work(mp__at(op->ref)) ? 0 : MP__WOULD_BLOCK;
}

bool mp__guard_feeder(const struct mp__arena_shm *arena,
		      const struct mp__pending_shm *pending, int64_t now)
{
	(void)now;
	return has_work(mp__at_in(arena, pending->ref));
}

int mp__park_feeder(struct mp__op *op)
{
	struct mp__feeder_shm *feeder = mp__at(op->ref);

	atomic_store(&feeder->sleeps, 1);
	if (!has_work(feeder))
		mp__park_word_briefly(&feeder->sleeps, 1, MP_FOREVER);
	atomic_store(&feeder->sleeps, 0);
	return 0;
}

static void wait_for_work(const struct mp__queue_local *local)
{
	const struct mp__feeder_shm *feeder = mp__feeder_of(local);

	for (int i = 0; i < SPINS; i++) {
		if (has_work(feeder))
			return;
		sched_yield();
	}
	mp__perform(&(struct mp__op){
		.code = MP__OP_FEEDER_IDLE,
		.object = local->id,
		.ref = local->shm_ref,
		.until = MP_FOREVER,
	});
}

/* ---- its life ---- */

/* Everything that is buffered, in exchange for an empty buffer. */
static uint32_t take_all(struct mp__queue_local *local,
			 struct mp__buffer *moving)
{
	struct mp__feeder_shm *feeder = mp__feeder_of(local);

	pthread_mutex_lock(&local->mutex);
	struct mp__buffer empty = *moving;
	*moving = local->filling;
	empty.len = 0;
	local->filling = empty;
	uint32_t count = atomic_load(&feeder->buffered);
	pthread_mutex_unlock(&local->mutex);
	return count;
}

static void feed(struct mp__queue_local *local)
{
	struct mp__feeder_shm *feeder = mp__feeder_of(local);
	struct mp__buffer moving = { 0 };

	for (;;) {
		wait_for_work(local);
		uint32_t count = take_all(local, &moving);
		if (count == 0 && atomic_load(&feeder->quits))
			break;
		struct mp__queue_job job = {
			.queue = local->queue,
			.bytes = moving.bytes,
			.length = moving.len,
		};
		mp__queue_write(&job, MP__OP_FEEDER_WRITE);
		atomic_fetch_sub(&feeder->buffered, count);
	}
	mp__buffer_free(&moving);
}

static void *feeder_main(void *argument)
{
	struct mp__queue_local *local = argument;
	struct mp__process_shm *process = mp__process_shm(mp__this.current);
	char path[300], name[32] = "feeder";

	if (local->number > 1)
		snprintf(name, sizeof(name), "feeder-%u", local->number);
	snprintf(path, sizeof(path), "%s %s", mp__this.current->path, name);
	mp__agent_begin(mp__process_id, TRACE_ROLE_FEEDER, path,
			name, &process->first_agent);
	feed(local);
	mp__agent_end();
	struct mp__feeder_shm *feeder = mp__feeder_of(local);
	atomic_store(&feeder->is_over, 1);
	mp__wake_word(&feeder->is_over, INT32_MAX);
	return NULL;
}

/* Python's finalizers: -5 waits for the feeder, 10 has it quit. */
static void quit_at_exit(void *local)
{
	mp__feeder_quit(local);
}

static void join_at_exit(void *argument)
{
	struct mp__queue_local *local = argument;

	if (!local->does_not_wait && local->has_feeder)
		mp__feeder_join(local);
}

void mp__feeder_forget(struct mp__queue_local *local)
{
	mp__finalize_cancel(quit_at_exit, local);
	mp__finalize_cancel(join_at_exit, local);
}

int mp__feeder_start(struct mp__queue_local *local)
{
	struct mp__feeder_shm *feeder = mp__feeder_of(local);
	sigset_t all, before;

	local->number = __atomic_add_fetch(&mp__this.feeders, 1,
					   __ATOMIC_RELAXED);
	atomic_store(&feeder->quits, 0);
	atomic_store(&feeder->is_over, 0);
	/* Signals are the program's; its own threads shall get them. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int error = pthread_create(&local->feeder, NULL, feeder_main, local);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (error) {
		atomic_store(&feeder->is_over, 1);
		return mp__fail(MP_EOS, "no thread for a queue: %s",
				strerror(error));
	}
	local->has_feeder = true;
	int err = mp__finalize(10, quit_at_exit, local);
	return err ? err : mp__finalize(-5, join_at_exit, local);
}

void mp__feeder_wake(struct mp__queue_local *local)
{
	struct mp__feeder_shm *feeder = mp__feeder_of(local);

	if (atomic_load(&feeder->sleeps) && atomic_exchange(&feeder->sleeps, 0))
		mp__wake_word(&feeder->sleeps, 1);
}

void mp__feeder_quit(struct mp__queue_local *local)
{
	atomic_store(&mp__feeder_of(local)->quits, 1);
	mp__feeder_wake(local);
}

/* ---- waiting for its end ---- */

int mp__try_queue_flush(struct mp__op *op)
{
	const struct mp__feeder_shm *feeder = mp__at(op->ref);

	return atomic_load(&feeder->is_over) ? 0 : MP__WOULD_BLOCK;
}

bool mp__guard_queue_flush(const struct mp__arena_shm *arena,
			   const struct mp__pending_shm *pending, int64_t now)
{
	const struct mp__feeder_shm *feeder = mp__at_in(arena, pending->ref);

	(void)now;
	return atomic_load(&feeder->is_over);
}

int mp__park_queue_flush(struct mp__op *op)
{
	struct mp__feeder_shm *feeder = mp__at(op->ref);

	return mp__park_word_briefly(&feeder->is_over, 0, op->until);
}

int mp__feeder_join(struct mp__queue_local *local)
{
	int err = mp__perform(&(struct mp__op){
		.code = MP__OP_QUEUE_FLUSH,
		.object = local->id,
		.ref = local->shm_ref,
		.until = MP_FOREVER,
		.wait_a = mp__feeder_of(local)->buffered,
	});
	if (err)
		return err;
	pthread_mutex_lock(&local->mutex);
	if (local->has_feeder)
		pthread_join(local->feeder, NULL);
	local->has_feeder = false;
	pthread_mutex_unlock(&local->mutex);
	return 0;
}
