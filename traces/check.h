/* traces/check.h - does a trace contradict itself?
 *
 * The invariants are the rows of invariants.def. */
#ifndef TRACE_CHECK_H
#define TRACE_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct trace_invariant {
	const char *name;	/* "seq-dense" */
	bool is_warning;	/* not wrong, only incomplete */
	const char *sentence;	/* what is wrong if it does not hold */
};
/* The i-th invariant, in the language of the locale; name NULL: there is none. */
struct trace_invariant trace_invariant_at(size_t i);

struct trace_violation {
	struct trace_invariant invariant;
	uint64_t count;		/* how many cases */
	uint64_t seq;		/* the first event concerned, 0: none */
	const char *what;	/* who or what is concerned; may be "" */
};

struct trace_checker {
	/* Called for each invariant that does not hold. Required. */
	void (*violated)(void *user, const struct trace_violation *violation);
	/* Called before each one is looked at; NULL is allowed. */
	void (*progress)(void *user, size_t done, size_t all);
	void *user;
};

/* trace_check - look at every invariant
 * error    receives one line if the file cannot be read
 * Returns  how many invariants that are errors do not hold; -1: not readable */
int trace_check(const char *path, const struct trace_checker *checker,
		char *error, size_t error_size);

#endif
