/* forkscope/mp.h - Python's multiprocessing, in C
 *
 * Use it as Python programs use `import multiprocessing as mp`: mp.Process is
 * mp_Process, p.start() is mp_process_start(p). The manual page mp(3) has the
 * whole table, and what differs from CPython.
 *
 * Errors. A function that can fail returns 0 or more on success, or one of the
 * negative codes MP_E...; each stands for the exception CPython raises in that
 * situation. mp_error_message() then says what was wrong. The codes are below
 * every exit code, so mp_process_exitcode() can return both.
 *
 * Time. Where Python takes a timeout, these functions take a deadline: MP_NOW
 * (try once), MP_FOREVER (no limit), or mp_after(seconds).
 *
 * Recording. A program linked with this library records what it does when
 * the environment variable FORKSCOPE_TRACE names a file, as
 * `forkscope record` does. Each line `Emits` names the events. */
#ifndef FORKSCOPE_MP_H
#define FORKSCOPE_MP_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- errors ---------------------------------------------------------- */

enum mp_error {
#define MP_ERROR(symbol, number, python, text) MP_E##symbol = number,
	/* The table is part of the library's source; this is its installed
	 * form. */
#include "mp-errors.def"
#undef MP_ERROR
};

/* Python's None where a function returns a number, e.g. the exit code of a process
 * that still runs. */
#define MP_NONE INT_MIN

/* mp_error_code - the code of this thread's last failure
 * Python   sys.exc_info()
 * Returns  a negative MP_E... code, 0 if nothing failed yet
 * Blocks   never.  Fork  a child inherits it.  Signals  async-signal-safe
 * Emits    nothing */
int mp_error_code(void);

/* mp_error_message - what was wrong, and what to do
 * Python   str(exception)
 * Returns  one line, never NULL; lives until this thread's next failing call
 * Blocks   never.  Fork  a child inherits it.  Signals  not safe
 * Emits    nothing */
const char *mp_error_message(void);

/* mp_error_python - the name of the exception a code stands for
 * Python   type(exception).__name__
 * Returns  "ValueError", ...; "Exception" for a code that does not exist
 * Blocks   never.  Fork  -.  Signals  async-signal-safe
 * Emits    nothing */
const char *mp_error_python(int code);

/* mp_error_print - print "ValueError: ..." of the last failure to stderr
 * Python   traceback.print_exc()
 * prefix   a word to put before it, as perror(3) does; NULL for none
 * Returns  nothing
 * Blocks   as stderr does.  Fork  -.  Signals  not safe
 * Emits    output */
void mp_error_print(const char *prefix);

/* mp_error_traceback - where a task failed, if the last failure came from a worker
 * Python   the RemoteTraceback that is the __cause__ of what get() raises
 * Returns  text of several lines that names the worker and the places; "" if no
 *          result of a pool has failed in this thread
 * Blocks   never.  Fork  -.  Signals  not safe
 * Emits    nothing */
const char *mp_error_traceback(void);

/* ---- time -------------------------------------------------------------- */

/* A moment of CLOCK_MONOTONIC in ns. */
typedef int64_t mp_deadline;

#define MP_NOW ((mp_deadline)0)
#define MP_FOREVER ((mp_deadline)INT64_MAX)

/* mp_after - the deadline that is so many seconds away
 * Python   a timeout argument
 * seconds  0 or less: MP_NOW; NaN or more than 292 years: MP_FOREVER
 * Returns  the deadline
 * Blocks   never.  Fork  a deadline means the same in every process
 * Signals  async-signal-safe
 * Emits    nothing */
mp_deadline mp_after(double seconds);

/* mp_sleep - do nothing for that long
 * Python   time.sleep(seconds)
 * Returns  0; MP_EVALUE if seconds is negative or not a number
 * Blocks   yes; a handled signal does not shorten it
 * Fork     -.  Signals  not safe
 * Emits    sleep.begin, sleep.end */
int mp_sleep(double seconds);

/* mp_monotonic - seconds of a clock that never jumps, the same for all processes
 * Python   time.monotonic()
 * Returns  seconds since some fixed moment
 * Blocks   never.  Fork  -.  Signals  async-signal-safe
 * Emits    nothing */
double mp_monotonic(void);

/* ---- values ------------------------------------------------------------ */

#include "mp-value.h"

/* ---- Process ----------------------------------------------------------- */

struct mp_process;

