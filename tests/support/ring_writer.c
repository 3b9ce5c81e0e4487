#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "tests/support/ring_writer.h"

#include <errno.h>
#include <linux/futex.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

uint64_t (*ring_clock)(void);

static uint64_t now(void)
{
	struct timespec t;

	if (ring_clock)
		return ring_clock();
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

struct ring_writer ring_writer(struct trace_ring *ring, uint32_t agent,
			       uint32_t process)
{
	return (struct ring_writer){ .ring = ring, .agent = agent,
				     .process = process };
}

static struct trace_chunk *claim(struct ring_writer *w)
{
	for (uint32_t i = 0; i < w->ring->chunk_count; i++) {
		uint32_t nobody = 0;
		struct trace_chunk *chunk = (struct trace_chunk *)(
			(char *)w->ring + TRACE_RING_HEADER_BYTES
			+ (size_t)i * TRACE_CHUNK_BYTES);

		if (atomic_compare_exchange_strong(&chunk->owner, &nobody,
						   w->agent))
			return chunk;
	}
	return NULL;
}

/* A zombie is dead as well: nobody may be there who reaps orphans at once. */
static bool is_dead(pid_t pid)
{
	struct pollfd fd = { .fd = (int)syscall(SYS_pidfd_open, pid, 0),
			     .events = POLLIN };

	if (fd.fd < 0)
		return errno == ESRCH;
	bool is_over = poll(&fd, 1, 0) > 0;
	close(fd.fd);
	return is_over;
}

static bool is_deserted(const struct trace_ring *ring)
{
	pid_t companion = atomic_load(&ring->companion_pid);

	return atomic_load(&ring->off) || companion == 0 || is_dead(companion);
}

static struct trace_chunk *claim_or_wait(struct ring_writer *w)
{
	const struct timespec patience = { .tv_nsec = 10 * 1000000 };
	struct trace_chunk *chunk = claim(w);

	if (chunk)
		return chunk;
	w->waits++;
	atomic_fetch_add(&w->ring->waiters, 1);
	for (;;) {
		uint32_t epoch = atomic_load(&w->ring->free_epoch);

		chunk = claim(w);
		if (chunk || is_deserted(w->ring))
			break;
		syscall(SYS_futex, &w->ring->free_epoch, FUTEX_WAIT, epoch,
			&patience, NULL, 0);
	}
	atomic_fetch_sub(&w->ring->waiters, 1);
	return chunk;
}

struct trace_slot *ring_begin(struct ring_writer *w, uint32_t slots)
{
	if (!w->chunk || w->head + slots > TRACE_CHUNK_SLOTS) {
		if (w->chunk)
			atomic_fetch_or_explicit(&w->chunk->flags,
						 TRACE_CHUNK_FULL,
						 memory_order_release);
		w->serial += w->head;
		w->head = 0;
		w->chunk = claim_or_wait(w);
		if (!w->chunk)
			return NULL;
		w->chunk->serial = w->serial;
		w->chunk->process = w->process;
	}
	atomic_store_explicit(&w->chunk->busy, w->chunk->busy + 1,
			      memory_order_relaxed);
	atomic_signal_fence(memory_order_seq_cst);
	struct trace_slot *slot = &w->chunk->slots[w->head];
	slot->t_ns = now();
	return slot;
}

void ring_end(struct ring_writer *w, uint32_t slots)
{
	w->head += slots;
	atomic_store_explicit(&w->chunk->head, w->head, memory_order_release);
	atomic_store_explicit(&w->chunk->busy, w->chunk->busy + 1,
			      memory_order_release);
}

static void fill(struct trace_slot *slot, uint32_t kind, uint32_t object,
		 int64_t a, int64_t b)
{
	slot->kind = (uint16_t)kind;
	slot->site = 0;
	slot->object = object;
	slot->a = a;
	slot->b = b;
}

bool ring_write(struct ring_writer *w, uint32_t kind, uint32_t object,
		int64_t a, int64_t b)
{
	struct trace_slot *slot = ring_begin(w, 1);

	if (!slot)
		return false;
	fill(slot, kind, object, a, b);
	ring_end(w, 1);
	return true;
}

bool ring_write_text(struct ring_writer *w, uint32_t kind, uint32_t object,
		     int64_t a, const void *text, size_t length)
{
	uint32_t slots = 1 + (uint32_t)((length + 31) / 32);
	struct trace_slot *slot = ring_begin(w, slots);

	if (!slot)
		return false;
	memcpy(slot + 1, text, length);
	fill(slot, kind, object, a, (int64_t)length);
	ring_end(w, slots);
	return true;
}

void ring_introduce(struct ring_writer *w, const char *path)
{
	char text[128];
	int length = snprintf(text, sizeof(text), "%s%cname of %s", path, 0,
			      path);

	ring_write_text(w, TRACE_AGENT_BEGIN, w->process,
			(int64_t)TRACE_ROLE_MAIN << 32 | getpid(), text,
			(size_t)length);
	if (!strchr(path, '.'))
		ring_write_text(w, TRACE_PROC_NEW, w->process, 0, text,
				(size_t)length);
}
