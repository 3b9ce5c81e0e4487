#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "tui/tell.h"

#include "traces/event.h"
#include "traces/i18n.h"
#include "traces/reader.h"
#include "traces/tell.h"
#include "tui/buffer.h"

static const char *const names[TRACE_STATE_COUNT] = {
#define TRACE_STATE(id, symbol, name, rank, glyph, ascii, description) \
	[id] = name,
#include "traces/states.def"
#undef TRACE_STATE
};

const char *ui_state_name(unsigned state)
{
	if (state >= TRACE_STATE_COUNT || !names[state])
		return state ? "?" : "";
	return _(names[state]);
}

char *ui_tell(struct trace *trace, const struct trace_record *record)
{
	char sentence[1024];

	trace_tell(trace, record, sentence, sizeof(sentence));
	return ui_strdup(sentence);
}
