#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fork.h"
#include "process/process.h"
#include "value/call.h"

/* Making, running and giving up Process objects. */

/* ---- its texts ---- */

/* Made once, in one piece with the object: a process that starts many others should
 * not pay for printf(3) and malloc(3) each time, nor its children for the pages
 * these need. */

#define NUMBER_SIZE sizeof("4294967295")

static char *add(char *at, const char *text, size_t length)
{
	memcpy(at, text, length);
	return at + length;
}

static char *add_number(char *at, unsigned number)
{
	char digits[NUMBER_SIZE];
	char *digit = digits + sizeof(digits);

	do {
		*--digit = (char)('0' + number % 10);
		number /= 10;
	} while (number);
	return add(at, digit, (size_t)(digits + sizeof(digits) - digit));
}

/* The name of the target, out of the spelling of mp_Process(): what follows
 * ".target =". */
static const char *find_target(const char *spelling, size_t *length)
{
	const char *at = spelling && *spelling ? strstr(spelling, ".target")
					       : NULL;

	if (at) {
		at += strlen(".target");
		at += strspn(at, " \t\n=&(");
		*length = 0;
		while (isalnum((unsigned char)at[*length]) || at[*length] == '_')
			++*length;
		if (*length > 0)
			return at;
	}
	*length = strlen("target");
	return "target";
}

/* What the texts of a process are made of. */
struct parts {
	const char *name;		/* NULL: its class and number */
	size_t name_length;
	const char *class;		/* "Process-" */
	size_t class_length;
	const char *target;
	size_t target_length;
	size_t identity_length, path_length;	/* of the creator's */
};

static struct parts measure(const char *class, const char *name,
			    const char *spelling)
{
	const struct mp_process *creator = mp__this.current;
	struct parts parts = {
		.name = name && *name ? name : NULL,
		.class = class,
		.class_length = strlen(class),
		.identity_length = strlen(creator->identity),
		.path_length = strlen(creator->path),
	};

	if (parts.name)
		parts.name_length = strlen(name);
	parts.target = find_target(spelling, &parts.target_length);
	return parts;
}

static size_t size_of(const struct parts *parts)
{
	return 2 * (parts->identity_length + 1 + NUMBER_SIZE)
	       + parts->path_length + 1 + NUMBER_SIZE
	       + parts->name_length + parts->class_length + 1
	       + 2 * parts->target_length + sizeof("()") + 1;
}

/* Python's rule N1: the parent's numbers, and one more that counts the objects
 * made in this process. */
static void set_texts(struct mp_process *process, const struct parts *parts)
{
	const struct mp_process *creator = mp__this.current;
	/* Not only main makes processes: a pool has a thread that does. */
	unsigned number = __atomic_add_fetch(&mp__this.count, 1,
					     __ATOMIC_RELAXED);
	char *at = process->texts;

	process->identity = at;
	at = add(at, creator->identity, parts->identity_length);
	if (parts->identity_length)
		*at++ = ':';
	at = add_number(at, number);
	size_t identity_length = (size_t)(at - process->texts);
	*at++ = 0;

	process->path = process->names = at;
	at = add(at, creator->path, parts->path_length);
	*at++ = '.';
	at = add_number(at, number);
	*at++ = 0;

	process->name = at;
	if (parts->name) {
		at = add(at, parts->name, parts->name_length);
	} else {
		at = add(at, parts->class, parts->class_length);
		at = add(at, process->identity, identity_length);
	}
	process->names_length = (size_t)(at - process->path);
	*at++ = 0;

	process->target_name = at;
	at = add(at, parts->target, parts->target_length);
	*at++ = 0;
	process->run_text = at;
	at = add(at, parts->target, parts->target_length);
	add(at, "()", sizeof("()"));
	process->run_length = parts->target_length + 2;
}

