#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "operation/operation.h"

#include "base/clock.h"
#include "operation/spin.h"
#include "probe/probe.h"

static const struct mp__op_row rows[MP__OP_COUNT] = {
#define MP_OPERATION(id, symbol, name, python, try, guard, park, now, wait, \
		     done, timeout) \
	[id] = { name, python, mp__try_##try, mp__guard_##guard, \
		 mp__park_##park, now, wait, done, timeout },
#include "operation/operations.def"
#undef MP_OPERATION
};

const struct mp__op_row *mp__op_row(uint32_t code)
{
	return code > 0 && code < MP__OP_COUNT && rows[code].try ? &rows[code]
								  : NULL;
}

static void announce(struct mp__agent_shm *agent, const struct mp__op *op)
{
	struct mp__pending_shm *pending = &agent->pending;

	/* Its parent may have been killed before it could say so. */
	agent->pid = mp__self.pid;
	pending->site = mp__self.site;
	pending->object = op->object;
	pending->ref = op->ref;
	pending->argument = op->argument;
	pending->until = op->until;
	atomic_store_explicit(&pending->operation, op->code,
			      memory_order_release);
}

static void set_state(struct mp__agent_shm *agent, enum mp__agent_state state)
{
	if (!agent)
		return;
	if (state == MP__AGENT_WAITING)
		agent->pending.since_ns = mp__now();
	atomic_store_explicit(&agent->state, state, memory_order_release);
}

/* Park has ended with this, and then it was not possible to finish. */
static bool is_the_end(const struct mp__op *op, int err)
{
	if (op->has_begun && err == MP_EINTR)
		return false;
	if (op->has_begun && err == MP_ETIMEOUT && op->until == MP_FOREVER)
		return false;
	return err != 0;
}

static int wait_and_try(struct mp__op *op, const struct mp__op_row *row,
			const struct mp__agent_shm *agent)
{
	bool has_looked = !agent;
	int64_t began_ns = 0;

	for (;;) {
		int err = 0;
		if (has_looked
		    || !mp__spin(row, op->code, &agent->pending, &began_ns)) {
			err = op->until == MP_NOW ? MP_ETIMEOUT : row->park(op);
		} else {
			began_ns = 0;
		}
		has_looked = true;
		/* Whatever ended the wait: it may have become possible. */
		int tried = row->try(op);
		if (tried == 0)
			mp__spin_slept(op->code, began_ns);
		if (tried != MP__WOULD_BLOCK)
			return tried;
		if (is_the_end(op, err))
			return err;
	}
}

static int wait_for(struct mp__op *op, const struct mp__op_row *row,
		    struct mp__agent_shm *agent)
{
	op->is_waiting = true;
	set_state(agent, MP__AGENT_WAITING);
	if (row->wait)
		mp__record(row->wait, op->object, op->wait_a, op->wait_b);
	int err = wait_and_try(op, row, agent);
	set_state(agent, MP__AGENT_RUNNING);
	if (!row->wait)
		return err;	/* the component tells it */
	if (err == 0) {
		if (row->done)	/* else `try` has told it */
			mp__record(row->done, op->object, op->a, op->b);
	} else if (err == MP_ETIMEOUT)
		mp__record(row->timeout, op->object, op->a, op->b);
	else
		mp__record(TRACE_WAIT_END, op->object, err, 0);
	return err;
}

int64_t mp__wait_time(mp_deadline until)
{
	int64_t left = until == MP_FOREVER ? -1 : until - mp__now();

	return until != MP_FOREVER && left < 0 ? 0 : left;
}

int mp__perform(struct mp__op *op)
{
	const struct mp__op_row *row = &rows[op->code];
	struct mp__agent_shm *agent = mp__agent();
	int err = row->try(op);

	if (err != MP__WOULD_BLOCK) {
		if (err == 0 && row->now)
			mp__record(row->now, op->object, op->a, op->b);
		return err;
	}
	if (agent)
		announce(agent, op);
	err = wait_for(op, row, agent);
	/* The slot may be a new one: a start has made a child of us. */
	if (mp__self.agent)
		atomic_store_explicit(&mp__self.agent->pending.operation,
				      MP__OP_NONE, memory_order_release);
	return err;
}

bool mp__could_go_on(const struct mp__arena_shm *arena,
		     const struct mp__pending_shm *pending, int64_t now)
{
	const struct mp__op_row *row = mp__op_row(pending->operation);

	if (!row || (pending->until != MP_FOREVER && now >= pending->until))
		return true;
	return row->guard(arena, pending, now);
}
