#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "pool/pool.h"

#include <ctype.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "process/process.h"

static const char *const state_names[] = {
	[MP__POOL_RUN] = "RUN",
	[MP__POOL_CLOSE] = "CLOSE",
	[MP__POOL_TERMINATE] = "TERMINATE",
};

/* ---- what it may do ---- */

int mp__pool_check(const struct mp_pool *pool)
{
	return pool->creator == mp__this.pid
		       ? 0
		       : mp__fail(MP_EOWNER, "only the process that made a "
					     "pool can use it");
}

int mp__pool_check_running(const struct mp_pool *pool)
{
	int err = mp__pool_check(pool);

	if (!err && atomic_load(&pool->shm->state) != MP__POOL_RUN)
		err = mp__fail(MP_EVALUE, "Pool not running");
	return err;
}

/* ---- its threads ---- */

int mp__pool_thread(struct mp_pool *pool, pthread_t *thread,
		    void *(*body)(void *))
{
	sigset_t all, before;

	/* Signals are the program's; its own threads shall get them. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int error = pthread_create(thread, NULL, body, pool);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return error ? mp__fail(MP_EOS, "no thread for a pool: %s",
				strerror(error))
		     : 0;
}

void mp__pool_thread_begin(struct mp_pool *pool, enum trace_role role,
			   const char *name)
{
	struct mp__process_shm *process = mp__process_shm(mp__this.current);
	char path[300];

	(void)pool;
	snprintf(path, sizeof(path), "%s %s", mp__this.current->path, name);
	mp__agent_begin(mp__process_id, role, path, name,
			&process->first_agent);
}

/* ---- making ---- */

/* What was not given is 0. Whether a 0 was given only its spelling tells. */
static bool is_given(const char *spelling, const char *name, bool is_first)
{
	if (!spelling)
		return false;
	spelling += strspn(spelling, " \t\n");
	return strstr(spelling, name)
	       || (is_first && *spelling && *spelling != '.');
}

static long usable_processors(void)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set) == 0 && CPU_COUNT(&set) > 0)
		return CPU_COUNT(&set);
	int count = mp_cpu_count();
	return count > 0 ? count : 1;
}

static int check_options(const struct mp_pool_options *options)
{
	const char *spelling = options->spelling_;

	if (options->processes < 0
	    || (options->processes == 0
		&& is_given(spelling, ".processes", true)))
		return mp__fail(MP_EVALUE,
				"Number of processes must be at least 1");
	if (options->processes > MP__AGENT_SLOTS / 2)
		return mp__fail(MP_EVALUE, "Number of processes must be at most "
				"%u", MP__AGENT_SLOTS / 2);
	if (options->maxtasksperchild < 0
	    || (options->maxtasksperchild == 0
		&& is_given(spelling, ".maxtasksperchild", false)))
		return mp__fail(MP_EVALUE, "maxtasksperchild must be a positive "
					   "int or None");
	return 0;
}

static char *name_after(const char *spelling, const char *what)
{
	const char *at = spelling ? strstr(spelling, what) : NULL;
	size_t length = 0;

	if (at) {
		at += strlen(what);
		at += strspn(at, " \t\n=&(");
		while (isalnum((unsigned char)at[length]) || at[length] == '_')
			length++;
	}
	return length ? strndup(at, length) : strdup("initializer");
}

static void free_shm(struct mp__pool_shm *shm)
{
	size_t ring = sizeof(struct mp__ring_shm);

	mp__arena_free(shm->tasks, ring);
	mp__arena_free(shm->results, ring);
	mp__arena_free(shm->workers, shm->size * MP__ARENA_UNIT);
	mp__arena_free(shm->functions,
		       (MP__POOL_FUNCTIONS + 1) * MP__ARENA_UNIT);
	mp__object_end(&shm->head);
}

static struct mp__pool_shm *make_shm(long size, const char *name)
{
	struct mp__pool_shm *shm = mp__object_new(TRACE_OBJECT_POOL,
						  sizeof(*shm), name);

	if (!shm)
		return NULL;
	shm->size = (uint32_t)size;
	shm->tasks = mp__arena_alloc(sizeof(struct mp__ring_shm));
	shm->results = mp__arena_alloc(sizeof(struct mp__ring_shm));
	shm->workers = mp__arena_alloc((size_t)size * MP__ARENA_UNIT);
	shm->functions = mp__arena_alloc((size_t)(MP__POOL_FUNCTIONS + 1)
					 * MP__ARENA_UNIT);
	if (shm->tasks && shm->results && shm->workers && shm->functions) {
		strcpy(mp__pool_function(shm, 0)->name, "task");
		return shm;
	}
	free_shm(shm);
	return NULL;
}

