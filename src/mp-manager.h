/* forkscope/mp-manager.h - Manager: objects in a server process, and proxies of them
 *
 *	struct mp_manager *manager = mp_Manager();
 *	struct mp_proxy *numbers = mp_manager_list(manager, mp_list(1, 2, 3));
 *	struct mp_proxy *ages = mp_manager_dict(manager);
 *	mp_proxy_append(numbers, 4);
 *	mp_proxy_set_item(ages, "egon", 23);
 *	struct mp_value *age = mp_proxy_item(ages, "egon");
 *	mp_manager_destroy(manager);
 *
 * The objects live in a server process, and a proxy is what one has of them: each call
 * of a method is a message to the server and one back. The result is a copy. So what is
 * changed in a list that came out of a dict is not changed in the dict: put it back,
 * or keep a proxy in it. A proxy travels as mp_value(proxy) in arguments, queues,
 * pipes and in other managed objects; keep yours until the receiver has it.
 *
 * Every method Python's proxy exposes is called by its name:
 *
 *	mp_proxy_call(ages, "get", mp_tuple("spengler", 0))
 *	mp_proxy_call(numbers, "sort", .kwds = mp_dict("reverse", mp_bool(true)))
 *	mp_proxy_do(event, "set")
 *
 * and the commonest have functions of their own. Where they take a key or a value
 * they take anything mp_value() does.
 *
 * An object is given up when the last proxy of it is: one that was destroyed, or whose
 * process has ended, in whatever way. Each process counts once, however many proxies of
 * an object it has. A process that is started has the proxies of its parent. */
#ifndef FORKSCOPE_MP_MANAGER_H
#define FORKSCOPE_MP_MANAGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "mp-value.h"
#include "mp-pool.h"

