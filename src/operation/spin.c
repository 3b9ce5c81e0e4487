#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "operation/spin.h"

#include <unistd.h>

#define LONGEST 300u	/* looks: some ten microseconds */
#define SHORTEST 4u
#define LONG_LOOK_EVERY 32u	/* looks in vain, then a long one */

static _Thread_local struct {
	uint16_t budget, failures;
} learned[MP__OP_COUNT];

static inline void relax(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("yield");
#endif
}

static bool has_company(void)
{
	static int processors;	/* any thread may find out */

	if (!processors)
		processors = (int)sysconf(_SC_NPROCESSORS_ONLN);
	return processors > 1;
}

/* Operations whose guards look at words that another agent changes at any moment.
 * For the end of a process or of a nap nobody need look so closely; and a pipe
 * wakes its reader on the writer's own processor, where looking keeps the
 * writer from running. */
static bool is_worth_it(const struct mp__op_row *row, enum mp__operation code)
{
	return code >= MP__OP_LOCK_ACQUIRE && code < MP__OP_CONN_SEND
	       && row->guard != mp__guard_always;
}

bool mp__spin(const struct mp__op_row *row, enum mp__operation code,
	      const struct mp__pending_shm *pending)
{
	if (!is_worth_it(row, code) || !has_company())
		return false;
	unsigned budget = learned[code].budget;
	if (learned[code].failures % LONG_LOOK_EVERY == 0)
		budget = LONGEST;
	for (unsigned i = 0; i < budget; i++) {
		if (row->guard(mp__arena, pending, 0)) {
			learned[code].budget = LONGEST;
			learned[code].failures = 1;
			return true;
		}
		relax();
	}
	learned[code].failures++;
	learned[code].budget = budget / 2 > SHORTEST
				       ? (uint16_t)(budget / 2)
				       : SHORTEST;
	return false;
}