/* ---- its other parts ---- */

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
	process->authkey = process->own_key;
	if (from->authkey_size > sizeof(process->own_key))
		process->authkey = malloc(from->authkey_size);
	if (!process->authkey)
		return MP_EMEMORY;
	memcpy(process->authkey, from->authkey, from->authkey_size);
	process->authkey_size = from->authkey_size;
	return 0;
}

void mp__process_record_new(const struct mp_process *process)
{
	mp__record_text(TRACE_PROC_NEW, process->id, process->daemon,
			process->names, process->names_length);
}

/* All objects, the newest first. Programs written as the Python ones are leave
 * their objects to the end; this keeps them from being leaks. */
static MP__PER_PROCESS struct mp_process *objects;

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

static struct mp_process *new_process(const struct parts *parts, bool daemon)
{
	struct mp_process *process = malloc(sizeof(*process) + size_of(parts));

	if (!process) {
		mp__fail(MP_EMEMORY, "no memory for a Process");
		return NULL;
	}
	*process = (struct mp_process){
		.pidfd = -1,
		.exitcode = MP_NONE,
		.creator = mp__this.pid,
		.daemon = daemon,
		.id = atomic_fetch_add(&mp__arena->next_object, 1),
	};
	set_texts(process, parts);
	if (set_shared(process) < 0
	    || copy_authkey(process, mp__this.current) < 0) {
		mp__fail(MP_EMEMORY, "no memory for a Process");
		mp__process_free(process);
		return NULL;
	}
	register_object(process);
	mp__process_record_new(process);
	return process;
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
	if (process->authkey != process->own_key)
		free(process->authkey);
	free(process->renamed);
	free(process);
}

/* As in Python, any iterable will do for args, and the number of the object is
 * used up even if they are wrong. */
static int set_arguments(struct mp_process *process,
			 const struct mp_process_options *options)
{
	if (options->args) {
		process->args = mp_value_tuple_of(options->args);
		if (!process->args)
			return mp_error_code();
	}
	if (options->kwargs
	    && mp_value_type(options->kwargs) != MP_TYPE_DICT)
		return mp__fail(MP_ETYPE, "'%s' object is not a mapping",
				mp_value_type_name(options->kwargs));
	process->kwargs = mp_value_ref(options->kwargs);
	return 0;
}

struct mp_process *mp__process_create(const struct mp_process_options *options,
				      const char *class)
{
	if (options->group) {
		mp__fail(MP_EOWNER, "group argument must be None for now");
		return NULL;
	}
	bool daemon = options->daemon == MP_DAEMON_INHERIT
			      ? mp__this.current->daemon
			      : options->daemon == MP_DAEMON_YES;
	struct parts parts = measure(class, options->name, options->spelling_);
	struct mp_process *process = new_process(&parts, daemon);
	if (!process)
		return NULL;
	process->target = options->target;
	process->callback = options->callback;
	process->user = options->user;
	if (set_arguments(process, options) < 0) {
		mp__process_free(process);
		return NULL;
	}
	return process;
}

struct mp_process *mp_process_create(const struct mp_process_options *options)
{
	MP__ENTER();
	struct mp_process *process = mp__process_create(options, "Process-");

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

static void record_run_with(const struct mp_process *process)
{
	char text[256];
	char *args = mp_value_repr(process->args);
	int length = snprintf(text, sizeof(text), "%s%s", process->target_name,
			      args ? args : "");

	if (length >= (int)sizeof(text))
		length = sizeof(text) - 1;
	mp__record_text(TRACE_RUN_BEGIN, process->id, 0, text, (size_t)length);
	free(args);
}

MP__EVERY_CHILD static void record_run(const struct mp_process *process)
{
	if (!mp__ring)
		return;
	if (process->args && mp_value_length(process->args) > 0)
		record_run_with(process);
	else
		mp__record_text(TRACE_RUN_BEGIN, process->id, 0,
				process->run_text, process->run_length);
}

MP__EVERY_CHILD int mp__process_run_target(struct mp_process *process)
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
