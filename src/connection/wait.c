#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <poll.h>
#include <stdlib.h>

#include "base/error.h"
#include "connection/connection.h"
#include "operation/park.h"
#include "process/process.h"

/* wait(): one of several connections, processes, descriptors. */

/* What is waited for, as somebody who only maps the arena can look at it. */
struct watch_shm {
	uint32_t count;
	struct watched_shm {
		mp__ref ref;		/* 0: nothing is known about it */
		uint32_t id;
		uint32_t is_process;
	} items[];
};

struct waiting {
	struct pollfd *fds;
	size_t count;
};

int mp__try_poll_many(struct mp__op *op)
{
	struct waiting *waiting = op->self;
	int ready = poll(waiting->fds, waiting->count, 0);

	op->a = ready > 0 ? ready : 0;
	return op->a || op->until == MP_NOW ? 0 : MP__WOULD_BLOCK;
}

int mp__park_poll_many(struct mp__op *op)
{
	struct waiting *waiting = op->self;

	return mp__park_fds(waiting->fds, waiting->count, op->until);
}

static bool is_ready(const struct mp__arena_shm *arena,
		     const struct watched_shm *item, int64_t now)
{
	struct mp__pending_shm one = { .ref = item->ref, .object = item->id };

	if (!item->ref)
		return true;
	/* A glance, and this takes system calls. */
	if (item->is_process && now == 0)
		return false;
	return item->is_process ? mp__guard_process_over(arena, &one, now)
				: mp__guard_conn_readable(arena, &one, now);
}

bool mp__guard_poll_many(const struct mp__arena_shm *arena,
			 const struct mp__pending_shm *pending, int64_t now)
{
	const struct watch_shm *watch = mp__at_in(arena, pending->ref);

	for (uint32_t i = 0; i < watch->count; i++)
		if (is_ready(arena, &watch->items[i], now))
			return true;
	return false;
}

/* ---- what to wait for ---- */

static int fd_of(const struct mp_waitable *item)
{
	if (item->connection)
		return mp_connection_fileno(item->connection);
	return item->process ? mp_process_sentinel(item->process) : item->fd;
}

static struct watched_shm watched(const struct mp_waitable *item)
{
	if (item->connection)
		return (struct watched_shm){
			.ref = mp__object_ref(item->connection->end),
			.id = item->connection->id };
	if (item->process)
		return (struct watched_shm){ .ref = item->process->ref,
					     .id = item->process->id,
					     .is_process = true };
	return (struct watched_shm){ 0 };
}

static int by_number(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

static int check_once(const struct pollfd *fds, size_t count)
{
	int *numbers = malloc((count + 1) * sizeof(*numbers));
	int twice = -1;

	if (!numbers)
		return mp__fail(MP_EMEMORY, "no memory for a wait");
	for (size_t i = 0; i < count; i++)
		numbers[i] = fds[i].fd;
	qsort(numbers, count, sizeof(*numbers), by_number);
	for (size_t i = 1; i < count; i++)
		if (numbers[i] == numbers[i - 1])
			twice = numbers[i];
	free(numbers);
	return twice < 0 ? 0 : mp__fail(MP_EKEY, "descriptor %d is waited for "
					"twice", twice);
}

static int collect(const struct mp_waitable *items, struct waiting *waiting)
{
	for (size_t i = 0; i < waiting->count; i++) {
		int fd = fd_of(&items[i]);

		if (fd == 0)
			return mp__fail(MP_EVALUE, "item %zu says nothing to "
						   "wait for", i);
		if (fd == MP_ECLOSED || fd == MP_EVALUE || fd == MP_EOS)
			return fd;
		if (fd < 0)
			return mp__fail(MP_EVALUE, "invalid file descriptor: "
						   "%d", fd);
		waiting->fds[i] = (struct pollfd){ .fd = fd, .events = POLLIN };
	}
	return check_once(waiting->fds, waiting->count);
}

/* ---- wait ---- */

static int wait_watched(const struct mp_waitable *items,
			struct waiting *waiting, mp_deadline until)
{
	size_t bytes = sizeof(struct watch_shm)
		       + waiting->count * sizeof(struct watched_shm);
	mp__ref ref = mp__arena_alloc(bytes);
	struct watch_shm *watch = mp__at(ref);

	if (!ref)
		return MP_EMEMORY;
	for (size_t i = 0; i < waiting->count; i++)
		watch->items[i] = watched(&items[i]);
	watch->count = (uint32_t)waiting->count;
	int err = mp__perform(&(struct mp__op){
		.code = MP__OP_POLL_MANY,
		.object = waiting->count > 0 ? watch->items[0].id : 0,
		.ref = ref,
		.self = waiting,
		.until = until,
		.wait_a = mp__wait_time(until),
		.wait_b = (int64_t)waiting->count,
	});
	mp__arena_free(ref, bytes);
	return err;
}

static int tell_ready(struct mp_waitable *items, const struct waiting *waiting,
		      int err)
{
	int ready = 0;

	for (size_t i = 0; i < waiting->count; i++) {
		items[i].is_ready = err == 0 && waiting->fds[i].revents;
		ready += items[i].is_ready;
	}
	if (err == MP_EINTR)
		mp__fail(err, "interrupted by a signal");
	return err < 0 && err != MP_ETIMEOUT ? err : ready;
}

int mp_wait(struct mp_waitable *items, size_t count, int64_t until)
{
	MP__ENTER();
	struct waiting waiting = { .count = count };
	int err = 0;

	for (size_t i = 0; i < count; i++)
		items[i].is_ready = false;
	waiting.fds = calloc(count + 1, sizeof(*waiting.fds));
	if (!waiting.fds)
		return mp__fail(MP_EMEMORY, "no memory for a wait");
	err = collect(items, &waiting);
	if (err == 0)
		err = tell_ready(items, &waiting,
				 wait_watched(items, &waiting, until));
	free(waiting.fds);
	return err;
}
