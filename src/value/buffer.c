#include "config.h"

#include "value/buffer.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"

int mp__buffer_grow(struct mp__buffer *buffer, size_t more)
{
	size_t capacity = buffer->capacity < 64 ? 64 : buffer->capacity;

	while (capacity - buffer->len < more) {
		if (capacity > SIZE_MAX / 4)
			return mp__fail(MP_EMEMORY, "no memory for %zu bytes", more);
		capacity *= 2;
	}
	char *bytes = realloc(buffer->bytes, capacity);
	if (!bytes)
		return mp__fail(MP_EMEMORY, "no memory for %zu bytes", capacity);
	buffer->bytes = bytes;
	buffer->capacity = capacity;
	return 0;
}

void mp__buffer_free(struct mp__buffer *buffer)
{
	free(buffer->bytes);
	*buffer = (struct mp__buffer){ 0 };
}

int mp__buffer_print(struct mp__buffer *buffer, const char *format, ...)
{
	char text[128];
	va_list list;

	va_start(list, format);
	int len = vsnprintf(text, sizeof(text), format, list);
	va_end(list);
	if (len < 0)
		return mp__fail(MP_EVALUE, "cannot format \"%s\"", format);
	if ((size_t)len < sizeof(text))
		return mp__buffer_add(buffer, text, len);

	int err = mp__buffer_grow(buffer, (size_t)len + 1);
	if (err)
		return err;
	va_start(list, format);
	vsnprintf(buffer->bytes + buffer->len, (size_t)len + 1, format, list);
	va_end(list);
	buffer->len += len;
	return 0;
}

char *mp__buffer_text(struct mp__buffer *buffer)
{
	char *text = NULL;

	if (mp__buffer_add(buffer, "", 1) == 0) {
		text = buffer->bytes;
		buffer->bytes = NULL;
	}
	mp__buffer_free(buffer);
	return text;
}
