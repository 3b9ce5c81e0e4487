/* campaign_manager.c - kill clients of a manager, or its server, at any moment
 *
 * campaign_manager [ROUNDS [SEED]]: in each round a program starts a manager, and children
 * of it call its objects, while a thread kills one after the other; in some rounds the
 * server, or the program itself. Every call must come to its end, with a result or with
 * an error that says that the server is gone; a list that clients append to must never be
 * seen half changed; when all clients are gone, so are their objects. No process, socket
 * or folder may be left, and the trace must hold together. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <dirent.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sqlite3.h>
#include <time.h>
#include <unistd.h>

#include "mp.h"
#include "tests/support/rerun.h"
#include "traces/check.h"
#include "traces/wait.h"

#define CLIENTS 4
#define PATIENCE 30	/* seconds: then somebody waits for ever */

static uint64_t seed;

static uint64_t mix(uint64_t x)
{
	x ^= x >> 30;
	x *= UINT64_C(0xbf58476d1ce4e5b9);
	x ^= x >> 27;
	x *= UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

static uint64_t chance(uint64_t limit)
{
	seed += UINT64_C(0x9e3779b97f4a7c15);
	return mix(seed) % limit;
}

/* ---- the program ---- */

static struct mp_manager *manager;
static struct mp_proxy *list, *dict;

static void give_up(const char *what)
{
	fprintf(stderr, "campaign_manager: %s: %s\n", what, mp_error_message());
	_exit(9);
}

/* What may be, when the server is killed. */
static bool is_lost(int code)
{
	return code == MP_EEOF || code == MP_EPIPE || code == MP_EREFUSED
	       || code == MP_ENOTFOUND || code == MP_EOS;
}

/* 0, or 1: the server is gone */
static int call_once(struct mp_proxy *own)
{
	int err = 0;

	switch (chance(6)) {
	case 0:
		err = mp_proxy_append(list, mp_tuple(1, "two", mp_list(3)));
		break;
	case 1:
		err = mp_proxy_set_item(dict, (long)chance(50), "value");
		break;
	case 2:
		mp_value_unref(mp_proxy_value(list));
		err = 0;
		break;
	case 3:
		err = mp_proxy_append(own, list);
		break;
	case 4:
		err = mp_proxy_do(own, "clear");
		break;
	default: {
		struct mp_proxy *more = mp_manager_dict(manager);
		err = more ? mp_proxy_set_item(more, "l", own) : mp_error_code();
		mp_proxy_destroy(more);
	}
	}
	if (err && !is_lost(err))
		give_up("a call failed for another reason");
	return err != 0;
}

static int client(struct mp_call *call)
{
	long number;

	if (mp_bind(call, "number", &number) < 0)
		return mp_raise();
	seed += (uint64_t)number << 32;
	struct mp_proxy *own = mp_manager_list(manager);
	if (!own && !is_lost(mp_error_code()))
		give_up("no list");
	for (int i = 0; own && i < 60; i++)
		if (call_once(own))
			break;
	mp_proxy_destroy(own);
	return 0;
}

static void *kill_some(void *argument)
{
	struct mp_process **clients = argument;

	for (int i = 0; i < CLIENTS; i++) {
		struct timespec pause = { 0, (long)chance(4000000) };
		nanosleep(&pause, NULL);
		if (chance(3) > 0)
			mp_process_kill(clients[i]);
	}
	if (chance(4) == 0)
		mp_process_kill(mp_manager_process(manager));
	if (chance(12) == 0)
		raise(SIGKILL);
	return NULL;
}

static void look_at_the_rest(void)
{
	struct mp_value *item;
	struct mp_value *copy = mp_proxy_value(list);
	size_t at = 0;
	long count = 0;

	if (!copy && !is_lost(mp_error_code()))
		give_up("no copy");
	while (mp_value_next(copy, &at, NULL, &item))
		if (mp_value_length(item) != 3)
			give_up("a list is half changed");
	mp_value_unref(copy);
	for (int i = 0; i < PATIENCE * 1000; i++) {
		count = mp_manager_count(manager);
		if (count == 2 || count < 0)
			return;
		usleep(1000);
	}
	fprintf(stderr, "%ld objects\n", count);
	give_up("objects of the dead are left");
}

static int program(const char *argument)
{
	struct mp_process *clients[CLIENTS];
	pthread_t killer;

	seed = strtoull(argument, NULL, 10);
	manager = mp_Manager();
	if (!manager)
		give_up("no manager");
	list = mp_manager_list(manager);
	dict = mp_manager_dict(manager);
	for (long i = 0; i < CLIENTS; i++) {
		clients[i] = mp_Process(.target = client, .args = mp_tuple(i));
		if (mp_process_start(clients[i]) < 0)
			give_up("no client");
	}
	if (pthread_create(&killer, NULL, kill_some, clients))
		give_up("no thread");
	for (int i = 0; i < CLIENTS; i++)
		if (mp_process_join(clients[i], mp_after(PATIENCE)) < 0
		    || mp_process_exitcode(clients[i]) == MP_NONE)
			give_up("a client does not end");
	pthread_join(killer, NULL);
	for (int i = 0; i < CLIENTS; i++)
		if (mp_process_exitcode(clients[i]) != 0
		    && mp_process_exitcode(clients[i]) != -SIGKILL)
			return 7;
	look_at_the_rest();
	mp_proxy_destroy(list);
	if (chance(2) == 0)
		mp_manager_destroy(manager);
	return 0;
}

/* ---- the judge ---- */

static int faults;

static void complain(void *unused, const struct trace_violation *violation)
{
	(void)unused;
	fprintf(stderr, "campaign_manager: %s: %s (%s, seq %" PRIu64 ")\n",
		violation->invariant.name, violation->invariant.sentence,
		violation->what, violation->seq);
}

static int64_t number(const char *path, const char *sql)
{
	sqlite3_stmt *stmt = NULL;
	sqlite3 *db;
	int64_t value = -1;

	if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK
	    && sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) == SQLITE_OK
	    && sqlite3_step(stmt) == SQLITE_ROW)
		value = sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	sqlite3_close(db);
	return value;
}

