/* managers/managed.h - what types.def names: the functions of all types */
#ifndef MP_MANAGERS_MANAGED_H
#define MP_MANAGERS_MANAGED_H

#include "managers/host.h"

#define MP_MANAGED_TYPE(symbol, typeid, proxy, kind) \
	int mp__managed_##symbol##_create(struct mp__serving *serving); \
	void mp__managed_##symbol##_destroy(struct mp__referent *referent); \
	char *mp__managed_##symbol##_str(struct mp__referent *referent);
#include "managers/types.def"
#undef MP_MANAGED_TYPE

#define MP_MANAGED_METHOD(type, name, function, how, returns) \
	struct mp_value *mp__managed_##function(struct mp__serving *serving);
#include "managers/types.def"
#undef MP_MANAGED_METHOD

/* mp__managed_repr - of an object that has a `repr` as snprintf(3) */
char *mp__managed_repr(int (*repr)(const void *object, char *buffer, size_t size),
		       const void *object);

#endif
