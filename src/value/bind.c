#include "config.h"

#include <stdio.h>
#include <string.h>

#include "value/buffer.h"
#include "value/out.h"
#include "value/repr.h"
#include "value/spec.h"
#include "value/value.h"

/* The steps, their order and their messages are those of CPython 3.11 when it calls a
 * function (initialize_locals in ceval.c): a call with several mistakes must be
 * blamed for the same one. The default of a parameter is put aside before, and filled
 * in where its argument is missing. */

struct binding {
	struct mp_call *call;
	struct mp__spec spec;
	struct mp_value *defaults[MP__PARAMETERS_MAX];
	struct mp_value *rest, *keywords;	/* new containers, kept by the call */
	int given;				/* positional arguments */
};

static const char *plural(int number)
{
	return number == 1 ? "" : "s";
}

/* Have a new container receive what is left over, if the target wants that. */
static int collect(struct binding *binding, enum mp__parameter_kind kind,
		   struct mp_value **out)
{
	struct mp__spec *spec = &binding->spec;

	for (int i = 0; i < spec->count; i++) {
		if (spec->parameters[i].kind != kind)
			continue;
		struct mp_value *value = kind == MP__REST ? mp_tuple() : mp_dict();
		if (!value)
			return MP_EMEMORY;
		spec->parameters[i].value = *out = value;
		return mp__call_keep(binding->call, value);
	}
	return 0;
}

static int bind_positional(struct binding *binding)
{
	struct mp__spec *spec = &binding->spec;
	struct mp_value *item;
	size_t at = 0;
	int err = collect(binding, MP__REST, &binding->rest);

	binding->given = (int)binding->call->args->len;
	while (!err && mp_value_next(binding->call->args, &at, NULL, &item)) {
		if (at <= (size_t)spec->plain)
			spec->parameters[at - 1].value = item;
		else if (binding->rest)
			err = mp__container_push(
				(struct mp__container *)binding->rest,
				mp_value_ref(item));
	}
	return err;
}

static struct mp__parameter *find_parameter(struct mp__spec *spec,
					    const struct mp_value *name)
{
	for (int i = 0; i < spec->count; i++) {
		struct mp__parameter *parameter = &spec->parameters[i];
		if (parameter->kind <= MP__KEYWORD_ONLY &&
		    (size_t)parameter->len == name->len &&
		    !memcmp(parameter->name, name->as.text, name->len))
			return parameter;
	}
	return NULL;
}

static int bind_keyword(struct binding *binding, struct mp_value *name,
			struct mp_value *item)
{
	struct mp__parameter *parameter = find_parameter(&binding->spec, name);

	if (!parameter && binding->keywords)
		return mp__dict_put(binding->keywords, mp_value_ref(name),
				    mp_value_ref(item));
	if (!parameter)
		return mp__fail(MP_ETYPE, "%s() got an unexpected keyword argument "
				"'%s'", binding->call->name, name->as.text);
	if (parameter->value)
		return mp__fail(MP_ETYPE, "%s() got multiple values for argument "
				"'%s'", binding->call->name, name->as.text);
	parameter->value = item;
	return 0;
}

static int bind_keywords(struct binding *binding)
{
	struct mp_value *name, *item;
	size_t at = 0;
	int err = collect(binding, MP__KEYWORDS, &binding->keywords);

	while (!err && mp_value_next(binding->call->kwargs, &at, &name, &item))
		err = bind_keyword(binding, name, item);
	return err;
}

static int too_many(const struct binding *binding)
{
	const struct mp__spec *spec = &binding->spec;
	char takes[64], and_keywords[96] = "";
	bool is_range = spec->required < spec->plain;
	int keyword_only = 0;

	for (int i = 0; i < spec->count; i++)
		keyword_only += spec->parameters[i].kind == MP__KEYWORD_ONLY &&
				spec->parameters[i].value;
	if (is_range)
		snprintf(takes, sizeof(takes), "from %d to %d", spec->required,
			 spec->plain);
	else
		snprintf(takes, sizeof(takes), "%d", spec->plain);
	if (keyword_only)
		snprintf(and_keywords, sizeof(and_keywords),
			 " positional argument%s (and %d keyword-only argument%s)",
			 plural(binding->given), keyword_only,
			 plural(keyword_only));
	return mp__fail(MP_ETYPE, "%s() takes %s positional argument%s but %d%s "
			"%s given", binding->call->name, takes,
			is_range ? "s" : plural(spec->plain), binding->given,
			and_keywords,
			binding->given == 1 && !keyword_only ? "was" : "were");
}

