#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void (*mp__error_hook)(int code, const char *message);

static _Thread_local struct {
	int code;
	char message[512];
} last;

struct error_row {
	int code;
	const char *python, *text;
};

static const struct error_row rows[] = {
#define MP_ERROR(symbol, number, python, text) { number, python, text },
#include "mp-errors.def"
#undef MP_ERROR
};

static const struct error_row *find_row(int code)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].code == code)
			return &rows[i];
	return NULL;
}

static int note(int code)
{
	const struct error_row *row = find_row(code);

	last.code = code;
	if (last.message[0] == '\0' && row)
		snprintf(last.message, sizeof(last.message), "%s", row->text);
	if (mp__error_hook)
		mp__error_hook(code, last.message);
	return code;
}

int mp__fail(int code, const char *fmt, ...)
{
	int saved = errno;
	va_list args;

	va_start(args, fmt);
	vsnprintf(last.message, sizeof(last.message), fmt, args);
	va_end(args);
	errno = saved;
	return note(code);
}

static int code_of_errno(int error)
{
	switch (error) {
	case EPIPE:
		return MP_EPIPE;
	case ENOENT:
		return MP_ENOTFOUND;
	case EEXIST:
		return MP_EEXISTS;
	case ENOMEM:
		return MP_EMEMORY;
	case ECONNREFUSED:
		return MP_EREFUSED;
	case EINTR:
		return MP_EINTR;
	default:
		return MP_EOS;
	}
}

int mp__fail_errno(const char *fmt, ...)
{
	int error = errno;
	va_list args;

	va_start(args, fmt);
	int n = vsnprintf(last.message, sizeof(last.message), fmt, args);
	va_end(args);
	if (n >= 0 && (size_t)n < sizeof(last.message))
		snprintf(last.message + n, sizeof(last.message) - (size_t)n,
			 ": %s", strerror(error));
	errno = error;
	return note(code_of_errno(error));
}

void mp__error_forget(void)
{
	last.code = 0;
	last.message[0] = '\0';
}

int mp_error_code(void)
{
	return last.code;
}

const char *mp_error_message(void)
{
	return last.message;
}

const char *mp_error_python(int code)
{
	const struct error_row *row = find_row(code);

	return row ? row->python : "Exception";
}

void mp_error_print(const char *prefix)
{
	fprintf(stderr, "%s%s%s: %s\n", prefix ? prefix : "",
		prefix ? ": " : "", mp_error_python(last.code), last.message);
}
