#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
	const struct mp_site *place = mp__place_take();
	int code = mp_error_code();

	if (code == 0)
		code = mp__fail(MP_EUSER, "no active exception to reraise");
	add_place(code, place, false);
	return code;
}

int mp_raise_error(int code, const char *format, ...)
{
	const struct mp_site *place = mp__place_top();
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

__attribute__((format(printf, 4, 5)))
static void add(char *text, size_t size, size_t *length, const char *format, ...)
{
	va_list args;

	if (*length >= size)
		return;
	va_start(args, format);
	int more = vsnprintf(text + *length, size - *length, format, args);
	va_end(args);
	*length += more > 0 ? (size_t)more : 0;
}

void mp__report_text(int code, const char *what, char *text, size_t size)
{
	size_t length = 0;

	add(text, size, &length, "Traceback (most recent call last):\n");
	if (trail.code != code || trail.count == 0)
		add(text, size, &length, "  in %s\n", what);
	else
		for (int i = trail.count - 1; i >= 0; i--)
			add(text, size, &length,
			    "  File \"%s\", line %d, in %s\n",
			    trail.places[i]->file, trail.places[i]->line,
			    trail.places[i]->function);
	add(text, size, &length, "%s: %s\n", mp_error_python(code),
	    mp_error_code() == code ? mp_error_message() : "");
}

/* What a worker told of the error that this thread had last. */
static _Thread_local char *remote;
static pthread_key_t remote_end;
static pthread_once_t remote_once = PTHREAD_ONCE_INIT;

static void make_key(void)
{
	pthread_key_create(&remote_end, free);
}

void mp__report_remote(const char *text)
{
	if (!text && !remote)
		return;
	pthread_once(&remote_once, make_key);
	free(remote);
	remote = text ? strdup(text) : NULL;
	pthread_setspecific(remote_end, remote);
}

const char *mp_error_traceback(void)
{
	return remote ? remote : "";
}

/* One write, so that the reports of two processes do not mix. */
void mp__report_error(int code)
{
	const struct mp_process *process = mp__this.current;
	char text[6144], own[3072];
	size_t length = 0;

	mp__report_text(code, process->target_name ? process->target_name
						   : "target",
			own, sizeof(own));
	add(text, sizeof(text), &length, "Process %s:\n", process->name);
	if (remote)
		add(text, sizeof(text), &length,
		    "multiprocessing.pool.RemoteTraceback: \n\"\"\"\n%s"
		    "\"\"\"\n\nThe above exception was the direct cause of "
		    "the following exception:\n\n", remote);
	add(text, sizeof(text), &length, "%s", own);
	fflush(stdout);
	fputs(text, stderr);
	fflush(stderr);
}

MP__EVERY_CHILD void mp__report_forget(void)
{
	trail.count = 0;
	trail.code = 0;
	if (remote)
		mp__report_remote(NULL);
}
