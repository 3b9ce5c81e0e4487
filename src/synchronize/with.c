#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "synchronize/lock.h"

/* MP_WITH: take a lock, and give it back however the block is left. The release is
 * told to be where the block began: C does not say where it ends. */

struct mp_with mp_with_enter(struct mp_lock *lock)
{
	MP__ENTER();
	struct mp_with with = { .lock = lock, .site = mp__self.site };

	with.held = lock && mp__lock_acquire(lock, MP_FOREVER) == 1;
	return with;
}

void mp_with_leave(struct mp_with *with)
{
	if (!with->held)
		return;
	with->held = false;
	uint32_t site = mp__self.site;
	mp__self.site = with->site;
	mp__lock_release(with->lock);
	mp__self.site = site;
}
