/* tests/bench/figures.h - a table of figures, each beside what others need
 *
 * Each figure stands beside the bare system's way to do the same and beside
 * CPython's, measured in one run; with recording off, and recorded for at least so
 * many seconds a figure, nothing lost. Each in a program of its own: first the bare
 * way, while there is nothing to be recorded, since the limit is what the machine does
 * by itself; then ours in one burst, so that a recording cannot catch up meanwhile.
 * The medians are printed. */
#ifndef TESTS_BENCH_FIGURES_H
#define TESTS_BENCH_FIGURES_H

#include <stdbool.h>
#include <stddef.h>

/* What is due is one of the three. */
struct figure {
	const char *name;
	const char *peer;		/* its name in what the peer prints */
	const char *bare_name;
	void (*ours)(long count);
	void (*bare)(long count);	/* NULL: there is none */
	long count;			/* operations of a turn */
	void (*bare_on)(long count);	/* recorded; NULL: bare */
	double off, on;			/* times the bare way */
	double python_off, python_on;	/* parts of CPython's time */
	/* Or ns on a machine where CPython needed so many. On this machine they are
	 * as much more or less as CPython's. */
	double there_off, there_on, there_python;
};

struct figures_bench {
	const char *peer;	/* a script in tests/bench that prints lines of a name
				 * and ns */
	const struct figure *figures;
	size_t count;
	void (*start)(void);	/* before the first figure; may be NULL */
	/* What else is measured. false: it is more than it should be. May be NULL */
	bool (*rest)(void);
};

/* figures_main - main of the bench: PROGRAM [SECONDS]
 * BENCH_ONLY in the environment names the only figure to be measured.
 * Returns  1 if one is slower than due */
int figures_main(int argc, char **argv, const struct figures_bench *bench);

/* figures_both - run one half in a process of the library, the other one here */
void figures_both(void (*half)(long), void (*other)(long), long count);

/* figures_both_bare - the same with a bare fork */
void figures_both_bare(void (*half)(long), void (*other)(long), long count);

/* figures_bare_pipe - round trips of a byte through two pipes */
void figures_bare_pipe(long count);

#endif
