/* tests/support/gate.h - order between processes, without sleeping
 *
 * A gate is a pipe: who waits at it goes on once somebody has opened it. Made
 * before the fork, used on both sides. */
#ifndef TESTS_SUPPORT_GATE_H
#define TESTS_SUPPORT_GATE_H

struct gate {
	int fds[2];
};

void gate_make(struct gate *gate);
void gate_close(struct gate *gate);
/* Let one waiter through. */
void gate_open(struct gate *gate);
/* Wait until it is opened; false if nobody is left who could open it, or after
 * 20 s (a test that hangs says less than one that fails). */
int gate_wait(struct gate *gate);

/* A number on its way from a child to the test that asserts it. */
void gate_tell(struct gate *gate, long number);
/* GATE_SILENCE if none comes. */
#define GATE_SILENCE (-999999L)
long gate_hear(struct gate *gate);

/* Nobody holds the writing end any more: all who had it are dead. Closes our own
 * copy first. */
int gate_is_deserted(struct gate *gate);

#endif
