#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "base/error.h"
#include "probe/write.h"
#include "sharedctypes/shared.h"

/* One item of a Value or Array, read or written. */

static int no_such_index(const struct mp_shared *shared, ssize_t index)
{
	return mp__fail(MP_EINDEX, "invalid index: %zd of %zu item%s", index,
			(size_t)shared->length, shared->length == 1 ? "" : "s");
}

void *mp__shared_no_place(const struct mp_shared *shared, ssize_t *index)
{
	if (*index < 0)
		*index += (ssize_t)shared->length;
	if (*index < 0 || (size_t)*index >= shared->length) {
		no_such_index(shared, *index < 0
					      ? *index - (ssize_t)shared->length
					      : *index);
		return NULL;
	}
	return (char *)shared->items
	       + (size_t)*index * mp__shared_code(shared)->size;
}

/* Inside its lock nobody else has done anything to it since that was taken, unless
 * its memory is another one's, too. */
static inline void tell(const struct mp_shared *shared, uint32_t kind,
			ssize_t index, const void *at)
{
	if (MP__UNLIKELY(mp__ring != NULL))
		mp__write_event_here(kind, shared->head.id, index,
				     mp__code_bits(mp__shared_code(shared),
						   at),
				     shared->lock && shared->owns_items);
}

/* What most programs do: an int, read or written inside MP_WITH, or a raw one, while
 * nothing is recorded. NULL: it is not as simple as that. */
static inline int32_t *plain_int(const struct mp_shared *shared, ssize_t index)
{
	const struct mp__code *code = mp__shared_code(shared);

	if (mp__ring || (size_t)index >= shared->length
	    || code->size != sizeof(int32_t) || code->form != MP__FORM_SIGNED
	    || (shared->lock && !mp__shared_is_entered(shared)))
		return NULL;
	return (int32_t *)shared->items + index;
}

static __attribute__((noinline)) int64_t get_int(struct mp_shared *shared,
						 ssize_t index)
{
	MP__ENTER();
	bool taken;
	const void *at = mp__shared_place(shared, &index);

	if (!at || mp__shared_enter(shared, &taken) < 0)
		return 0;
	int64_t number = mp__code_load_int(mp__shared_code(shared), at);
	tell(shared, TRACE_VALUE_GET, index, at);
	mp__shared_leave(shared, taken);
	return number;
}

int64_t mp_shared_get_int(struct mp_shared *shared, ssize_t index)
{
	const int32_t *plain = plain_int(shared, index);

	return MP__LIKELY(plain) ? *plain : get_int(shared, index);
}

double mp_shared_get_float(struct mp_shared *shared, ssize_t index)
{
	MP__ENTER();
	bool taken;
	const void *at = mp__shared_place(shared, &index);

	if (!at || mp__shared_enter(shared, &taken) < 0)
		return 0;
	double number = mp__code_load_float(mp__shared_code(shared), at);
	tell(shared, TRACE_VALUE_GET, index, at);
	mp__shared_leave(shared, taken);
	return number;
}

static __attribute__((noinline)) int set_int(struct mp_shared *shared,
					     ssize_t index, int64_t number)
{
	MP__ENTER();
	bool taken;
	void *at = mp__shared_place(shared, &index);

	if (!at)
		return MP_EINDEX;
	if (mp__shared_code(shared)->form >= MP__FORM_BYTE)
		return mp__fail(MP_ETYPE, "%s expected instead of int",
				mp__shared_code(shared)->ctypes);
	int err = mp__shared_enter(shared, &taken);
	if (err)
		return err;
	mp__code_store_int(mp__shared_code(shared), at, number);
	tell(shared, TRACE_VALUE_SET, index, at);
	mp__shared_leave(shared, taken);
	return 0;
}

int mp_shared_set_int(struct mp_shared *shared, ssize_t index, int64_t number)
{
	int32_t *plain = plain_int(shared, index);

	if (MP__UNLIKELY(!plain))
		return set_int(shared, index, number);
	*plain = (int32_t)number;
	return 0;
}

int mp_shared_set_float(struct mp_shared *shared, ssize_t index, double number)
{
	MP__ENTER();
	bool taken;
	void *at = mp__shared_place(shared, &index);

	if (!at)
		return MP_EINDEX;
	if (mp__shared_code(shared)->form != MP__FORM_REAL)
		return mp__fail(MP_ETYPE, "'float' object cannot be "
					  "interpreted as an integer");
	int err = mp__shared_enter(shared, &taken);
	if (err)
		return err;
	mp__code_store_float(mp__shared_code(shared), at, number);
	tell(shared, TRACE_VALUE_SET, index, at);
	mp__shared_leave(shared, taken);
	return 0;
}

struct mp_value *mp_shared_item(struct mp_shared *shared, ssize_t index)
{
	MP__ENTER();
	bool taken;
	const void *at = mp__shared_place(shared, &index);

	if (!at || mp__shared_enter(shared, &taken) < 0)
		return NULL;
	struct mp_value *item = mp__code_load(mp__shared_code(shared), at);
	tell(shared, TRACE_VALUE_GET, index, at);
	mp__shared_leave(shared, taken);
	return item;
}

static int set_item(struct mp_shared *shared, ssize_t index,
		    const struct mp_value *item)
{
	bool taken;
	void *at = mp__shared_place(shared, &index);

	if (!at)
		return MP_EINDEX;
	int err = mp__shared_enter(shared, &taken);
	if (err)
		return err;
	err = mp__code_store(mp__shared_code(shared), at, item);
	if (!err)
		tell(shared, TRACE_VALUE_SET, index, at);
	mp__shared_leave(shared, taken);
	return err;
}

int mp_shared_set_item(struct mp_shared *shared, ssize_t index,
		       struct mp_value *item)
{
	MP__ENTER();
	int err = item ? set_item(shared, index, item) : mp_error_code();

	mp_value_unref(item);
	return err;
}
