#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "managers/host.h"
#include "managers/managed.h"
#include "process/process.h"
#include "value/value.h"

/* The table of types: what there is, what it exposes, and making one. */

#define ALONE true
#define FREE false

/* One table of methods; a type's are those with its name, which stand together. */
static const struct method_row {
	const char *type;
	struct mp__managed_method method;
} rows[] = {
#define MP_MANAGED_METHOD(type, name, function, how, returns) \
	{ #type, { name, mp__managed_##function, how, returns } },
#include "managers/types.def"
#undef MP_MANAGED_METHOD
};

static const struct mp__managed_type types[] = {
#define MP_MANAGED_TYPE(symbol, typeid, proxy, kind) \
	{ #symbol, typeid, proxy, TRACE_OBJECT_##kind, \
	  mp__managed_##symbol##_create, mp__managed_##symbol##_destroy, \
	  mp__managed_##symbol##_str },
#include "managers/types.def"
#undef MP_MANAGED_TYPE
};
#define TYPES (sizeof(types) / sizeof(types[0]))

static unsigned made[TYPES + 1];	/* of each, for their names */

const struct mp__managed_type *mp__host_type(const char *name, size_t size)
{
	for (size_t i = 0; i < TYPES; i++)
		if (strlen(types[i].typeid) == size
		    && memcmp(types[i].typeid, name, size) == 0)
			return &types[i];
	return NULL;
}

const struct mp__managed_method *
mp__host_method(const struct mp__managed_type *type, const char *name,
		size_t size)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strcmp(rows[i].type, type->symbol) == 0
		    && strlen(rows[i].method.name) == size
		    && memcmp(rows[i].method.name, name, size) == 0)
			return &rows[i].method;
	return NULL;
}

enum trace_object_kind mp__host_kind(const char *name)
{
	const struct mp__managed_type *type = mp__host_type(name, strlen(name));

	return type ? type->kind : TRACE_OBJECT_MANAGED_CUSTOM;
}

const char *mp__host_proxy_name(const char *name)
{
	const struct mp__managed_type *type = mp__host_type(name, strlen(name));

	return type ? type->proxy : "AutoProxy";
}

/* ---- making ---- */

static const char *name_of(const struct mp__referent *referent)
{
	return referent->custom ? referent->custom->name
				: referent->type->typeid;
}

static void record_new(struct mp__referent *referent, const char *label)
{
	const char *identity = mp__this.current->identity;
	size_t which = referent->custom ? TYPES
					: (size_t)(referent->type - types);
	char text[128];

	if (!referent->ident) {
		unsigned number = __atomic_add_fetch(&made[which], 1,
						     __ATOMIC_RELAXED);
		referent->ident = atomic_fetch_add(&mp__arena->next_object, 1);
		int length = label ? snprintf(text, sizeof(text), "%s", label)
				   : snprintf(text, sizeof(text), "%.60s-%s%s%u",
					      name_of(referent), identity,
					      *identity ? ":" : "", number);
		if (length >= (int)sizeof(text))
			length = sizeof(text) - 1;
		mp__record_text(TRACE_OBJECT_NEW, referent->ident,
				referent->custom ? TRACE_OBJECT_MANAGED_CUSTOM
						 : referent->type->kind,
				text, (size_t)length);
	}
	mp__record_text(TRACE_REFERENT_CREATE, referent->ident,
			mp__host->manager->id, name_of(referent),
			strlen(name_of(referent)));
}

static int make_custom(struct mp__serving *serving,
		       const struct mp_manager_type *type)
{
	struct mp__referent *referent = serving->referent;

	referent->custom = type;
	if (!type->create)
		return mp__fail(MP_EREMOTE, "the server has no way to make a "
					    "'%s'", type->name);
	referent->object = type->create(&serving->call);
	if (referent->object)
		return 0;
	return mp_error_code() < 0 ? mp_error_code()
				   : mp__fail(MP_EUSER, "%s() returned NULL, and "
							"no error was raised",
					      type->name);
}

