#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/fork.h"
#include "managers/host.h"
#include "process/process.h"

/* The objects of a server, and who has references to them. An object goes when nobody
 * has, and no call of it is under way. */

#define FIRST_SIZE 64u

MP__PER_PROCESS struct mp__host *mp__host;
MP__PER_PROCESS pthread_mutex_t mp__host_mutex = PTHREAD_MUTEX_INITIALIZER;
_Thread_local struct mp__session *mp__lends_to;

static void lock(void)
{
	pthread_mutex_lock(&mp__host_mutex);
}

static void unlock(void)
{
	pthread_mutex_unlock(&mp__host_mutex);
}

/* ---- objects ---- */

static struct mp__referent **find(uint32_t ident)
{
	struct mp__referent **at =
		&mp__host->buckets[ident & (mp__host->size - 1)];

	while (*at && (*at)->ident != ident)
		at = &(*at)->next;
	return at;
}

/* The host's mutex is not held: with it others may go. */
void mp__host_destroy(struct mp__referent *referent)
{
	mp__record(TRACE_REFERENT_DELETE, referent->ident, 0, 0);
	if (referent->custom) {
		if (referent->custom->destroy)
			referent->custom->destroy(referent->object);
	} else if (referent->type->destroy) {
		referent->type->destroy(referent);
	}
	mp_value_unref(referent->value);
	if (referent->other)
		mp__host_unpin(referent->other);
	/* Those the library made tell it themselves. */
	if (referent->custom || !referent->object || referent->type->kind
	    >= TRACE_OBJECT_MANAGER)
		mp__record(TRACE_OBJECT_END, referent->ident, 0, 0);
	pthread_mutex_destroy(&referent->mutex);
	free(referent);
}

/* Out of the table, if nobody wants it; to be destroyed then. Under the mutex. */
static struct mp__referent *take_out(struct mp__referent *referent)
{
	if (referent->references > 0 || referent->pins > 0)
		return NULL;
	*find(referent->ident) = referent->next;
	mp__host->count--;
	return referent;
}

static void destroy_if(struct mp__referent *dead)
{
	if (dead)
		mp__host_destroy(dead);
}

struct mp__referent *mp__host_pin(uint32_t ident)
{
	lock();
	struct mp__referent *referent = *find(ident);
	if (referent)
		referent->pins++;
	unlock();
	return referent;
}

void mp__host_pin_more(struct mp__referent *referent)
{
	lock();
	referent->pins++;
	unlock();
}

void mp__host_unpin(struct mp__referent *referent)
{
	lock();
	referent->pins--;
	struct mp__referent *dead = take_out(referent);
	unlock();
	destroy_if(dead);
}

static bool grow_table(void)
{
	size_t size = mp__host->size * 2, old_size = mp__host->size;
	struct mp__referent **old = mp__host->buckets;
	struct mp__referent **buckets = calloc(size, sizeof(*buckets));

	if (!buckets)
		return false;
	mp__host->buckets = buckets;
	mp__host->size = size;
	for (size_t i = 0; i < old_size; i++)
		for (struct mp__referent *r = old[i], *next; r; r = next) {
			next = r->next;
			r->next = buckets[r->ident & (size - 1)];
			buckets[r->ident & (size - 1)] = r;
		}
	free(old);
	return true;
}

/* One that no other object needs, out of the table. */
static struct mp__referent *take_any(void)
{
	struct mp__referent *any = NULL;

	lock();
	for (size_t i = 0; i < mp__host->size && !any; i++)
		for (any = mp__host->buckets[i]; any && any->pins > 0;)
			any = any->next;
	if (any) {
		*find(any->ident) = any->next;
		mp__host->count--;
	}
	unlock();
	return any;
}

void mp__host_clear(void)
{
	struct mp__referent *any;

	while ((any = take_any()))
		mp__host_destroy(any);
}

/* ---- what a session holds ---- */

static struct mp__held *slot_of(const struct mp__session *session,
				uint32_t ident)
{
	size_t i = ident & (session->size - 1);

	while (session->held[i].ident && session->held[i].ident != ident)
		i = (i + 1) & (session->size - 1);
	return &session->held[i];
}

/* Places of what was given up are free again only here. */
static bool grow_session(struct mp__session *session)
{
	struct mp__session bigger = { .size = FIRST_SIZE };
	size_t live = 0;

	for (size_t i = 0; i < session->size; i++)
		live += session->held[i].count > 0;
	while (bigger.size <= live * 4)
		bigger.size *= 2;
	bigger.held = calloc(bigger.size, sizeof(*bigger.held));
	if (!bigger.held)
		return false;
	for (size_t i = 0; i < session->size; i++)
		if (session->held[i].count > 0) {
			*slot_of(&bigger, session->held[i].ident) =
				session->held[i];
			bigger.used++;
		}
	free(session->held);
	session->held = bigger.held;
	session->size = bigger.size;
	session->used = bigger.used;
	return true;
}

