/* forkscope/mp-value.h - values of Python's types, and arguments by name
 *
 * A value is what travels between processes: None, bool, int, float, str, bytes,
 * tuple, list, dict. The macros turn C literals and variables into values:
 *
 *	mp_value(5)  mp_tuple(1, 2.5, "egon")  mp_list(mp_tuple(1, 2), mp_none())
 *	mp_dict("b", 5, "c", 6)
 *
 * What is a bool in Python is mp_bool(true): `true` itself is an int in C11.
 *
 * Ownership. A value is counted: who makes it has one reference and gives it back
 * with mp_value_unref(). A function that builds a container or stores into one, and
 * an option such as .args, takes over the reference it is handed; every other
 * function borrows. A value that could not be made is NULL with an error; a container
 * given NULL gives up the rest and is NULL itself, so that one check at the end will
 * do.
 *
 * Threads. References may be taken and given back by any thread. Scalars and tuples
 * never change; who changes a list or dict that other threads use must lock. */
#ifndef FORKSCOPE_MP_VALUE_H
#define FORKSCOPE_MP_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

struct mp_value;		/* opaque */
struct mp_lock;
struct mp_condition;
struct mp_event;
struct mp_barrier;
struct mp_shared;
struct mp_queue;
struct mp_connection;
struct mp_process;
struct mp_proxy;
struct mp_call;			/* opaque: the arguments a target was called with */

enum mp_type {
	MP_TYPE_NULL = -1,	/* not a value: what mp_value_type(NULL) is */
	MP_TYPE_NONE,
	MP_TYPE_BOOL,
	MP_TYPE_INT,		/* from INT64_MIN to UINT64_MAX */
	MP_TYPE_FLOAT,
	MP_TYPE_OBJECT,		/* a Lock, a Queue, ...: see mp_object */
	MP_TYPE_STR,		/* UTF-8; may contain '\0' */
	MP_TYPE_BYTES,
	MP_TYPE_TUPLE,
	MP_TYPE_LIST,
	MP_TYPE_DICT		/* keeps the order of insertion */
};

/* What an object value refers to. */
enum mp_object_kind {
	MP_OBJECT_LOCK = 1,	/* and RLock, Semaphore, BoundedSemaphore */
	MP_OBJECT_CONDITION,
	MP_OBJECT_EVENT,
	MP_OBJECT_BARRIER,
	MP_OBJECT_SHARED,	/* Value, Array */
	MP_OBJECT_QUEUE,
	MP_OBJECT_CONNECTION,
	MP_OBJECT_PROCESS,
	MP_OBJECT_POINTER,	/* any other: inherited only */
	MP_OBJECT_PROXY		/* of a managed object */
};

/* A failure of any of these functions is an `error` event of the trace. */

/* ---- making ------------------------------------------------------------- */

/* mp_value_ref - take one more reference
 * Python   -
 * Returns  value, which may be NULL
 * Blocks   never.  Fork  a child has its own copy.  Signals  not safe
 * Emits    nothing */
struct mp_value *mp_value_ref(struct mp_value *value);

/* mp_value_unref - give one reference back; the last frees the value
 * Python   del x
 * value    NULL is allowed
 * Returns  nothing
 * Blocks   never.  Fork  a child has its own copy.  Signals  not safe
 * Emits    nothing */
void mp_value_unref(struct mp_value *value);

/* mp_none, mp_bool, mp_int, mp_uint, mp_float - make a scalar
 * Python   None, bool, int, float
 * Returns  a new reference; NULL: MP_EMEMORY
 * Blocks   never.  Fork  -.  Signals  not safe
 * Emits    nothing */
struct mp_value *mp_none(void);
struct mp_value *mp_bool(bool is_true);
struct mp_value *mp_int(long long number);
struct mp_value *mp_uint(unsigned long long number);
struct mp_value *mp_float(double number);

/* mp_text - make a str of a C string
 * Python   str
 * text     UTF-8; NULL gives None, as getenv(3) means it
 * Returns  a new reference; NULL: MP_EVALUE (not UTF-8), MP_EMEMORY
 * Blocks   never.  Fork  -.  Signals  not safe
 * Emits    nothing */
