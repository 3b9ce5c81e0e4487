/* traces/tell.h - the trace told in words
 *
 * Sentences are in the language of the locale. Functions that fill a buffer end it
 * with NUL, cut what does not fit, and return the length of what is in it. */
#ifndef TRACE_TELL_H
#define TRACE_TELL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct trace;
struct trace_record;
struct trace_deadlock;
struct trace_pool_task;

/* trace_tell - what happened, in one sentence: "main starts Process-1" */
size_t trace_tell(struct trace *trace, const struct trace_record *record,
		  char *buffer, size_t size);

/* How people call an agent: "main", "Process-1", "Process-1 feeder". */
size_t trace_tell_agent(const struct trace *trace, uint32_t agent_id,
			char *buffer, size_t size);
size_t trace_tell_process(const struct trace *trace, uint32_t process_id,
			  char *buffer, size_t size);
/* "Process-1", "lock till" */
size_t trace_tell_object(struct trace *trace, uint32_t object_id, char *buffer,
			 size_t size);
/* "1.25 s", "30 us"; negative: "for ever" */
size_t trace_tell_duration(int64_t ns, char *buffer, size_t size);
/* "exit code 1", "killed by SIGTERM" */
size_t trace_tell_exit(int64_t exitcode, char *buffer, size_t size);
/* "SIGTERM" */
size_t trace_tell_signal(int64_t number, char *buffer, size_t size);

/* An error code as the exception it stands for in Python: "KeyError" */
size_t trace_tell_error(int64_t code, char *buffer, size_t size);

/* An item of a Value or an Array, as its events hold it: "5", "2.5" */
size_t trace_tell_value(int64_t item, char *buffer, size_t size);

/* trace_tell_deadlock - who waits for what, where in the source, and that none of
 * them can go on: one line, without a newline */
size_t trace_tell_deadlock(struct trace *trace,
			   const struct trace_deadlock *deadlock, char *buffer,
			   size_t size);

/* trace_tell_bad_task - what became of a pool's task that failed, was lost or was not
 * done: one line, without a newline */
size_t trace_tell_bad_task(struct trace *trace,
			   const struct trace_pool_task *task, char *buffer,
			   size_t size);
/* trace_tell_reason - why: what it raised, how its worker died; "" else */
void trace_tell_reason(struct trace *trace, const struct trace_pool_task *task,
		       char *buffer, size_t size);

/* One that waits, at some moment. */
struct trace_wait_for {
	uint32_t agent_id, object_id;	/* who, for what */
	uint32_t for_agent_id;		/* whose doing would end it; 0: nobody's */
	uint8_t state;
	bool is_for_dead;		/* for what that agent held and, dead,
					 * never gives back */
	bool in_deadlock;		/* it was found out that it waits for
					 * ever */
	bool in_circle;			/* waits, in the end, for itself */
	int64_t since_ns;
	uint64_t since_seq;
};
/* trace_waits - who waits for whom just after event seq
 * Returns  how many wait; at most `max` of them are stored */
size_t trace_waits(struct trace *trace, uint64_t seq,
		   struct trace_wait_for *out, size_t max);
/* trace_tell_wait - who waits for what and where in the source; of a lock also who
 * has it, and where it was taken: one sentence, without a full stop or a newline */
size_t trace_tell_wait(struct trace *trace, const struct trace_wait_for *wait,
		       char *buffer, size_t size);
/* trace_tell_waits - the same in sentences, one a line; circles come last, each as
 * one sentence that goes round */
size_t trace_tell_waits(struct trace *trace, uint64_t seq,
			const struct trace_wait_for *waits, size_t count,
			char *buffer, size_t size);

struct trace_show_options {
	int64_t from_ns, to_ns;		/* to_ns 0: to the end */
	uint32_t agent_id, kind;	/* 0: all */
	const char *search;		/* only lines with this; NULL: all */
	bool raw;			/* tab-separated columns, as in the file */
	bool color;
};
/* trace_show - print the events, one a line, and what became of the processes
 * Returns  0, or -1: the trace cannot be read (trace_error) or `out` not written
 *          (ferror) */
int trace_show(struct trace *trace, FILE *out,
	       const struct trace_show_options *options);

#endif
