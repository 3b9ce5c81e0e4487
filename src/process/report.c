#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <stdarg.h>
#include <stdio.h>

#include "base/error.h"
#include "base/fork.h"
#include "process/process.h"

/* Raising, and the report of an error that nobody caught. It looks like Python's
 * traceback; the places are those of mp_raise() and mp_raise_error(). */

#define PLACES 16

static _Thread_local struct {
	const struct mp_site *places[PLACES];	/* innermost first */
	int count;
	int code;		/* of the error they belong to */
} trail;

/* Only the macros of mp.h know a place; they put it here before the call. */
static const struct mp_site *take_place(void)
{
	const struct mp_site *here = mp_here;

	if (here)
		mp_here = here->outer;
	return here;
}

static void add_place(int code, const struct mp_site *place, bool is_new)
{
	if (is_new || trail.code != code)
		trail.count = 0;
	trail.code = code;
	if (place && trail.count < PLACES)
		trail.places[trail.count++] = place;
}

int mp_raise(void)
{
	const struct mp_site *place = take_place();
	int code = mp_error_code();

	if (code == 0)
		code = mp__fail(MP_EUSER, "no active exception to reraise");
	add_place(code, place, false);
	return code;
}

int mp_raise_error(int code, const char *format, ...)
{
	struct mp_site *place = mp_here;
	char message[512];
	va_list args;

	MP__ENTER();
	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	if (code >= 0)
		code = MP_EUSER;
	mp__fail(code, "%s", message);
	add_place(code, place, true);
	return code;
}

/* One write, so that the reports of two processes do not mix. */
void mp__report_error(int code)
{
	const struct mp_process *process = mp__this.current;
	char text[4096];
	size_t length = 0;

#define ADD(...) \
	do { \
		if (length < sizeof(text)) \
			length += (size_t)snprintf(text + length, \
						   sizeof(text) - length, \
						   __VA_ARGS__); \
	} while (0)

	ADD("Process %s:\nTraceback (most recent call last):\n",
	    process->name);
	if (trail.code != code || trail.count == 0)
		ADD("  in %s\n", process->target_name ? process->target_name
						      : "target");
	else
		for (int i = trail.count - 1; i >= 0; i--)
			ADD("  File \"%s\", line %d, in %s\n",
			    trail.places[i]->file, trail.places[i]->line,
			    trail.places[i]->function);
	ADD("%s: %s\n", mp_error_python(code),
	    mp_error_code() == code ? mp_error_message() : "");
#undef ADD
	fflush(stdout);
	fputs(text, stderr);
	fflush(stderr);
}

MP__EVERY_CHILD void mp__report_forget(void)
{
	trail.count = 0;
	trail.code = 0;
}
