#include "tests/support/waiting.h"

#include <check.h>
#include <sched.h>

#include "arena/arena.h"
#include "base/clock.h"
#include "process/process.h"

static bool waits(pid_t pid, enum mp__operation operation)
{
	for (uint32_t i = 0; i < MP__AGENT_SLOTS; i++) {
		const struct mp__agent_shm *agent = &mp__arena->agents[i];

		if (atomic_load(&agent->id) && agent->pid == pid
		    && atomic_load(&agent->state) == MP__AGENT_WAITING
		    && agent->pending.operation == operation)
			return true;
	}
	return false;
}

bool is_waiting_in(struct mp_process *process, enum mp__operation operation)
{
	return waits(mp_process_pid(process), operation);
}

void waiting_in(struct mp_process *process, enum mp__operation operation)
{
	int64_t end = mp__now() + INT64_C(20000000000);

	while (!is_waiting_in(process, operation)) {
		ck_assert_msg(mp__now() < end, "%s does not wait",
			      mp_process_name(process));
		sched_yield();
	}
}