struct mp_value *mp_text(const char *text);

/* mp_str, mp_bytes - make a str or a bytes object of counted bytes
 * Python   str, bytes
 * Returns  a new reference; NULL: MP_EVALUE (not UTF-8: mp_str only), MP_EMEMORY
 * Blocks   never.  Fork  -.  Signals  not safe
 * Emits    nothing */
struct mp_value *mp_str(const char *text, size_t len);
struct mp_value *mp_bytes(const void *bytes, size_t len);

/* mp_object - a reference to an object of this library, or a pointer
 * Locks, conditions, events, barriers, Values, Arrays and queues can travel through
 * a pipe or a queue to another process of the same program. So can proxies of managed
 * objects, also to other programs. The other kinds can only be inherited, as
 * arguments of a process.
 * Python   passing a Lock in args
 * kind     what `object` points to; it stays the caller's, and must live as long as
 *          the value is used; of a proxy the value counts as one more. NULL gives None
 * Returns  a new reference; NULL: MP_EMEMORY
 * Blocks   never.  Fork  the pointer means the same in a child.  Signals  not safe
 * Emits    nothing */
struct mp_value *mp_object(enum mp_object_kind kind, void *object);

static inline struct mp_value *mp_object_lock_(struct mp_lock *object)
{
	return mp_object(MP_OBJECT_LOCK, object);
}

static inline struct mp_value *mp_object_condition_(struct mp_condition *object)
{
	return mp_object(MP_OBJECT_CONDITION, object);
}

static inline struct mp_value *mp_object_event_(struct mp_event *object)
{
	return mp_object(MP_OBJECT_EVENT, object);
}

static inline struct mp_value *mp_object_barrier_(struct mp_barrier *object)
{
	return mp_object(MP_OBJECT_BARRIER, object);
}

static inline struct mp_value *mp_object_shared_(struct mp_shared *object)
{
	return mp_object(MP_OBJECT_SHARED, object);
}

static inline struct mp_value *mp_object_queue_(struct mp_queue *object)
{
	return mp_object(MP_OBJECT_QUEUE, object);
}

static inline struct mp_value *
mp_object_connection_(struct mp_connection *object)
{
	return mp_object(MP_OBJECT_CONNECTION, object);
}

static inline struct mp_value *mp_object_process_(struct mp_process *object)
{
	return mp_object(MP_OBJECT_PROCESS, object);
}

static inline struct mp_value *mp_object_proxy_(struct mp_proxy *object)
{
	return mp_object(MP_OBJECT_PROXY, object);
}

static inline struct mp_value *mp_object_pointer_(void *object)
{
	return mp_object(MP_OBJECT_POINTER, object);
}

/* mp_value_as_object - what an object value refers to
 * Python   -
 * out      receives the pointer, borrowed
 * Returns  0; MP_ETYPE (not an object of that kind)
 * Blocks   never.  Fork  -.  Signals  not safe
 * Emits    nothing */
int mp_value_as_object(const struct mp_value *value, enum mp_object_kind kind,
		       void **out);

/* mp_value_itself - what mp_value() does with a value: nothing */
static inline struct mp_value *mp_value_itself(struct mp_value *value)
{
	return value;
}

/* mp_value_tuple, mp_value_list - make a container of `count` items
 * Python   (a, b), [a, b]
 * items    taken over, also on failure; the array itself is not
 * Returns  a new reference; NULL: an item was NULL (its error stands), MP_EMEMORY
 * Blocks   never.  Fork  -.  Signals  not safe
 * Emits    nothing */
struct mp_value *mp_value_tuple(size_t count, struct mp_value *const *items);
struct mp_value *mp_value_list(size_t count, struct mp_value *const *items);

/* mp_value_dict - make a dict of keys and values that take turns
 * Python   {a: b, c: d}; the last of equal keys wins, in the place of the first
 * count    of keys and values together
 * Returns  a new reference; NULL: as above, MP_ETYPE (a key is a list or a dict, or
 *          the last key has no value)
 * Blocks   never.  Fork  -.  Signals  not safe
 * Emits    nothing */
