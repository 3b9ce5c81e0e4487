/* managers/managers.h - what clients and servers of managers say to each other
 * Python: multiprocessing.managers   Lessons: manager, manager-nested
 *
 * A client has one connection to a server for each thread that calls, and the server a
 * thread for each connection. After CPython's handshake there are frames: a head of
 * fixed size, and bytes. A client asks and waits for the reply; only giving up a
 * reference has none. The bytes are a name and two values, or one value.
 *
 *	client     struct mp__line  -- request -->  struct mp__guest   server
 *	           mp_proxy           <-- reply --  mp__session, mp__referent
 *
 * The references of a process are its session's, which lasts as long as one of its
 * connections: so they are given back however the process ends. Before a fork the
 * parent makes a connection for the child, hands the server's end to the server, and has
 * its references doubled; the child is known there before it exists. */
#ifndef MP_MANAGERS_MANAGERS_H
#define MP_MANAGERS_MANAGERS_H

#include <pthread.h>
#include <sys/un.h>

#include "mp-manager.h"
#include "operation/operation.h"
#include "process/object.h"
#include "value/buffer.h"

#define MP__ADDRESS_SIZE (sizeof(((struct sockaddr_un *)0)->sun_path) + 1)
#define MP__TYPEID_SIZE 64
#define MP__LABEL_SIZE 128	/* of a managed object's name; NUL included */
#define MP__WIRE_VERSION 1u
#define MP__WIRE_BYTES (((size_t)1 << 30) + 65536)	/* of the longest frame */

/* ---- frames ---- */

enum mp__request_kind {
	MP__REQUEST_HELLO = 1,	/* struct mp__hello; the reply has only a head */
	MP__REQUEST_CREATE,	/* name: the type; it may be followed by NUL and a name
				 * for people; args, kwds */
	MP__REQUEST_CALL,	/* name: the method; args, kwds */
	MP__REQUEST_CALLMETHOD,	/* the same; another error if there is no such */
	MP__REQUEST_INCREF,
	MP__REQUEST_DECREF,	/* the only one without a reply */
	MP__REQUEST_HEIR,	/* struct mp__hello, and a descriptor */
	MP__REQUEST_COUNT,
	MP__REQUEST_SHUTDOWN
};

struct mp__request {
	uint32_t size;		/* of what follows */
	uint16_t kind;
	uint16_t name_size;
	uint32_t ident;		/* of the object */
	uint32_t number;	/* of the call */
	uint32_t agent;		/* who calls */
	uint32_t unused;	/* no gap before a struct mp__hello */
};

struct mp__reply {
	uint32_t size;
	int32_t code;		/* 0: a value; else message, NUL, traceback */
	uint32_t number;
	uint32_t unused;
};

struct mp__hello {
	uint32_t version;
	mp__ref channel;	/* in the arena, if it is the same */
	uint64_t family;	/* who has the same arena */
	uint64_t session;	/* chance */
};

/* What a proxy is made of when it travels. */
struct mp__token {
	uint32_t ident;
	uint32_t manager;	/* object id in its server's arena */
	uint32_t shm;		/* mp__ref: of the manager, there */
	uint32_t unused;
	uint64_t family;
	char type[MP__TYPEID_SIZE];
	char address[MP__ADDRESS_SIZE];
};

int mp__token_pack(const struct mp__token *token, unsigned char *bytes);
bool mp__token_unpack(struct mp__token *token, const unsigned char *bytes,
		      size_t size);

/* ---- shared memory ---- */

/* A manager's object. */
#define MP__KNOCKS 28u
struct mp__manager_shm {
	struct mp__object_shm head;
	_Atomic int32_t knocks[MP__KNOCKS];	/* who has come and was not let in:
						 * pid; negative: it is connected */
	_Atomic uint32_t is_crowded;		/* there are, or were, more */
	_Atomic uint32_t stops;			/* the server is to end */
	_Atomic uint32_t is_bound;		/* the socket's file is its own */
	_Atomic int32_t server_pid;		/* 0: there is none */
	_Atomic uint32_t is_ready;		/* it serves, or could not */
	_Atomic int32_t code;			/* why it could not */
	char message[256];
};

/* How far the two sides of a connection are. It goes with the last one that lets go. */
#define MP__CHANNEL_CLIENT 1u
#define MP__CHANNEL_SERVER 2u
struct mp__channel_shm {
	_Atomic uint32_t holders;
	_Atomic uint32_t asked, answered;	/* requests that have a reply */
	_Atomic int32_t client_pid, server_pid;
};

/* knock.c: who is at the door, for those who only see the arena */

