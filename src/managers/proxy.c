#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/fork.h"
#include "managers/host.h"
#include "managers/managers.h"
#include "process/process.h"
#include "value/object.h"

/* The proxies of this process: one struct for each object, however many the program
 * thinks it has. */

#define BUCKETS 256u

static MP__PER_PROCESS pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct mp_proxy *buckets[BUCKETS];

void mp__proxies_lock(void)
{
	pthread_mutex_lock(&mutex);
}

void mp__proxies_unlock(void)
{
	pthread_mutex_unlock(&mutex);
}

MP__EVERY_CHILD void mp__proxies_renew(void)
{
	mp__fork_mutex(&mutex);
}

bool mp__proxies_any(const struct mp__place *place)
{
	for (unsigned i = 0; i < BUCKETS; i++)
		for (const struct mp_proxy *p = buckets[i]; p; p = p->next)
			if (p->place == place && !p->is_local)
				return true;
	return false;
}

static struct mp_proxy **find(const struct mp__place *place, uint32_t ident,
			      bool is_local)
{
	struct mp_proxy **at = &buckets[ident % BUCKETS];

	while (*at && ((*at)->place != place || (*at)->ident != ident
		       || (*at)->is_local != is_local))
		at = &(*at)->next;
	return at;
}

/* An object of another program has a number of its own in this trace. */
static uint32_t id_of(const struct mp__place *place,
		      const struct mp__token *token)
{
	if (place->shm)
		return token->ident;
	uint32_t id = atomic_fetch_add(&mp__arena->next_object, 1);
	char name[MP__TYPEID_SIZE + 16];
	int length = snprintf(name, sizeof(name), "%s-%u", token->type,
			      token->ident);
	mp__record_text(TRACE_OBJECT_NEW, id, mp__host_kind(token->type), name,
			(size_t)length);
	return id;
}

static struct mp_proxy *new_proxy(struct mp__place *place,
				  const struct mp__token *token, bool is_local)
{
	struct mp_proxy *proxy = calloc(1, sizeof(*proxy));

	if (!proxy) {
		mp__fail(MP_EMEMORY, "no memory for a proxy");
		return NULL;
	}
	proxy->references = 1;
	proxy->ident = token->ident;
	proxy->is_local = is_local;
	proxy->place = place;
	memcpy(proxy->type, token->type, sizeof(proxy->type));
	proxy->id = is_local ? token->ident : id_of(place, token);
	return proxy;
}

static int take_reference(struct mp__place *place, const struct mp__token *token,
			  bool is_local)
{
	if (is_local)
		return mp__host_incref(token->ident);
	return mp__ask(&(struct mp__ask){
		.place = place,
		.kind = MP__REQUEST_INCREF,
		.object = place->shm ? token->ident : place->id,
		.ident = token->ident,
		.name = "incref",
	});
}

static struct mp_proxy *find_again(const struct mp__place *place,
				   const struct mp__token *token, bool is_local)
{
	pthread_mutex_lock(&mutex);
	struct mp_proxy *proxy = *find(place, token->ident, is_local);
	if (proxy)
		proxy->references++;
	pthread_mutex_unlock(&mutex);
	return proxy;
}

/* is_too_much: there is one already, or it could not be made */
static struct mp_proxy *add_proxy(struct mp__place *place,
				  const struct mp__token *token, bool is_local,
				  bool *is_too_much)
{
	pthread_mutex_lock(&mutex);
	struct mp_proxy **at = find(place, token->ident, is_local), *proxy = *at;
	*is_too_much = proxy;
	if (proxy) {
		proxy->references++;
	} else if ((proxy = new_proxy(place, token, is_local))) {
		proxy->next = *at;
		*at = proxy;
	} else {
		*is_too_much = true;
	}
	pthread_mutex_unlock(&mutex);
	return proxy;
}

struct mp_proxy *mp__proxy_from(const struct mp__token *token,
				struct mp__place *place, bool has_reference)
{
	bool is_local = mp__host_is(token) && !has_reference;
	bool is_too_much = false;

