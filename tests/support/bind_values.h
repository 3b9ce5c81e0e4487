/* tests/support/bind_values.h - calls to bind the arguments of */
#ifndef TESTS_SUPPORT_BIND_VALUES_H
#define TESTS_SUPPORT_BIND_VALUES_H

#include "mp.h"
#include "value/call.h"

/* call_with - a call of `test`; takes over args and kwargs, as a Process does */
struct mp_call call_with(struct mp_value *args, struct mp_value *kwargs);

/* bind_values - what mp_bind returns if it binds as many values as the
 * specification has names; takes over args and kwargs */
int bind_values(const char *spec, struct mp_value *args,
		struct mp_value *kwargs);

#endif
