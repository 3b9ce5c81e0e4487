#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/fork.h"
#include "probe/probe.h"

/* The list of the calling process's agents, for threads that become agents by
 * themselves, and how many have done so. */
static MP__PER_PROCESS _Atomic uint32_t *process_agents;
static MP__PER_PROCESS const char *process_path;	/* lives as long as the process */
static MP__PER_PROCESS _Atomic unsigned thread_count;

static pthread_key_t thread_end;
static pthread_once_t thread_end_once = PTHREAD_ONCE_INIT;

static struct mp__agent_shm *claim_slot(uint32_t id)
{
	uint32_t start = atomic_load(&mp__arena->agent_hint);

	for (uint32_t n = 0; n < MP__AGENT_SLOTS; n++) {
		uint32_t slot = (start - n) % MP__AGENT_SLOTS;
		struct mp__agent_shm *agent = &mp__arena->agents[slot];
		uint32_t nobody = 0;

		if (atomic_load(&agent->id) != 0
		    || !atomic_compare_exchange_strong(&agent->id, &nobody, id))
			continue;
		atomic_store(&mp__arena->agent_hint, slot - 1);
		return agent;
	}
	return NULL;
}

/* A slot that a thread of this process has left; it is in the list already. */
static struct mp__agent_shm *reuse_slot(_Atomic uint32_t *list, uint32_t id)
{
	uint32_t slot = atomic_load(list);

	while (slot) {
		struct mp__agent_shm *agent = &mp__arena->agents[slot - 1];
		uint32_t left = MP__AGENT_FREE;

		if (atomic_compare_exchange_strong(&agent->state, &left,
						   MP__AGENT_RUNNING)) {
			atomic_store(&agent->id, id);
			return agent;
		}
		slot = atomic_load(&agent->next);
	}
	return NULL;
}

/* Threads of one process may do this at the same time. */
static void link_agent(struct mp__agent_shm *agent, _Atomic uint32_t *list)
{
	uint32_t slot = (uint32_t)(agent - mp__arena->agents) + 1;
	uint32_t first = atomic_load(list);

	do {
		atomic_store(&agent->next, first);
	} while (!atomic_compare_exchange_weak(list, &first, slot));
}

/* A slot in the list for that agent; NULL: there are too many. */
static struct mp__agent_shm *take_slot(uint32_t id, uint32_t process,
				       enum trace_role role,
				       _Atomic uint32_t *list)
{
	struct mp__agent_shm *agent = reuse_slot(list, id);
	bool is_new = !agent;

	if (is_new)
		agent = claim_slot(id);
	if (!agent)
		return NULL;
	agent->process = process;
	agent->role = role;
	agent->pid = agent->tid = 0;	/* alive, until it says who it is */
	agent->pending.operation = 0;
	atomic_store(&agent->state, MP__AGENT_RUNNING);
	if (is_new)
		link_agent(agent, list);
	return agent;
}

static void name_thread(struct mp__agent_shm *agent, pid_t pid, pid_t tid)
{
	agent->pid = pid;
	agent->tid = tid;
}

MP__EVERY_CHILD static void set_main(const char *path,
				     _Atomic uint32_t *list)
{
	process_agents = list;
	thread_count = 0;
	process_path = path;
}

MP__EVERY_CHILD static void announce(uint32_t process, enum trace_role role,
				     pid_t tid, const char *names,
				     size_t length)
{
	mp__record_text(TRACE_AGENT_BEGIN, process,
			(int64_t)((uint64_t)role << 32 | (uint32_t)tid), names,
			length);
	mp__probe_settle();
}

static void begin(uint32_t process, enum trace_role role, const char *names,
		  size_t length, _Atomic uint32_t *list)
{
	uint32_t id = atomic_fetch_add(&mp__arena->next_agent, 1);
	struct mp__agent_shm *agent = take_slot(id, process, role, list);

	if (!mp__self.pid)
		mp__self.pid = getpid();
	pid_t tid = role == TRACE_ROLE_MAIN ? mp__self.pid : gettid();
	if (agent)
		name_thread(agent, mp__self.pid, tid);
	mp__self.agent = agent;
	mp__self.id = id;
	announce(process, role, tid, names, length);
}

