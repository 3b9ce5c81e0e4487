#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "traces/store-private.h"

/* The recorder is not the parent of the program's main process: if that was
 * killed, only whoever ran it can tell how. */

void trace_store_set_main_status(struct trace_store *store, int64_t exitcode,
				 enum trace_end ended_by)
{
	static const char *const names[] = {
#define TRACE_END(id, symbol, name, d) [id] = name,
#include "traces/ends.def"
#undef TRACE_END
	};

	trace_store_run(store, TRACE_SQL_MAIN_STATUS, exitcode,
			names[ended_by]);
	trace_store_set_meta_int(store, "exit_status", exitcode);
}
