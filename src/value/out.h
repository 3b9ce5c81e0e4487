/* value/out.h - arguments into C variables */
#ifndef MP_VALUE_OUT_H
#define MP_VALUE_OUT_H

#include "value/spec.h"

/* An argument in the form its variable will hold; made first for all of them, so that
 * a wrong one leaves every variable as it was. */
union mp__outcome {
	uint64_t bits;		/* of any integer type, sign-extended */
	double real;
	const char *text;
	struct mp_value *value;
	void *object;
};

/* mp__out_convert - can a variable of that type hold the parameter's value?
 * call     names the target in the messages
 * Returns  0; MP_ETYPE, MP_EOVERFLOW, MP_EVALUE, each naming the argument */
int mp__out_convert(const struct mp_call *call,
		    const struct mp__parameter *parameter, enum mp_out_type type,
		    union mp__outcome *outcome);

/* mp__out_fits - the same without a word: false if not, or if it takes a longer look */
bool mp__out_fits(struct mp_value *value, enum mp_out_type type,
		  union mp__outcome *outcome);

/* mp__out_store - put it there */
void mp__out_store(const struct mp_out *out, const union mp__outcome *outcome);

#endif
