#include "config.h"

#include "value/spec.h"

#include <ctype.h>
#include <errno.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "value/value.h"

struct reader {
	struct mp_call *call;
	const char *text, *at;
	bool after_rest;	/* what follows is keyword-only */
	bool after_keywords;	/* nothing may follow */
};

static int mistake(const struct reader *reader, const char *what)
{
	return mp__fail(MP_EVALUE, "mp_bind in %s(): %s at position %zd of \"%s\"",
			reader->call->name, what, reader->at - reader->text,
			reader->text);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == ',';
}

static int made(struct mp_value *value, struct mp_value **out)
{
	*out = value;
	return value ? 0 : mp_error_code();
}

/* A number as Python writes it, whatever the decimal point of the locale is.
 * Returns 1 if it is none. */
static int read_number(const char *text, size_t len, struct mp_value **out)
{
	char copy[64], *end;

	if (len >= sizeof(copy))
		return 1;
	memcpy(copy, text, len);
	copy[len] = '\0';
	if (strspn(copy, "0123456789+-.eE") != len)
		return 1;
	errno = 0;
	long long integer = strtoll(copy, &end, 10);
	if (*end == '\0' && errno == 0)
		return made(mp_int(integer), out);
	locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
	double real = strtod_l(copy, &end, plain);
	freelocale(plain);
	return *end == '\0' && end != copy ? made(mp_float(real), out) : 1;
}

/* Returns 1 if it is no literal. */
static int read_literal(const char *text, size_t len, struct mp_value **out)
{
	static const struct {
		const char *name;
		int is_true;
	} names[] = { { "None", -1 }, { "False", 0 }, { "True", 1 } };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strlen(names[i].name) == len && !memcmp(names[i].name, text, len))
			return made(names[i].is_true < 0 ? mp_none()
				    : mp_bool(names[i].is_true), out);
	if (*text == '\'' || *text == '"')
		return made(mp_str(text + 1, len - 2), out);
	return read_number(text, len, out);
}

/* Where a default ends: at a blank, or behind its closing quote. NULL: not closed */
static const char *literal_end(const char *at)
{
	if (*at == '\'' || *at == '"') {
		const char *end = strchr(at + 1, *at);
		return end ? end + 1 : NULL;
	}
	while (*at && !is_blank(*at))
		at++;
	return at;
}

static int read_default(struct reader *reader, struct mp__parameter *parameter)
{
	const char *start = reader->at, *end = literal_end(start);
	struct mp_value *value;

	if (end == start)
		return 0;	/* `name=`: the variable keeps what it has */
	if (!end || (*end && !is_blank(*end)))
		return mistake(reader, "a text that is not closed");
	int err = read_literal(start, (size_t)(end - start), &value);
	if (err == 1)
		return mistake(reader, "a default that is no None, True, False, "
			       "number or text");
	if (err)
		return err;
	parameter->value = value;
	reader->at = end;
	return mp__call_keep(reader->call, value);
}

static int read_stars(struct reader *reader, struct mp__parameter *parameter)
{
	int stars = 0;

	while (*reader->at == '*') {
		stars++;
		reader->at++;
	}
	if (reader->after_keywords)
		return mistake(reader, "a parameter behind **");
	if (stars > 2 || (stars == 1 && reader->after_rest))
		return mistake(reader, "too many *");
	if (stars == 2)
		reader->after_keywords = true;
	if (stars == 1)
		reader->after_rest = true;
	if (stars)
		parameter->kind = stars == 2 ? MP__KEYWORDS : MP__REST;
	else
		parameter->kind = reader->after_rest ? MP__KEYWORD_ONLY : MP__PLAIN;
	return 0;
}

static int read_name(struct reader *reader, struct mp__parameter *parameter)
{
	const char *start = reader->at;

	while (isalnum((unsigned char)*reader->at) || *reader->at == '_' ||
	       (unsigned char)*reader->at >= 0x80)
		reader->at++;
	parameter->name = start;
	parameter->len = (int)(reader->at - start);
	bool is_plain = parameter->kind <= MP__KEYWORD_ONLY;
	bool is_separator = parameter->kind == MP__REST && parameter->len == 0;
	if ((parameter->len == 0 && !is_separator) ||
	    isdigit((unsigned char)*start))
		return mistake(reader, "a name is missing");
	if (is_plain && (*reader->at == '?' || *reader->at == '=')) {
		parameter->is_optional = true;
		if (*reader->at++ == '=')
			return read_default(reader, parameter);
	}
	return 0;
}

static bool is_named_twice(const struct mp__spec *spec,
			   const struct mp__parameter *parameter)
{
	for (int i = 0; i < spec->count; i++)
		if (spec->parameters[i].len == parameter->len &&
		    !memcmp(spec->parameters[i].name, parameter->name,
			    (size_t)parameter->len))
			return true;
	return false;
}

static int read_parameter(struct reader *reader, struct mp__spec *spec)
{
	struct mp__parameter parameter = { .len = 0 };
	int err = read_stars(reader, &parameter);

	if (!err)
		err = read_name(reader, &parameter);
	if (err)
		return err;
	if (*reader->at && !is_blank(*reader->at))
		return mistake(reader, "a character that has no meaning");
	if (parameter.len == 0)
		return 0;	/* the lone * */
	if (is_named_twice(spec, &parameter))
		return mistake(reader, "a name that was there before");
	if (parameter.kind == MP__PLAIN) {
		if (!parameter.is_optional && spec->required < spec->plain)
			return mistake(reader, "a parameter without a default "
				       "behind one with a default");
		spec->plain++;
		spec->required += !parameter.is_optional;
	}
	if (spec->count == MP__PARAMETERS_MAX)
		return mistake(reader, "one parameter too many");
	spec->parameters[spec->count++] = parameter;
	return 0;
}

int mp__spec_parse(struct mp_call *call, const char *text, struct mp__spec *spec)
{
	struct reader reader = { .call = call, .text = text, .at = text };

	spec->count = spec->plain = spec->required = 0;
	for (;;) {
		while (is_blank(*reader.at))
			reader.at++;
		if (!*reader.at)
			return 0;
		int err = read_parameter(&reader, spec);
		if (err)
			return err;
	}
}

static bool is_name(char c, bool is_first)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'
	       || (!is_first && c >= '0' && c <= '9');
}

bool mp__spec_is_simple(const char *text, size_t count)
{
	const char *names[MP__SIMPLE_MAX];
	size_t lengths[MP__SIMPLE_MAX];

	for (size_t i = 0; i < count; i++) {
		while (*text == ' ')
			text++;
		names[i] = text;
		while (is_name(*text, text == names[i]))
			text++;
		lengths[i] = (size_t)(text - names[i]);
		if (lengths[i] == 0 || (*text && *text != ' '))
			return false;
		for (size_t j = 0; j < i; j++)
			if (lengths[j] == lengths[i]
			    && !memcmp(names[j], names[i], lengths[i]))
				return false;
	}
	return *text == '\0';
}
