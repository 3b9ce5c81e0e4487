#define _GNU_SOURCE
#include "tests/support/steps.h"

#include <check.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>
#include <unistd.h>

#include "arena/arena.h"

#if defined(__x86_64__) && !defined(__SANITIZE_THREAD__)
#define TRAP_FLAG 0x100
#endif

/* The part of the arena where objects are; not the table of agents, which says only
 * what a process is waiting for. */
static const char *start;
static char *copy;
static size_t size;

static volatile unsigned left;

static int (*state_of)(void);
static int state;

void steps_watch(int (*function)(void))
{
	state_of = function;
}

static void watch(const void *from, const void *end)
{
	start = from;
	size = (size_t)((const char *)end - start);
	copy = malloc(size);
	if (!copy)
		abort();
	memcpy(copy, start, size);
}

static bool has_changed(void)
{
	int now = state_of ? state_of() : state;
	bool changed = now != state;

	state = now;
	if (memcmp(copy, start, size) != 0) {
		memcpy(copy, start, size);
		changed = true;
	}
	return changed;
}

#ifdef TRAP_FLAG

bool steps_are_possible(void)
{
	return true;
}

/* Called after each instruction. */
static void step(int number, siginfo_t *info, void *context)
{
	(void)number;
	(void)info;
	if (left == 0)	/* the end */
		((ucontext_t *)context)->uc_mcontext.gregs[REG_EFL] &=
			~TRAP_FLAG;
	else if (has_changed() && --left == 0)
		kill(getpid(), SIGKILL);
}

void steps_begin(unsigned last)
{
	struct sigaction action = { .sa_sigaction = step,
				    .sa_flags = SA_SIGINFO };

	watch(&mp__arena->end, mp__at((mp__ref)mp__arena->end));
	if (state_of)
		state = state_of();
	left = last;
	sigaction(SIGTRAP, &action, NULL);
	/* Below the stack pointer may lie what the compiler keeps there. */
	__asm__ volatile("lea -128(%%rsp), %%rsp\n\t"
			 "pushfq\n\t"
			 "orq %0, (%%rsp)\n\t"
			 "popfq\n\t"
			 "lea 128(%%rsp), %%rsp"
			 :
			 : "i"(TRAP_FLAG)
			 : "memory", "cc");
}

#else

bool steps_are_possible(void)
{
	return false;
}

void steps_begin(unsigned last)
{
	left = last;
	watch(&state, &state);
}

#endif

void steps_end(void)
{
	left = 0;
}

/* ---- in the test ---- */

static bool is_sound(const struct mp__arena_list_shm *list)
{
	uint64_t end = mp__arena->end;
	unsigned char *seen = calloc(end, 1);
	mp__ref ref = (mp__ref)list->head;

	while (ref && ref < end && !seen[ref]) {
		seen[ref] = 1;
		ref = *(mp__ref *)mp__at(ref);
	}
	free(seen);
	return ref == 0;
}

bool steps_arena_is_sound(void)
{
	for (int i = 0; i < MP__ARENA_CLASSES; i++)
		if (!is_sound(&mp__arena->free[i]))
			return false;
	return true;
}

bool steps_was_killed(struct mp_process *process)
{
	mp_process_join(process, mp_after(20));
	int code = mp_process_exitcode(process);
	ck_assert_msg(code == 0 || code == -SIGKILL, "it ended with %d", code);
	mp_process_destroy(process);
	return code != 0;
}