	struct mp_proxy *proxy = find_again(place, token, is_local);
	if (proxy && !has_reference)
		return proxy;
	/* Not under the mutex: nobody knows when the server answers. */
	if (!has_reference && take_reference(place, token, is_local) < 0)
		return NULL;
	if (!proxy)
		proxy = add_proxy(place, token, is_local, &is_too_much);
	else
		is_too_much = true;
	if (is_too_much && is_local)
		mp__host_decref(token->ident);
	else if (is_too_much)
		mp__tell_decref(place, token->ident);
	return proxy;
}

/* ---- counting ---- */

struct mp_proxy *mp_proxy_ref(struct mp_proxy *proxy)
{
	pthread_mutex_lock(&mutex);
	proxy->references++;
	pthread_mutex_unlock(&mutex);
	return proxy;
}

void mp_proxy_destroy(struct mp_proxy *proxy)
{
	MP__ENTER();
	if (!proxy)
		return;
	pthread_mutex_lock(&mutex);
	bool is_last = --proxy->references == 0;
	if (is_last) {
		struct mp_proxy **at = find(proxy->place, proxy->ident,
					    proxy->is_local);
		*at = proxy->next;
	}
	pthread_mutex_unlock(&mutex);
	if (!is_last)
		return;
	if (proxy->is_local)
		mp__host_decref(proxy->ident);
	else if (!mp__this.is_leaving)	/* then the server sees us leave */
		mp__tell_decref(proxy->place, proxy->ident);
	if (proxy->id != proxy->ident)
		mp__record(TRACE_OBJECT_END, proxy->id, 0, 0);
	free(proxy);
}

static void ref(void *proxy)
{
	mp_proxy_ref(proxy);
}

static void unref(void *proxy)
{
	mp_proxy_destroy(proxy);
}

/* ---- travelling ---- */

static int pack(void *object, unsigned char bytes[MP__PROXY_BYTES])
{
	const struct mp_proxy *proxy = object;
	struct mp__token token = {
		.ident = proxy->ident,
		.manager = proxy->place->manager,
		.shm = proxy->place->token_shm,
		.family = proxy->place->family,
	};

	_Static_assert(sizeof(token) <= MP__PROXY_BYTES, "it fits");
	memcpy(token.type, proxy->type, sizeof(token.type));
	memcpy(token.address, proxy->place->address, sizeof(token.address));
	/* Who gets this from a server has a reference with it. */
	if (mp__host_lends() && mp__host_is(&token))
		mp__host_lend(proxy->ident);
	return mp__token_pack(&token, bytes);
}

static void *unpack(const unsigned char *bytes, size_t size)
{
	struct mp__token token;

	if (!mp__token_unpack(&token, bytes, size)) {
		mp__fail(MP_EVALUE, "the message refers to a managed object in "
				    "a way that makes no sense");
		return NULL;
	}
	struct mp__place *place = mp__place_find(&token, NULL, 0);
	bool has_reference = mp__takes_over
			     && strcmp(mp__takes_over->address,
				       token.address) == 0;
	return place ? mp__proxy_from(&token, place, has_reference) : NULL;
}

struct mp_proxy *mp_proxy_of(struct mp_value *value)
{
	void *proxy = NULL;
	int err = mp_value_as_object(value, MP_OBJECT_PROXY, &proxy);

	if (!err)
		mp_proxy_ref(proxy);
	mp_value_unref(value);
	return err ? NULL : proxy;
}

/* ---- looking ---- */

const char *mp_proxy_typeid(const struct mp_proxy *proxy)
{
	return proxy->type;
}

uint32_t mp_proxy_id(const struct mp_proxy *proxy)
{
	return proxy->ident;
}

int mp_proxy_repr(const struct mp_proxy *proxy, char *buffer, size_t size)
{
	return snprintf(buffer, size, "<%s object, typeid '%s' at %p>",
			mp__host_proxy_name(proxy->type), proxy->type,
			(const void *)proxy);
}

static int repr(void *object, char *buffer, size_t size)
{
	return mp_proxy_repr(object, buffer, size);
}

static const struct mp__proxy_ops ops = {
	.ref = ref,
	.unref = unref,
	.pack = pack,
	.unpack = unpack,
};

__attribute__((constructor)) static void offer(void)
{
	mp__proxy_ops = &ops;
	mp__object_set_repr(MP_OBJECT_PROXY, repr);
}