struct mp_value *mp_value_dict(size_t count, struct mp_value *const *items);

/* mp_value_tuple_of - a tuple of what iterating gives
 * Python   tuple(iterable): a str gives its characters, a dict its keys
 * Returns  a new reference; NULL: MP_ETYPE (not iterable), MP_EMEMORY
 * Blocks   never.  Fork  -.  Signals  not safe
 * Emits    nothing */
struct mp_value *mp_value_tuple_of(const struct mp_value *iterable);

/* ---- looking ------------------------------------------------------------ */

/* mp_value_type, mp_value_type_name - which type, and what Python calls it
 * Python   type(x), type(x).__name__
 * Returns  MP_TYPE_...; "NoneType", "bool", ... ("NULL" for NULL)
 * Blocks   never.  Fork  -.  Signals  async-signal-safe
 * Emits    nothing */
enum mp_type mp_value_type(const struct mp_value *value);
const char *mp_value_type_name(const struct mp_value *value);

/* mp_value_truth - is it true?
 * Python   bool(x)
 * Returns  false for None, False, zero, whatever is empty, and NULL
 * Blocks   never.  Fork  -.  Signals  async-signal-safe
 * Emits    nothing */
bool mp_value_truth(const struct mp_value *value);

/* mp_value_as_long, ... - the C form of a number
 * Python   operator.index(x); float(x) for mp_value_as_double
 * out      untouched on failure
 * Returns  0; MP_ETYPE (a bool is an int, a float is not); MP_EOVERFLOW
 * Blocks   never.  Fork  -.  Signals  not safe
 * Emits    nothing */
int mp_value_as_long(const struct mp_value *value, long *out);
int mp_value_as_int64(const struct mp_value *value, int64_t *out);
int mp_value_as_uint64(const struct mp_value *value, uint64_t *out);
int mp_value_as_double(const struct mp_value *value, double *out);

/* mp_value_as_str, mp_value_as_bytes - the bytes of a str or bytes object
 * Python   -
 * text     receives a pointer that lives as long as the value; a '\0' follows
 * len      receives the number of bytes; may be NULL
 * Returns  0; MP_ETYPE
 * Blocks   never.  Fork  -.  Signals  not safe
 * Emits    nothing */
int mp_value_as_str(const struct mp_value *value, const char **text, size_t *len);
int mp_value_as_bytes(const struct mp_value *value, const void **bytes,
		      size_t *len);

/* mp_value_length - how many characters, bytes, items
 * Python   len(x)
 * Returns  0 or more; MP_ETYPE
 * Blocks   never.  Fork  -.  Signals  not safe
 * Emits    nothing */
ssize_t mp_value_length(const struct mp_value *value);

/* mp_value_item - one item of a tuple or list
 * Python   x[index]; a negative index counts from the end
 * Returns  a borrowed reference; NULL: MP_EINDEX, MP_ETYPE
 * Blocks   never.  Fork  -.  Signals  not safe
 * Emits    nothing */
struct mp_value *mp_value_item(const struct mp_value *sequence, ssize_t index);

/* mp_value_lookup, mp_value_lookup_text - what a dict holds for a key
 * Python   x[key]
 * Returns  a borrowed reference; NULL: MP_EKEY, MP_ETYPE
 * Blocks   never.  Fork  -.  Signals  not safe
 * Emits    nothing */
struct mp_value *mp_value_lookup(const struct mp_value *dict,
				 const struct mp_value *key);
struct mp_value *mp_value_lookup_text(const struct mp_value *dict,
				      const char *key);

/* mp_value_contains - is it among the items, or the keys?
 * Python   item in x
 * Returns  1, 0; MP_ETYPE (no tuple, list or dict; key that cannot be hashed);
 *          MP_ERUNTIME (nested too deeply)
 * Blocks   never.  Fork  -.  Signals  not safe
 * Emits    nothing */
int mp_value_contains(const struct mp_value *container,
		      const struct mp_value *item);

