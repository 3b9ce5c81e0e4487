#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "base/clock.h"

#include <math.h>

#include "mp.h"

mp_deadline mp_after(double seconds)
{
	const double longest = 9.2e9;	/* seconds in the range of int64 ns */

	if (isnan(seconds) || seconds >= longest)
		return MP_FOREVER;
	if (seconds <= 0)
		return MP_NOW;
	int64_t now = mp__now();
	int64_t wait = (int64_t)(seconds * 1e9);
	return wait < MP_FOREVER - now ? now + wait : MP_FOREVER;
}

double mp_monotonic(void)
{
	return (double)mp__now() / 1e9;
}
