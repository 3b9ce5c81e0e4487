/* managers/host.h - the server's side: its clients, and the objects it has
 *
 * Locks, the first is taken first: the mutex of an object (while a method runs ALONE),
 * the proxies' (proxy.c), the host's. Values are let go of while the host's is not
 * held: in them may be proxies, and with these objects go. */
#ifndef MP_MANAGERS_HOST_H
#define MP_MANAGERS_HOST_H

#include "managers/managers.h"
#include "value/call.h"

struct mp__serving;
struct mp__referent;

struct mp__managed_method {
	const char *name;
	struct mp_value *(*function)(struct mp__serving *serving);
	bool is_alone;
	const char *returns;
};

struct mp__managed_type {
	const char *symbol, *typeid, *proxy;
	enum trace_object_kind kind;
	/* Fill in a new object; 0 or an error. It may set `ident`, if it has an
	 * object of the library's own. */
	int (*create)(struct mp__serving *serving);
	void (*destroy)(struct mp__referent *referent);
	/* As Python prints it; text to free(3) */
	char *(*str)(struct mp__referent *referent);
};

/* A managed object. */
struct mp__referent {
	uint32_t ident;
	const struct mp__managed_type *type;
	const struct mp_manager_type *custom;	/* NULL: one of Python's types */
	pthread_mutex_t mutex;
	/* Under the host's mutex. */
	unsigned references;		/* of all sessions, and the server itself */
	unsigned pins;			/* calls that are under way */
	struct mp__referent *next;	/* of those with the same hash */
	/* What it is. */
	struct mp_value *value;		/* list, dict, ... */
	void *object;			/* a lock, a queue, a pool, the program's */
	struct mp__referent *other;	/* whose it is: pinned */
	char code;			/* of an Array */
	size_t at, count;		/* of an iterator */
};

/* The references of a process. */
struct mp__held {
	uint32_t ident, count;		/* ident 0: the place is free */
};
struct mp__session {
	uint64_t number;		/* chance; its process's own */
	uint32_t process;		/* object id; 0: not known */
	unsigned guests;		/* its connections */
	struct mp__held *held;		/* a hash table */
	size_t size, used;
	unsigned total;
	struct mp__session *next;
};

/* A connection, and the thread that serves it. */
struct mp__guest {
	int fd;
	pid_t pid;
	uint32_t number;
	bool is_known;			/* it is past the handshake */
	bool is_family;
	bool is_sent_away;		/* its end is not its client's doing */
	int64_t since_ns;
	pthread_t thread;
	struct mp__session *session;
	mp__ref channel;
	uint32_t agent;			/* of the client; 0: not known */
	struct mp__inbox inbox;
	struct mp__buffer out;
	int passed;			/* a descriptor that came; -1: none */
	struct mp__guest *next;
};

struct mp__host {
	struct mp_manager *manager;
	struct mp__manager_shm *shm;
	int fd;				/* that listens */
	int coming;			/* of a client, not among the guests yet */
	int wake_fd;
	pid_t parent;			/* 0: it does not matter */
	int parent_fd;			/* pidfd; -1: none */
	bool is_own;
	char address[MP__ADDRESS_SIZE];
	uint32_t last_guest;
	/* Under mp__host_mutex. */
	struct mp__guest *guests;
	unsigned known, unknown;
	struct mp__session *sessions;
	struct mp__referent **buckets;
	size_t size, count;
};

/* What this process serves; NULL: nothing. */
extern struct mp__host *mp__host;
/* Outlives the host: other threads may ask for it while it goes. */
extern pthread_mutex_t mp__host_mutex;

/* A call that is being done. */
struct mp__serving {
	struct mp__guest *guest;
	struct mp__referent *referent;
	const struct mp__managed_method *method;
	struct mp_call call;
	size_t bytes;			/* that came */
	const char *label;		/* for a new object; NULL: none */
	/* What the new object is made of, if the method returns one. */
	void *made;
	struct mp__referent *made_of;	/* pinned */
	char made_code;
};

/* ---- table.c: objects and references ---- */

/* mp__host_pin - the object of that number, which stays there until mp__host_unpin;
 * NULL, without a message */