static void free_pool(struct mp_pool *pool)
{
	if (pool->shm) {
		for (uint32_t i = 0; i < pool->entries_size; i++)
			mp__arena_free(pool->entries[i].block,
				       pool->entries[i].block_bytes);
		while (pool->jobs)
			mp__job_free(pool->jobs);
		for (uint32_t i = 0; i < pool->slab_count; i++)
			mp__arena_free(pool->slabs[i], (size_t)64
						       * MP__ARENA_UNIT);
		free_shm(pool->shm);
	}
	while (pool->failures) {
		struct mp__pool_failure *next = pool->failures->next;
		free(pool->failures);
		pool->failures = next;
	}
	if (pool->wake_fd >= 0)
		close(pool->wake_fd);
	mp__buffer_free(&pool->frame);
	mp_value_unref(pool->initargs);
	free(pool->initializer_name);
	free(pool->entries);
	free(pool->slabs);
	free(pool->free_words);
	free(pool->workers);
	free(pool);
}

/* They are held for moments: who finds one taken looks a little before he sleeps. */
static void init_mutex(pthread_mutex_t *mutex)
{
	pthread_mutexattr_t attributes;

	pthread_mutexattr_init(&attributes);
	pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ADAPTIVE_NP);
	pthread_mutex_init(mutex, &attributes);
	pthread_mutexattr_destroy(&attributes);
}

static struct mp_pool *new_pool(const struct mp_pool_options *options)
{
	struct mp_pool *pool = calloc(1, sizeof(*pool));

	if (!pool) {
		mp__fail(MP_EMEMORY, "no memory for a pool");
		return NULL;
	}
	pool->creator = mp__this.pid;
	pool->size = options->processes ? options->processes
					: usable_processors();
	pool->maxtasks = options->maxtasksperchild;
	pool->initializer = options->initializer;
	pool->worker = options->worker;
	pool->user = options->user;
	init_mutex(&pool->submit);
	init_mutex(&pool->mutex);
	pthread_sigmask(SIG_SETMASK, NULL, &pool->signals);
	pool->initargs = options->initargs
				 ? mp_value_tuple_of(options->initargs)
				 : mp_tuple();
	pool->initializer_name = name_after(options->spelling_, ".initializer");
	pool->workers = calloc((size_t)pool->size, sizeof(*pool->workers));
	pool->wake_fd = mp__fd_high(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
	if (pool->wake_fd < 0)
		mp__fail_errno("no descriptor for a pool");
	else if (!pool->initializer_name || !pool->workers)
		mp__fail(MP_EMEMORY, "no memory for a pool");
	else if (pool->initargs)
		pool->shm = make_shm(pool->size, options->name);
	if (pool->shm) {
		pool->id = pool->shm->head.id;
		return pool;
	}
	free_pool(pool);
	return NULL;
}

static void terminate_at_exit(void *argument)
{
	(mp_pool_terminate)(argument);
}

/* The workers first: they are forked while there are no threads of the pool. */
static int start(struct mp_pool *pool)
{
	mp__record(TRACE_POOL_NEW, pool->id, pool->size, pool->maxtasks);
	int err = mp__pool_start_workers(pool);
	if (!err)
		err = mp__pool_thread(pool, &pool->result_handler,
				      mp__pool_result_handler);
	if (err) {
		mp__pool_end_workers(pool);
		return err;
	}
	err = mp__pool_thread(pool, &pool->worker_handler,
			      mp__pool_worker_handler);
	if (err) {
		mp__pool_end_workers(pool);
		mp__pool_end_threads(pool);
		pthread_join(pool->result_handler, NULL);
		return err;
	}
	pool->has_threads = true;
	return mp__finalize(15, terminate_at_exit, pool);
}

struct mp_pool *mp_pool_create(const struct mp_pool_options *options)
{
	MP__ENTER();
	struct mp_pool *pool = NULL;

	if (check_options(options) == 0)
		pool = new_pool(options);
	mp_value_unref(options->initargs);
	if (pool && start(pool) < 0) {
		if (pool->has_threads)
			(mp_pool_destroy)(pool);
		else
			free_pool(pool);
		return NULL;
	}
	return pool;
}

void mp_pool_destroy(struct mp_pool *pool)
{
	MP__ENTER();
	if (!pool || pool->creator != mp__this.pid)
		return;
	(mp_pool_terminate)(pool);
	if (!pool->is_joined && mp__pool_is_own_thread(pool)) {
		mp__fail(MP_ERUNTIME, "a callback cannot give up the pool that "
				      "calls it: it is terminated only");
		return;
	}
	mp__finalize_cancel(terminate_at_exit, pool);
	free_pool(pool);
}

/* ---- looking ---- */

long mp_pool_processes(const struct mp_pool *pool)
{
	return pool->size;
}

int mp_pool_repr(const struct mp_pool *pool, char *buffer, size_t size)
{
	return snprintf(buffer, size,
			"<multiprocessing.pool.Pool state=%s pool_size=%ld>",
			state_names[atomic_load(&pool->shm->state)],
			pool->size);
}
