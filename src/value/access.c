#include "config.h"

#include "value/value.h"

#include <limits.h>

#include "value/utf8.h"

/* The messages are CPython's where it has one for the same mistake. */

bool mp_value_truth(const struct mp_value *value)
{
	switch (mp_value_type(value)) {
	case MP_TYPE_NULL:
	case MP_TYPE_NONE:
		return false;
	case MP_TYPE_BOOL:
	case MP_TYPE_INT:
		return value->as.integer != 0;
	case MP_TYPE_FLOAT:
		return value->as.real != 0;
	default:
		return value->len != 0;
	}
}

static int not_an_integer(const struct mp_value *value)
{
	return mp__fail(MP_ETYPE, "'%s' object cannot be interpreted as an integer",
			mp_value_type_name(value));
}

int mp_value_as_int64(const struct mp_value *value, int64_t *out)
{
	if (!mp__is_integer(value))
		return not_an_integer(value);
	if (value->is_wide)
		return mp__fail(MP_EOVERFLOW, "int too big to convert");
	*out = value->as.integer;
	return 0;
}

int mp_value_as_long(const struct mp_value *value, long *out)
{
	int64_t number = 0;
	int err = mp_value_as_int64(value, &number);

	if (err)
		return err;
	if (number < LONG_MIN || number > LONG_MAX)
		return mp__fail(MP_EOVERFLOW, "int too large to convert to C long");
	*out = (long)number;
	return 0;
}

int mp_value_as_uint64(const struct mp_value *value, uint64_t *out)
{
	if (!mp__is_integer(value))
		return not_an_integer(value);
	if (!value->is_wide && value->as.integer < 0)
		return mp__fail(MP_EOVERFLOW, "can't convert negative int to unsigned");
	*out = value->as.wide;
	return 0;
}

int mp_value_as_double(const struct mp_value *value, double *out)
{
	if (mp__is(value, MP_TYPE_FLOAT))
		*out = value->as.real;
	else if (!mp__is_integer(value))
		return mp__fail(MP_ETYPE, "must be real number, not %s",
				mp_value_type_name(value));
	else if (value->is_wide)
		*out = (double)value->as.wide;
	else
		*out = (double)value->as.integer;
	return 0;
}

int mp_value_as_str(const struct mp_value *value, const char **text, size_t *len)
{
	if (!mp__is(value, MP_TYPE_STR))
		return mp__fail(MP_ETYPE, "must be str, not %s",
				mp_value_type_name(value));
	*text = value->as.text;
	if (len)
		*len = value->len;
	return 0;
}

int mp_value_as_bytes(const struct mp_value *value, const void **bytes,
		      size_t *len)
{
	if (!mp__is(value, MP_TYPE_BYTES))
		return mp__fail(MP_ETYPE, "a bytes-like object is required, not '%s'",
				mp_value_type_name(value));
	*bytes = value->as.text;
	if (len)
		*len = value->len;
	return 0;
}

ssize_t mp_value_length(const struct mp_value *value)
{
	if (!value || value->type < MP_TYPE_STR)
		return mp__fail(MP_ETYPE, "object of type '%s' has no len()",
				mp_value_type_name(value));
	if (value->type == MP_TYPE_STR)
		return (ssize_t)mp__utf8_count(value->as.text, value->len);
	return (ssize_t)value->len;
}