/* What a process runs. It returns 0 for success, or an error: what mp_raise()
 * gave back, or any code MP_E... (then the child prints a report and its exit
 * code is 1). `call` holds the arguments; mp_bind() names them. */
typedef int (*mp_target)(struct mp_call *call);

/* Whether a process is daemonic, where that is left open until now. */
enum mp_daemon {
	MP_DAEMON_INHERIT = 0,	/* Python's daemon=None: as its creator */
	MP_DAEMON_YES = 1,
	MP_DAEMON_NO = -1
};

struct mp_process_options {
	const char *spelling_;		/* filled in by mp_Process() */
	const void *group;		/* must be NULL, as in Python */
	mp_target target;		/* NULL: run() does nothing */
	const char *name;		/* NULL or "": Process-1, -2, ... */
	struct mp_value *args;		/* tuple or list; taken over */
	struct mp_value *kwargs;	/* dict; taken over */
	int daemon;			/* enum mp_daemon, or true */
	/* What a language binding needs: called instead of `target`. */
	int (*callback)(void *user, struct mp_call *call);
	void *user;
};

/* mp_process_create - make a Process object; nothing runs yet
 * Python   multiprocessing.Process(group, target, name, args, kwargs, daemon)
 * options  copied; args and kwargs are taken over even on failure
 * Returns  the object, for mp_process_destroy; NULL: MP_EOWNER (group is set),
 *          MP_ETYPE (args is no sequence, kwargs no dict), MP_EMEMORY
 * Blocks   never.  Fork  a child has a copy that only its creator may start or join
 * Signals  not safe
 * Emits    proc.new */
struct mp_process *mp_process_create(const struct mp_process_options *options);

/* mp_process_destroy - give up a Process object
 * Python   `del p`: a process that runs goes on, unjoined
 * process  NULL is allowed
 * Returns  nothing
 * Blocks   never.  Fork  concerns this process's copy only.  Signals  not safe
 * Emits    nothing */
void mp_process_destroy(struct mp_process *process);

/* mp_process_start - make the child process, which runs the target
 * Python   Process.start()
 * Returns  0; MP_ECLOSED; MP_ESTATE (started before); MP_EOWNER (made by another
 *          process; or called in a daemon, which may not have children);
 *          MP_EOS if the system refused (the object is still unstarted)
 * Blocks   as long as fork(2).  Fork  reaps children that have ended, flushes
 *          stdout and stderr first.  Signals  not safe
 * Emits    proc.start, proc.fork; proc.refused.  In the child: run.begin, ... */
int mp_process_start(struct mp_process *process);

/* mp_process_run - call the target here, in the calling process
 * Python   Process.run()
 * Returns  what the target returned; 0 without a target
 * Blocks   as the target does.  Fork  makes no process.  Signals  not safe
 * Emits    run.begin, run.end */
int mp_process_run(struct mp_process *process);

/* mp_process_join - wait until the process has ended, and take note of it
 * Python   Process.join(timeout=None)
 * until    MP_FOREVER for no timeout. As in Python, success does not say that
 *          it has ended: look at mp_process_exitcode()
 * Returns  0; MP_ECLOSED; MP_EOWNER (not its parent); MP_ESTATE (not started,
 *          or the current process itself); MP_EINTR (see mp_set_interrupt)
 * Blocks   up to `until`; EINTR is retried.  Fork  -.  Signals  not safe
 * Emits    join.begin and join.end or join.timeout; join.done; proc.reap */
int mp_process_join(struct mp_process *process, mp_deadline until);

/* mp_process_is_alive - does it run?
 * Python   Process.is_alive()
 * Returns  1, 0; MP_ECLOSED; MP_EOWNER (neither its parent nor itself)
 * Blocks   never.  Fork  reaps it if it has ended.  Signals  not safe
 * Emits    proc.is_alive, proc.reap */
int mp_process_is_alive(struct mp_process *process);

/* mp_process_terminate - send SIGTERM to the process
 * Python   Process.terminate()
 * Any process that knows the object may do it, as in Python. Its exit function
 * does not run, what it holds stays held, its children live on.
 * Returns  0, also when it has ended already; MP_ECLOSED; MP_EATTRIBUTE (not
 *          started); MP_EOS
 * Blocks   never.  Fork  -.  Signals  not safe
 * Emits    proc.signal */
int mp_process_terminate(struct mp_process *process);

/* mp_process_kill - send SIGKILL to the process
 * Python   Process.kill()
 * Returns  as mp_process_terminate
 * Blocks   never.  Fork  -.  Signals  not safe
 * Emits    proc.signal */
