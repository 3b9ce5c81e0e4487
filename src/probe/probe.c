#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "probe/probe.h"

#include <errno.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/fork.h"
#include "probe/write.h"

MP__TLS struct mp__self mp__self;
struct trace_ring *mp__ring;
MP__PER_PROCESS uint32_t mp__process_id;

/* ---- chunks ---- */

static struct trace_chunk *chunk_at(struct trace_ring *ring, uint32_t i)
{
	return (struct trace_chunk *)((char *)ring + TRACE_RING_HEADER_BYTES
				      + (size_t)i * TRACE_CHUNK_BYTES);
}

MP__EVERY_CHILD static bool claim_at(struct trace_ring *ring, uint32_t i,
				     uint32_t agent)
{
	uint32_t nobody = 0;

	if (!atomic_compare_exchange_strong(&chunk_at(ring, i)->owner, &nobody,
					    agent))
		return false;
	atomic_fetch_or_explicit(&ring->used[i / 64], UINT64_C(1) << i % 64,
				 memory_order_relaxed);
	return true;
}

/* The first that is free: so the same few are used again and again, and stay in
 * the processor's cache. */
MP__EVERY_CHILD static struct trace_chunk *claim(struct trace_ring *ring,
						 uint32_t agent)
{
	uint32_t words = (ring->chunk_count + 63) / 64;

	for (uint32_t word = 0; word < words; word++) {
		uint64_t unused = ~atomic_load_explicit(&ring->used[word],
							memory_order_relaxed);
		for (; unused; unused &= unused - 1) {
			uint32_t i = word * 64
				     + (uint32_t)__builtin_ctzll(unused);
			if (i < ring->chunk_count && claim_at(ring, i, agent))
				return chunk_at(ring, i);
		}
	}
	return NULL;
}

struct trace_chunk *mp__chunk_claim(uint32_t agent, uint32_t process)
{
	struct trace_chunk *chunk = NULL;

	if (mp__ring && !atomic_load(&mp__ring->off))
		chunk = claim(mp__ring, agent);
	if (chunk) {
		chunk->serial = 0;
		chunk->process = process;
	}
	return chunk;
}

/* It may be a zombie: not everywhere is there an init that reaps orphans. */
static bool companion_is_gone(struct trace_ring *ring)
{
	pid_t pid = atomic_load(&ring->companion_pid);
	struct pollfd fd = { .events = POLLIN };

	if (pid <= 0)
		return false;
	fd.fd = mp__pidfd_open(pid);
	if (fd.fd < 0)
		return errno == ESRCH;
	bool is_gone = poll(&fd, 1, 0) > 0;
	close(fd.fd);
	return is_gone;
}

/* Every chunk is in use: wait until the companion has freed some. It may be
 * dead, which nobody tells us, so look every 100 ms. */
static struct trace_chunk *wait_for_chunk(struct trace_ring *ring)
{
	struct timespec patience = mp__timespec(100 * 1000000);
	struct trace_chunk *chunk = NULL;
	int saved = errno;

	atomic_fetch_add(&ring->waiters, 1);
	while (!chunk && !atomic_load(&ring->off)) {
		uint32_t epoch = atomic_load(&ring->free_epoch);
		chunk = claim(ring, mp__self.id);
		if (chunk)
			break;
		syscall(SYS_futex, &ring->free_epoch, FUTEX_WAIT, epoch,
			&patience, NULL, 0);
		if (companion_is_gone(ring))
			break;
	}
	atomic_fetch_sub(&ring->waiters, 1);
	errno = saved;
	return chunk;
}

static void use_chunk(struct trace_chunk *chunk)
{
	chunk->serial = mp__self.serial;
	chunk->process = mp__process_id;
	mp__self.chunk = chunk;
	mp__self.head = 0;
}

/* Retire the present chunk and get another one. False: recording is over, or this
 * event is lost. */
