/* value/spec.h - the parameters of a target, as mp_bind names them */
#ifndef MP_VALUE_SPEC_H
#define MP_VALUE_SPEC_H

#include "value/call.h"

#define MP__PARAMETERS_MAX 64

enum mp__parameter_kind {
	MP__PLAIN,		/* a: by position or by name */
	MP__KEYWORD_ONLY,	/* behind *rest or * */
	MP__REST,		/* *rest */
	MP__KEYWORDS		/* **kw */
};

struct mp__parameter {
	const char *name;	/* inside the spec: not ended by '\0' */
	int len;
	enum mp__parameter_kind kind;
	bool is_optional;
	struct mp_value *value;	/* its default; once bound, its argument. May be
				 * NULL; lives as long as the call */
};

struct mp__spec {
	struct mp__parameter parameters[MP__PARAMETERS_MAX];
	int count;
	int plain;		/* so many at the start are MP__PLAIN */
	int required;		/* so many of these have to be given */
};

/* mp__spec_is_simple - is it just so many names, at most MP__SIMPLE_MAX, all of them to
 * be given? false also if there is a mistake in it, or no telling */
#define MP__SIMPLE_MAX 4
bool mp__spec_is_simple(const char *text, size_t count);

/* mp__spec_parse - read "a b c=5 *rest **kw"
 * The defaults are kept by the call. Returns 0; MP_EVALUE; MP_EMEMORY. */
int mp__spec_parse(struct mp_call *call, const char *text, struct mp__spec *spec);

#endif
