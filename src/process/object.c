#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "process/object.h"

#include <stdio.h>
#include <string.h>

#include "process/process.h"
#include "value/object.h"

#define VALUE_KINDS (MP_OBJECT_PROXY + 1)

/* Python's class name, out of "multiprocessing.shared_memory.SharedMemory", and the
 * kind of value that refers to it (0: none can). */
static const struct object_kind {
	const char *python;
	enum mp_object_kind value_kind;
} kinds[] = {
#define TRACE_OBJECT(id, symbol, name, python) [id] = { python, 0 },
#include "traces/objects.def"
#undef TRACE_OBJECT
};

static enum mp_object_kind value_kind_of(enum trace_object_kind kind)
{
	switch (kind) {
	case TRACE_OBJECT_LOCK:
	case TRACE_OBJECT_RLOCK:
	case TRACE_OBJECT_SEMAPHORE:
	case TRACE_OBJECT_BOUNDED_SEMAPHORE:
		return MP_OBJECT_LOCK;
	case TRACE_OBJECT_CONDITION:
		return MP_OBJECT_CONDITION;
	case TRACE_OBJECT_EVENT:
		return MP_OBJECT_EVENT;
	case TRACE_OBJECT_BARRIER:
		return MP_OBJECT_BARRIER;
	case TRACE_OBJECT_VALUE:
	case TRACE_OBJECT_ARRAY:
		return MP_OBJECT_SHARED;
	case TRACE_OBJECT_QUEUE:
	case TRACE_OBJECT_JOINABLE_QUEUE:
	case TRACE_OBJECT_SIMPLE_QUEUE:
		return MP_OBJECT_QUEUE;
	default:
		return 0;
	}
}

/* How many of each kind this process has made; a child begins anew. */
static struct {
	pid_t pid;
	unsigned count[sizeof(kinds) / sizeof(kinds[0])];
} made;

static unsigned next_number(enum trace_object_kind kind)
{
	if (made.pid != mp__this.pid) {
		memset(&made, 0, sizeof(made));
		made.pid = mp__this.pid;
	}
	return __atomic_add_fetch(&made.count[kind], 1, __ATOMIC_RELAXED);
}

static void record_new(const struct mp__object_shm *object, const char *name)
{
	const char *class = strrchr(kinds[object->kind].python, '.');
	const char *identity = mp__this.current->identity;
	char text[256];
	int length;

	unsigned number = next_number(object->kind);
	if (name && *name)
		length = snprintf(text, sizeof(text), "%s", name);
	else
		length = snprintf(text, sizeof(text), "%s-%s%s%u",
				  class ? class + 1 : "object", identity,
				  *identity ? ":" : "", number);
	if (length >= (int)sizeof(text))
		length = sizeof(text) - 1;
	mp__record_text(TRACE_OBJECT_NEW, object->id, object->kind, text,
			(size_t)length);
}

void *mp__object_new(enum trace_object_kind kind, size_t bytes,
		     const char *name)
{
	mp__ref ref = mp__arena_alloc(bytes);

	if (!ref)
		return NULL;
	struct mp__object_shm *object = mp__at(ref);
	object->kind = (uint16_t)kind;
	object->value_kind = (uint16_t)value_kind_of(kind);
	object->creator = mp__this.pid;
	object->bytes = (uint32_t)bytes;
	atomic_store(&object->id, atomic_fetch_add(&mp__arena->next_object, 1));
	record_new(object, name);
	return object;
}

bool mp__object_may_end(const struct mp__object_shm *object)
{
	return object && object->creator == mp__this.pid;
}

void mp__object_end(struct mp__object_shm *object)
{
	mp__record(TRACE_OBJECT_END, object->id, 0, 0);
	atomic_store(&object->id, 0);
	mp__arena_free(mp__object_ref(object), object->bytes);
}

/* ---- as values ---- */

static int (*reprs[VALUE_KINDS])(void *object, char *buffer, size_t size);

void mp__object_set_repr(enum mp_object_kind kind,
			 int (*repr)(void *object, char *buffer, size_t size))
{
	reprs[kind] = repr;
}

static int repr_object(enum mp_object_kind kind, void *object, char *buffer,
		       size_t size)
{
	if (kind == MP_OBJECT_PROCESS)
		return mp_process_repr(object, buffer, size);
	return reprs[kind] ? reprs[kind](object, buffer, size) : -1;
}

static bool is_shared(enum mp_object_kind kind)
{
	return kind >= MP_OBJECT_LOCK && kind <= MP_OBJECT_QUEUE;
}

static bool identify(enum mp_object_kind kind, const void *object,
		     uint32_t *ref, uint32_t *id)
{
	if (!is_shared(kind))
		return false;
	*ref = mp__object_ref(object);
	*id = ((const struct mp__object_shm *)object)->id;
	return *id != 0;
}

/* The bytes may come from anywhere: believe nothing. */
static void *find(enum mp_object_kind kind, uint32_t ref, uint32_t id)
{
	uint64_t first = (sizeof(*mp__arena) + MP__ARENA_UNIT - 1)
			 / MP__ARENA_UNIT;

	if (!is_shared(kind) || !id || ref < first
	    || ref >= atomic_load(&mp__arena->end))
		return NULL;
	struct mp__object_shm *object = mp__at(ref);
	return object->id == id && object->value_kind == kind ? object : NULL;
}

static const struct mp__object_ops ops = {
	.identify = identify,
	.find = find,
	.repr = repr_object,
};

__attribute__((constructor)) static void offer_objects(void)
{
	mp__object_ops = &ops;
}