/* mp_value_next - walk over a tuple, list or dict, in order
 * Python   for item in x, for key, item in x.items()
 * at       0 at first; counts up
 * key      receives the key (NULL for a tuple or list); may be NULL
 * item     receives the item, borrowed as the key is; may be NULL
 * Returns  false at the end, and for any other type
 * Blocks   never.  Fork  -.  Signals  async-signal-safe
 * Emits    nothing */
bool mp_value_next(const struct mp_value *container, size_t *at,
		   struct mp_value **key, struct mp_value **item);

/* mp_value_equal - are they equal?
 * Python   a == b: 1 == 1.0 == True, but (1,) != [1]; nan is not nan
 * Returns  1, 0; MP_ERUNTIME (nested more than 1000 deep)
 * Blocks   never.  Fork  -.  Signals  not safe
 * Emits    nothing */
int mp_value_equal(const struct mp_value *a, const struct mp_value *b);

/* mp_value_hash - a number that equal values share
 * Python   hash(x); it differs from run to run
 * Returns  0; MP_ETYPE (unhashable type); MP_ERUNTIME (nested too deeply)
 * Blocks   never.  Fork  the same in all descendants.  Signals  not safe
 * Emits    nothing */
int mp_value_hash(const struct mp_value *value, uint64_t *hash);

/* mp_value_repr, mp_value_str - the value as Python prints it
 * Python   repr(x), str(x)
 * Returns  UTF-8 text to free(3); NULL: MP_EMEMORY, MP_ERUNTIME (nested too deeply)
 * Blocks   never.  Fork  -.  Signals  not safe
 * Emits    nothing */
char *mp_value_repr(const struct mp_value *value);
char *mp_value_str(const struct mp_value *value);

/* ---- changing ----------------------------------------------------------- */

/* mp_value_append - add an item to a list
 * Python   x.append(item)
 * item     taken over, also on failure
 * Returns  0; MP_ETYPE; MP_EMEMORY; the error code that stands if item is NULL
 * Blocks   never.  Fork  -.  Signals  not safe
 * Emits    nothing */
int mp_value_append(struct mp_value *list, struct mp_value *item);

/* mp_value_put - set an item of a dict, or one that a list has
 * Python   x[key] = item
 * key      taken over as item is, also on failure
 * Returns  0; MP_ETYPE; MP_EINDEX; MP_EMEMORY; the code that stands if one is NULL
 * Blocks   never.  Fork  -.  Signals  not safe
 * Emits    nothing */
int mp_value_put(struct mp_value *container, struct mp_value *key,
		 struct mp_value *item);

/* mp_value_delete - take an item out of a dict or list
 * Python   del x[key]
 * Returns  0; MP_ETYPE; MP_EKEY; MP_EINDEX
 * Blocks   never.  Fork  -.  Signals  not safe
 * Emits    nothing */
int mp_value_delete(struct mp_value *container, const struct mp_value *key);

/* ---- MessagePack -------------------------------------------------------- */

/* mp_value_pack - the value as MessagePack
 * A list is an array. A tuple is an array whose first element, in front of its
 * items, is an extension object of type 84 ('T') and length 0. All else is as
 * MessagePack has it.
 * Python   pickle.dumps(x)
 * bytes    receives memory to free(3); len: how much
 * Returns  0; MP_EVALUE (containers nested more than 64 deep, more than 2^24 values,
 *          more than 1 GiB); MP_EMEMORY
 * Blocks   never.  Fork  -.  Signals  not safe
 * Emits    nothing */
int mp_value_pack(const struct mp_value *value, void **bytes, size_t *len);

/* mp_value_unpack - the value that MessagePack bytes stand for
 * Python   pickle.loads(x), but harmless whatever the bytes are
 * value    receives a new reference
 * Returns  0; MP_EVALUE (no MessagePack, bytes missing or left over, text that is
 *          not UTF-8, a key that cannot be hashed, an extension other than ours,
 *          the limits of mp_value_pack); MP_EMEMORY
 * Blocks   never.  Fork  -.  Signals  not safe
 * Emits    nothing */