struct mp__referent *mp__host_pin(uint32_t ident);
void mp__host_unpin(struct mp__referent *referent);
/* mp__host_pin_more - it is pinned already */
void mp__host_pin_more(struct mp__referent *referent);

/* mp__host_add - a new object is to be known, held by a session (NULL: the server) */
int mp__host_add(struct mp__referent *referent, struct mp__session *session);

/* mp__host_destroy - one that is not known, or no more */
void mp__host_destroy(struct mp__referent *referent);

/* mp__host_clear - end all there are, whoever refers to them. No call is under way */
void mp__host_clear(void);

/* mp__host_hold, mp__host_let_go - a session has one more or one less reference. false:
 * there is no such object, or it has none */
bool mp__host_hold(struct mp__session *session, uint32_t ident);
bool mp__host_let_go(struct mp__session *session, uint32_t ident);

/* mp__session_get - the session of that number, with one more connection; NULL: MP_EMEMORY.
 * Which process has it is not seen by a pid: the first connection of a child is made by
 * its parent */
struct mp__session *mp__session_get(uint64_t number);
/* mp__session_inherit - what `from` holds, `to` holds, too; how many */
unsigned mp__session_inherit(struct mp__session *to,
			     const struct mp__session *from);
/* mp__session_leave - one connection less; with the last one all is let go of */
void mp__session_leave(struct mp__session *session);

/* For values that hold proxies of the server's own objects. */
bool mp__host_is(const struct mp__token *token);
int mp__host_incref(uint32_t ident);
void mp__host_decref(uint32_t ident);
/* The thread packs a reply, so that what is in it is lent to its client. */
bool mp__host_lends(void);
void mp__host_lend(uint32_t ident);
extern _Thread_local struct mp__session *mp__lends_to;

/* ---- types.c ---- */
const struct mp__managed_type *mp__host_type(const char *name, size_t size);
const struct mp__managed_method *
mp__host_method(const struct mp__managed_type *type, const char *name,
		size_t size);
enum trace_object_kind mp__host_kind(const char *type);
const char *mp__host_proxy_name(const char *type);

/* mp__host_create - make an object; serving->call has its arguments
 * Returns  it, held by the client, and pinned; NULL and an error */
struct mp__referent *mp__host_create(struct mp__serving *serving,
				     const char *name, size_t size);
void mp__host_token(const struct mp__referent *referent,
		    struct mp__token *token);
/* mp__host_str - as Python prints it; text to free(3) */
char *mp__host_str(struct mp__referent *referent);
/* mp__host_value - a copy of it; NULL and an error */
struct mp_value *mp__host_value(struct mp__referent *referent);
/* mp__host_items - how many there are in it; -1: it has none */
int64_t mp__host_items(const struct mp__referent *referent);

/* Arguments. mp__managed_only: the call has so many, or an error; then they are
 * mp__managed_argument. */
bool mp__managed_only(const struct mp__serving *serving, size_t count);
static inline struct mp_value *
mp__managed_argument(const struct mp__serving *serving, size_t i)
{
	return mp_value_item(serving->call.args, (ssize_t)i);
}
/* mp__managed_until - a blocking flag and a timeout, as acquire() and get() have them */
int mp__managed_until(struct mp_call *call, const char *spec,
		      struct mp_value **value, mp_deadline *until);

/* ---- guest.c ---- */
void *mp__guest_main(void *guest);
/* mp__guest_is_channel - does a client own up to a channel that may be one? */
bool mp__guest_is_channel(mp__ref ref);

/* ---- dispatch.c ---- */

/* mp__dispatch - do what a request asks for, and make the reply in guest->out
 * Returns  1: it has one; 0: it has none; MP_EOS: it makes no sense */
int mp__dispatch(struct mp__guest *guest, const struct mp__request *request,
		 const char *bytes);

/* ---- serve.c ---- */
/* mp__host_admit - serve a connection; fd is taken over
 * session  NULL: it has to say who it is */
int mp__host_admit(int fd, pid_t pid, struct mp__session *session,
		   mp__ref channel);
void mp__host_stop(void);
/* client_is_gone  it has closed its side */
void mp__guest_gone(struct mp__guest *guest, bool client_is_gone);

#endif
