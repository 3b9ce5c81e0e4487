/* tests/bench/bench_sync.c - what synchronising and communicating costs
 *
 * bench_sync [SECONDS]: each figure beside the bare system's way to do the same
 * and beside CPython's, measured in one run; with recording off, and recorded
 * for at least so many seconds a figure, nothing lost. Ours and the bare way
 * take turns, and the median of the turns is printed. Exit status 1 if one is
 * slower than it is due to be. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "mp.h"
#include "probe/probe.h"
#include "tests/support/rerun.h"

#define TURNS_AT_MOST 1000

struct bare {			/* what the bare ways share */
	sem_t sem;
	pthread_mutex_t mutex;
	pthread_cond_t cond;
	int turn;
};
static struct bare *bare;

static void bare_start(void)
{
	pthread_mutexattr_t mutex;
	pthread_condattr_t cond;

	bare = mmap(NULL, sizeof(*bare), PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (bare == MAP_FAILED)
		abort();
	sem_init(&bare->sem, 1, 1);
	pthread_mutexattr_init(&mutex);
	pthread_mutexattr_setpshared(&mutex, PTHREAD_PROCESS_SHARED);
	pthread_mutex_init(&bare->mutex, &mutex);
	pthread_condattr_init(&cond);
	pthread_condattr_setpshared(&cond, PTHREAD_PROCESS_SHARED);
	pthread_cond_init(&bare->cond, &cond);
}

/* ---- two processes, ours or bare ---- */

static void (*other_half)(long count);
static long other_count;

static int run_other_half(struct mp_call *call)
{
	(void)call;
	other_half(other_count);
	return 0;
}

static void both(void (*half)(long), void (*other)(long), long count)
{
	struct mp_process *p = mp_Process(.target = run_other_half);

	other_half = other;
	other_count = count;
	if (mp_process_start(p) < 0)
		abort();
	half(count);
	mp_process_join(p, MP_FOREVER);
	mp_process_destroy(p);
}

static void both_bare(void (*half)(long), void (*other)(long), long count)
{
	pid_t pid = _Fork();

	if (pid == 0) {
		other(count);
		_exit(0);
	}
	half(count);
	waitpid(pid, NULL, 0);
}

/* ---- Lock ---- */

static struct mp_lock *lock;

static void our_lock(long count)
{
	for (long i = 0; i < count; i++) {
		mp_lock_acquire(lock, MP_FOREVER);
		mp_lock_release(lock);
	}
}

static void bare_lock(long count)
{
	for (long i = 0; i < count; i++) {
		sem_wait(&bare->sem);
		sem_post(&bare->sem);
	}
}

static void bare_mutex(long count)
{
	for (long i = 0; i < count; i++) {
		pthread_mutex_lock(&bare->mutex);
		pthread_mutex_unlock(&bare->mutex);
	}
}

static void our_contended(long count)
{
	both(our_lock, our_lock, count / 2);
}

static void bare_contended(long count)
{
	both_bare(bare_mutex, bare_mutex, count / 2);
}

/* ---- Pipe ---- */

static struct mp_connection *ours, *theirs;

static void our_ping(long count)
{
	for (long i = 0; i < count; i++) {
		mp_connection_send(ours, mp_value(i % 100));
		mp_value_unref(mp_connection_recv(ours));
	}
}

static void our_echo(long count)
{
	for (long i = 0; i < count; i++)
		mp_connection_send(theirs, mp_connection_recv(theirs));
}

static void our_pipe(long count)
{
	mp_Pipe(&ours, &theirs);
	both(our_ping, our_echo, count);
	mp_connection_destroy(ours);
	mp_connection_destroy(theirs);
}

static int there[2], back[2];

static void bare_ping(long count)
{
	char byte = 0;

	for (long i = 0; i < count; i++)
		if (write(there[1], &byte, 1) != 1
		    || read(back[0], &byte, 1) != 1)
			abort();
}

static void bare_echo(long count)
{
	char byte;

	for (long i = 0; i < count; i++)
		if (read(there[0], &byte, 1) != 1
		    || write(back[1], &byte, 1) != 1)
			abort();
}

static void bare_pipe(long count)
{
	if (pipe(there) < 0 || pipe(back) < 0)
		abort();
	both_bare(bare_ping, bare_echo, count);
	for (int i = 0; i < 2; i++) {
		close(there[i]);
		close(back[i]);
	}
}

/* ---- Queue ---- */

static struct mp_queue *queue;

static void our_consumer(long count)
{
	for (long i = 0; i < count; i++)
		mp_value_unref(mp_queue_get(queue, MP_FOREVER));
}

static void our_producer(long count)
{
	for (long i = 0; i < count; i++)
		mp_queue_put(queue, mp_value(i), MP_FOREVER);
}

static void our_queue(long count)
{
	queue = mp_Queue();
	both(our_consumer, our_producer, count);
	mp_queue_destroy(queue);
}

static void bare_consumer(long count)
{
	char item[16];

	for (long i = 0; i < count; i++)
		if (read(there[0], item, sizeof(item)) != sizeof(item))
			abort();
}

static void bare_producer(long count)
{
	char item[16] = "";

	for (long i = 0; i < count; i++)
		if (write(there[1], item, sizeof(item)) != sizeof(item))
			abort();
}

static void bare_queue(long count)
{
	if (pipe(there) < 0)
		abort();
	both_bare(bare_consumer, bare_producer, count);
	close(there[0]);
	close(there[1]);
}

/* ---- Condition ---- */

static struct mp_condition *condition;
static struct mp_shared *turn;

static void our_turns(long count, int mine)
{
	int *whose = mp_shared_memory(turn);

	for (long i = 0; i < count; i++)
		MP_WITH(condition) {
			while (*(volatile int *)whose != mine)
				mp_condition_wait(condition, MP_FOREVER);
			*whose = !mine;
			mp_condition_notify(condition, 1);
		}
}

static void our_ping_turns(long count)
{
	our_turns(count, 0);
}

static void our_pong_turns(long count)
{
	our_turns(count, 1);
}

static void our_condition(long count)
{
	both(our_ping_turns, our_pong_turns, count);
}

static void bare_turns(long count, int mine)
{
	for (long i = 0; i < count; i++) {
		pthread_mutex_lock(&bare->mutex);
		while (bare->turn != mine)
			pthread_cond_wait(&bare->cond, &bare->mutex);
		bare->turn = !mine;
		pthread_cond_signal(&bare->cond);
		pthread_mutex_unlock(&bare->mutex);
	}
}

static void bare_ping_turns(long count)
{
	bare_turns(count, 0);
}

static void bare_pong_turns(long count)
{
	bare_turns(count, 1);
}

static void bare_condition(long count)
{
	both_bare(bare_ping_turns, bare_pong_turns, count);
}

/* ---- Value ---- */

static struct mp_shared *value;

static void our_increments(long count)
{
	for (long i = 0; i < count; i++)
		MP_WITH(value)
			mp_set(value, mp_get(value) + 1);
}

static void our_value(long count)
{
	both(our_increments, our_increments, count / 2);
}

/* ---- the table ---- */

static const struct figure {
	const char *name, *peer, *bare_name;
	void (*ours)(long), (*bare)(long);
	long count;		/* of a turn */
	double off, on;		/* due: times the bare way ... */
	double python_off, python_on; /* ... or: parts of CPython's time */
	int events;		/* ... or: the bare way and so many events */
} figures[] = {
	{ "Lock, free", "lock", "sem_t", our_lock, bare_lock, 100000,
	  .off = 2.5, .events = 2 },
	{ "Lock, 2 processes", "contended", "mutex", our_contended,
	  bare_contended, 200000, .python_off = 5, .python_on = 2 },
	{ "Pipe, round trip", "pipe", "2 pipes, 1 byte", our_pipe, bare_pipe,
	  5000, .off = 1.3, .on = 1.4 },
	{ "Queue, 1 to 1", "queue", "pipe, 16 bytes", our_queue, bare_queue,
	  200000, .off = 1, .on = 2 },
	{ "Condition, ping-pong", "condition", "pthread_cond", our_condition,
	  bare_condition, 5000, .off = 1.3, .on = 1.5 },
	{ "Value += 1, locked", "value", NULL, our_value, NULL, 100000,
	  .python_off = 20, .python_on = 10 },
};
#define FIGURES (sizeof(figures) / sizeof(figures[0]))

static double time_of(void (*body)(long), long count)
{
	int64_t start = mp__now();

	body(count);
	return (double)(mp__now() - start) / (double)count;
}

static int by_size(const void *x, const void *y)
{
	const double *a = x, *b = y;

	return (*a > *b) - (*a < *b);
}

static double median(double *times, int count)
{
	qsort(times, (size_t)count, sizeof(double), by_size);
	return times[count / 2];
}

static double due(const struct figure *figure, double bare_ns, double python_ns)
{
	if (mp__ring) {
		if (figure->events)
			return bare_ns + figure->events * mp__ring->cost_ps / 1e3;
		return figure->on ? bare_ns * figure->on
				  : python_ns / figure->python_on;
	}
	return figure->off ? bare_ns * figure->off
			   : python_ns / figure->python_off;
}

/* python: "lock 136.2\ncontended ..." */
static double python_time(const char *python, const char *name)
{
	const char *at = strstr(python, name);

	return at ? strtod(at + strlen(name), NULL) : 0;
}

static bool measure(const struct figure *figure, const char *python,
		    double seconds)
{
	static double our_times[TURNS_AT_MOST], bare_times[TURNS_AT_MOST];
	int64_t spent = 0;
	int turns = 0;

	/* Ours in one burst, so that a recording cannot catch up meanwhile. */
	while (turns < TURNS_AT_MOST && (turns < 5 || spent < seconds * 1e9)) {
		our_times[turns] = time_of(figure->ours, figure->count);
		spent += (int64_t)(our_times[turns] * (double)figure->count);
		turns++;
	}
	for (int i = 0; figure->bare && i < turns && i < 15; i++)
		bare_times[i] = time_of(figure->bare, figure->count);
	double ours_ns = median(our_times, turns);
	double bare_ns = figure->bare ? median(bare_times,
					       turns < 15 ? turns : 15) : 0;
	double python_ns = python_time(python, figure->peer);
	double limit = due(figure, bare_ns, python_ns);
	bool ok = ours_ns <= limit;
	printf("%-22s %9.1f %9.1f   %-16s %9.1f %10.1f   %s\n", figure->name,
	       ours_ns, limit, figure->bare_name ? figure->bare_name : "",
	       bare_ns, python_ns, ok ? "ok" : "SLOWER THAN DUE");
	fflush(stdout);
	return ok;
}

/* argument: seconds, a blank, and what peer_sync.py printed */
static int program(const char *argument)
{
	double seconds = strtod(argument, NULL);
	const char *only = getenv("BENCH_ONLY");
	bool ok = true;

	bare_start();
	lock = mp_Lock();
	condition = mp_Condition(.lock = mp_Lock());
	turn = mp_RawValue('i', 0);
	value = mp_Value('i', 0);
	for (size_t i = 0; i < FIGURES; i++)
		if (!only || strcmp(only, figures[i].peer) == 0)
			ok &= measure(&figures[i], argument, seconds);
	return ok ? 0 : 1;
}

static const struct rerun_program programs[] = {
	{ "program", program },
	{ NULL, NULL }
};

static int run_program(bool is_recorded, const char *argument)
{
	struct rerun run;

	printf("%-22s %9s %9s   %-16s %9s %10s\n",
	       is_recorded ? "ns, recorded" : "ns, recording off", "ours", "due",
	       "bare", "", "CPython");
	fflush(stdout);
	rerun_begin(&run);
	rerun_start(&run, is_recorded ? run.trace : NULL, "program", argument);
	rerun_finish(&run);
	fputs(run.out, stdout);
	fputs(run.err, stderr);
	int status = run.status;
	rerun_end(&run);
	return status;
}

static void ask_python(char *text, size_t size)
{
	const char *folder = getenv("srcdir");
	char command[512];

	snprintf(command, sizeof(command),
		 "python3 '%s/tests/bench/peer_sync.py'", folder ? folder : ".");
	FILE *pipe = popen(command, "r");
	size_t used = strlen(text);
	if (pipe) {
		used += fread(text + used, 1, size - used - 1, pipe);
		pclose(pipe);
	}
	text[used] = '\0';
}

int main(int argc, char **argv)
{
	char argument[1024];

	if (argc > 2)
		return rerun_be(argc, argv, programs);
	snprintf(argument, sizeof(argument), "%s ", argc > 1 ? argv[1] : "2");
	ask_python(argument, sizeof(argument));
	int status = run_program(false, argument);
	status |= run_program(true, argument);
	return status ? EXIT_FAILURE : EXIT_SUCCESS;
}
