#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "tui/print.h"

#include <string.h>

#include "tui/flow.h"
#include "tui/width.h"

#define COLUMNS 78

void ui_print(FILE *out, const char *label, int indent, const char *text)
{
	struct ui_flow flow = { .columns = COLUMNS };
	int from = 0;

	if (label) {
		fputs(label, out);
		from = ui_text_columns(label, strlen(label));
		if (from >= indent) {
			fputc('\n', out);
			from = 0;
		}
	}
	ui_flow_add(&flow, UI_ROLE_TEXT, indent, text);
	for (int i = 0; i < flow.count; i++, from = 0)
		fprintf(out, "%*s%s\n",
			*flow.lines[i].text ? indent - from : 0, "",
			flow.lines[i].text);
	ui_flow_finish(&flow);
}