/* mp__manager_knock - this process is about to connect */
void mp__manager_knock(struct mp__manager_shm *shm);
/* mp__manager_queue_up - and is connected */
void mp__manager_queue_up(struct mp__manager_shm *shm);
/* mp__manager_go_away - it could not */
void mp__manager_go_away(struct mp__manager_shm *shm);
/* mp__manager_let_in - the server has its connection */
void mp__manager_let_in(struct mp__manager_shm *shm, pid_t pid);
/* mp__manager_nobody - a new server begins with nobody */
void mp__manager_nobody(struct mp__manager_shm *shm);
/* mp__manager_is_anybody - might somebody be let in?
 * now      0: without looking at who is alive */
bool mp__manager_is_anybody(const struct mp__manager_shm *shm, int64_t now);

/* wire.c */

mp__ref mp__channel_new(void);

/* mp__channel_drop - one side lets go
 * other_is_gone  its connection is closed, so nobody else has it */
void mp__channel_drop(mp__ref channel, uint32_t side, bool other_is_gone);

static inline struct mp__channel_shm *mp__channel(mp__ref ref)
{
	return ref ? mp__at(ref) : NULL;
}

/* What has been read from a connection. */
struct mp__inbox {
	struct mp__buffer bytes;
	size_t from;		/* up to here it has been used */
};

/* mp__wire_write - write all that can be written; `done` counts. 0, MP__WOULD_BLOCK, or
 * an error */
int mp__wire_write(int fd, const void *bytes, size_t size, size_t *done);

/* mp__wire_read - read what is there
 * passed   receives a descriptor that came along, if it is not NULL; else that is closed
 * Returns  0; MP__WOULD_BLOCK; MP_EEOF and other errors */
int mp__wire_read(int fd, struct mp__inbox *inbox, size_t wanted, int *passed);

/* mp__wire_has - is a whole frame in it, whose head has that size? 1, 0; MP_EOS: it is
 * too long. wanted: how many bytes are missing, as far as is known */
int mp__wire_has(const struct mp__inbox *inbox, size_t head, size_t *wanted);

/* mp__wire_frame - the frame at its beginning; mp__wire_used - it is dealt with */
static inline const void *mp__wire_frame(const struct mp__inbox *inbox)
{
	return inbox->bytes.bytes + inbox->from;
}
void mp__wire_used(struct mp__inbox *inbox, size_t size);

/* mp__wire_auth - the handshake, until a deadline. 0; MP_EAUTH, MP_EEOF, ...
 * is_server  it challenges first */
int mp__wire_auth(int fd, bool is_server, const void *key, size_t key_size,
		  mp_deadline until);

/* mp__wire_move - send or receive so many bytes, until a deadline. 0; MP_ETIMEOUT, MP_EINTR,
 * without a message; MP_EEOF, ... */
int mp__wire_move(int fd, void *bytes, size_t size, bool is_out,
		  mp_deadline until);

/* mp__wire_function - what mp_function_value has made; NULL with MP_ETYPE: it is none, or
 * one of another program */
void *mp__wire_function(const struct mp_value *value, const char **name);

/* ---- the client's side ---- */

/* A server this process knows. */
struct mp__place {
	char address[MP__ADDRESS_SIZE];
	void *key;			/* NULL: that of the process */
	size_t key_size;
	uint32_t id;			/* of the manager in this trace */
	uint32_t manager, token_shm;	/* for tokens */
	uint64_t family;
	mp__ref shm;			/* of the manager; 0: another program's */
	struct mp__line *lines;
	struct mp__place *next;
};

/* A connection to it, of one thread. */
struct mp__line {
	int fd;				/* -1: it is broken */
	int coming;			/* a socket that is not connected yet */
	_Atomic bool is_busy;
	bool is_owned;			/* by a thread that lives */
	bool is_known;			/* the server has welcomed it */
	mp__ref channel;
	struct mp__place *place;
	struct mp__inbox inbox;
	struct mp__buffer out;
	struct mp__line *next;		/* of the place */
	struct mp__line *next_mine;	/* of the thread */
};

struct mp_proxy {
	_Atomic uint32_t references;	/* in this process; under mp__proxies */
	uint32_t ident;			/* of the object, in its server */
	uint32_t id;			/* in this trace */
	bool is_local;			/* its object is in this very process */
	struct mp__place *place;
	struct mp_proxy *next;		/* of those with the same hash */
	char type[MP__TYPEID_SIZE];
};

/* One request, and what became of it. */
struct mp__ask {
	struct mp__place *place;
	enum mp__request_kind kind;
	uint32_t object;		/* for the trace */
	uint32_t ident;
	const char *name;		/* for the trace, and sent if has_name */
	const char *label;		/* sent behind it; NULL: none */
	bool has_name, has_values;
	struct mp_value *args, *kwds;	/* NULL is allowed */
	const void *bytes;		/* instead */
	size_t size;
	int pass_fd;			/* 0: none */
	mp_deadline until;		/* 0: as long as it takes */
	struct mp_value **result;	/* receives what it returns; NULL: nobody
					 * wants it */
};