int mp_value_unpack(const void *bytes, size_t len, struct mp_value **value);

/* ---- the arguments of a call -------------------------------------------- */

/* mp_call_name, mp_call_args, mp_call_kwargs - what a target was called with
 * Python   func.__name__, args, kwargs of def func(*args, **kwargs)
 * Returns  borrowed: a name; a tuple or list; a dict. Never NULL
 * Blocks   never.  Fork  -.  Signals  async-signal-safe
 * Emits    nothing */
const char *mp_call_name(const struct mp_call *call);
struct mp_value *mp_call_args(const struct mp_call *call);
struct mp_value *mp_call_kwargs(const struct mp_call *call);

/* Where one argument goes, and which C type is there. */
enum mp_out_type {
	MP_OUT_BOOL, MP_OUT_SCHAR, MP_OUT_UCHAR, MP_OUT_SHORT, MP_OUT_USHORT,
	MP_OUT_INT, MP_OUT_UINT, MP_OUT_LONG, MP_OUT_ULONG, MP_OUT_LLONG,
	MP_OUT_ULLONG, MP_OUT_FLOAT, MP_OUT_DOUBLE, MP_OUT_TEXT, MP_OUT_VALUE,
	MP_OUT_LOCK, MP_OUT_CONDITION, MP_OUT_EVENT, MP_OUT_BARRIER,
	MP_OUT_SHARED, MP_OUT_QUEUE, MP_OUT_CONNECTION, MP_OUT_PROCESS,
	MP_OUT_POINTER, MP_OUT_PROXY
};

struct mp_out {
	enum mp_out_type type;
	void *to;
};

/* mp_bind_outs - give the arguments of a call to named parameters
 * Mostly used by its macro: mp_bind(call, "a b c=5 *rest **kw", &a, &b, &c, &rest, &kw).
 *
 * spec     the parameters, in order, blanks between them. `c=5` has a default (None,
 *          True, False, a number, or text in quotes); `c=` or `c?` is optional, its
 *          variable keeps what it had. `*rest` receives surplus positional arguments
 *          as a tuple, `**kw` surplus keyword arguments as a dict. Parameters after
 *          `*rest`, or after a lone `*`, are keyword-only. Up to 64
 * outs     one for each name: pointers to bool, an integer type, float, double,
 *          const char * (None gives NULL), struct mp_value *, or a pointer to an object
 *          such as struct mp_lock * (None gives NULL). What they receive is
 *          borrowed and lives as long as the call. All untouched on failure
 * Python   def test(a, b, c=5, *rest, **kw)
 * Returns  0; MP_ETYPE with CPython's message ("test() missing 1 required positional
 *          argument: 'c'"), or because a C variable cannot hold that type;
 *          MP_EOVERFLOW; MP_EVALUE (a mistake in spec; '\0' inside text); MP_EMEMORY
 * Blocks   never.  Fork  -.  Signals  not safe
 * Emits    nothing */
int mp_bind_outs(struct mp_call *call, const char *spec,
		 const struct mp_out *outs, size_t count);

/* ---- the macros ----------------------------------------------------------- */

#ifndef __cplusplus
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"	/* __VA_OPT__ came with C23 */

/* mp_value(x) - x as a value: a number, a C string, or a value already */
#define mp_value(x) \
	_Generic((x), \
		_Bool: mp_bool, \
		char: mp_int, signed char: mp_int, unsigned char: mp_int, \
		short: mp_int, unsigned short: mp_int, \
		int: mp_int, unsigned: mp_int, \
		long: mp_int, unsigned long: mp_uint, \
		long long: mp_int, unsigned long long: mp_uint, \
		float: mp_float, double: mp_float, \
		char *: mp_text, const char *: mp_text, \
		struct mp_lock *: mp_object_lock_, \
		struct mp_condition *: mp_object_condition_, \
		struct mp_event *: mp_object_event_, \
		struct mp_barrier *: mp_object_barrier_, \
		struct mp_shared *: mp_object_shared_, \
		struct mp_queue *: mp_object_queue_, \
		struct mp_connection *: mp_object_connection_, \
		struct mp_process *: mp_object_process_, \
		struct mp_proxy *: mp_object_proxy_, \
		void *: mp_object_pointer_, \
		struct mp_value *: mp_value_itself)(x)

