#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "base/spin.h"

#include <stdatomic.h>
#include <unistd.h>

#define MOST 400u
#define LEAST 10u

static bool is_alone(void)
{
	static _Atomic long processors;
	long count = atomic_load_explicit(&processors, memory_order_relaxed);

	if (count == 0) {
		count = sysconf(_SC_NPROCESSORS_ONLN);
		atomic_store_explicit(&processors, count > 0 ? count : 1,
				      memory_order_relaxed);
	}
	return count <= 1;
}

unsigned mp__spin_start(struct mp__spin *spin)
{
	if (spin->limit == 0)
		spin->limit = MOST / 2;
	return is_alone() ? 0 : spin->limit;
}

void mp__spin_learn(struct mp__spin *spin, bool has_paid)
{
	if (has_paid)
		spin->limit = spin->limit < MOST / 2 ? spin->limit * 2 : MOST;
	else
		spin->limit = spin->limit > LEAST * 2 ? spin->limit / 2 : LEAST;
}