int mp_process_kill(struct mp_process *process);

/* mp_process_interrupt - send SIGINT to the process
 * Python   Process.interrupt(), Python 3.14
 * Returns  as mp_process_terminate
 * Blocks   never.  Fork  -.  Signals  not safe
 * Emits    proc.signal */
int mp_process_interrupt(struct mp_process *process);

/* mp_process_close - give back what the object holds of the system
 * Python   Process.close()
 * Returns  0, also when closed before; MP_EVALUE if it still runs
 * Blocks   never.  Fork  concerns this process's copy only.  Signals  not safe
 * Emits    proc.close */
int mp_process_close(struct mp_process *process);

/* mp_process_name - its name
 * Python   Process.name
 * Returns  a string, valid until it is renamed or destroyed; never NULL
 * Blocks   never.  Fork  -.  Signals  async-signal-safe
 * Emits    nothing */
const char *mp_process_name(const struct mp_process *process);

/* mp_process_set_name - rename it
 * Python   Process.name = ...
 * Returns  0; MP_ESTATE (AssertionError) if name is NULL; MP_EMEMORY
 * Blocks   never.  Fork  this copy only.  Signals  not safe
 * Emits    proc.rename */
int mp_process_set_name(struct mp_process *process, const char *name);

/* mp_process_daemon - is it daemonic?
 * Python   Process.daemon
 * Returns  whether it will be terminated when its parent ends
 * Blocks   never.  Fork  -.  Signals  async-signal-safe
 * Emits    nothing */
bool mp_process_daemon(const struct mp_process *process);

/* mp_process_set_daemon - make it daemonic, or not
 * Python   Process.daemon = ...
 * Returns  0; MP_ESTATE (AssertionError) once it was started
 * Blocks   never.  Fork  this copy only.  Signals  not safe
 * Emits    proc.daemon */
int mp_process_set_daemon(struct mp_process *process, bool daemon);

/* mp_process_pid - its process id
 * Python   Process.pid, Process.ident
 * Returns  the pid; MP_NONE before start; MP_ECLOSED
 * Blocks   never.  Fork  -.  Signals  not safe
 * Emits    nothing */
int mp_process_pid(const struct mp_process *process);

/* mp_process_exitcode - how it ended
 * Python   Process.exitcode
 * Returns  0..255; -N if signal N killed it; MP_NONE while it has not ended, and
 *          always in a process that is not its parent; MP_ECLOSED
 * Blocks   never.  Fork  reaps it if it has ended.  Signals  not safe
 * Emits    proc.reap */
int mp_process_exitcode(struct mp_process *process);

/* mp_process_sentinel - a descriptor that is readable once it has ended
 * Python   Process.sentinel
 * Returns  a descriptor for poll(2), owned by the object until it is closed;
 *          MP_EVALUE before start; MP_ECLOSED; MP_EOS if no descriptor is left
 * Blocks   never.  Fork  -.  Signals  not safe
 * Emits    nothing */
int mp_process_sentinel(struct mp_process *process);

/* mp_process_authkey - the key its connections authenticate with
 * Python   Process.authkey
 * size     receives the number of bytes
 * Returns  the bytes, valid until it is set anew
 * Blocks   never.  Fork  a child inherits its creator's key.  Signals  not safe
 * Emits    nothing */
const void *mp_process_authkey(const struct mp_process *process, size_t *size);

/* mp_process_set_authkey - set it
 * Python   Process.authkey = b'...'
 * Returns  0; MP_ETYPE if key is NULL; MP_EMEMORY
 * Blocks   never.  Fork  this copy only.  Signals  not safe
 * Emits    nothing */
int mp_process_set_authkey(struct mp_process *process, const void *key,
			   size_t size);

/* mp_process_repr - the object as Python prints it
 * Python   repr(p): <Process name='Process-1' pid=7 parent=6 started>
 * buffer   receives at most size bytes, always terminated
 * Returns  the length it has or would have, as snprintf(3)
 * Blocks   never.  Fork  reaps it if it has ended.  Signals  not safe
 * Emits    proc.reap */
int mp_process_repr(struct mp_process *process, char *buffer, size_t size);

/* mp_current_process - the Process object of the calling process
 * Python   multiprocessing.current_process()
 * Returns  an object that is never destroyed; the main one is "MainProcess"
 * Blocks   never.  Fork  a child gets the object it was started from
 * Signals  not safe
 * Emits    nothing */