MP__EVERY_CHILD static bool next_chunk(int64_t *stalled_ns)
{
	struct trace_ring *ring = mp__ring;
	struct trace_chunk *old = mp__self.chunk;

	*stalled_ns = 0;
	/* A page that is first read and then written is mapped twice. */
	atomic_fetch_or_explicit(&ring->off, 0, memory_order_relaxed);
	if (atomic_load_explicit(&ring->off, memory_order_relaxed)) {
		mp__probe_stop();
		return false;
	}
	mp__event_clock_renew(ring);
	if (old) {
		mp__self.serial += mp__self.head;
		mp__self.chunk = NULL;
		atomic_fetch_or_explicit(&old->flags, TRACE_CHUNK_FULL,
					 memory_order_release);
	}
	/* Nothing has become free since we last looked: do not look. */
	uint32_t epoch = atomic_load(&ring->free_epoch);
	if (mp__self.was_full && mp__self.full_epoch == epoch)
		return false;
	struct trace_chunk *chunk = claim(ring, mp__self.id);
	if (!chunk && (ring->flags & TRACE_RING_LOSSY)) {
		mp__self.was_full = true;
		mp__self.full_epoch = epoch;
		return false;
	}
	mp__self.was_full = false;
	if (!chunk) {
		int64_t start = mp__now();
		chunk = wait_for_chunk(ring);
		*stalled_ns = mp__now() - start;
	}
	if (!chunk) {
		mp__probe_stop();
		return false;
	}
	use_chunk(chunk);
	return true;
}

/* ---- events ---- */

/* What must be told before the next event: how much was lost, how long it
 * waited. There is room, the chunk is new. */
static void write_debts(int64_t stalled_ns)
{
	if (mp__self.lost > 0) {
		mp__write_one(TRACE_LOST, 0, (int64_t)mp__self.lost, 0,
			      false);
		mp__self.lost = 0;
	}
	if (stalled_ns > 0)
		mp__write_one(TRACE_STALL, 0, stalled_ns, 0, false);
}

/* An event that is not written is counted: here, for the agent's next chunk, and for
 * all together, should there be none. */
static void lose_one(void)
{
	struct trace_ring *ring = mp__ring;

	if (!ring)
		return;
	mp__self.lost++;
	atomic_fetch_add(&ring->lost, 1);
}

/* Room for that many slots, or false: then the event is lost. */
MP__EVERY_CHILD static bool make_room(uint32_t slots)
{
	int64_t stalled_ns;

	if (!mp__has_room(slots))
		mp__agent();	/* may claim a chunk for its first event */
	if (mp__has_room(slots))
		return true;
	bool ok = mp__self.id != 0 && next_chunk(&stalled_ns);
	/* An agent's first word is who it is. */
	if (ok && mp__self.serial == 0) {
		mp__self.stalled_ns = stalled_ns;
	} else if (ok) {
		write_debts(stalled_ns);
	} else {
		lose_one();
	}
	return ok;
}

MP__EVERY_CHILD void mp__probe_settle(void)
{
	int64_t stalled_ns = mp__self.stalled_ns;

	mp__self.stalled_ns = 0;
	if (stalled_ns > 0)
		mp__record(TRACE_STALL, 0, stalled_ns, 0);
}

MP__EVERY_CHILD void mp__write_event_slowly(uint32_t kind, uint32_t object,
					    int64_t a, int64_t b)
{
	if (!mp__writer_take())
		lose_one();	/* a signal handler, inside an event */
	else if (make_room(1))
		mp__write_one(kind, object, a, b, false);
	mp__writer_give();
}

MP__EVERY_CHILD void mp__write_event(uint32_t kind, uint32_t object, int64_t a,
				     int64_t b)
{
	mp__write_event_here(kind, object, a, b, false);
}

/* Texts are mostly short, and a child that has just begun would have to have the page
 * of memcpy(3) mapped for them. The barrier keeps the compiler from calling it. */
static inline void copy_text(char *to, const char *from, size_t length)
{
	for (; length >= sizeof(uint64_t); length -= sizeof(uint64_t)) {
		__builtin_memcpy(to, from, sizeof(uint64_t));
		to += sizeof(uint64_t);
		from += sizeof(uint64_t);
		atomic_signal_fence(memory_order_seq_cst);
	}
	for (; length > 0; length--) {
		*to++ = *from++;
		atomic_signal_fence(memory_order_seq_cst);
	}
}

