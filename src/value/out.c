#include "config.h"

#include "value/out.h"

#include <limits.h>
#include <string.h>

#include "value/value.h"

enum form { INTEGER, TRUTH, REAL, TEXT, VALUE, OBJECT };

/* One row a C type. */
static const struct out_type {
	enum form form;
	const char *python;	/* what has to be handed over */
	const char *c;
	int64_t low;
	uint64_t high;
} types[] = {
	[MP_OUT_BOOL] = { TRUTH, "bool", "bool", 0, 1 },
	[MP_OUT_SCHAR] = { INTEGER, "int", "signed char", SCHAR_MIN, SCHAR_MAX },
	[MP_OUT_UCHAR] = { INTEGER, "int", "unsigned char", 0, UCHAR_MAX },
	[MP_OUT_SHORT] = { INTEGER, "int", "short", SHRT_MIN, SHRT_MAX },
	[MP_OUT_USHORT] = { INTEGER, "int", "unsigned short", 0, USHRT_MAX },
	[MP_OUT_INT] = { INTEGER, "int", "int", INT_MIN, INT_MAX },
	[MP_OUT_UINT] = { INTEGER, "int", "unsigned int", 0, UINT_MAX },
	[MP_OUT_LONG] = { INTEGER, "int", "long", LONG_MIN, LONG_MAX },
	[MP_OUT_ULONG] = { INTEGER, "int", "unsigned long", 0, ULONG_MAX },
	[MP_OUT_LLONG] = { INTEGER, "int", "long long", LLONG_MIN, LLONG_MAX },
	[MP_OUT_ULLONG] = { INTEGER, "int", "unsigned long long", 0, ULLONG_MAX },
	[MP_OUT_FLOAT] = { REAL, "float", "float", 0, 0 },
	[MP_OUT_DOUBLE] = { REAL, "float", "double", 0, 0 },
	[MP_OUT_TEXT] = { TEXT, "str or None", "const char *", 0, 0 },
	[MP_OUT_VALUE] = { VALUE, "", "struct mp_value *", 0, 0 },
	/* `low` is the kind */
	[MP_OUT_LOCK] = { OBJECT, "a lock", "", MP_OBJECT_LOCK, 0 },
	[MP_OUT_CONDITION] = { OBJECT, "a Condition", "", MP_OBJECT_CONDITION, 0 },
	[MP_OUT_EVENT] = { OBJECT, "an Event", "", MP_OBJECT_EVENT, 0 },
	[MP_OUT_BARRIER] = { OBJECT, "a Barrier", "", MP_OBJECT_BARRIER, 0 },
	[MP_OUT_SHARED] = { OBJECT, "a Value or Array", "", MP_OBJECT_SHARED, 0 },
	[MP_OUT_QUEUE] = { OBJECT, "a queue", "", MP_OBJECT_QUEUE, 0 },
	[MP_OUT_CONNECTION] = { OBJECT, "a Connection", "",
				MP_OBJECT_CONNECTION, 0 },
	[MP_OUT_PROCESS] = { OBJECT, "a Process", "", MP_OBJECT_PROCESS, 0 },
	[MP_OUT_POINTER] = { OBJECT, "a pointer", "", MP_OBJECT_POINTER, 0 },
	[MP_OUT_PROXY] = { OBJECT, "a proxy", "", MP_OBJECT_PROXY, 0 }
};

static int wrong_type(const struct mp_call *call,
		      const struct mp__parameter *parameter,
		      const struct out_type *type)
{
	return mp__fail(MP_ETYPE, "%s() argument '%.*s' must be %s, not %s",
			call->name, parameter->len, parameter->name, type->python,
			mp_value_type_name(parameter->value));
}

static int convert_integer(const struct mp_call *call,
			   const struct mp__parameter *parameter,
			   const struct out_type *type, union mp__outcome *outcome)
{
	const struct mp_value *value = parameter->value;

	if (!mp__is_integer(value))
		return wrong_type(call, parameter, type);
	bool is_negative = !value->is_wide && value->as.integer < 0;
	if (is_negative ? value->as.integer < type->low
			: value->as.wide > type->high)
		return mp__fail(MP_EOVERFLOW, "%s() argument '%.*s' does not fit a "
				"C %s", call->name, parameter->len,
				parameter->name, type->c);
	outcome->bits = value->as.wide;
	return 0;
}

