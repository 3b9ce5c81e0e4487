/* tests/bench/bench_companion.c - how fast the recorder is
 *
 * How fast the companion makes rows, beside a bare loop of prepared inserts of the
 * same rows with the same settings, each until the file is whole; and whether a
 * burst of 5 M events a second for 2 s gets through without a writer waiting,
 * beside the rate at which write(2) alone fills a file. All in one run, on one
 * machine. Exit status 1 if a limit is missed. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "companion/companion.h"
#include "mp.h"
#include "tests/support/ring_writer.h"
#include "tests/support/trace_query.h"
#include "traces/wait.h"

#define ROWS 3000000L
#define BURST_RATE 5000000L
#define BURST_SECONDS 2
#define SECOND 1000000000.0

static char *folder;

static double seconds_since(int64_t start)
{
	return (double)(mp__now() - start) / SECOND;
}

/* ---- the peers ---- */

static const char *const create =
	"PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF;"
	"PRAGMA cache_size = -65536; PRAGMA wal_autocheckpoint = 4096;"
	"CREATE TABLE event (seq INTEGER PRIMARY KEY, t_ns INTEGER NOT NULL,"
	" agent_id INTEGER NOT NULL, kind INTEGER NOT NULL, object_id INTEGER,"
	" a INTEGER NOT NULL, b INTEGER NOT NULL, site_id INTEGER)";

static double bare_inserts(void)
{
	const char *path = in_folder(folder, "bare.db");
	sqlite3 *db;
	sqlite3_stmt *insert;

	if (sqlite3_open(path, &db)
	    || sqlite3_exec(db, create, NULL, NULL, NULL)
	    || sqlite3_prepare_v2(db, "INSERT INTO event VALUES"
				      " (?, ?, ?, ?, ?, ?, ?, ?)",
				  -1, &insert, NULL))
		exit(1);
	int64_t start = mp__now();
	for (long i = 0; i < ROWS; i++) {
		if (i % 50000 == 0)
			sqlite3_exec(db, i ? "COMMIT; BEGIN" : "BEGIN", NULL,
				     NULL, NULL);
		sqlite3_bind_int64(insert, 1, i + 1);
		sqlite3_bind_int64(insert, 2, i * 200);
		sqlite3_bind_int64(insert, 3, 1);
		sqlite3_bind_int64(insert, 4, TRACE_TICK);
		sqlite3_bind_null(insert, 5);
		sqlite3_bind_int64(insert, 6, i);
		sqlite3_bind_int64(insert, 7, 0);
		sqlite3_bind_null(insert, 8);
		sqlite3_step(insert);
		sqlite3_reset(insert);
	}
	/* The companion leaves one plain file, and so does this. */
	sqlite3_finalize(insert);
	sqlite3_exec(db, "COMMIT; PRAGMA journal_mode = DELETE", NULL, NULL,
		     NULL);
	sqlite3_close(db);
	double rate = ROWS / seconds_since(start);
	if (trace_ask(path, "SELECT count(*) FROM event") != ROWS)
		exit(1);
	unlink(path);
	return rate;
}

static double bare_writes(void)
{
	static struct trace_slot slots[TRACE_CHUNK_SLOTS];
	const char *path = in_folder(folder, "bare.bin");
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	long done = 0;

	int64_t start = mp__now();
	while (done < BURST_RATE * BURST_SECONDS) {
		if (write(fd, slots, sizeof(slots)) != sizeof(slots))
			exit(1);
		done += TRACE_CHUNK_SLOTS;
	}
	double rate = (double)done / seconds_since(start);
	close(fd);
	unlink(path);
	return rate;
}

/* ---- the companion ---- */

struct result {
	double seconds;		/* of writing */
	uint64_t waits;
	double rate;		/* rows a second, until the trace is closed */
	long rows;
};

/* As many as asked, `rate` a second (0: as fast as it takes them). */
static void write_ticks(struct ring_writer *w, long count, long rate)
{
	int64_t start = mp__now();

	for (long i = 0; i < count; i++) {
		ring_write(w, TRACE_TICK, 0, i, 0);
		if (rate && i % 512 == 0)
			while (seconds_since(start) < (double)i / (double)rate)
				;
	}
}

static void program(const char *path, long count, long rate, int out)
{
	struct mp__companion_options options = { .trace_path = path };
	struct mp__companion companion;
	struct result result = { 0 };

	if (mp__companion_start(&options, &companion)) {
		fprintf(stderr, "%s\n", mp_error_message());
		_exit(1);
	}
	struct ring_writer w = ring_writer(companion.ring, 1, 1);
	ring_introduce(&w, "M");
	int64_t start = mp__now();
	write_ticks(&w, count, rate);
	result.seconds = seconds_since(start);
	result.waits = w.waits;
	if (write(out, &result, sizeof(result)) != sizeof(result))
		_exit(1);
	_exit(0);
}

static struct result record(long count, long rate)
{
	const char *path = in_folder(folder, "x.fscope");
	struct result result = { 0 };
	char sql[100];
	int ends[2];

	if (pipe(ends) < 0)
		exit(1);
	int64_t start = mp__now();
	pid_t pid = fork();
	if (pid == 0)
		program(path, count, rate, ends[1]);
	close(ends[1]);		/* else nobody's death would end the read */
	if (read(ends[0], &result, sizeof(result)) != sizeof(result))
		exit(1);
	waitpid(pid, NULL, 0);
	if (trace_wait_closed(path, -1) != TRACE_WAIT_CLOSED)
		exit(1);
	result.rate = (double)count / seconds_since(start);
	snprintf(sql, sizeof(sql), "SELECT count(*) FROM event WHERE kind = %d",
		 TRACE_TICK);
	result.rows = trace_ask(path, sql);
	close(ends[0]);
	unlink(path);
	return result;
}

static int failures;

static const char *verdict(bool is_good)
{
	failures += !is_good;
	return is_good ? "ok" : "MISSED";
}

static void bench_rows(void)
{
	double inserts = bare_inserts();
	struct result all = record(ROWS, 0);

	printf("companion   %8.2f M rows/s   bare inserts %.2f M rows/s"
	       "   %3.0f %% (limit 70 %%)   %s\n",
	       all.rate / 1e6, inserts / 1e6, 100 * all.rate / inserts,
	       verdict(all.rate >= 0.7 * inserts && all.rows == ROWS));
}

static void bench_burst(void)
{
	const long slots = BURST_RATE * BURST_SECONDS;
	double writes = bare_writes();
	struct result burst = record(slots, BURST_RATE);
	double rate = (double)slots / burst.seconds;

	printf("burst       %8.2f M slots/s  write(2) %.2f M slots/s"
	       "   %lu waits, %ld rows (limit 5 M/s, 0 waits)   %s\n",
	       rate / 1e6, writes / 1e6, (unsigned long)burst.waits, burst.rows,
	       verdict(burst.waits == 0 && rate > 0.98 * BURST_RATE
		       && burst.rows == slots));
}

int main(void)
{
	folder = folder_make();
	bench_rows();
	bench_burst();
	folder_remove(folder);
	return failures > 0;
}
