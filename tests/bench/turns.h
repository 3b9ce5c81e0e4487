/* tests/bench/turns.h - measure several things in turns, in a program recorded
 * and not
 *
 * Round after round each body runs once, so that what disturbs the machine
 * disturbs all alike. The least and the median of the rounds are printed; the median
 * decides, beside a limit made of the peer's median from the same rounds. */
#ifndef TESTS_BENCH_TURNS_H
#define TESTS_BENCH_TURNS_H

#include <stdbool.h>

#define TURNS_AT_MOST 8

/* turns_take - run each body once a round, with a pause after each round */
void turns_take(void (*const *bodies)(void), int count, int rounds,
		int pause_us);

/* One line of the table. limit = factor * peer + offset. */
struct turns_row {
	const char *what;
	int body;
	const char *peer;
	int peer_body;
	double per_body;	/* a figure is that part of a body's ns */
	double factor, offset;
};

/* turns_print - the row's figures; false if the limit is exceeded */
bool turns_print(const struct turns_row *row);

struct turns_bench {
	const char *unit;
	int rounds;			/* if the command line names none */
	long ticks;			/* a round records so many */
	/* Takes the turns and prints the rows; 0, or 1 if a limit is exceeded. */
	int (*measure)(int rounds, bool is_recorded);
};

/* turns_main - main of the bench: PROGRAM [ROUNDS]
 * It runs itself twice, recorded and not. A program that is not recorded when it
 * should be, or ticks that are missing in the trace, are failures, too. */
int turns_main(int argc, char **argv, const struct turns_bench *bench);

#endif