void mp__agent_begin(uint32_t process, enum trace_role role, const char *path,
		     const char *name, _Atomic uint32_t *list)
{
	char names[768];
	int length = snprintf(names, sizeof(names), "%s%c%s", path, 0, name);

	if (length >= (int)sizeof(names))
		length = sizeof(names) - 1;
	if (role == TRACE_ROLE_MAIN)
		set_main(path, list);
	begin(process, role, names, (size_t)length, list);
}

/* ---- the first agent of a process ---- */

void mp__newborn_prepare(struct mp__newborn *newborn, uint32_t process,
			 _Atomic uint32_t *list)
{
	uint32_t id = atomic_fetch_add(&mp__arena->next_agent, 1);

	newborn->id = id;
	newborn->agent = take_slot(id, process, TRACE_ROLE_MAIN, list);
	newborn->chunk = mp__chunk_claim(id, process);
}

void mp__newborn_abandon(struct mp__newborn *newborn, _Atomic uint32_t *list)
{
	mp__agents_free(list);
	if (newborn->chunk)
		atomic_fetch_or(&newborn->chunk->flags, TRACE_CHUNK_FULL);
}

void mp__newborn_born(const struct mp__newborn *newborn, pid_t pid)
{
	if (newborn->agent)
		name_thread(newborn->agent, pid, pid);
}

MP__EVERY_CHILD void mp__newborn_begin(const struct mp__newborn *newborn,
				       uint32_t process, const char *path,
				       const char *names, size_t length,
				       _Atomic uint32_t *list)
{
	set_main(path, list);
	mp__self.chunk = newborn->chunk;
	mp__self.agent = newborn->agent;
	mp__self.id = newborn->id;
	announce(process, TRACE_ROLE_MAIN, mp__self.pid, names, length);
}

MP__EVERY_CHILD void mp__agent_end_last(void)
{
	if (!mp__self.agent)
		return;
	mp__record(TRACE_AGENT_END, mp__process_id, 0, 0);
	if (mp__self.chunk)
		atomic_fetch_or(&mp__self.chunk->flags, TRACE_CHUNK_FULL);
	mp__self.chunk = NULL;
	mp__self.agent = NULL;
}

/* The slot stays in the process's list: another thread of it may have it. */
void mp__agent_end(void)
{
	struct mp__agent_shm *agent = mp__self.agent;

	mp__agent_end_last();
	if (agent)
		atomic_store(&agent->state, MP__AGENT_FREE);
}

void mp__agents_free(_Atomic uint32_t *list)
{
	uint32_t slot = atomic_exchange(list, 0);

	while (slot) {
		struct mp__agent_shm *agent = &mp__arena->agents[slot - 1];
		uint32_t next = atomic_load(&agent->next);
		atomic_store(&agent->state, MP__AGENT_FREE);
		atomic_store(&agent->id, 0);
		atomic_store(&mp__arena->agent_hint, slot - 1);
		slot = next;
	}
}

static void end_of_thread(void *unused)
{
	(void)unused;
	mp__agent_end();
}

static void make_key(void)
{
	pthread_key_create(&thread_end, end_of_thread);
}

/* A thread of the program's own: an agent from its first operation on. */
static void adopt_thread(void)
{
	char path[300], name[32];
	unsigned n = atomic_fetch_add(&thread_count, 1) + 1;

	snprintf(name, sizeof(name), "thread-%u", n);
	snprintf(path, sizeof(path), "%s %s", process_path, name);
	pthread_once(&thread_end_once, make_key);
	pthread_setspecific(thread_end, &thread_end);
	unsigned busy = mp__self.busy;
	mp__self.busy = 0;	/* this may run on behalf of an event */
	mp__agent_begin(mp__process_id, TRACE_ROLE_THREAD, path, name,
			process_agents);
	mp__self.busy = busy;
}

bool mp__agent_is_dead(const struct mp__arena_shm *arena, uint32_t agent)
{
	for (uint32_t i = 0; agent && i < MP__AGENT_SLOTS; i++)
		if (atomic_load(&arena->agents[i].id) == agent) {
			pid_t pid = arena->agents[i].pid;
			return pid != 0 && !mp__pid_is_alive(pid);
		}
	return true;		/* its slot has been given up */
}

struct mp__agent_shm *mp__agent(void)
{
	if (MP__UNLIKELY(!mp__self.agent) && mp__process_id && process_agents)
		adopt_thread();
	return mp__self.agent;
}
