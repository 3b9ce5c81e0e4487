#include "tests/support/observer.h"

#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "arena/arena.h"
#include "base/clock.h"
#include "base/fork.h"

static struct {
	pid_t pid;
	int questions[2], answers[2];
} observer;

static _Noreturn void observe(void)
{
	size_t bytes = (size_t)mp__arena->bytes;
	struct observer_question q;
	struct mp__arena_shm *arena = mmap(NULL, bytes, PROT_READ, MAP_SHARED,
					   mp__arena_fd(), 0);

	if (arena == MAP_FAILED || arena == mp__arena
	    || munmap(mp__arena, bytes) < 0)
		_exit(1);
	close(observer.questions[1]);
	while (read(observer.questions[0], &q, sizeof(q)) == sizeof(q)) {
		const struct mp__pending_shm *pending =
			q.agent ? &arena->agents[q.agent - 1].pending
				: &q.pending;
		char answer = mp__could_go_on(arena, pending, q.now);
		if (write(observer.answers[1], &answer, 1) != 1)
			_exit(1);
	}
	_exit(0);
}

bool observer_ask(const struct observer_question *question)
{
	struct pollfd fd = { observer.answers[0], POLLIN, 0 };
	char answer = 0;

	ck_assert_int_eq(write(observer.questions[1], question,
			       sizeof(*question)), sizeof(*question));
	ck_assert_int_eq(poll(&fd, 1, 20000), 1);
	ck_assert_int_eq(read(observer.answers[0], &answer, 1), 1);
	return answer;
}

struct mp__pending_shm observer_pending(const struct mp__op *op)
{
	return (struct mp__pending_shm){
		.operation = op->code, .object = op->object, .ref = op->ref,
		.argument = op->argument, .until = op->until,
	};
}

bool observer_guard(const struct mp__op *op)
{
	return observer_ask(&(struct observer_question){ .pending = observer_pending(op),
				       .now = mp__now() });
}

void observer_start(void)
{
	ck_assert_int_eq(pipe(observer.questions), 0);
	ck_assert_int_eq(pipe(observer.answers), 0);
	observer.pid = mp__fork();
	if (observer.pid == 0)
		observe();
	close(observer.questions[0]);
}

void observer_stop(void)
{
	int status;

	close(observer.questions[1]);
	close(observer.answers[0]);
	kill(observer.pid, SIGKILL);
	ck_assert_int_eq(waitpid(observer.pid, &status, 0), observer.pid);
}
