#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <stdio.h>

#include "traces/i18n.h"
#include "traces/tell.h"

/* The library's public table: the numbers in the events are its numbers. */
static const struct {
	int64_t code;
	const char *python;
} errors[] = {
#define MP_ERROR(symbol, number, python, text) { number, python },
#include "mp-errors.def"
#undef MP_ERROR
};

size_t trace_tell_error(int64_t code, char *buffer, size_t size)
{
	int length = 0;

	for (size_t i = 0; i < sizeof(errors) / sizeof(*errors); i++)
		if (errors[i].code == code)
			length = snprintf(buffer, size, "%s",
					  errors[i].python);
	/* Of a newer library, or a program's own. */
	if (!length)
		length = snprintf(buffer, size, _("error %jd"), code);
	return length < 0 ? 0 : (size_t)length < size ? (size_t)length
						      : size > 0 ? size - 1 : 0;
}