static uint64_t killed, lost, calls;

static void judge(const struct rerun *run)
{
	struct trace_checker checker = { .violated = complain };
	char error[256] = "";

	if (trace_check(run->trace, &checker, error, sizeof(error)) != 0)
		faults++;
	int64_t code = number(run->trace, "SELECT exitcode FROM process"
					  " WHERE path = 'M'");
	if (code != 0 && code != -9 && code != -1) {
		fprintf(stderr, "campaign_manager: exit code %" PRId64 "\n%s\n",
			code, run->err);
		faults++;
	}
	if (number(run->trace, "SELECT count(*) FROM process WHERE"
			       " started_ns IS NOT NULL AND exited_ns IS NULL"))
		faults++;
	if (number(run->trace, "SELECT count(*) FROM deadlock WHERE cleared_ns"
			       " IS NULL"))
		faults++;
	killed += (uint64_t)number(run->trace, "SELECT count(*) FROM process"
					       " WHERE exitcode = -9");
	calls += (uint64_t)number(run->trace, "SELECT count(*) FROM proxy_call");
	lost += (uint64_t)number(run->trace, "SELECT count(*) FROM proxy_call"
					     " WHERE outcome <> 'done'");
}

/* What the tracker takes away when all are gone. */
static void look_for_folders(const char *folder)
{
	for (int i = 0; i < 5000; i++) {
		DIR *dir = opendir(folder);
		struct dirent *entry;
		int count = 0;

		while (dir && (entry = readdir(dir)))
			count += strncmp(entry->d_name, "pymp-", 5) == 0;
		closedir(dir);
		if (count == 0)
			return;
		usleep(1000);
	}
	fprintf(stderr, "campaign_manager: a folder is left in %s\n", folder);
	faults++;
}

static void play(uint64_t round_seed, const char *folder)
{
	struct rerun run;
	char argument[32];

	snprintf(argument, sizeof(argument), "%" PRIu64, round_seed);
	rerun_begin(&run);
	rerun_start(&run, run.trace, "round", argument);
	if (rerun_finish(&run) == TRACE_WAIT_CLOSED)
		judge(&run);
	else
		faults++;
	look_for_folders(folder);
	if (faults)
		fprintf(stderr, "campaign_manager: seed %s, see %s\n", argument,
			run.trace);
	else
		rerun_end(&run);
}

static const struct rerun_program programs[] = {
	{ "round", program },
	{ NULL, NULL }
};

int main(int argc, char **argv)
{
	unsigned long rounds = argc > 1 ? strtoul(argv[1], NULL, 10) : 20;
	uint64_t first = argc > 2 ? strtoull(argv[2], NULL, 10)
				  : (uint64_t)time(NULL) << 20;
	char folder[] = "/tmp/campaign-manager-XXXXXX";
	unsigned long round = 0;

	if (argc > 1 && rounds == 0)
		return rerun_be(argc, argv, programs);
	if (!mkdtemp(folder) || setenv("TMPDIR", folder, 1) < 0)
		return EXIT_FAILURE;
	while (round < rounds && !faults)
		play(first + round++, folder);
	rmdir(folder);
	printf("%lu rounds, %" PRIu64 " processes killed, %" PRIu64 " calls, %"
	       PRIu64 " of them failed or lost: %d faults\n", round, killed,
	       calls, lost, faults);
	return faults ? EXIT_FAILURE : EXIT_SUCCESS;
}
