#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>

#include "traces/event.h"
#include "traces/i18n.h"
#include "traces/reader.h"
#include "traces/tell.h"

/* The words that sentences are made of: names, durations, exit codes. */

/* snprintf that says how much is in the buffer, and cuts at a character. */
__attribute__((format(printf, 3, 4)))
static size_t put(char *buffer, size_t size, const char *format, ...)
{
	va_list arguments;

	if (size == 0)
		return 0;
	va_start(arguments, format);
	int length = vsnprintf(buffer, size, format, arguments);
	va_end(arguments);
	if (length < 0)
		length = 0;
	if ((size_t)length < size)
		return (size_t)length;
	size_t end = size - 1, begin = end;
	while (begin > 0 && ((unsigned char)buffer[begin - 1] & 0xc0) == 0x80)
		begin--;
	if (begin > 0 && (unsigned char)buffer[begin - 1] >= 0xc0)
		end = begin - 1;	/* its tail may be missing */
	buffer[end] = '\0';
	return end;
}

size_t trace_tell_process(const struct trace *trace, uint32_t process_id,
			  char *buffer, size_t size)
{
	const struct trace_process *process = trace_process(trace, process_id);

	if (!process)
		return put(buffer, size, _("process %u"), process_id);
	if (!process->parent_id && !strcmp(process->name, "MainProcess"))
		return put(buffer, size, "%s", _("main"));
	if (!*process->name)
		return put(buffer, size, "%s", process->path);
	return put(buffer, size, "%s", process->name);
}

size_t trace_tell_agent(const struct trace *trace, uint32_t agent_id,
			char *buffer, size_t size)
{
	const struct trace_agent *agent = trace_agent(trace, agent_id);
	const struct trace_process *process;

	if (!agent || !agent->process_id)
		return put(buffer, size, _("agent %u"), agent_id);
	process = trace_process(trace, agent->process_id);
	if (process && process->agent_id == agent_id)
		return trace_tell_process(trace, agent->process_id, buffer,
					  size);
	size_t used = trace_tell_process(trace, agent->process_id, buffer,
					 size);
	return used + put(buffer + used, size - used, " %s",
			  *agent->name ? agent->name : agent->role);
}

size_t trace_tell_object(struct trace *trace, uint32_t object_id, char *buffer,
			 size_t size)
{
	struct trace_object object;

	if (trace_process(trace, object_id))
		return trace_tell_process(trace, object_id, buffer, size);
	if (trace_object(trace, object_id, &object) < 0)
		return put(buffer, size, _("object %u"), object_id);
	if (!*object.name)
		return put(buffer, size, "%s %" PRIu32, _(object.kind_name),
			   object_id);
	if (object.kind == TRACE_OBJECT_PROCESS)
		return put(buffer, size, "%s", object.name);
	return put(buffer, size, "%s %s", _(object.kind_name), object.name);
}

/* Three digits, cut off and not rounded: 999.9 us are not 1000 us. */
static size_t put_decimal(char *buffer, size_t size, int64_t value,
			  int64_t unit, const char *name)
{
	int64_t whole = value / unit, part = value % unit * 100 / unit;

	if (whole >= 100 || part == 0 || (whole >= 10 && part < 10))
		return put(buffer, size, "%" PRId64 " %s", whole, name);
	if (whole >= 10 || part % 10 == 0)
		return put(buffer, size, "%" PRId64 ".%d %s", whole,
			   (int)(part / 10), name);
	return put(buffer, size, "%" PRId64 ".%02d %s", whole, (int)part, name);
}

size_t trace_tell_duration(int64_t ns, char *buffer, size_t size)
{
	if (ns < 0)
		return put(buffer, size, "%s", _("for ever"));
	if (ns < 1000)
		return put_decimal(buffer, size, ns, 1, "ns");
	if (ns < 1000000)
		return put_decimal(buffer, size, ns, 1000, "us");
	if (ns < 1000000000)
		return put_decimal(buffer, size, ns, 1000000, "ms");
	return put_decimal(buffer, size, ns, 1000000000, "s");
}

size_t trace_tell_signal(int64_t number, char *buffer, size_t size)
{
	const char *name = NULL;

	if (number > 0 && number < NSIG)
		name = sigabbrev_np((int)number);
	if (name)
		return put(buffer, size, "SIG%s", name);
	return put(buffer, size, _("signal %jd"), number);
}

size_t trace_tell_exit(int64_t exitcode, char *buffer, size_t size)
{
	char name[32];

	if (exitcode == TRACE_EXIT_UNKNOWN)
		return put(buffer, size, "%s", _("exit code not known"));
	if (exitcode >= 0 || exitcode <= -NSIG)
		return put(buffer, size, _("exit code %jd"), exitcode);
	trace_tell_signal(-exitcode, name, sizeof(name));
	return put(buffer, size, _("killed by %s"), name);
}

/* Events do not say whether an item is a whole number or the bits of a float. Whole
 * numbers are hardly ever as large as those bits are: so one that is a float of
 * a sane size is told as such. */
size_t trace_tell_value(int64_t item, char *buffer, size_t size)
{
	double number;

	memcpy(&number, &item, sizeof(number));
	double amount = number < 0 ? -number : number;
	if (amount > 1e-100 && amount < 1e100)
		return put(buffer, size, "%.15g", number);
	return put(buffer, size, "%" PRId64, item);
}