#define mp_out(p) \
	{ _Generic((p), \
		_Bool *: MP_OUT_BOOL, \
		signed char *: MP_OUT_SCHAR, unsigned char *: MP_OUT_UCHAR, \
		short *: MP_OUT_SHORT, unsigned short *: MP_OUT_USHORT, \
		int *: MP_OUT_INT, unsigned *: MP_OUT_UINT, \
		long *: MP_OUT_LONG, unsigned long *: MP_OUT_ULONG, \
		long long *: MP_OUT_LLONG, unsigned long long *: MP_OUT_ULLONG, \
		float *: MP_OUT_FLOAT, double *: MP_OUT_DOUBLE, \
		const char **: MP_OUT_TEXT, \
		struct mp_lock **: MP_OUT_LOCK, \
		struct mp_condition **: MP_OUT_CONDITION, \
		struct mp_event **: MP_OUT_EVENT, \
		struct mp_barrier **: MP_OUT_BARRIER, \
		struct mp_shared **: MP_OUT_SHARED, \
		struct mp_queue **: MP_OUT_QUEUE, \
		struct mp_connection **: MP_OUT_CONNECTION, \
		struct mp_process **: MP_OUT_PROCESS, \
		struct mp_proxy **: MP_OUT_PROXY, \
		void **: MP_OUT_POINTER, \
		struct mp_value **: MP_OUT_VALUE), (p) }

/* Up to 40 arguments. A null pointer stands behind the items, because C has no array
 * of none; it is not counted. */
#define mp_tuple(...) mp_value_tuple(MP_ITEMS_(__VA_ARGS__))
#define mp_list(...) mp_value_list(MP_ITEMS_(__VA_ARGS__))
#define mp_dict(...) mp_value_dict(MP_ITEMS_(__VA_ARGS__))

#define mp_bind(call, spec, ...) \
	mp_bind_outs(call, spec, \
		(const struct mp_out[]){ \
			MP_EACH_(mp_out, __VA_ARGS__) { MP_OUT_BOOL, NULL } }, \
		MP_COUNT_(__VA_ARGS__))

#define MP_ITEMS_(...) \
	MP_COUNT_(__VA_ARGS__), \
	(struct mp_value *const[]){ MP_EACH_(mp_value, __VA_ARGS__) NULL }

/* The number of arguments: they push the right number to where PICK looks. */
#define MP_COUNT_(...) \
	MP_PICK_(__VA_ARGS__ __VA_OPT__(,) \
		40, 39, 38, 37, 36, 35, 34, 33, 32, 31, 30, 29, 28, 27, 26, 25, 24, \
	23, 22, 21, 20, 19, 18, 17, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, \
	5, 4, 3, 2, 1, 0, -)
#define MP_PICK_( \
	a1_, a2_, a3_, a4_, a5_, a6_, a7_, a8_, a9_, a10_, a11_, a12_, a13_, \
	a14_, a15_, a16_, a17_, a18_, a19_, a20_, a21_, a22_, a23_, a24_, \
	a25_, a26_, a27_, a28_, a29_, a30_, a31_, a32_, a33_, a34_, a35_, \
	a36_, a37_, a38_, a39_, a40_, \
	count_, ...) count_

/* f(a), f(b), ... each followed by a comma. Steps that are written out, unlike a macro
 * that contrives to call itself, keep the compiler's messages about a mistake short. */