static bool note_held(struct mp__session *session, uint32_t ident, unsigned count)
{
	if (session->used * 2 >= session->size && !grow_session(session))
		return false;
	struct mp__held *held = slot_of(session, ident);
	session->used += held->ident == 0;
	held->ident = ident;
	held->count += count;
	session->total += count;
	return true;
}

static void add_reference(struct mp__referent *referent, uint32_t process)
{
	referent->references++;
	mp__record(TRACE_REFERENT_INCREF, referent->ident,
		   referent->references, process);
}

static void drop_reference(struct mp__referent *referent, uint32_t process)
{
	referent->references--;
	mp__record(TRACE_REFERENT_DECREF, referent->ident,
		   referent->references, process);
}

int mp__host_add(struct mp__referent *referent, struct mp__session *session)
{
	bool ok = true;

	lock();
	if (mp__host->count >= mp__host->size)
		ok = grow_table();
	if (ok && session)
		ok = note_held(session, referent->ident, 1);
	if (ok) {
		struct mp__referent **at = find(referent->ident);
		referent->next = *at;
		*at = referent;
		mp__host->count++;
		add_reference(referent, session ? session->process : 0);
	}
	unlock();
	return ok ? 0 : mp__fail(MP_EMEMORY, "no memory for a managed object");
}

bool mp__host_hold(struct mp__session *session, uint32_t ident)
{
	lock();
	struct mp__referent *referent = *find(ident);
	bool ok = referent && note_held(session, ident, 1);
	if (ok)
		add_reference(referent, session->process);
	unlock();
	return ok;
}

bool mp__host_let_go(struct mp__session *session, uint32_t ident)
{
	struct mp__referent *dead = NULL;
	bool ok = false;

	lock();
	struct mp__held *held = session->size ? slot_of(session, ident) : NULL;
	if (held && held->count > 0) {
		struct mp__referent *referent = *find(ident);
		held->count--;
		session->total--;
		ok = true;
		if (referent) {
			drop_reference(referent, session->process);
			dead = take_out(referent);
		}
	}
	unlock();
	destroy_if(dead);
	return ok;
}

/* ---- sessions ---- */

struct mp__session *mp__session_get(uint64_t number)
{
	lock();
	struct mp__session *session = mp__host->sessions;
	while (session && session->number != number)
		session = session->next;
	if (!session && (session = calloc(1, sizeof(*session)))) {
		session->number = number;
		session->next = mp__host->sessions;
		mp__host->sessions = session;
	}
	if (session)
		session->guests++;
	unlock();
	if (!session)
		mp__fail(MP_EMEMORY, "no memory for a client");
	return session;
}

unsigned mp__session_inherit(struct mp__session *to,
			     const struct mp__session *from)
{
	unsigned count = 0;

	lock();
	for (size_t i = 0; i < from->size; i++) {
		uint32_t ident = from->held[i].ident;
		if (from->held[i].count == 0)
			continue;
		struct mp__referent *referent = *find(ident);
		if (!referent || !note_held(to, ident, 1))
			continue;
		add_reference(referent, to->process);
		count++;
	}
	unlock();
	return count;
}

static void forget(struct mp__session *session)
{
	struct mp__session **at = &mp__host->sessions;

	while (*at && *at != session)
		at = &(*at)->next;
	if (*at)
		*at = session->next;
}

void mp__session_leave(struct mp__session *session)
{
	lock();
	bool is_last = --session->guests == 0;
	if (is_last)
		forget(session);
	unlock();
	if (!is_last)
		return;
	mp__record(TRACE_CLIENT_GONE, mp__host->manager->id, session->process,
		   session->total);
	for (size_t i = 0; i < session->size; i++)
		while (session->held[i].count > 0)
			mp__host_let_go(session, session->held[i].ident);
	free(session->held);
	free(session);
}

/* ---- the server's own proxies ---- */

bool mp__host_is(const struct mp__token *token)
{
	lock();
	bool is_ours = mp__host && strcmp(mp__host->address, token->address) == 0;
	unlock();
	return is_ours;
}

int mp__host_incref(uint32_t ident)
{
	lock();
	struct mp__referent *referent = mp__host ? *find(ident) : NULL;
	if (referent)
		add_reference(referent, 0);
	unlock();
	return referent ? 0 : mp__fail(MP_EREMOTE, "the managed object %u is no "
						   "more", ident);
}

void mp__host_decref(uint32_t ident)
{
	struct mp__referent *dead = NULL;

	lock();
	struct mp__referent *referent = mp__host ? *find(ident) : NULL;
	if (referent) {
		drop_reference(referent, 0);
		dead = take_out(referent);
	}
	unlock();
	destroy_if(dead);
}

bool mp__host_lends(void)
{
	return mp__lends_to;
}

void mp__host_lend(uint32_t ident)
{
	mp__host_hold(mp__lends_to, ident);
}