#ifdef __cplusplus
extern "C" {
#endif

struct mp_manager;
struct mp_proxy;

/* ---- Manager -------------------------------------------------------------- */

struct mp_manager_options {
	const char *spelling_;		/* filled in by the macros */
	const char *address;		/* of the socket: a path, or '@' and a name;
					 * NULL: one in a folder of its own */
	const void *authkey;		/* NULL: that of the current process */
	size_t authkey_size;
	double shutdown_timeout;	/* seconds; not given: 1 */
	int (*initializer)(struct mp_call *call); /* called first in the server */
	struct mp_value *initargs;	/* tuple or list; taken over */
	const char *name;		/* for people; NULL: SyncManager-1, ... */
};

/* mp_Manager() makes one and starts its server; mp_SyncManager() only makes it.
 * mp_SyncManager(.address = "/run/me/socket", .authkey = "key", .authkey_size = 3) */
#define mp_Manager(...) \
	mp_manager_start_new(&(struct mp_manager_options){ \
		.spelling_ = #__VA_ARGS__ __VA_OPT__(,) __VA_ARGS__ })
#define mp_SyncManager(...) \
	mp_manager_create(&(struct mp_manager_options){ \
		.spelling_ = #__VA_ARGS__ __VA_OPT__(,) __VA_ARGS__ })

/* mp_manager_create, mp_manager_start_new - make a manager; and start its server
 * Python   BaseManager(address, authkey, shutdown_timeout), Manager()
 * options  copied; initargs is taken over even on failure
 * Returns  the manager; NULL: MP_EVALUE (an address that is none), MP_EMEMORY; the
 *          errors of mp_manager_start
 * Blocks   never; as mp_manager_start.  Fork  a child may use it, and only the process
 *          that made it may start it and shut it down.  Signals  not safe
 * Emits    object.new; as mp_manager_start */
struct mp_manager *mp_manager_create(const struct mp_manager_options *options);
struct mp_manager *mp_manager_start_new(const struct mp_manager_options *options);

/* mp_manager_destroy - shut it down if that is due, and give it up
 * Python   del manager
 * manager  NULL is allowed. Proxies that are left can only be destroyed
 * Returns  nothing
 * Blocks   as mp_manager_shutdown.  Fork  gives up this copy only.  Signals  not safe
 * Emits    as mp_manager_shutdown; object.end */
void mp_manager_destroy(struct mp_manager *manager);

/* mp_manager_start - start the server process, which is called SyncManager-1, ...
 * It is not daemonic, ignores SIGINT, and ends when the process that started it does.
 * Python   manager.start(initializer=None, initargs=())
 * Returns  0; MP_EPROCESS (started or shut down already); MP_EOWNER (not its maker, or
 *          in a daemonic process); MP_EOS (address in use), MP_ENOTFOUND (no such
 *          folder); what the initializer has failed with
 * Blocks   until it serves.  Fork  -.  Signals  not safe
 * Emits    proc.new, proc.start, manager.start; if it has to wait, manager.wait and
 *          manager.ready; in the server manager.serving */
int mp_manager_start(struct mp_manager *manager);

/* mp_manager_connect - use a server that runs already, at .address
 * Python   manager.connect()
 * Returns  0; MP_EPROCESS (started); MP_EVALUE (no address); MP_EREFUSED, MP_ENOTFOUND
 *          (nobody listens there); MP_EAUTH (another key)
 * Blocks   for the handshake.  Fork  -.  Signals  not safe
 * Emits    manager.connect */
int mp_manager_connect(struct mp_manager *manager);

/* mp_manager_serve_forever - be the server, here, until somebody shuts it down
 * Python   manager.get_server().serve_forever(), without leaving the program
 * Returns  0 when it was shut down; MP_EPROCESS (started); MP_EOS, MP_ENOTFOUND;
 *          MP_EINTR
 * Blocks   yes.  Fork  -.  Signals  not safe
 * Emits    manager.serving, manager.idle, manager.busy, manager.stop; in threads of
 *          its own server.idle, server.busy, serve.begin, serve.end, ... */
int mp_manager_serve_forever(struct mp_manager *manager);

/* mp_manager_shutdown - end the server process
 * It is asked to; after .shutdown_timeout it gets SIGTERM, and then SIGKILL.
 * Python   manager.shutdown()
 * Returns  0, also when that was done before; MP_EATTRIBUTE (it was not started by
 *          this manager); MP_EOWNER (by another process)
 * Blocks   until it has ended.  Fork  -.  Signals  not safe
 * Emits    manager.shutdown, proc.reap */
int mp_manager_shutdown(struct mp_manager *manager);

/* mp_manager_join - wait until the server process has ended
 * Python   manager.join(timeout=None)
 * Returns  0, as mp_process_join; MP_EATTRIBUTE, MP_EOWNER as mp_manager_shutdown
 * Blocks   up to `until`.  Fork  -.  Signals  not safe
 * Emits    as mp_process_join */
int mp_manager_join(struct mp_manager *manager, int64_t until);

/* mp_manager_address - where the server listens
 * Python   manager.address
 * Returns  text that lives as long as the manager; NULL: it has no address yet
 * Blocks   never.  Fork  -.  Signals  async-signal-safe
 * Emits    nothing */
const char *mp_manager_address(const struct mp_manager *manager);

/* mp_manager_process - the server process
 * Python   manager._process
 * Returns  borrowed; NULL: not started by this manager
 * Blocks   never.  Fork  -.  Signals  async-signal-safe
 * Emits    nothing */
struct mp_process *mp_manager_process(const struct mp_manager *manager);

/* mp_manager_count - how many objects the server has
 * Python   manager._number_of_objects()
 * Returns  0 or more; the errors of mp_proxy_call
 * Blocks   for the answer.  Fork  -.  Signals  not safe
 * Emits    call.sent, call.returned */
long mp_manager_count(struct mp_manager *manager);

/* ---- types ---------------------------------------------------------------- */

/* A method of a type of the program's own. Called in the server, in a thread of it.
 * Returns a new reference, or NULL and an error as mp_raise_error() leaves it. */
struct mp_manager_method {
	const char *name;		/* NULL: the end of the methods */
	struct mp_value *(*function)(void *object, struct mp_call *call);
	const char *returns;		/* typeid: the result becomes an object of
					 * that type, and the caller gets a proxy */
};

struct mp_manager_type {
	const char *name;		/* its typeid: "Counter" */
	/* Makes an object, in the server; NULL and an error: it cannot. Left out: the
	 * type is one that the server we connect to has. */
	void *(*create)(struct mp_call *call);
	void (*destroy)(void *object);	/* may be left out */
	const struct mp_manager_method *methods;
	/* Methods may run at the same time. Else, other than in Python, those of one
	 * object run one after the other. */
	bool is_concurrent;
};

/* mp_manager_register - have a manager know a type of the program's own
 * Python   Manager.register(typeid, callable, exposed=..., method_to_typeid=...)
 * type     must live as long as the manager; a type of that name is replaced
 * Returns  0; MP_EPROCESS (started already), MP_EVALUE (no name, no methods)
 * Blocks   never.  Fork  the server inherits it.  Signals  not safe
 * Emits    nothing */
int mp_manager_register(struct mp_manager *manager,
			const struct mp_manager_type *type);

/* One object to be made. */
struct mp_create_options {
	const char *spelling_;		/* filled in by the macros */
	const char *type;		/* its typeid */
	struct mp_value *args;		/* tuple or list; taken over; NULL: () */
	struct mp_value *kwds;		/* dict; taken over; NULL: {} */
	const char *name;		/* for people; NULL: list-1, ... */
};

/* mp_manager_new_object - have the server make an object
 * Mostly used by its macro: mp_manager_new(manager, "Counter", mp_tuple(1)), and by
 * those below for Python's own types. A name is given as to other objects:
 * mp_manager_new(manager, "list", mp_tuple(mp_list(1, 2)), .name = "primes"); those below
 * take one where there is nothing else to take, as mp_manager_Lock(m, .name = "door").
 * Python   manager.Counter(1)
 * Returns  a proxy, for mp_proxy_destroy; NULL: MP_ESTATE (the server is not started, or
 *          was shut down), MP_EATTRIBUTE (no such type), MP_EVALUE (arguments that cannot
 *          be sent), what making it has failed with, the errors of mp_proxy_call
 * Blocks   for the answer.  Fork  a child has the proxy, too.  Signals  not safe
 * Emits    call.sent, call.returned; in the server serve.begin, object.new,
 *          referent.create, referent.incref, serve.end */
struct mp_proxy *mp_manager_new_object(struct mp_manager *manager,
				       const struct mp_create_options *options);
#define mp_manager_new(manager, ...) \
	mp_manager_new_object(manager, &(struct mp_create_options){ \
		.spelling_ = #__VA_ARGS__, .type = __VA_ARGS__ })

/* mp_manager_list(m), mp_manager_list(m, mp_list(1, 2)), mp_manager_dict(m, mp_dict(..)),
 * mp_manager_Namespace(m, mp_dict("x", 1)), mp_manager_Value(m, "i", 0),
 * mp_manager_Array(m, "i", mp_list(1, 2)), mp_manager_Semaphore(m, 3),
 * mp_manager_Condition(m, lock), mp_manager_Queue(m, 10), mp_manager_Pool(m, 4), ... */
#define mp_manager_list(m, ...) mp_manager_new(m, "list", mp_tuple(__VA_ARGS__))
#define mp_manager_dict(m, ...) mp_manager_new(m, "dict", mp_tuple(__VA_ARGS__))
#define mp_manager_set(m, ...) mp_manager_new(m, "set", mp_tuple(__VA_ARGS__))
#define mp_manager_Namespace(m, ...) \
	mp_manager_new(m, "Namespace", NULL __VA_OPT__(,) __VA_ARGS__)
#define mp_manager_Value(m, ...) mp_manager_new(m, "Value", mp_tuple(__VA_ARGS__))
#define mp_manager_Array(m, ...) mp_manager_new(m, "Array", mp_tuple(__VA_ARGS__))
#define mp_manager_Lock(m, ...) \
	mp_manager_new(m, "Lock", NULL __VA_OPT__(,) __VA_ARGS__)
#define mp_manager_RLock(m, ...) \
	mp_manager_new(m, "RLock", NULL __VA_OPT__(,) __VA_ARGS__)
#define mp_manager_Semaphore(m, ...) \
	mp_manager_new(m, "Semaphore", mp_tuple(__VA_ARGS__))
#define mp_manager_BoundedSemaphore(m, ...) \
	mp_manager_new(m, "BoundedSemaphore", mp_tuple(__VA_ARGS__))
#define mp_manager_Condition(m, ...) \
	mp_manager_new(m, "Condition", mp_tuple(__VA_ARGS__))
#define mp_manager_Event(m, ...) \
	mp_manager_new(m, "Event", NULL __VA_OPT__(,) __VA_ARGS__)
/* An action is a function of the program: mp_manager_Barrier(m, 3, mp_action(f)) */
#define mp_manager_Barrier(m, ...) \
	mp_manager_new(m, "Barrier", mp_tuple(__VA_ARGS__))
#define mp_manager_Queue(m, ...) mp_manager_new(m, "Queue", mp_tuple(__VA_ARGS__))
#define mp_manager_JoinableQueue(m, ...) \
	mp_manager_new(m, "JoinableQueue", mp_tuple(__VA_ARGS__))
#define mp_manager_Pool(m, ...) mp_manager_new(m, "Pool", mp_tuple(__VA_ARGS__))

/* ---- proxies: any type ---------------------------------------------------- */

/* One call. */
struct mp_proxy_options {
	const char *spelling_;		/* filled in by the macros */
	const char *method;
	struct mp_value *args;		/* tuple or list; taken over; NULL: () */
	struct mp_value *kwds;		/* dict; taken over; NULL: {} */
};

/* mp_proxy_call_method, mp_proxy_do_method - call a method by its name; without wanting
 * to know what it returns
 *	mp_proxy_call(proxy, "pop", mp_tuple(0)); mp_proxy_do(proxy, "clear")
 * Python   proxy.method(*args, **kwds)
 * Returns  a new reference, or 0. NULL, or a negative code: what the method has failed
 *          with, type and message, mp_error_traceback() tells where; MP_EATTRIBUTE (no
 *          such method); MP_EREMOTE (a result that cannot be sent, an object that is no
 *          more); MP_EVALUE (arguments that cannot be sent). The server is gone:
 *          MP_EEOF, MP_EPIPE, MP_EREFUSED, MP_ENOTFOUND. MP_EINTR: the call is given up
 *          here, and goes on there
 * Blocks   until the method has returned.  Fork  -.  Signals  not safe
 * Emits    call.sent, call.returned; in the server server.busy, serve.begin,
 *          serve.end, server.idle */
struct mp_value *mp_proxy_call_method(struct mp_proxy *proxy,
				      const struct mp_proxy_options *call);
int mp_proxy_do_method(struct mp_proxy *proxy,
		       const struct mp_proxy_options *call);
#define mp_proxy_call(proxy, ...) \
	mp_proxy_call_method(proxy, &(struct mp_proxy_options){ \
		.spelling_ = #__VA_ARGS__, .method = __VA_ARGS__ })
#define mp_proxy_do(proxy, ...) \
	mp_proxy_do_method(proxy, &(struct mp_proxy_options){ \
		.spelling_ = #__VA_ARGS__, .method = __VA_ARGS__ })

/* mp_proxy_callmethod - the same; a method that is not exposed is MP_EREMOTE
 * Python   proxy._callmethod(name, args=(), kwds={})
 * args     tuple or list; kwds: dict; taken over; NULL is allowed
 * Returns  as mp_proxy_call_method
 * Blocks   until the method has returned.  Fork  -.  Signals  not safe
 * Emits    as mp_proxy_call_method */
struct mp_value *mp_proxy_callmethod(struct mp_proxy *proxy, const char *method,
				     struct mp_value *args,
				     struct mp_value *kwds);

/* mp_proxy_value - a copy of the object
 * Python   proxy._getvalue(), copy.deepcopy(proxy)
 * Returns  a new reference; NULL: MP_EREMOTE (it cannot be sent: a Lock, ...), the errors
 *          of mp_proxy_call_method
 * Blocks   for the answer.  Fork  -.  Signals  not safe
 * Emits    call.sent, call.returned */
struct mp_value *mp_proxy_value(struct mp_proxy *proxy);

/* mp_proxy_str - the object as Python prints it
 * Python   str(proxy)
 * Returns  text to free(3); NULL: the errors of mp_proxy_call_method
 * Blocks   for the answer.  Fork  -.  Signals  not safe
 * Emits    call.sent, call.returned */
char *mp_proxy_str(struct mp_proxy *proxy);

/* mp_proxy_repr - the proxy as Python prints it
 * Python   repr(proxy): <ListProxy object, typeid 'list' at 0x7f...>
 * Returns  the length it has or would have, as snprintf(3)
 * Blocks   never.  Fork  -.  Signals  not safe
 * Emits    nothing */
int mp_proxy_repr(const struct mp_proxy *proxy, char *buffer, size_t size);

/* mp_proxy_typeid - which type its object is of
 * Python   proxy._token.typeid
 * Returns  "list", ...; lives as long as the proxy
 * Blocks   never.  Fork  -.  Signals  async-signal-safe
 * Emits    nothing */
const char *mp_proxy_typeid(const struct mp_proxy *proxy);

/* mp_proxy_id - which object it is of
 * Python   proxy._id
 * Returns  the number the object has in its server, and in the trace
 * Blocks   never.  Fork  -.  Signals  async-signal-safe
 * Emits    nothing */
uint32_t mp_proxy_id(const struct mp_proxy *proxy);

/* mp_proxy_ref - have one more proxy of the same object
 * Python   copy.copy(proxy)
 * Returns  proxy, which then has to be destroyed once more
 * Blocks   never.  Fork  a child has its own count.  Signals  not safe
 * Emits    nothing */
struct mp_proxy *mp_proxy_ref(struct mp_proxy *proxy);

/* mp_proxy_of - the proxy that a value refers to
 *	struct mp_proxy *inner = mp_proxy_of(mp_proxy_item(outer, 0));
 * Python   inner = outer[0]
 * value    taken over, also on failure
 * Returns  a proxy, for mp_proxy_destroy; NULL: MP_ETYPE (it is no proxy), or the error
 *          that stands if value is NULL
 * Blocks   never.  Fork  -.  Signals  not safe
 * Emits    nothing */
struct mp_proxy *mp_proxy_of(struct mp_value *value);

/* mp_proxy_destroy - give a proxy up; the last one of all processes ends the object
 * Python   del proxy
 * proxy    NULL is allowed
 * Returns  nothing
 * Blocks   never.  Fork  concerns this process's copy only.  Signals  not safe
 * Emits    in the server referent.decref, referent.delete, object.end */
void mp_proxy_destroy(struct mp_proxy *proxy);

/* ---- proxies: list, dict, Array, Namespace, Value ---------------------------- */

/* mp_proxy_get_item, mp_proxy_put_item, mp_proxy_drop_item, mp_proxy_has_item - the items
 * of a list, a dict or an Array. Mostly used by their macros, which take anything
 * mp_value() does: mp_proxy_item(d, "x"), mp_proxy_set_item(d, "x", 1),
 * mp_proxy_delete_item(d, "x"), mp_proxy_contains(d, "x")
 * Python   x[key], x[key] = value, del x[key], item in x
 * key, value   taken over, also on failure
 * Returns  a new reference; 0; 0; 1 or 0; else the errors of mp_proxy_call_method:
 *          MP_EINDEX, MP_EKEY, MP_ETYPE, ...
 * Blocks   for the answer.  Fork  -.  Signals  not safe
 * Emits    as mp_proxy_call_method */
struct mp_value *mp_proxy_get_item(struct mp_proxy *proxy, struct mp_value *key);
int mp_proxy_put_item(struct mp_proxy *proxy, struct mp_value *key,
		      struct mp_value *value);
int mp_proxy_drop_item(struct mp_proxy *proxy, struct mp_value *key);
int mp_proxy_has_item(struct mp_proxy *proxy, struct mp_value *item);

/* mp_proxy_append_item, mp_proxy_pop, mp_proxy_length - of a list; the length also of a
 * dict and an Array. mp_proxy_append(l, x) takes anything mp_value() does
 * Python   x.append(item), x.pop(), len(x)
 * item     taken over, also on failure
 * Returns  0; a new reference; 0 or more; else as mp_proxy_call_method
 * Blocks   for the answer.  Fork  -.  Signals  not safe
 * Emits    as mp_proxy_call_method */
int mp_proxy_append_item(struct mp_proxy *proxy, struct mp_value *item);
struct mp_value *mp_proxy_pop(struct mp_proxy *proxy);
ssize_t mp_proxy_length(struct mp_proxy *proxy);

/* mp_proxy_attr, mp_proxy_put_attr, mp_proxy_delete_attr - the attributes of a Namespace,
 * "value" of a Value, "parties", "n_waiting" and "broken" of a Barrier.
 * mp_proxy_set_attr(x, "name", value) takes anything mp_value() does
 * Python   x.name, x.name = value, del x.name
 * value    taken over, also on failure
 * Returns  a new reference; 0; 0; else as mp_proxy_call_method: MP_EATTRIBUTE, also for
 *          names that begin with '_', which in Python are the proxy's own
 * Blocks   for the answer.  Fork  -.  Signals  not safe
 * Emits    as mp_proxy_call_method */
struct mp_value *mp_proxy_attr(struct mp_proxy *proxy, const char *name);
int mp_proxy_put_attr(struct mp_proxy *proxy, const char *name,
		      struct mp_value *value);
int mp_proxy_delete_attr(struct mp_proxy *proxy, const char *name);

/* mp_proxy_item_long, mp_proxy_attr_long - a whole number out of one
 * Mostly used by the macro mp_proxy_get_long(d, "x", &number); mp_proxy_attr_long(v,
 * "value", &number) is a function
 * Python   number = x[key], number = x.name
 * key      taken over, also on failure; out: untouched on failure
 * Returns  0; MP_ETYPE, MP_EOVERFLOW (it is no long); the errors of mp_proxy_get_item
 * Blocks   for the answer.  Fork  -.  Signals  not safe
 * Emits    as mp_proxy_call_method */
int mp_proxy_item_long(struct mp_proxy *proxy, struct mp_value *key, long *out);
int mp_proxy_attr_long(struct mp_proxy *proxy, const char *name, long *out);

#ifndef __cplusplus
#define mp_proxy_item(p, key) mp_proxy_get_item(p, mp_value(key))
#define mp_proxy_set_item(p, key, value) \
	mp_proxy_put_item(p, mp_value(key), mp_value(value))
#define mp_proxy_delete_item(p, key) mp_proxy_drop_item(p, mp_value(key))
#define mp_proxy_contains(p, item) mp_proxy_has_item(p, mp_value(item))
#define mp_proxy_append(p, item) mp_proxy_append_item(p, mp_value(item))
#define mp_proxy_set_attr(p, name, value) \
	mp_proxy_put_attr(p, name, mp_value(value))
#define mp_proxy_get_long(p, key, out) \
	mp_proxy_item_long(p, mp_value(key), out)
#endif

/* ---- proxies: locks, Condition, Event, Barrier, queues ----------------------- */

/* mp_proxy_acquire, mp_proxy_release - of Lock, RLock, Semaphore, BoundedSemaphore,
 * Condition. The owner is this thread's connection to the server; what a client that
 * dies holds stays taken, as in Python. MP_WITH_PROXY(lock) { ... } does both
 * Python   lock.acquire(blocking=True, timeout=None), lock.release()
 * Returns  1 (True), 0 (False: not in time); 0; else as mp_proxy_call_method.
 *          MP_ERUNTIME: release of what is not taken, or by another one; MP_EVALUE: of a
 *          BoundedSemaphore at its start value
 * Blocks   up to `until`, and for the answer.  Fork  -.  Signals  not safe
 * Emits    as mp_proxy_call_method; in the server as mp_lock_acquire */
int mp_proxy_acquire(struct mp_proxy *proxy, int64_t until);
int mp_proxy_release(struct mp_proxy *proxy);

/* mp_proxy_wait - of Condition, Event, Barrier, AsyncResult
 * Python   condition.wait(timeout=None), ...
 * Returns  1, 0 (the time was up); of a Barrier the order of arrival; else as
 *          mp_proxy_call_method: MP_ERUNTIME (a Condition that is not taken), MP_EBROKEN
 * Blocks   up to `until`, and for the answer.  Fork  -.  Signals  not safe
 * Emits    as mp_proxy_call_method; in the server as mp_condition_wait, ... */
int mp_proxy_wait(struct mp_proxy *proxy, int64_t until);

/* mp_proxy_wait_for - wait in a Condition until something is true
 * Python   condition.wait_for(predicate, timeout=None)
 * predicate  called here, in the client; a negative result is an error and ends it
 * Returns  what it returned last, 0 if the time was up; as mp_proxy_wait
 * Blocks   up to `until`, and for the answers.  Fork  -.  Signals  not safe
 * Emits    as mp_proxy_wait */
int mp_proxy_wait_for(struct mp_proxy *proxy, int (*predicate)(void *user),
		      void *user, int64_t until);

/* mp_proxy_put_value, mp_proxy_get - of Queue, JoinableQueue.
 * mp_proxy_put(q, x, until) takes anything mp_value() does
 * Python   queue.put(item, block=True, timeout=None), queue.get(...)
 * value    taken over, also on failure
 * Returns  0, a new reference; MP_EFULL, MP_EEMPTY; else as mp_proxy_call_method
 * Blocks   up to `until`, and for the answer.  Fork  -.  Signals  not safe
 * Emits    as mp_proxy_call_method; in the server queue.put, queue.get, ... */
int mp_proxy_put_value(struct mp_proxy *proxy, struct mp_value *value,
		       int64_t until);
struct mp_value *mp_proxy_get(struct mp_proxy *proxy, int64_t until);
#ifndef __cplusplus
#define mp_proxy_put(p, value, until) \
	mp_proxy_put_value(p, mp_value(value), until)
#endif

/* ---- functions of the program as arguments ------------------------------------- */

/* mp_function_value, mp_action_value - a function as an argument of a managed Pool or
 * Barrier. It must be one of the program itself: the server is a fork of it
 *	mp_proxy_call(pool, "map", mp_tuple(mp_task(square), mp_list(1, 2, 3)))
 * Python   a function as an argument
 * name     for people
 * Returns  a new reference; NULL: MP_EMEMORY
 * Blocks   never.  Fork  -.  Signals  not safe
 * Emits    nothing */
struct mp_value *mp_function_value(mp_function function, const char *name);
struct mp_value *mp_action_value(int (*action)(void *user), const char *name);
#define mp_task(function) mp_function_value(function, #function)
#define mp_action(function) mp_action_value(function, #function)

/* ---- with ----------------------------------------------------------------------- */

/* MP_WITH_MANAGER(manager) { ... } starts it if that is due, and shuts it down however
 * the block is left. MP_WITH_PROXY(lock) { ... } takes a lock and gives it back. If that
 * cannot be, the block is not entered, and mp_error_code() tells why. */
struct mp_with_manager {
	struct mp_manager *manager;	/* NULL: not entered, or left */
};
struct mp_with_proxy {
	struct mp_proxy *proxy;
	unsigned site;
};

/* mp_with_manager_enter, mp_with_manager_leave, mp_with_proxy_enter, mp_with_proxy_leave -
 * what these are made of
 * Python   __enter__(), __exit__()
 * Returns  the object, or NULL in it: MP_EPROCESS (it was shut down), ...
 * Blocks   as mp_manager_start, mp_manager_shutdown; mp_proxy_acquire.  Fork  -
 * Signals  not safe
 * Emits    as these */
struct mp_with_manager mp_with_manager_enter(struct mp_manager *manager);
void mp_with_manager_leave(struct mp_with_manager *with);
struct mp_with_proxy mp_with_proxy_enter(struct mp_proxy *proxy);
void mp_with_proxy_leave(struct mp_with_proxy *with);

#define MP_WITH_MANAGER(x) \
	for (struct mp_with_manager with_manager_ \
		     __attribute__((cleanup(mp_with_manager_leave))) = \
			     mp_with_manager_enter(x); \
	     with_manager_.manager; mp_with_manager_leave(&with_manager_))
#define MP_WITH_PROXY(x) \
	for (struct mp_with_proxy with_proxy_ \
		     __attribute__((cleanup(mp_with_proxy_leave))) = \
			     mp_with_proxy_enter(x); \
	     with_proxy_.proxy; mp_with_proxy_leave(&with_proxy_))

#ifndef MP_NO_SITES
#define mp_manager_create(...) (MP_HERE_, mp_manager_create(__VA_ARGS__))
#define mp_manager_start_new(...) (MP_HERE_, mp_manager_start_new(__VA_ARGS__))
#define mp_manager_destroy(...) (MP_HERE_, mp_manager_destroy(__VA_ARGS__))
#define mp_manager_start(...) (MP_HERE_, mp_manager_start(__VA_ARGS__))
#define mp_manager_connect(...) (MP_HERE_, mp_manager_connect(__VA_ARGS__))
#define mp_manager_serve_forever(...) \
	(MP_HERE_, mp_manager_serve_forever(__VA_ARGS__))
#define mp_manager_shutdown(...) (MP_HERE_, mp_manager_shutdown(__VA_ARGS__))
#define mp_manager_join(...) (MP_HERE_, mp_manager_join(__VA_ARGS__))
#define mp_manager_count(...) (MP_HERE_, mp_manager_count(__VA_ARGS__))
#define mp_manager_new_object(...) \
	(MP_HERE_, mp_manager_new_object(__VA_ARGS__))
#define mp_proxy_call_method(...) (MP_HERE_, mp_proxy_call_method(__VA_ARGS__))
#define mp_proxy_do_method(...) (MP_HERE_, mp_proxy_do_method(__VA_ARGS__))
#define mp_proxy_callmethod(...) (MP_HERE_, mp_proxy_callmethod(__VA_ARGS__))
#define mp_proxy_value(...) (MP_HERE_, mp_proxy_value(__VA_ARGS__))
#define mp_proxy_str(...) (MP_HERE_, mp_proxy_str(__VA_ARGS__))
#define mp_proxy_get_item(...) (MP_HERE_, mp_proxy_get_item(__VA_ARGS__))
#define mp_proxy_put_item(...) (MP_HERE_, mp_proxy_put_item(__VA_ARGS__))
#define mp_proxy_drop_item(...) (MP_HERE_, mp_proxy_drop_item(__VA_ARGS__))
#define mp_proxy_has_item(...) (MP_HERE_, mp_proxy_has_item(__VA_ARGS__))
#define mp_proxy_append_item(...) (MP_HERE_, mp_proxy_append_item(__VA_ARGS__))
#define mp_proxy_pop(...) (MP_HERE_, mp_proxy_pop(__VA_ARGS__))
#define mp_proxy_length(...) (MP_HERE_, mp_proxy_length(__VA_ARGS__))
#define mp_proxy_attr(...) (MP_HERE_, mp_proxy_attr(__VA_ARGS__))
#define mp_proxy_put_attr(...) (MP_HERE_, mp_proxy_put_attr(__VA_ARGS__))
#define mp_proxy_delete_attr(...) (MP_HERE_, mp_proxy_delete_attr(__VA_ARGS__))
#define mp_proxy_item_long(...) (MP_HERE_, mp_proxy_item_long(__VA_ARGS__))
#define mp_proxy_attr_long(...) (MP_HERE_, mp_proxy_attr_long(__VA_ARGS__))
#define mp_proxy_acquire(...) (MP_HERE_, mp_proxy_acquire(__VA_ARGS__))
#define mp_proxy_release(...) (MP_HERE_, mp_proxy_release(__VA_ARGS__))
#define mp_proxy_wait(...) (MP_HERE_, mp_proxy_wait(__VA_ARGS__))
#define mp_proxy_wait_for(...) (MP_HERE_, mp_proxy_wait_for(__VA_ARGS__))
#define mp_proxy_put_value(...) (MP_HERE_, mp_proxy_put_value(__VA_ARGS__))
#define mp_proxy_get(...) (MP_HERE_, mp_proxy_get(__VA_ARGS__))
#define mp_proxy_destroy(...) (MP_HERE_, mp_proxy_destroy(__VA_ARGS__))
#define mp_with_manager_enter(...) \
	(MP_HERE_, mp_with_manager_enter(__VA_ARGS__))
#define mp_with_proxy_enter(...) (MP_HERE_, mp_with_proxy_enter(__VA_ARGS__))
#endif

#ifdef __cplusplus
}
#endif

#endif
