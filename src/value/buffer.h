/* value/buffer.h - bytes that grow at the end, made to be used again and again
 * A buffer of all zeros is empty. To use it again set len to 0: its memory stays. */
#ifndef MP_VALUE_BUFFER_H
#define MP_VALUE_BUFFER_H

#include <stddef.h>
#include <string.h>

struct mp__buffer {
	char *bytes;
	size_t len, capacity;
};

/* mp__buffer_grow - make room for `more` bytes. Returns 0 or MP_EMEMORY. */
int mp__buffer_grow(struct mp__buffer *buffer, size_t more);

/* mp__buffer_free - give the memory back; the buffer is empty then */
void mp__buffer_free(struct mp__buffer *buffer);

/* mp__buffer_print - add formatted text, without its '\0' */
int mp__buffer_print(struct mp__buffer *buffer, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* mp__buffer_text - end it with '\0' (not counted) and hand out the memory
 * Returns what is to be freed, or NULL with MP_EMEMORY; empty in any case */
char *mp__buffer_text(struct mp__buffer *buffer);

/* mp__buffer_add - add bytes. Returns 0 or MP_EMEMORY. */
static inline int mp__buffer_add(struct mp__buffer *buffer, const void *bytes,
				 size_t count)
{
	if (buffer->capacity - buffer->len < count) {
		int err = mp__buffer_grow(buffer, count);
		if (err)
			return err;
	}
	if (count)
		memcpy(buffer->bytes + buffer->len, bytes, count);
	buffer->len += count;
	return 0;
}

#endif