#define MP__LINE_PATIENCE 20.0	/* seconds at most, to be let in */

/* place.c */
extern struct mp__place *mp__places;	/* under mp__lines */
/* mp__place_find - a server, known already or not; NULL with MP_EMEMORY
 * token    says where it is; its object is of no interest
 * key      NULL: that of the process, or the one that is known */
struct mp__place *mp__place_find(const struct mp__token *token, const void *key,
				 size_t key_size);
/* mp__place_shm - its manager's part of the arena; NULL: it is another program's, or no
 * more */
struct mp__manager_shm *mp__place_shm(const struct mp__place *place);

/* line.c */
extern pthread_mutex_t mp__lines;	/* of the places and their lines */
extern uint64_t mp__own_session;	/* of this process, at all servers; 0: none yet */
extern _Thread_local struct mp__line *mp__my_lines;
/* mp__line_get - this thread's connection to that server; NULL and an error
 * until    when it has to be there, if it has to be made; 0: as long as is usual */
struct mp__line *mp__line_get(struct mp__place *place, mp_deadline until);
/* mp__line_add - one more of this thread. Under mp__lines
 * fd       -1: there is no connection yet; else the server knows it */
struct mp__line *mp__line_add(struct mp__place *place, int fd, mp__ref channel);
/* mp__line_break - it cannot be used any more */
void mp__line_break(struct mp__line *line);
/* mp__line_hello - what is said first on it */
struct mp__hello mp__line_hello(mp__ref channel, uint64_t session);
/* mp__place_drop_lines - its server has ended */
void mp__place_drop_lines(struct mp__place *place);
/* mp__chance - a number nobody else has; not 0 */
uint64_t mp__chance(void);

/* heir.c */
/* mp__heirs_begin - from now on children have the proxies of their parents */
void mp__heirs_begin(void);

/* ask.c */
/* mp__ask - send a request, and wait for its reply. 0, or an error
 * Emits call.sent, call.returned */
int mp__ask(const struct mp__ask *ask);
/* mp__tell_decref - the request without a reply */
void mp__tell_decref(struct mp__place *place, uint32_t ident);
/* While the reply of a call is taken apart: where it comes from. Proxies of that server
 * come with a reference, those of others without. */
extern _Thread_local const struct mp__place *mp__takes_over;

/* proxy.c */
/* mp__proxy_from - the proxy a token stands for, one more reference
 * has_reference  the server has counted it already */
struct mp_proxy *mp__proxy_from(const struct mp__token *token,
				struct mp__place *place, bool has_reference);
/* For the fork. */
void mp__proxies_lock(void);
void mp__proxies_unlock(void);
void mp__proxies_renew(void);	/* in a child: nobody has it */
bool mp__proxies_any(const struct mp__place *place);

/* ---- manager.c ---- */

struct mp_manager {
	struct mp__manager_shm *shm;
	uint32_t id;
	pid_t creator;
	char *address;			/* NULL: none yet */
	char *folder;			/* made for the socket; NULL: none */
	bool is_given;			/* the program gave the address */
	void *key;
	size_t key_size;
	double patience;		/* seconds */
	int (*initializer)(struct mp_call *call);
	struct mp_value *initargs;
	struct mp_process *process;	/* of the server; NULL: not started here */
	struct mp__place *place;	/* NULL: not connected */
	bool is_started, is_over;
	bool is_connected, is_serving;
	const struct mp_manager_type **types;
	size_t type_count;
};

/* mp__manager_key - its key, or that of the process */
const void *mp__manager_key(const struct mp_manager *manager, size_t *size);

/* mp__manager_type - one the program has registered; NULL */
const struct mp_manager_type *mp__manager_type(const struct mp_manager *manager,
					       const char *name, size_t size);

/* mp__manager_attach - its server is one of this program. 0, MP_EMEMORY */
int mp__manager_attach(struct mp_manager *manager);

/* start.c */
void mp__manager_end(struct mp_manager *manager);
void mp__manager_remove_files(struct mp_manager *manager);
int mp__manager_choose_address(struct mp_manager *manager);
/* mp__manager_track - it listens there now: the file is to go in any case */
int mp__manager_track(const struct mp_manager *manager);

/* ---- serve.c ---- */

/* mp__manager_listen - a socket that listens at its address; or an error */
int mp__manager_listen(const struct mp_manager *manager);

/* mp__manager_serve - be its server until it is to end
 * fd       that listens; taken over
 * is_own   the process is there for nothing else
 * Returns  0; MP_EINTR, MP_EMEMORY, ... */
int mp__manager_serve(struct mp_manager *manager, int fd, bool is_own);

#endif
