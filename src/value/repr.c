#include "config.h"

#include "value/repr.h"

#include <inttypes.h>

#include "value/utf8.h"
#include "value/object.h"

/* The containers that are being printed, innermost first: one that contains itself is
 * printed as [...] there. */
struct inside {
	const struct mp_value *container;
	const struct inside *outer;
	int depth;
};

static int add_char(struct mp__buffer *buffer, char c)
{
	return mp__buffer_add(buffer, &c, 1);
}

/* Single quotes, unless that would need a backslash and double ones would not. */
static char choose_quote(const char *text, size_t len)
{
	if (len && memchr(text, '\'', len) && !memchr(text, '"', len))
		return '"';
	return '\'';
}

/* What all of str and bytes write in the same way. Returns 1 if it was none of it. */
static int add_escape(struct mp__buffer *buffer, unsigned char c, char quote)
{
	switch (c) {
	case '\t':
		return mp__buffer_add(buffer, "\\t", 2);
	case '\n':
		return mp__buffer_add(buffer, "\\n", 2);
	case '\r':
		return mp__buffer_add(buffer, "\\r", 2);
	}
	if (c == (unsigned char)quote || c == '\\') {
		int err = add_char(buffer, '\\');
		return err ? err : add_char(buffer, (char)c);
	}
	if (c < 0x20 || c == 0x7f)
		return mp__buffer_print(buffer, "\\x%02x", c);
	return 1;
}

static int add_character(struct mp__buffer *buffer, const char *text, size_t size,
			 uint32_t character)
{
	if (size == 1 || mp__is_printable(character))
		return mp__buffer_add(buffer, text, size);
	if (character < 0x100)
		return mp__buffer_print(buffer, "\\x%02x", character);
	if (character < 0x10000)
		return mp__buffer_print(buffer, "\\u%04x", character);
	return mp__buffer_print(buffer, "\\U%08x", character);
}

int mp__repr_text(struct mp__buffer *buffer, const char *text, size_t len)
{
	char quote = choose_quote(text, len);
	int err = add_char(buffer, quote);

	for (size_t at = 0, size; !err && at < len; at += size) {
		uint32_t character;
		size = mp__utf8_next(text + at, &character);
		err = size == 1 ? add_escape(buffer, (unsigned char)text[at], quote)
				: 1;
		if (err == 1)
			err = add_character(buffer, text + at, size, character);
	}
	return err ? err : add_char(buffer, quote);
}

static int repr_bytes(struct mp__buffer *buffer, const struct mp_value *value)
{
	const char *text = value->as.text;
	char quote = choose_quote(text, value->len);
	int err = mp__buffer_add(buffer, "b", 1);

	if (!err)
		err = add_char(buffer, quote);
	for (size_t i = 0; !err && i < value->len; i++) {
		unsigned char c = (unsigned char)text[i];
		err = add_escape(buffer, c, quote);
		if (err == 1)
			err = c < 0x80 ? add_char(buffer, text[i])
				       : mp__buffer_print(buffer, "\\x%02x", c);
	}
	return err ? err : add_char(buffer, quote);
}

static int repr_object(struct mp__buffer *buffer, const struct mp_value *value)
{
	enum mp_object_kind kind = (enum mp_object_kind)value->len;
	char text[256];
	int length = mp__object_ops
			     ? mp__object_ops->repr(kind, value->as.object,
						    text, sizeof(text))
			     : -1;

	if (length < 0)
		return mp__buffer_print(buffer, "<%s object at %p>",
					mp__object_kind_name(kind),
					value->as.object);
	if (length >= (int)sizeof(text))
		length = sizeof(text) - 1;
	return mp__buffer_add(buffer, text, (size_t)length);
}

static int repr(struct mp__buffer *buffer, const struct mp_value *value,
		const struct inside *outer);

static int repr_items(struct mp__buffer *buffer, const struct inside *inside)
{
	struct mp_value *key, *item;
	size_t at = 0;
	int err = 0;

	while (!err && mp_value_next(inside->container, &at, &key, &item)) {
		if (at > 1)
			err = mp__buffer_add(buffer, ", ", 2);
		if (!err && key) {
			err = repr(buffer, key, inside);
			if (!err)
				err = mp__buffer_add(buffer, ": ", 2);
		}
		if (!err)
			err = repr(buffer, item, inside);
	}
	return err;
}

static int repr_container(struct mp__buffer *buffer, const struct mp_value *value,
			  const struct inside *outer)
{
	static const char *const brackets[][2] = {
		[MP_TYPE_TUPLE] = { "(", ")" },
		[MP_TYPE_LIST] = { "[", "]" },
		[MP_TYPE_DICT] = { "{", "}" }
	};
	struct inside inside = { value, outer, outer ? outer->depth + 1 : 1 };
	const char *const *pair = brackets[value->type];

	if (inside.depth > MP__DEPTH_MAX)
		return mp__fail(MP_ERUNTIME, "maximum recursion depth exceeded "
				"while getting the repr of an object");
	for (; outer; outer = outer->outer)
		if (outer->container == value)
			return mp__buffer_print(buffer, "%s...%s", pair[0], pair[1]);
	int err = mp__buffer_add(buffer, pair[0], 1);
	if (!err)
		err = repr_items(buffer, &inside);
	if (!err && value->type == MP_TYPE_TUPLE && value->len == 1)
		err = add_char(buffer, ',');
	return err ? err : mp__buffer_add(buffer, pair[1], 1);
}

static int repr(struct mp__buffer *buffer, const struct mp_value *value,
		const struct inside *outer)
{
	char text[MP__FLOAT_TEXT];

	switch (mp_value_type(value)) {
	case MP_TYPE_NULL:
		return mp__buffer_add(buffer, "<NULL>", 6);
	case MP_TYPE_NONE:
		return mp__buffer_add(buffer, "None", 4);
	case MP_TYPE_BOOL:
		return value->as.integer ? mp__buffer_add(buffer, "True", 4)
					 : mp__buffer_add(buffer, "False", 5);
	case MP_TYPE_INT:
		if (value->is_wide)
			return mp__buffer_print(buffer, "%" PRIu64, value->as.wide);
		return mp__buffer_print(buffer, "%" PRId64, value->as.integer);
	case MP_TYPE_FLOAT:
		return mp__buffer_add(buffer, text,
				      mp__repr_float(text, value->as.real));
	case MP_TYPE_OBJECT:
		return repr_object(buffer, value);
	case MP_TYPE_STR:
		return mp__repr_text(buffer, value->as.text, value->len);
	case MP_TYPE_BYTES:
		return repr_bytes(buffer, value);
	default:
		return repr_container(buffer, value, outer);
	}
}

int mp__repr(struct mp__buffer *buffer, const struct mp_value *value)
{
	return repr(buffer, value, NULL);
}

int mp__str(struct mp__buffer *buffer, const struct mp_value *value)
{
	if (mp__is(value, MP_TYPE_STR))
		return mp__buffer_add(buffer, value->as.text, value->len);
	return mp__repr(buffer, value);
}

static char *finish(struct mp__buffer *buffer, int err)
{
	if (!err)
		return mp__buffer_text(buffer);
	mp__buffer_free(buffer);
	return NULL;
}

char *mp_value_repr(const struct mp_value *value)
{
	struct mp__buffer buffer = { 0 };

	return finish(&buffer, mp__repr(&buffer, value));
}

char *mp_value_str(const struct mp_value *value)
{
	struct mp__buffer buffer = { 0 };

	return finish(&buffer, mp__str(&buffer, value));
}
