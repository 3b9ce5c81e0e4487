#include "tests/support/gate.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#define PATIENCE_MS 20000

void gate_make(struct gate *gate)
{
	if (pipe(gate->fds) < 0)
		abort();
}

void gate_close(struct gate *gate)
{
	close(gate->fds[0]);
	if (gate->fds[1] >= 0)
		close(gate->fds[1]);
}

static int read_some(struct gate *gate, void *bytes, size_t size)
{
	struct pollfd fd = { .fd = gate->fds[0], .events = POLLIN };
	int ready;

	do
		ready = poll(&fd, 1, PATIENCE_MS);
	while (ready < 0 && errno == EINTR);
	return ready > 0 && read(gate->fds[0], bytes, size) == (ssize_t)size;
}

void gate_open(struct gate *gate)
{
	if (write(gate->fds[1], "", 1) != 1)
		abort();
}

int gate_wait(struct gate *gate)
{
	char byte;

	return read_some(gate, &byte, 1);
}

void gate_tell(struct gate *gate, long number)
{
	if (write(gate->fds[1], &number, sizeof(number)) != sizeof(number))
		abort();
}

long gate_hear(struct gate *gate)
{
	long number;

	return read_some(gate, &number, sizeof(number)) ? number : GATE_SILENCE;
}

int gate_is_deserted(struct gate *gate)
{
	struct pollfd fd = { .fd = gate->fds[0], .events = POLLIN };
	char byte;

	close(gate->fds[1]);
	gate->fds[1] = -1;
	return poll(&fd, 1, PATIENCE_MS) > 0
	       && read(gate->fds[0], &byte, 1) == 0;
}
