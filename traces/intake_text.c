#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <string.h>

#include "traces/intake-private.h"

/* What an event says in words: cleaned, in parts, and as rows of its own. */

static bool has_two_parts(uint32_t kind)
{
	return kind == TRACE_AGENT_BEGIN || kind == TRACE_SITE_NEW
	       || kind == TRACE_PROC_NEW || kind == TRACE_KNOB;
}

void trace_intake_read_text(struct trace_intake *intake, uint32_t kind,
			    size_t length)
{
	size_t split = has_two_parts(kind) ? strnlen(intake->raw, length)
					   : length;
	size_t n = trace_clean(intake->first, intake->raw, split, ' ');

	intake->first_length = n;
	intake->second[0] = '\0';
	memcpy(intake->whole, intake->first, n + 1);
	intake->whole_length = n;
	if (split == length)
		return;
	size_t m = trace_clean(intake->second, intake->raw + split + 1,
			       length - split - 1, ' ');
	intake->whole[n] = kind == TRACE_KNOB ? '=' : ' ';
	memcpy(intake->whole + n + 1, intake->second, m + 1);
	intake->whole_length = n + 1 + m;
}

void trace_intake_no_text(struct trace_intake *intake)
{
	intake->first[0] = intake->second[0] = '\0';
	intake->first_length = intake->whole_length = 0;
}

void trace_intake_describe(struct trace_intake *intake,
			   const struct trace_event_row *row)
{
	struct trace_store *store = intake->store;

	switch (row->kind) {
	case TRACE_SITE_NEW:
		trace_store_site(store, row->object_id, intake->first, row->a,
				 intake->second);
		break;
	case TRACE_OBJECT_NEW:
		trace_store_object(store, row->object_id, (uint32_t)row->a,
				   intake->first, row->agent_id, row->t_ns);
		break;
	case TRACE_PROC_NEW:
		trace_store_object(store, row->object_id, TRACE_OBJECT_PROCESS,
				   intake->second, row->agent_id, row->t_ns);
		break;
	case TRACE_PROC_RENAME:
		trace_store_object_name(store, row->object_id, intake->first);
		break;
	case TRACE_OBJECT_END:
		trace_store_object_end(store, row->object_id, row->t_ns);
		break;
	case TRACE_OUTPUT:
		trace_store_output(store, row, intake->first,
				   intake->first_length);
		break;
	case TRACE_KNOB:
		trace_store_knob(store, intake->first, intake->second,
				 row->a == 1);
		break;
	}
}
