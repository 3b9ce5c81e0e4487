#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "process/process.h"
#include "value/call.h"

/* Making, running and giving up Process objects. */

/* Python's rule N1: the parent's numbers, and one more that counts the objects
 * made in this process. */
static int set_identity(struct mp_process *process)
{
	const struct mp_process *creator = mp__this.current;
	unsigned number = ++mp__this.count;
	const char *before = creator->identity;

	if (asprintf(&process->identity, "%s%s%u", before, *before ? ":" : "",
		     number) < 0)
		process->identity = NULL;
	if (asprintf(&process->path, "%s.%u", creator->path, number) < 0)
		process->path = NULL;
	return process->identity && process->path ? 0 : MP_EMEMORY;
}

static int set_shared(struct mp_process *process)
{
	process->ref = mp__arena_alloc(sizeof(struct mp__process_shm));
	if (!process->ref)
		return MP_EMEMORY;
	struct mp__process_shm *shm = mp__process_shm(process);
	shm->id = process->id;
	shm->parent_id = mp__this.current->id;
	shm->daemon = process->daemon;
	return 0;
}

static int copy_authkey(struct mp_process *process,
			const struct mp_process *from)
{
	process->authkey = malloc(from->authkey_size ? from->authkey_size : 1);
	if (!process->authkey)
		return MP_EMEMORY;
	memcpy(process->authkey, from->authkey, from->authkey_size);
	process->authkey_size = from->authkey_size;
	return 0;
}

void mp__process_record_new(const struct mp_process *process)
{
	char text[768];
	int length = snprintf(text, sizeof(text), "%s%c%s", process->path, 0,
			      process->name);

	if (length >= (int)sizeof(text))
		length = sizeof(text) - 1;
	mp__record_text(TRACE_PROC_NEW, process->id, process->daemon, text,
			(size_t)length);
}

/* All objects, the newest first. Programs written as the Python ones are leave
 * their objects to the end; this keeps them from being leaks. */
static struct mp_process *objects;

static void register_object(struct mp_process *process)
{
	mp__children_lock();
	process->older = objects;
	if (objects)
		objects->newer = process;
	objects = process;
	mp__children_unlock();
}

static void forget_object(struct mp_process *process)
{
	mp__children_lock();
	if (process->older)
		process->older->newer = process->newer;
	if (process->newer)
		process->newer->older = process->older;
	else if (objects == process)
		objects = process->older;
	mp__children_unlock();
}

struct mp_process *mp__process_new(const char *name, bool daemon)
{
	struct mp_process *process = calloc(1, sizeof(*process));

	if (!process) {
		mp__fail(MP_EMEMORY, "no memory for a Process");
		return NULL;
	}
	process->pidfd = -1;
	process->exitcode = MP_NONE;
	process->creator = mp__this.pid;
	process->daemon = daemon;
	process->id = atomic_fetch_add(&mp__arena->next_object, 1);
	if (set_identity(process) < 0 || set_shared(process) < 0
	    || copy_authkey(process, mp__this.current) < 0)
		goto fail;
	if (name && *name)
		process->name = strdup(name);
	else if (asprintf(&process->name, "Process-%s", process->identity) < 0)
		process->name = NULL;
	if (!process->name)
		goto fail;
	register_object(process);
	mp__process_record_new(process);
	return process;
fail:
	mp__fail(MP_EMEMORY, "no memory for a Process");
	mp__process_free(process);
	return NULL;
}

void mp__process_free(struct mp_process *process)
{
	forget_object(process);
	if (process->creator == mp__this.pid)
		mp__arena_free(process->ref, sizeof(struct mp__process_shm));
	if (process->pidfd >= 0)
		close(process->pidfd);
	mp_value_unref(process->args);
	mp_value_unref(process->kwargs);
	free(process->authkey);
	free(process->target_name);
	free(process->identity);
	free(process->path);
	free(process->name);
	free(process);
}

/* The name of the target, out of the spelling of mp_Process(): what follows
 * ".target =". */
static char *name_of_target(const char *spelling)
{
	const char *at = spelling ? strstr(spelling, ".target") : NULL;

	if (at) {
		at += strlen(".target");
		at += strspn(at, " \t\n=&(");
		const char *end = at;
		while (isalnum((unsigned char)*end) || *end == '_')
			end++;
		if (end > at)
			return strndup(at, (size_t)(end - at));
	}
	return strdup("target");
}

/* As in Python, any iterable will do for args, and the number of the object is
 * used up even if they are wrong. */
static int set_arguments(struct mp_process *process,
			 const struct mp_process_options *options)
{
	process->args = options->args ? mp_value_tuple_of(options->args)
				      : mp_value_tuple(0, NULL);
	if (!process->args)
		return mp_error_code();
	if (options->kwargs
	    && mp_value_type(options->kwargs) != MP_TYPE_DICT)
		return mp__fail(MP_ETYPE, "'%s' object is not a mapping",
				mp_value_type_name(options->kwargs));
	process->kwargs = options->kwargs ? mp_value_ref(options->kwargs)
					  : mp_value_dict(0, NULL);
	return process->kwargs ? 0 : mp_error_code();
}

static struct mp_process *create(const struct mp_process_options *options)
{
	if (options->group) {
		mp__fail(MP_EOWNER, "group argument must be None for now");
		return NULL;
	}
	bool daemon = options->daemon == MP_DAEMON_INHERIT
			      ? mp__this.current->daemon
			      : options->daemon == MP_DAEMON_YES;
	struct mp_process *process = mp__process_new(options->name, daemon);
	if (!process)
		return NULL;
	process->target = options->target;
	process->callback = options->callback;
	process->user = options->user;
	process->target_name = name_of_target(options->spelling_);
	if (!process->target_name || set_arguments(process, options) < 0) {
		mp__process_free(process);
		return NULL;
	}
	return process;
}

struct mp_process *mp_process_create(const struct mp_process_options *options)
{
	MP__ENTER();
	struct mp_process *process = create(options);

	mp_value_unref(options->args);
	mp_value_unref(options->kwargs);
	return process;
}

void mp_process_destroy(struct mp_process *process)
{
	if (!process || process->role != MP__PROCESS_ORDINARY
	    || process == mp__this.current)
		return;
	/* Its end must still be noted, or it would stay a zombie for ever. */
	if (process->creator == mp__this.pid && process->is_started
	    && !process->is_over)
		process->is_orphaned = true;
	else
		mp__process_free(process);
}

static void record_run(const struct mp_process *process)
{
	char text[256];

	/* A child pays for each page of code it is the first to need. */
	if (!mp__ring)
		return;
	char *args = mp_value_repr(process->args);
	int length = snprintf(text, sizeof(text), "%s%s",
			      process->target_name ? process->target_name : "",
			      args ? args : "");

	if (length >= (int)sizeof(text))
		length = sizeof(text) - 1;
	mp__record_text(TRACE_RUN_BEGIN, process->id, 0, text, (size_t)length);
	free(args);
}

int mp__process_run_target(struct mp_process *process)
{
	struct mp_call call;
	int result = 0;

	record_run(process);
	if (process->target || process->callback) {
		result = mp__call_init(&call, process->target_name,
				       process->args, process->kwargs);
		if (result == 0)
			result = process->callback
					 ? process->callback(process->user,
							     &call)
					 : process->target(&call);
		mp__call_finish(&call);
	}
	mp__record(TRACE_RUN_END, process->id, result, 0);
	return result;
}

int mp_process_run(struct mp_process *process)
{
	MP__ENTER();
	return mp__process_run_target(process);
}
