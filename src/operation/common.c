#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <stdbool.h>

#include "base/clock.h"
#include "base/error.h"
#include "operation/operation.h"
#include "operation/park.h"
#include "probe/probe.h"

/* Guards, tries and parks that belong to no component. */

bool mp__guard_always(const struct mp__arena_shm *arena,
			     const struct mp__pending_shm *pending,
			     int64_t now)
{
	(void)arena;
	(void)pending;
	(void)now;
	return true;
}

int mp__park_never(struct mp__op *op)
{
	return mp__fail(MP_ERUNTIME, "%s cannot wait",
			mp__op_row(op->code)->name);
}

/* Sleeping is an operation whose guard is the clock. */
int mp__try_sleep(struct mp__op *op)
{
	return mp__now() >= op->argument ? 0 : MP__WOULD_BLOCK;
}

bool mp__guard_sleep(const struct mp__arena_shm *arena,
			    const struct mp__pending_shm *pending,
			    int64_t now)
{
	(void)arena;
	return now >= pending->argument;
}

int mp__park_sleep(struct mp__op *op)
{
	int err = mp__park_fds(NULL, 0, op->argument);

	return err == MP_ETIMEOUT ? 0 : err;
}

int mp_sleep(double seconds)
{
	MP__ENTER();
	if (!(seconds >= 0))
		return mp__fail(MP_EVALUE, "sleep length must be non-negative");
	mp_deadline end = mp_after(seconds);
	return mp__perform(&(struct mp__op){
		.code = MP__OP_SLEEP,
		.argument = end == MP_NOW ? mp__now() : end,
		.until = MP_FOREVER,
		.wait_a = (int64_t)(seconds < 9e9 ? seconds * 1e9 : 9e18),
	});
}
