/* value/call.h - what a target is called with
 * Public side: mp_call_..., mp_bind in mp-value.h */
#ifndef MP_VALUE_CALL_H
#define MP_VALUE_CALL_H

#include "mp.h"

struct mp_call {
	const char *name;		/* of the target, for messages; borrowed */
	struct mp_value *args;		/* tuple or list */
	struct mp_value *kwargs;	/* dict whose keys are str */
	struct mp_value *kept;		/* list of what mp_bind made; may be NULL */
};

/* mp__call_init - prepare the arguments of a call
 * name     borrowed for as long as the call lives; NULL: "target"
 * args     tuple or list, NULL: (); kwargs: dict, NULL: {}. Both are borrowed: the
 *          call takes references of its own
 * Returns  0, and mp__call_finish is due; MP_ETYPE, MP_EMEMORY: it is not */
int mp__call_init(struct mp_call *call, const char *name, struct mp_value *args,
		  struct mp_value *kwargs);

/* mp__call_borrow - the same for arguments that are known to be as they must, and that
 * somebody keeps until it is over; mp__call_end is due */
static inline void mp__call_borrow(struct mp_call *call, const char *name,
				   struct mp_value *args, struct mp_value *kwargs)
{
	*call = (struct mp_call){ name, args, kwargs, NULL };
}

/* mp__call_end - let go of what mp_bind gave out */
static inline void mp__call_end(struct mp_call *call)
{
	if (call->kept)
		mp_value_unref(call->kept);
}

/* mp__call_finish - let go of the arguments and of all that mp_bind gave out */
void mp__call_finish(struct mp_call *call);

/* mp__call_keep - have a value live as long as the call
 * Takes over value, also on failure. Returns 0 or MP_EMEMORY. */
int mp__call_keep(struct mp_call *call, struct mp_value *value);

#endif