static int make(struct mp__serving *serving, const char *name, size_t size)
{
	const struct mp_manager_type *custom =
		mp__manager_type(mp__host->manager, name, size);

	if (custom)
		return make_custom(serving, custom);
	serving->referent->type = mp__host_type(name, size);
	if (serving->referent->type)
		return serving->referent->type->create(serving);
	return mp__fail(MP_EATTRIBUTE, "'SyncManager' object has no attribute "
				       "'%.*s'", (int)size, name);
}

struct mp__referent *mp__host_create(struct mp__serving *serving,
				     const char *name, size_t size)
{
	struct mp__referent *referent = calloc(1, sizeof(*referent));

	if (!referent) {
		mp__fail(MP_EMEMORY, "no memory for a managed object");
		return NULL;
	}
	pthread_mutex_init(&referent->mutex, NULL);
	serving->referent = referent;
	mp__error_forget();
	if (make(serving, name, size) < 0) {
		mp_value_unref(referent->value);
		if (referent->other)
			mp__host_unpin(referent->other);
		pthread_mutex_destroy(&referent->mutex);
		free(referent);
		return NULL;
	}
	record_new(referent, serving->label);
	referent->pins = 1;	/* who guesses its number cannot end it now */
	if (mp__host_add(referent, serving->guest->session) == 0)
		return referent;
	mp__host_destroy(referent);
	return NULL;
}

void mp__host_token(const struct mp__referent *referent, struct mp__token *token)
{
	*token = (struct mp__token){
		.ident = referent->ident,
		.manager = mp__host->manager->id,
		.shm = mp__object_ref(mp__host->shm),
		.family = mp__arena->family,
	};
	snprintf(token->type, sizeof(token->type), "%s", name_of(referent));
	memcpy(token->address, mp__host->address, sizeof(token->address));
}

/* ---- looking ---- */

char *mp__host_str(struct mp__referent *referent)
{
	char *text = NULL;

	if (!referent->custom)
		return referent->type->str(referent);
	if (asprintf(&text, "<%s object at %p>", referent->custom->name,
		     referent->object) >= 0)
		return text;
	mp__fail(MP_EMEMORY, "no memory for a text");
	return NULL;
}

int64_t mp__host_items(const struct mp__referent *referent)
{
	const struct mp_value *value = referent->value;

	if (referent->custom || !value
	    || referent->type->kind == TRACE_OBJECT_MANAGED_VALUE
	    || (value->type != MP_TYPE_LIST && value->type != MP_TYPE_DICT))
		return -1;
	return (int64_t)value->len;
}

struct mp_value *mp__host_value(struct mp__referent *referent)
{
	struct mp__serving serving = { .referent = referent };

	if (!referent->custom && referent->value)
		return mp__managed_copy(&serving);
	mp__fail(MP_EREMOTE, "cannot send a '%s' object", name_of(referent));
	return NULL;
}

/* ---- arguments ---- */

bool mp__managed_only(const struct mp__serving *serving, size_t count)
{
	size_t given = serving->call.args->len + serving->call.kwargs->len;

	if (given == count && serving->call.kwargs->len == 0)
		return true;
	if (count == 1)
		mp__fail(MP_ETYPE, "%s() takes exactly one argument (%zu given)",
			 serving->call.name, given);
	else
		mp__fail(MP_ETYPE, "%s() takes exactly %zu arguments (%zu given)",
			 serving->call.name, count, given);
	return false;
}

int mp__managed_until(struct mp_call *call, const char *spec,
		      struct mp_value **value, mp_deadline *until)
{
	struct mp_value *timeout = NULL;
	bool blocks = true;
	double seconds = 0;
	int err = value ? mp_bind(call, spec, value, &blocks, &timeout)
			: mp_bind(call, spec, &blocks, &timeout);

	*until = MP_FOREVER;
	if (err)
		return err;
	if (!mp__is(timeout, MP_TYPE_NONE)) {
		err = mp_value_as_double(timeout, &seconds);
		if (err)
			return err;
		*until = mp_after(seconds);
	}
	if (!blocks)
		*until = MP_NOW;
	return 0;
}
