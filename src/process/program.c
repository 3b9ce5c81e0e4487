#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "process/process.h"

/* What a program says to its readers: lines, marks, knobs. */

int mp_print(const char *format, ...)
{
	MP__ENTER();
	va_list args;

	flockfile(stdout);
	va_start(args, format);
	int n = vfprintf(stdout, format, args);
	va_end(args);
	int end = putc_unlocked('\n', stdout);
	funlockfile(stdout);
	return n < 0 || end < 0 ? mp__fail_errno("printing to stdout") : 0;
}

void mp_mark(const char *label)
{
	MP__ENTER();
	mp__record_text(TRACE_MARK, mp__process_id, 0, label, strlen(label));
}

void mp_tick(int64_t a, int64_t b)
{
	MP__ENTER();
	mp__record(TRACE_TICK, 0, a, b);
}

bool mp_is_recording(void)
{
	return mp__ring != NULL;
}

/* ---- knobs ---- */

static bool parse_number(const char *text, double *number)
{
	static const char *const words[] = { "false", "no", "off", "true",
					     "yes", "on" };
	char *end;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(text, words[i]) == 0) {
			*number = i >= 3;
			return true;
		}
	}
	*number = strtod(text, &end);
	return end != text && *end == '\0' && !isnan(*number);
}

static void record_knob(const char *name, double value, bool is_set)
{
	char text[256];
	int length = snprintf(text, sizeof(text), "%s%c%g", name, 0, value);

	if (length >= (int)sizeof(text))
		length = sizeof(text) - 1;
	mp__record_text(TRACE_KNOB, mp__process_id, is_set, text,
			(size_t)length);
}

double mp_knob(const char *name, double standard)
{
	MP__ENTER();
	char variable[128];

	snprintf(variable, sizeof(variable), "FORKSCOPE_KNOB_%s", name);
	const char *text = getenv(variable);
	double value = standard;
	bool is_set = text && parse_number(text, &value);
	record_knob(name, value, is_set);
	return value;
}