MP__EVERY_CHILD void mp__write_text(uint32_t kind, uint32_t object, int64_t a,
		    const char *text, size_t length)
{
	if (length > TRACE_TEXT_BYTES)
		length = TRACE_TEXT_BYTES;
	uint32_t slots = 1 + (uint32_t)((length + sizeof(struct trace_slot) - 1)
					/ sizeof(struct trace_slot));
	if (!mp__writer_take()) {
		lose_one();
	} else if (make_room(slots)) {
		struct trace_chunk *chunk = mp__self.chunk;
		uint32_t head = mp__self.head;
		struct trace_slot *slot = mp__begin_event(chunk, head);
		copy_text((char *)(slot + 1), text, length);
		mp__fill(slot, kind, object, a, (int64_t)length, false);
		mp__end_event(chunk, head + slots);
	}
	mp__writer_give();
}

/* ---- places ---- */

static void record_site(uint32_t id, const struct mp_site *site)
{
	char text[512];
	int length = snprintf(text, sizeof(text), "%s%c%s", site->file, 0,
			      site->function);

	if (length >= (int)sizeof(text))
		length = sizeof(text) - 1;
	mp__record_text(TRACE_SITE_NEW, id, site->line, text, (size_t)length);
}

/* Each process tells of a place itself, unless its parent had done so before the
 * fork: the one that claimed the number may be killed before it can tell. */
uint32_t mp__site_id(struct mp_site *site)
{
	uint64_t address = (uint64_t)(uintptr_t)site;

	if (!mp__ring)
		return 0;
	/* Open addressing; a place is the same address in every process. */
	uint32_t i = (uint32_t)(address / sizeof(*site) * 2654435761u);
	for (uint32_t n = 0; n < MP__SITE_SLOTS; n++, i++) {
		uint32_t id = i % MP__SITE_SLOTS;
		uint64_t found = 0;

		if (id == 0)
			continue;
		if (!atomic_compare_exchange_strong(&mp__arena->sites[id],
						    &found, address)
		    && found != address)
			continue;
		record_site(id, site);
		__atomic_store_n(&site->id, id, __ATOMIC_RELAXED);
		return id;
	}
	return 0;
}

/* ---- start and stop ---- */

/* Where calibration writes. */
static union {
	struct trace_chunk chunk;
	char bytes[TRACE_CHUNK_BYTES];
} practice;

/* The cost of an event: the quickest of some runs, since everything that
 * interferes makes it longer. */
static uint32_t calibrate(void)
{
	const int events = 200;
	int64_t best = INT64_MAX;

	mp__self.chunk = &practice.chunk;
	for (int run = 0; run < 8; run++) {
		mp__self.head = 0;
		int64_t start = mp__now();
		for (int i = 0; i < events; i++)
			mp__record(TRACE_TICK, 0, i, 0);
		int64_t took = mp__now() - start;
		if (took < best)
			best = took;
	}
	mp__self.chunk = NULL;
	mp__self.head = 0;
	return (uint32_t)(best * 1000 / events);
}

/* The trace's time begins when the recorder is ready, not when it was asked for. */
static void set_start(struct trace_ring *ring)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	ring->start_realtime_ns = (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
	ring->start_ns = mp__event_now();
}

static void record_error(int code, const char *message)
{
	mp__record_text(TRACE_ERROR, mp__process_id, code, message,
			strlen(message));
}

void mp__probe_start(struct trace_ring *ring)
{
	if (ring)
		mp__event_clock_set(ring);
	mp__ring = ring;
	if (!ring)
		return;
	ring->cost_ps = calibrate();
	set_start(ring);
	mp__error_hook = record_error;
	mp__output_start();
}

void mp__probe_stop(void)
{
	mp__ring = NULL;
	mp__self.chunk = NULL;
}

MP__EVERY_CHILD void mp__probe_after_fork(void)
{
	mp__self = (struct mp__self){ .pid = getpid() };
}
