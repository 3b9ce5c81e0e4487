/* forkscope/mp-shared.h - Value, Array, SharedMemory, ShareableList
 *
 *	struct mp_shared *counter = mp_Value('i', 0);
 *	MP_WITH(counter)
 *		mp_set(counter, mp_get(counter) + 1);
 *
 * A Value or Array lives in the memory all processes of the program share, as
 * locks do (mp-sync.h). Each read and each write takes its lock; what is more than
 * one of them must take it itself, as here.
 *
 * Type codes, as in Python: c char, b B signed and unsigned char, h H short,
 * i I int, l L long, q Q long long, f float, d double, u wchar_t. */
#ifndef FORKSCOPE_MP_SHARED_H
#define FORKSCOPE_MP_SHARED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "mp-value.h"

#ifdef __cplusplus
extern "C" {
#endif

struct mp_lock;
struct mp_shared;		/* Value, Array, RawValue, RawArray */
struct mp_memory;		/* SharedMemory */
struct mp_shareable;		/* ShareableList */

/* ---- Value, Array ----------------------------------------------------------- */

struct mp_shared_options {
	char code;
	bool is_array, is_raw;
	/* Value: what it begins as, NULL for zero. Array: a length, or the items
	 * of a list, tuple, str or bytes object. Taken over. */
	struct mp_value *init;
	struct mp_lock *lock;	/* stays the caller's; NULL: an RLock of its own */
	const char *name;	/* for people; NULL: Value-1, ... */
};

/* mp_Value('i', 0), mp_Array('d', 10), mp_Array('i', mp_list(1, 2, 3)); each takes
 * .lock = ..., .name = "..." behind. */
#define mp_Value(type_code, initial, ...) \
	mp_shared_create(&(struct mp_shared_options){ \
		.code = (type_code), \
		.init = mp_value(initial) __VA_OPT__(,) __VA_ARGS__ })
#define mp_RawValue(type_code, initial, ...) \
	mp_shared_create(&(struct mp_shared_options){ \
		.code = (type_code), .is_raw = true, \
		.init = mp_value(initial) __VA_OPT__(,) __VA_ARGS__ })
#define mp_Array(type_code, size_or_items, ...) \
	mp_shared_create(&(struct mp_shared_options){ \
		.code = (type_code), .is_array = true, \
		.init = mp_value(size_or_items) __VA_OPT__(,) __VA_ARGS__ })
#define mp_RawArray(type_code, size_or_items, ...) \
	mp_shared_create(&(struct mp_shared_options){ \
		.code = (type_code), .is_array = true, .is_raw = true, \
		.init = mp_value(size_or_items) __VA_OPT__(,) __VA_ARGS__ })

/* mp_shared_create - make a Value or an Array
 * Python   Value(code, value, lock=True), Array(code, size_or_init, lock=True),
 *          RawValue, RawArray
 * Returns  the object; NULL: MP_ETYPE (unknown code; an initial value of the wrong
 *          type), MP_EVALUE (a negative length), MP_EATTRIBUTE (lock is a
 *          semaphore), MP_EMEMORY
 * Blocks   never.  Fork  shared by all processes.  Signals  not safe
 * Emits    object.new */
struct mp_shared *mp_shared_create(const struct mp_shared_options *options);

/* mp_shared_destroy - give it up; only the process that made it can
 * Python   del value
 * shared   NULL is allowed. Nobody may use it afterwards
 * Returns  nothing
 * Blocks   never.  Fork  nothing happens in another process.  Signals  not safe
 * Emits    object.end */
void mp_shared_destroy(struct mp_shared *shared);

/* mp_shared_get_int, mp_shared_get_float - read one item
 * Python   value.value, array[index]
 * index    0 for a Value; a negative one counts from the end
 * Returns  the item, converted as C does; 0 with an error if there is none: MP_EINDEX
 *          (mp_error_code() tells), MP_EINTR
 * Blocks   for its lock.  Fork  -.  Signals  not safe
 * Emits    value.get; what taking and giving back the lock does */
int64_t mp_shared_get_int(struct mp_shared *shared, ssize_t index);
double mp_shared_get_float(struct mp_shared *shared, ssize_t index);

/* mp_shared_set_int, mp_shared_set_float - write one item
 * Python   value.value = x, array[index] = x
 * An integer out of range wraps silently, as ctypes does.
 * Returns  0; MP_EINDEX; MP_ETYPE (a float into an integer type); MP_EINTR
 * Blocks   for its lock.  Fork  -.  Signals  not safe
 * Emits    value.set; what taking and giving back the lock does */
int mp_shared_set_int(struct mp_shared *shared, ssize_t index, int64_t number);
int mp_shared_set_float(struct mp_shared *shared, ssize_t index, double number);

/* mp_shared_item, mp_shared_set_item - the same for any type, as dynamic values
 * Python   array[index], array[index] = x: 'c' gives bytes of length 1, 'u' a str
 * item     taken over, also on failure
 * Returns  a new reference, NULL: MP_EINDEX, MP_EINTR, MP_EMEMORY; 0 or MP_EINDEX,
 *          MP_ETYPE, MP_EINTR
 * Blocks   for its lock.  Fork  -.  Signals  not safe
 * Emits    value.get, value.set; what taking and giving back the lock does */
struct mp_value *mp_shared_item(struct mp_shared *shared, ssize_t index);
int mp_shared_set_item(struct mp_shared *shared, ssize_t index,
		       struct mp_value *item);

/* mp_shared_slice, mp_shared_set_slice - several items at once
 * Python   array[start:stop:step], array[start:stop:step] = x
 * start, stop  PTRDIFF_MIN means it is left out; step: not 0
 * items    a sequence of as many items; taken over, also on failure
 * Returns  a list (bytes for 'c', a str for 'u'), NULL: MP_EVALUE (step is 0);
 *          0 or MP_EVALUE (another length), MP_ETYPE
 * Blocks   for its lock.  Fork  -.  Signals  not safe
 * Emits    value.get_many, value.set_many; what the lock does */
struct mp_value *mp_shared_slice(struct mp_shared *shared, ssize_t start,
				 ssize_t stop, ssize_t step);
int mp_shared_set_slice(struct mp_shared *shared, ssize_t start, ssize_t stop,
			ssize_t step, struct mp_value *items);

/* mp_shared_text, mp_shared_set_text - an Array('c') up to its first NUL
 * Python   array.value
 * Returns  bytes, a new reference; NULL: MP_EATTRIBUTE (not of code 'c');
 *          0 or MP_EATTRIBUTE, MP_EVALUE (longer than the array)
 * Blocks   for its lock.  Fork  -.  Signals  not safe
 * Emits    value.get_many, value.set_many; what the lock does */
struct mp_value *mp_shared_text(struct mp_shared *shared);
int mp_shared_set_text(struct mp_shared *shared, const void *text, size_t size);

/* mp_shared_memory - the bytes themselves; nothing is locked or recorded
 * Python   get_obj(); array.raw
 * Returns  a pointer that means the same in all processes
 * Blocks   never.  Fork  -.  Signals  async-signal-safe
 * Emits    nothing */
void *mp_shared_memory(const struct mp_shared *shared);

/* mp_shared_length, mp_shared_code, mp_shared_item_size - what it is
 * Python   len(array), the type code, ctypes.sizeof(item)
 * Returns  the number of items (1 for a Value); the code; bytes
 * Blocks   never.  Fork  -.  Signals  async-signal-safe
 * Emits    nothing */
size_t mp_shared_length(const struct mp_shared *shared);
char mp_shared_code(const struct mp_shared *shared);
size_t mp_shared_item_size(const struct mp_shared *shared);

/* mp_shared_copy, mp_shared_synchronized - another one like it; a lock for a raw one
 * Python   sharedctypes.copy(obj), sharedctypes.synchronized(obj, lock=None)
 * lock     stays the caller's; NULL: an RLock of its own. The raw object must
 *          outlive what is wrapped around it
 * Returns  a raw object; an object with a lock that shares the raw one's memory.
 *          NULL: MP_ESTATE (AssertionError: it has a lock already), MP_EMEMORY
 * Blocks   never.  Fork  shared by all processes.  Signals  not safe
 * Emits    object.new */
struct mp_shared *mp_shared_copy(struct mp_shared *shared);
struct mp_shared *mp_shared_synchronized(struct mp_shared *raw,
					 struct mp_lock *lock);

/* mp_shared_repr - the object as Python prints it
 * Python   repr(value): <Synchronized wrapper for c_int(5)>
 * Returns  the length it has or would have, as snprintf(3)
 * Blocks   never.  Fork  -.  Signals  not safe
 * Emits    nothing */
int mp_shared_repr(struct mp_shared *shared, char *buffer, size_t size);

/* v.value, v.value = x, a[i], a[i] = x */
#define mp_get(shared) mp_shared_get_int(shared, 0)
#define mp_get_at(shared, index) mp_shared_get_int(shared, index)
#define mp_get_float(shared) mp_shared_get_float(shared, 0)
#define mp_get_float_at(shared, index) mp_shared_get_float(shared, index)
#ifndef __cplusplus
#define mp_set_at(shared, index, x) \
	(MP_SET_HERE_ _Generic((x), float: mp_shared_set_float, \
		 double: mp_shared_set_float, \
		 default: mp_shared_set_int)(shared, index, x))
#define mp_set(shared, x) mp_set_at(shared, 0, x)
#endif

/* ---- SharedMemory -------------------------------------------------------------- */

struct mp_memory_options {
	const char *name;	/* without "/"; NULL with create: a new one */
	bool create;
	long long size;		/* bytes, when it is created */
	int reserved_;
};

#define mp_SharedMemory(...) \
	mp_memory_open(&(struct mp_memory_options){ \
		.reserved_ = 0 __VA_OPT__(,) __VA_ARGS__ })

/* mp_memory_open - create a named block of memory, or attach to one
 * Python   shared_memory.SharedMemory(name=None, create=False, size=0)
 * Returns  the object, for mp_memory_destroy; NULL: MP_EVALUE (size is not positive;
 *          no name to attach to), MP_EEXISTS, MP_ENOTFOUND, MP_EOS, MP_EMEMORY
 * Blocks   never.  Fork  a child inherits the mapping.  Signals  not safe
 * Emits    object.new, shm.create or shm.attach */
struct mp_memory *mp_memory_open(const struct mp_memory_options *options);

/* mp_memory_destroy - close it and free the object; the name stays
 * Python   del shm
 * Returns  nothing
 * Blocks   never.  Fork  this process only.  Signals  not safe
 * Emits    shm.close */
void mp_memory_destroy(struct mp_memory *memory);

/* mp_memory_close, mp_memory_unlink - unmap it here; take away its name
 * Python   shm.close(), shm.unlink()
 * What was created and not unlinked when the program has ended is unlinked then, with
 * a warning on stderr, also if the program was killed.
 * Returns  0, also when closed before; 0 or MP_ENOTFOUND
 * Blocks   never.  Fork  close: this process only; the name is everybody's
 * Signals  not safe
 * Emits    shm.close; shm.unlink */
int mp_memory_close(struct mp_memory *memory);
int mp_memory_unlink(struct mp_memory *memory);

/* mp_memory_buf, mp_memory_size, mp_memory_name - what it is
 * Python   shm.buf, shm.size, shm.name
 * Returns  the bytes, NULL once closed; how many; the name without "/"
 * Blocks   never.  Fork  -.  Signals  async-signal-safe
 * Emits    nothing */
void *mp_memory_buf(const struct mp_memory *memory);
size_t mp_memory_size(const struct mp_memory *memory);
const char *mp_memory_name(const struct mp_memory *memory);

/* ---- ShareableList ------------------------------------------------------------------ */

struct mp_shareable_options {
	struct mp_value *sequence; /* of None, bool, int, float, str, bytes; taken
				    * over. NULL: attach to `name` */
	const char *name;
};

/* mp_ShareableList(mp_list(1, "two", 3.0)), mp_ShareableList(NULL, .name = name) */
#define mp_ShareableList(...) \
	mp_shareable_open(&(struct mp_shareable_options){ \
		.sequence = __VA_ARGS__ })

/* mp_shareable_open - create a list of fixed length in shared memory, or attach
 * CPython's layout, byte by byte: a Python program can attach to it.
 * Python   shared_memory.ShareableList(sequence=None, *, name=None)
 * Returns  the object, for mp_shareable_destroy; NULL: MP_EKEY (an item of another
 *          type), MP_EVALUE (not such a list; an int beyond 64 bits), and as
 *          mp_memory_open
 * Blocks   never.  Fork  a child inherits the mapping.  Signals  not safe
 * Emits    object.new, shm.create or shm.attach */
struct mp_shareable *mp_shareable_open(
	const struct mp_shareable_options *options);

/* mp_shareable_destroy - close its memory and free the object
 * Python   del l
 * Returns  nothing
 * Blocks   never.  Fork  this process only.  Signals  not safe
 * Emits    shm.close */
void mp_shareable_destroy(struct mp_shareable *list);

/* mp_shareable_get, mp_shareable_set - one item; its type may change
 * Python   l[index], l[index] = x
 * item     taken over, also on failure
 * Returns  a new reference, NULL: MP_EINDEX, MP_EVALUE (what is stored is no item);
 *          0 or MP_EINDEX, MP_EVALUE (text exceeds the place it has), MP_EKEY
 * Blocks   never; nothing is locked.  Fork  -.  Signals  not safe
 * Emits    value.get, value.set */
struct mp_value *mp_shareable_get(struct mp_shareable *list, ssize_t index);
int mp_shareable_set(struct mp_shareable *list, ssize_t index,
		     struct mp_value *item);

/* mp_shareable_length, mp_shareable_count, mp_shareable_index - looking for items
 * Python   len(l), l.count(x), l.index(x)
 * item     borrowed
 * Returns  the number; how often; the first index or MP_EVALUE
 * Blocks   never.  Fork  -.  Signals  not safe
 * Emits    nothing */
size_t mp_shareable_length(const struct mp_shareable *list);
ssize_t mp_shareable_count(struct mp_shareable *list,
			   const struct mp_value *item);
ssize_t mp_shareable_index(struct mp_shareable *list,
			   const struct mp_value *item);

/* mp_shareable_format, mp_shareable_shm - the formats of its items; its memory
 * Python   l.format, l.shm
 * Returns  text to free(3), NULL: MP_EMEMORY; the SharedMemory, the list's own
 * Blocks   never.  Fork  -.  Signals  not safe
 * Emits    nothing */
char *mp_shareable_format(const struct mp_shareable *list);
struct mp_memory *mp_shareable_shm(const struct mp_shareable *list);

#ifndef MP_NO_SITES
/* mp_set picks a function by its name alone. */
#define MP_SET_HERE_ MP_HERE_,
#define mp_shared_create(...) (MP_HERE_, mp_shared_create(__VA_ARGS__))
#define mp_shared_get_int(...) (MP_HERE_, mp_shared_get_int(__VA_ARGS__))
#define mp_shared_get_float(...) (MP_HERE_, mp_shared_get_float(__VA_ARGS__))
#define mp_shared_set_int(...) (MP_HERE_, mp_shared_set_int(__VA_ARGS__))
#define mp_shared_set_float(...) (MP_HERE_, mp_shared_set_float(__VA_ARGS__))
#define mp_shared_item(...) (MP_HERE_, mp_shared_item(__VA_ARGS__))
#define mp_shared_set_item(...) (MP_HERE_, mp_shared_set_item(__VA_ARGS__))
#define mp_shared_slice(...) (MP_HERE_, mp_shared_slice(__VA_ARGS__))
#define mp_shared_set_slice(...) (MP_HERE_, mp_shared_set_slice(__VA_ARGS__))
#define mp_shared_text(...) (MP_HERE_, mp_shared_text(__VA_ARGS__))
#define mp_shared_set_text(...) (MP_HERE_, mp_shared_set_text(__VA_ARGS__))
#define mp_shared_copy(...) (MP_HERE_, mp_shared_copy(__VA_ARGS__))
#define mp_shared_synchronized(...) \
	(MP_HERE_, mp_shared_synchronized(__VA_ARGS__))
#define mp_memory_open(...) (MP_HERE_, mp_memory_open(__VA_ARGS__))
#define mp_memory_close(...) (MP_HERE_, mp_memory_close(__VA_ARGS__))
#define mp_memory_unlink(...) (MP_HERE_, mp_memory_unlink(__VA_ARGS__))
#define mp_shareable_open(...) (MP_HERE_, mp_shareable_open(__VA_ARGS__))
#define mp_shareable_get(...) (MP_HERE_, mp_shareable_get(__VA_ARGS__))
#define mp_shareable_set(...) (MP_HERE_, mp_shareable_set(__VA_ARGS__))
#else
#define MP_SET_HERE_
#endif

#ifdef __cplusplus
}
#endif

#endif
