#include "config.h"

#include "value/call.h"

#include "value/value.h"

static int check_keys(const char *name, const struct mp_value *kwargs)
{
	struct mp_value *key;
	size_t at = 0;

	while (mp_value_next(kwargs, &at, &key, NULL))
		if (key->type != MP_TYPE_STR)
			return mp__fail(MP_ETYPE, "%s() keywords must be strings",
					name);
	return 0;
}

int mp__call_init(struct mp_call *call, const char *name, struct mp_value *args,
		  struct mp_value *kwargs)
{
	struct mp_call made = { .name = name ? name : "target" };

	if (args && !mp__is_sequence(args))
		return mp__fail(MP_ETYPE, "%s() argument after * must be a tuple or "
				"list, not %s", made.name,
				mp_value_type_name(args));
	if (kwargs && !mp__is(kwargs, MP_TYPE_DICT))
		return mp__fail(MP_ETYPE, "%s() argument after ** must be a mapping, "
				"not %s", made.name, mp_value_type_name(kwargs));
	int err = check_keys(made.name, kwargs);
	if (err)
		return err;
	made.args = args ? mp_value_ref(args) : mp_tuple();
	made.kwargs = kwargs ? mp_value_ref(kwargs) : mp_dict();
	if (!made.args || !made.kwargs) {
		mp__call_finish(&made);
		return MP_EMEMORY;
	}
	*call = made;
	return 0;
}

void mp__call_finish(struct mp_call *call)
{
	mp_value_unref(call->args);
	mp_value_unref(call->kwargs);
	mp_value_unref(call->kept);
	*call = (struct mp_call){ .name = call->name };
}

int mp__call_keep(struct mp_call *call, struct mp_value *value)
{
	if (!call->kept)
		call->kept = mp_list();
	if (!call->kept) {
		mp_value_unref(value);
		return MP_EMEMORY;
	}
	return mp_value_append(call->kept, value);
}

const char *mp_call_name(const struct mp_call *call)
{
	return call->name;
}

struct mp_value *mp_call_args(const struct mp_call *call)
{
	return call->args;
}

struct mp_value *mp_call_kwargs(const struct mp_call *call)
{
	return call->kwargs;
}
