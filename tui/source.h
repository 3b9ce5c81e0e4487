/* tui/source.h - the lines of a source, and which Python line a C line stands for
 *
 * A lesson's C lines end in a comment that quotes the Python line they re-make:
 * `mp_process_start(p);   (comment: p.start())`. Pure. */
#ifndef UI_SOURCE_H
#define UI_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

struct ui_source {
	const char **lines;	/* point into the text */
	size_t *lengths;
	int count;
};

/* Splits a text, which must live as long; to be given to ui_source_finish. */
void ui_source_split(struct ui_source *source, const char *text);
void ui_source_finish(struct ui_source *source);

/* ui_source_twin - the Python line (from 1) that a C line (from 1) quotes
 * The n-th line with the same quotation means the n-th such Python line. A line
 * without one belongs to the nearest line above that has one, up to six.
 * Returns  0 if there is none */
int ui_source_twin(const struct ui_source *c, int line,
		   const struct ui_source *python);

#endif
