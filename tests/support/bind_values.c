#include "tests/support/bind_values.h"

#include <check.h>

struct mp_call call_with(struct mp_value *args, struct mp_value *kwargs)
{
	struct mp_call call;

	ck_assert_ptr_nonnull(args);
	ck_assert_ptr_nonnull(kwargs);
	ck_assert_msg(mp__call_init(&call, "test", args, kwargs) == 0, "%s",
		      mp_error_message());
	mp_value_unref(args);
	mp_value_unref(kwargs);
	return call;
}

int bind_values(const char *spec, struct mp_value *args,
		struct mp_value *kwargs)
{
	struct mp_call call = call_with(args, kwargs);
	struct mp_value *values[MP_OUT_VALUE] = { NULL };
	struct mp_out outs[MP_OUT_VALUE];
	size_t count = 0;

	for (const char *at = spec; *at; at++)
		if (*at != ' ' && (at[1] == ' ' || !at[1]) &&
		    !(*at == '*' && (at == spec || at[-1] == ' ')))
			count++;
	for (size_t i = 0; i < count; i++)
		outs[i] = (struct mp_out){ MP_OUT_VALUE, &values[i] };
	int err = mp_bind_outs(&call, spec, outs, count);
	if (err)
		for (size_t i = 0; i < count; i++)
			ck_assert_ptr_null(values[i]);
	mp__call_finish(&call);
	return err;
}
