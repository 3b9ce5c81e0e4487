/* tests/support/trace_maker_sql.c - breaking traces, and asking them */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <sqlite3.h>
#include <stdio.h>

#include "tests/support/trace_maker.h"

/* dice(n): a number below n, the same ones in every run */
static void dice(sqlite3_context *context, int count, sqlite3_value **values)
{
	static uint64_t state = 7;

	(void)count;
	sqlite3_result_int64(context, maker_random(&state)
				      % (uint32_t)sqlite3_value_int(values[0]));
}

static int run_sql(const char *path, const char *sql, int64_t *number)
{
	sqlite3 *db = NULL;
	sqlite3_stmt *rows = NULL;
	int code = sqlite3_open(path, &db);

	sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 0, NULL);
	sqlite3_create_function(db, "dice", 1, SQLITE_UTF8, NULL, dice, NULL,
				NULL);
	if (code == SQLITE_OK && number) {
		code = sqlite3_prepare_v2(db, sql, -1, &rows, NULL);
		if (sqlite3_step(rows) == SQLITE_ROW)
			*number = sqlite3_column_int64(rows, 0);
		sqlite3_finalize(rows);
	} else if (code == SQLITE_OK) {
		code = sqlite3_exec(db, sql, NULL, NULL, NULL);
	}
	if (code != SQLITE_OK)
		fprintf(stderr, "%s: %s: %s\n", path, sql, sqlite3_errmsg(db));
	sqlite3_close(db);
	return code == SQLITE_OK ? 0 : -1;
}

int maker_sql(const char *path, const char *sql)
{
	return run_sql(path, sql, NULL);
}

int64_t maker_number(const char *path, const char *sql)
{
	int64_t number = -1;

	run_sql(path, sql, &number);
	return number;
}

int maker_copy(const char *from, const char *to)
{
	char bytes[65536];
	FILE *in = fopen(from, "rb"), *out = fopen(to, "wb");
	size_t n;

	while (in && out && (n = fread(bytes, 1, sizeof(bytes), in)) > 0)
		fwrite(bytes, 1, n, out);
	bool failed = !in || !out || ferror(in) || ferror(out);
	if (in)
		fclose(in);
	if (out && fclose(out) != 0)
		failed = true;
	return failed ? -1 : 0;
}