#define MP_EACH_(f, ...) MP_EACH_N_(f, MP_COUNT_(__VA_ARGS__), __VA_ARGS__)
#define MP_EACH_N_(f, count, ...) MP_PASTE_(count)(f, __VA_ARGS__)
#define MP_PASTE_(count) MP_E##count##_
#define MP_E0_(f, ...)
#define MP_E1_(f, x) f(x),
#define MP_E2_(f, x, ...) f(x), MP_E1_(f, __VA_ARGS__)
#define MP_E3_(f, x, ...) f(x), MP_E2_(f, __VA_ARGS__)
#define MP_E4_(f, x, ...) f(x), MP_E3_(f, __VA_ARGS__)
#define MP_E5_(f, x, ...) f(x), MP_E4_(f, __VA_ARGS__)
#define MP_E6_(f, x, ...) f(x), MP_E5_(f, __VA_ARGS__)
#define MP_E7_(f, x, ...) f(x), MP_E6_(f, __VA_ARGS__)
#define MP_E8_(f, x, ...) f(x), MP_E7_(f, __VA_ARGS__)
#define MP_E9_(f, x, ...) f(x), MP_E8_(f, __VA_ARGS__)
#define MP_E10_(f, x, ...) f(x), MP_E9_(f, __VA_ARGS__)
#define MP_E11_(f, x, ...) f(x), MP_E10_(f, __VA_ARGS__)
#define MP_E12_(f, x, ...) f(x), MP_E11_(f, __VA_ARGS__)
#define MP_E13_(f, x, ...) f(x), MP_E12_(f, __VA_ARGS__)
#define MP_E14_(f, x, ...) f(x), MP_E13_(f, __VA_ARGS__)
#define MP_E15_(f, x, ...) f(x), MP_E14_(f, __VA_ARGS__)
#define MP_E16_(f, x, ...) f(x), MP_E15_(f, __VA_ARGS__)
#define MP_E17_(f, x, ...) f(x), MP_E16_(f, __VA_ARGS__)
#define MP_E18_(f, x, ...) f(x), MP_E17_(f, __VA_ARGS__)
#define MP_E19_(f, x, ...) f(x), MP_E18_(f, __VA_ARGS__)
#define MP_E20_(f, x, ...) f(x), MP_E19_(f, __VA_ARGS__)
#define MP_E21_(f, x, ...) f(x), MP_E20_(f, __VA_ARGS__)
#define MP_E22_(f, x, ...) f(x), MP_E21_(f, __VA_ARGS__)
#define MP_E23_(f, x, ...) f(x), MP_E22_(f, __VA_ARGS__)
#define MP_E24_(f, x, ...) f(x), MP_E23_(f, __VA_ARGS__)
#define MP_E25_(f, x, ...) f(x), MP_E24_(f, __VA_ARGS__)
#define MP_E26_(f, x, ...) f(x), MP_E25_(f, __VA_ARGS__)
#define MP_E27_(f, x, ...) f(x), MP_E26_(f, __VA_ARGS__)
#define MP_E28_(f, x, ...) f(x), MP_E27_(f, __VA_ARGS__)
#define MP_E29_(f, x, ...) f(x), MP_E28_(f, __VA_ARGS__)
#define MP_E30_(f, x, ...) f(x), MP_E29_(f, __VA_ARGS__)
#define MP_E31_(f, x, ...) f(x), MP_E30_(f, __VA_ARGS__)
#define MP_E32_(f, x, ...) f(x), MP_E31_(f, __VA_ARGS__)
#define MP_E33_(f, x, ...) f(x), MP_E32_(f, __VA_ARGS__)
#define MP_E34_(f, x, ...) f(x), MP_E33_(f, __VA_ARGS__)
#define MP_E35_(f, x, ...) f(x), MP_E34_(f, __VA_ARGS__)
#define MP_E36_(f, x, ...) f(x), MP_E35_(f, __VA_ARGS__)
#define MP_E37_(f, x, ...) f(x), MP_E36_(f, __VA_ARGS__)
#define MP_E38_(f, x, ...) f(x), MP_E37_(f, __VA_ARGS__)
#define MP_E39_(f, x, ...) f(x), MP_E38_(f, __VA_ARGS__)
#define MP_E40_(f, x, ...) f(x), MP_E39_(f, __VA_ARGS__)

#pragma GCC diagnostic pop
#endif

#ifdef __cplusplus
}
#endif

#endif