struct mp_process *mp_current_process(void);

/* mp_parent_process - the process that started this one
 * Python   multiprocessing.parent_process()
 * Returns  an object with a name, a pid, is_alive and join; NULL in main
 * Blocks   never.  Fork  -.  Signals  not safe
 * Emits    nothing; joining it: parent.join.begin, ... */
struct mp_process *mp_parent_process(void);

/* mp_active_children - the children that live
 * Python   multiprocessing.active_children()
 * children receives at most `size` of them; may be NULL if size is 0. The objects
 *          stay their creator's
 * Returns  how many there are
 * Blocks   never.  Fork  reaps those that have ended.  Signals  not safe
 * Emits    proc.active_children, proc.reap */
size_t mp_active_children(struct mp_process **children, size_t size);

/* mp_cpu_count - the number of processors of this machine
 * Python   multiprocessing.cpu_count()
 * Returns  1 or more; MP_ERUNTIME if it cannot be known
 * Blocks   never.  Fork  -.  Signals  not safe
 * Emits    nothing */
int mp_cpu_count(void);

/* mp_exit - end the calling process in order
 * Python   sys.exit(code)
 * Runs the exit function first: daemons are terminated, other children joined.
 * In a child no atexit handlers run, in main they do.
 * code     0..255
 * Returns  never
 * Blocks   until its children have ended.  Fork  -.  Signals  not safe
 * Emits    exit.begin, ..., exit.end, proc.exit */
_Noreturn void mp_exit(int code);

/* mp_raise - what a target returns when a call failed
 * Python   raise
 * Notes the place for the report that the child prints.
 * Returns  the code of the thread's last failure (MP_EUSER if there was none)
 * Blocks   never.  Fork  -.  Signals  not safe
 * Emits    nothing */
int mp_raise(void);

/* mp_raise_error - fail with an error of the program's own
 * Python   raise ValueError("...")
 * code     one of MP_E...; format: the message, printf style
 * Returns  code
 * Blocks   never.  Fork  -.  Signals  not safe
 * Emits    error */
