/* tui/timescale.h - which column shows which moment
 *
 * A position is a time in ns, or on the ordinal axis the number of an event, one
 * or more columns each. Pure: no trace, no screen. */
#ifndef UI_TIMESCALE_H
#define UI_TIMESCALE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ui_timescale {
	bool ordinal;
	int64_t begin;		/* position at the left edge of column 0 */
	int64_t span;		/* how many positions the columns show, > 0 */
	int columns;		/* > 0 */
};

/* The column that shows a position: may lie outside of 0 .. columns - 1. */
int64_t ui_timescale_column(const struct ui_timescale *scale, int64_t position);
/* The first position that column shows. */
int64_t ui_timescale_position(const struct ui_timescale *scale, int column);

/* ui_timescale_zoom - show `factor` times as much (0.5: half), with `anchor` staying
 * in its column. limit: no more than this many positions, from 0 on. */
void ui_timescale_zoom(struct ui_timescale *scale, double factor,
		       int64_t anchor, int64_t limit);
/* Moves by columns; stops at 0 and where nothing of `limit` would be left. */
void ui_timescale_pan(struct ui_timescale *scale, int columns, int64_t limit);
/* Shows begin .. end and a little more. */
void ui_timescale_fit(struct ui_timescale *scale, int64_t begin, int64_t end);
/* Moves so that the position can be seen, with some room around it. */
void ui_timescale_reveal(struct ui_timescale *scale, int64_t position);

/* A round step (1, 2 or 5 times a power of ten) that puts ticks at least `room`
 * columns apart. */
int64_t ui_timescale_step(const struct ui_timescale *scale, int room);

/* ui_format_time - a time as "1.25 s", "250 ms"
 * step     the smallest difference that must be seen; decides the unit and the
 *          digits, so that all labels of an axis agree
 * ascii    "us" instead of a Greek letter */
void ui_format_time(char *out, size_t size, int64_t ns, int64_t step,
		    bool ascii);
/* The same to about three digits, for a length of time. */
void ui_format_span(char *out, size_t size, int64_t ns, bool ascii);

#endif