/* 'a'; 'a' and 'b'; 'a', 'b', and 'c' */
static int add_names(struct mp__buffer *buffer,
		     const struct mp__parameter *const *missing, int count)
{
	int err = 0;

	for (int i = 0; !err && i < count; i++) {
		const char *before = "";
		if (i > 0)
			before = i < count - 1 ? ", " : count == 2 ? " and "
							   : ", and ";
		err = mp__buffer_print(buffer, "%s'%.*s'", before, missing[i]->len,
				       missing[i]->name);
	}
	return err ? err : mp__buffer_add(buffer, "", 1);
}

static int check_missing(const struct binding *binding,
			 enum mp__parameter_kind kind, const char *what)
{
	const struct mp__spec *spec = &binding->spec;
	const struct mp__parameter *missing[MP__PARAMETERS_MAX];
	struct mp__buffer names = { 0 };
	int count = 0;

	for (int i = 0; i < spec->count; i++) {
		const struct mp__parameter *parameter = &spec->parameters[i];
		if (parameter->kind == kind && !parameter->value &&
		    !parameter->is_optional)
			missing[count++] = parameter;
	}
	if (count == 0)
		return 0;
	int err = add_names(&names, missing, count);
	if (!err)
		err = mp__fail(MP_ETYPE, "%s() missing %d required %s argument%s: "
			       "%s", binding->call->name, count, what,
			       plural(count), names.bytes);
	mp__buffer_free(&names);
	return err;
}

static int bind(struct binding *binding)
{
	struct mp__spec *spec = &binding->spec;
	int err;

	for (int i = 0; i < spec->count; i++) {
		binding->defaults[i] = spec->parameters[i].value;
		spec->parameters[i].value = NULL;
	}
	err = bind_positional(binding);
	if (!err)
		err = bind_keywords(binding);
	if (!err && binding->given > spec->plain && !binding->rest)
		err = too_many(binding);
	if (!err)
		err = check_missing(binding, MP__PLAIN, "positional");
	if (!err)
		err = check_missing(binding, MP__KEYWORD_ONLY, "keyword-only");
	for (int i = 0; !err && i < spec->count; i++)
		if (!spec->parameters[i].value)
			spec->parameters[i].value = binding->defaults[i];
	return err;
}

static int check_outs(const struct binding *binding, const struct mp_out *outs,
		      size_t count)
{
	const struct mp__spec *spec = &binding->spec;

	if ((size_t)spec->count != count)
		return mp__fail(MP_EVALUE, "mp_bind in %s(): %d name%s, but %zu "
				"variables", binding->call->name, spec->count,
				plural(spec->count), count);
	for (int i = 0; i < spec->count; i++) {
		const struct mp__parameter *parameter = &spec->parameters[i];
		if (parameter->kind >= MP__REST && outs[i].type != MP_OUT_VALUE)
			return mp__fail(MP_EVALUE, "mp_bind in %s(): the variable "
					"for '%.*s' must be a struct mp_value *",
					binding->call->name, parameter->len,
					parameter->name);
	}
	return 0;
}

/* The usual call: a few names, as many arguments, and each one fits. Whatever else it
 * is, nothing has been done, and the long way finds out. */
static bool bind_simply(const struct mp_call *call, const char *text,
			const struct mp_out *outs, size_t count)
{
	const struct mp_value *args = call->args;
	union mp__outcome outcomes[MP__SIMPLE_MAX];

	if (count > MP__SIMPLE_MAX || args->len != count
	    || call->kwargs->len > 0 || !mp__spec_is_simple(text, count))
		return false;
	for (size_t i = 0; i < count; i++)
		if (!mp__out_fits(args->as.items[i], outs[i].type,
				  &outcomes[i]))
			return false;
	for (size_t i = 0; i < count; i++)
		mp__out_store(&outs[i], &outcomes[i]);
	return true;
}

static int bind_at_length(struct mp_call *call, const char *text,
			  const struct mp_out *outs, size_t count)
{
	struct binding binding;
	struct mp__spec *spec = &binding.spec;
	union mp__outcome outcomes[MP__PARAMETERS_MAX];

	binding.call = call;
	binding.rest = binding.keywords = NULL;
	int err = mp__spec_parse(call, text, spec);

	if (!err)
		err = check_outs(&binding, outs, count);
	if (!err)
		err = bind(&binding);
	for (int i = 0; !err && i < spec->count; i++)
		if (spec->parameters[i].value)
			err = mp__out_convert(call, &spec->parameters[i],
					      outs[i].type, &outcomes[i]);
	if (err)
		return err;
	for (int i = 0; i < spec->count; i++)
		if (spec->parameters[i].value)
			mp__out_store(&outs[i], &outcomes[i]);
	return 0;
}

int mp_bind_outs(struct mp_call *call, const char *text,
		 const struct mp_out *outs, size_t count)
{
	return bind_simply(call, text, outs, count)
		       ? 0
		       : bind_at_length(call, text, outs, count);
}