static int convert_text(const struct mp_call *call,
			const struct mp__parameter *parameter,
			const struct out_type *type, union mp__outcome *outcome)
{
	const struct mp_value *value = parameter->value;

	outcome->text = NULL;
	if (mp__is(value, MP_TYPE_NONE))
		return 0;
	if (!mp__is(value, MP_TYPE_STR))
		return wrong_type(call, parameter, type);
	if (strlen(value->as.text) != value->len)
		return mp__fail(MP_EVALUE, "%s() argument '%.*s': embedded null "
				"character", call->name, parameter->len,
				parameter->name);
	outcome->text = value->as.text;
	return 0;
}

int mp__out_convert(const struct mp_call *call,
		    const struct mp__parameter *parameter, enum mp_out_type type,
		    union mp__outcome *outcome)
{
	const struct out_type *row = &types[type];
	struct mp_value *value = parameter->value;

	switch (row->form) {
	case INTEGER:
		return convert_integer(call, parameter, row, outcome);
	case TRUTH:
		/* `true` is an int in C11, so an int has to do */
		if (!mp__is_integer(value))
			return wrong_type(call, parameter, row);
		outcome->bits = mp_value_truth(value);
		return 0;
	case REAL:
		if (!mp__is_integer(value) && !mp__is(value, MP_TYPE_FLOAT))
			return wrong_type(call, parameter, row);
		return mp_value_as_double(value, &outcome->real);
	case TEXT:
		return convert_text(call, parameter, row, outcome);
	case VALUE:
		outcome->value = value;
		return 0;
	case OBJECT:
		outcome->object = NULL;
		if (mp__is(value, MP_TYPE_NONE))
			return 0;
		if (!mp__is(value, MP_TYPE_OBJECT)
		    || value->len != (size_t)row->low)
			return wrong_type(call, parameter, row);
		outcome->object = value->as.object;
		return 0;
	}
	return mp__fail(MP_EVALUE, "no such type of variable: %d", (int)type);
}

bool mp__out_fits(struct mp_value *value, enum mp_out_type type,
		  union mp__outcome *outcome)
{
	const struct out_type *row = &types[type];

	switch (row->form) {
	case INTEGER:
		outcome->bits = value->as.wide;
		return value->type == MP_TYPE_INT && !value->is_wide
		       && (value->as.integer < 0
				   ? value->as.integer >= row->low
				   : value->as.wide <= row->high);
	case REAL:
		outcome->real = value->as.real;
		return value->type == MP_TYPE_FLOAT;
	case VALUE:
		outcome->value = value;
		return true;
	default:
		return false;
	}
}

void mp__out_store(const struct mp_out *out, const union mp__outcome *outcome)
{
	switch (out->type) {
	case MP_OUT_BOOL:
		*(bool *)out->to = outcome->bits != 0;
		break;
	case MP_OUT_SCHAR:
	case MP_OUT_UCHAR:
		*(unsigned char *)out->to = (unsigned char)outcome->bits;
		break;
	case MP_OUT_SHORT:
	case MP_OUT_USHORT:
		*(unsigned short *)out->to = (unsigned short)outcome->bits;
		break;
	case MP_OUT_INT:
	case MP_OUT_UINT:
		*(unsigned *)out->to = (unsigned)outcome->bits;
		break;
	case MP_OUT_LONG:
	case MP_OUT_ULONG:
		*(unsigned long *)out->to = (unsigned long)outcome->bits;
		break;
	case MP_OUT_LLONG:
	case MP_OUT_ULLONG:
		*(unsigned long long *)out->to = outcome->bits;
		break;
	case MP_OUT_FLOAT:
		*(float *)out->to = (float)outcome->real;
		break;
	case MP_OUT_DOUBLE:
		*(double *)out->to = outcome->real;
		break;
	case MP_OUT_TEXT:
		*(const char **)out->to = outcome->text;
		break;
	case MP_OUT_VALUE:
		*(struct mp_value **)out->to = outcome->value;
		break;
	default:	/* an object: all pointers look alike */
		memcpy(out->to, &outcome->object, sizeof(outcome->object));
		break;
	}
}