int mp_raise_error(int code, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* mp_print - print one line to stdout
 * Python   print(...)
 * format   printf style; the newline is added. Buffered as stdout is: what a
 *          killed process had not flushed is lost, as in Python
 * Returns  0; MP_EOS
 * Blocks   as stdout does.  Fork  the buffer is not printed twice
 * Signals  not safe
 * Emits    output, when the line leaves the process */
int mp_print(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* ---- the other components ------------------------------------------------ */

#include "mp-sync.h"
#include "mp-shared.h"
#include "mp-connection.h"
#include "mp-queue.h"
#include "mp-pool.h"
#include "mp-manager.h"

/* ---- running under forkscope --------------------------------------------- */

/* mp_knob - a number that can be set from outside
 * `forkscope run LESSON --set name=value`, or FORKSCOPE_KNOB_name. "true",
 * "yes", "on" count as 1; "false", "no", "off" as 0.
 * Python   -
 * Returns  that value; `standard` if none is set or it is no number
 * Blocks   never.  Fork  a child reads the same.  Signals  not safe
 * Emits    knob, the first time */
double mp_knob(const char *name, double standard);

/* mp_mark - put a label into the trace
 * Python   -
 * Returns  nothing
 * Blocks   never.  Fork  -.  Signals  not safe
 * Emits    mark */
void mp_mark(const char *label);

/* mp_is_recording - is a trace being written?
 * Python   -
 * Returns  whether events of this process are recorded now
 * Blocks   never.  Fork  -.  Signals  async-signal-safe
 * Emits    nothing */
bool mp_is_recording(void);

/* mp_tick - record one bare event
 * Python   -
 * a, b     two numbers to find again in event.a and event.b
 * Returns  nothing
 * Blocks   only if all buffers are full and no event may be lost
 * Fork     -.  Signals  not safe
 * Emits    tick */
void mp_tick(int64_t a, int64_t b);

/* ---- for bindings from other languages ------------------------------------ */

/* mp_set_interrupt - let blocking calls of this thread end on a signal
 * Python   a signal handler that raises
 * Off (as at start), a call that a handled signal interrupts goes on waiting. On,
 * it returns MP_EINTR, so that an interpreter can run its handlers.
 * Returns  what it was before
 * Blocks   never.  Fork  inherited.  Signals  async-signal-safe
 * Emits    nothing */
bool mp_set_interrupt(bool on);

/* mp_fork_hooks - have functions called around every start of a process
 * Python   os.register_at_fork(before, after_in_parent, after_in_child)
 * before runs last-registered first, the others in order; NULL is allowed; `user`
 * is handed to all three. They run in the thread that forks, and that may be one of
 * the library's: a pool starts a worker in another one's place whenever it is due. An
 * interpreter with a lock takes it in `before` and gives it back in the other two: a
 * child whose parent had another thread in the interpreter has nobody who would.
 * Returns  0; MP_EMEMORY
 * Blocks   never.  Fork  inherited.  Signals  not safe
 * Emits    nothing */
int mp_fork_hooks(void (*before)(void *user), void (*in_parent)(void *user),
		  void (*in_child)(void *user), void *user);

/* ---- places in the source -------------------------------------------------- */

/* Where in the source an operation was asked for. One static object a call. */
struct mp_site {
	const char *file, *function;
	int line;
	unsigned id;		/* given at first use, the same in all processes */
};

/* Where the next operations of this thread are asked for. The macros below set it;
 * a program never has to. A call may be an argument of another one, f(g()): its place
 * comes on top, and is taken off when it has been used. Of more than fit the
 * outermost are forgotten. */
#define MP_PLACES_ 16
struct mp_places {
	unsigned count;
	struct mp_site *at[MP_PLACES_];
};
extern _Thread_local struct mp_places mp_here
	__attribute__((tls_model("initial-exec")));

static inline void mp_site_enter_(struct mp_site *site)
{
	mp_here.at[mp_here.count++ % MP_PLACES_] = site;
}

#define MP_HERE_ \
	mp_site_enter_(__extension__({ \
		static struct mp_site site_ = { __FILE__, __func__, __LINE__, \
						0 }; \
		&site_; \
	}))

/* p = mp_Process(.target = work, .args = mp_tuple(1, 2)): keyword arguments, in C.
 * The spelling tells the library the target's name. */
#define mp_Process(...) \
	mp_process_create(&(struct mp_process_options){ \
		.spelling_ = #__VA_ARGS__ __VA_OPT__(,) __VA_ARGS__ })

/* The library itself is built with MP_NO_SITES. A name in parentheses,
 * (mp_sleep)(1), is the plain function. */
#ifndef MP_NO_SITES
#define mp_process_create(...) \
	(MP_HERE_, mp_process_create(__VA_ARGS__))
#define mp_process_start(...) \
	(MP_HERE_, mp_process_start(__VA_ARGS__))
#define mp_process_run(...) (MP_HERE_, mp_process_run(__VA_ARGS__))
#define mp_process_join(...) \
	(MP_HERE_, mp_process_join(__VA_ARGS__))
#define mp_process_is_alive(...) \
	(MP_HERE_, mp_process_is_alive(__VA_ARGS__))
#define mp_process_terminate(...) \
	(MP_HERE_, mp_process_terminate(__VA_ARGS__))
#define mp_process_kill(...) \
	(MP_HERE_, mp_process_kill(__VA_ARGS__))
#define mp_process_interrupt(...) \
	(MP_HERE_, mp_process_interrupt(__VA_ARGS__))
#define mp_process_close(...) \
	(MP_HERE_, mp_process_close(__VA_ARGS__))
#define mp_process_set_name(...) \
	(MP_HERE_, mp_process_set_name(__VA_ARGS__))
#define mp_process_set_daemon(...) \
	(MP_HERE_, mp_process_set_daemon(__VA_ARGS__))
#define mp_process_exitcode(...) \
	(MP_HERE_, mp_process_exitcode(__VA_ARGS__))
#define mp_active_children(...) \
	(MP_HERE_, mp_active_children(__VA_ARGS__))
#define mp_sleep(...) (MP_HERE_, mp_sleep(__VA_ARGS__))
#define mp_exit(...) (MP_HERE_, mp_exit(__VA_ARGS__))
#define mp_raise(...) (MP_HERE_, mp_raise(__VA_ARGS__))
#define mp_raise_error(...) (MP_HERE_, mp_raise_error(__VA_ARGS__))
#define mp_print(...) (MP_HERE_, mp_print(__VA_ARGS__))
#define mp_knob(...) (MP_HERE_, mp_knob(__VA_ARGS__))
#define mp_mark(...) (MP_HERE_, mp_mark(__VA_ARGS__))
#define mp_tick(...) (MP_HERE_, mp_tick(__VA_ARGS__))
#endif

#ifdef __cplusplus
}
#endif

#endif
