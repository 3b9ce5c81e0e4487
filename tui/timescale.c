#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "tui/timescale.h"

#include <stdio.h>

/* Products are made in 128 bits: a year of ns times a thousand columns overflows
 * 64, and hostile traces hold any number. */
__extension__ typedef __int128 wide_int;

#define ENDING_COLUMNS 13

static int64_t clamp(wide_int value)
{
	if (value > INT64_MAX / 4)
		return INT64_MAX / 4;
	if (value < -(INT64_MAX / 4))
		return -(INT64_MAX / 4);
	return (int64_t)value;
}

int64_t ui_timescale_column(const struct ui_timescale *scale, int64_t position)
{
	wide_int offset = (wide_int)position - scale->begin;

	if (offset < 0)
		return clamp((offset * scale->columns - scale->span + 1) /
			     scale->span);
	/* Of several columns for one position it is the first. */
	if (scale->span < scale->columns)
		return clamp((offset * scale->columns + scale->span - 1) /
			     scale->span);
	return clamp(offset * scale->columns / scale->span);
}

int64_t ui_timescale_position(const struct ui_timescale *scale, int column)
{
	wide_int product = (wide_int)column * scale->span;
	wide_int up = product > 0 ? scale->columns - 1 : 0;

	/* Rounded up: the first position that maps back to this column; but the
	 * ordinal axis may give a position several columns. */
	if (scale->span < scale->columns)
		up = 0;
	return clamp(scale->begin + (product + up) / scale->columns);
}

static int64_t least_span(const struct ui_timescale *scale)
{
	if (!scale->ordinal)
		return scale->columns;
	return scale->columns >= 8 ? scale->columns / 8 : 1;
}

static void keep_inside(struct ui_timescale *scale, int64_t limit)
{
	int64_t last = limit > scale->span ? limit - scale->span : 0;

	/* Some empty room after the end may be looked at, not the void. */
	if (last > 0)
		last = clamp((wide_int)last + scale->span / 4);
	if (scale->begin > last)
		scale->begin = last;
	if (scale->begin < 0)
		scale->begin = 0;
}

void ui_timescale_zoom(struct ui_timescale *scale, double factor,
		       int64_t anchor, int64_t limit)
{
	double wanted = (double)scale->span * factor;
	double most = 1.25 * (double)(limit > 0 ? limit : 1);
	int64_t least = least_span(scale), span;
	wide_int left = (wide_int)anchor - scale->begin;

	if (wanted > most)
		wanted = most;
	if (wanted > (double)(INT64_MAX / 8))
		wanted = (double)(INT64_MAX / 8);
	span = wanted < (double)least ? least : (int64_t)wanted;
	left = left * span / scale->span;
	scale->begin = clamp((wide_int)anchor - left);
	scale->span = span;
	keep_inside(scale, limit);
}

void ui_timescale_pan(struct ui_timescale *scale, int columns, int64_t limit)
{
	wide_int by = (wide_int)columns * scale->span / scale->columns;

	if (by == 0)
		by = columns > 0 ? 1 : -1;
	scale->begin = clamp(scale->begin + by);
	keep_inside(scale, limit);
}

void ui_timescale_fit(struct ui_timescale *scale, int64_t begin, int64_t end)
{
	int64_t least = least_span(scale), length;

	if (begin < 0)
		begin = 0;
	length = end > begin ? clamp((wide_int)end - begin) : 0;
	/* Room to the right for the words that tell how a lane ended. */
	if (scale->columns >= 40)
		length = clamp((wide_int)length * scale->columns /
			       (scale->columns - ENDING_COLUMNS));
	length += scale->ordinal ? 2 : 1;
	scale->begin = begin;
	scale->span = length < least ? least : length;
}

void ui_timescale_reveal(struct ui_timescale *scale, int64_t position)
{
	int64_t column = ui_timescale_column(scale, position);
	int64_t margin = scale->span / 10;

	if (column >= 0 && column < scale->columns)
		return;
	if (column < 0)
		scale->begin = clamp((wide_int)position - margin);
	else
		scale->begin = clamp((wide_int)position - scale->span + margin +
				     1);
	if (scale->begin < 0)
		scale->begin = 0;
}

int64_t ui_timescale_step(const struct ui_timescale *scale, int room)
{
	static const int factors[] = { 1, 2, 5 };
	wide_int needed = (wide_int)room * scale->span;

	for (int64_t power = 1; power < INT64_MAX / 100; power *= 10)
		for (int i = 0; i < 3; i++)
			if ((wide_int)power * factors[i] * scale->columns >=
			    needed)
				return power * factors[i];
	return INT64_MAX / 100;
}

void ui_format_time(char *out, size_t size, int64_t ns, int64_t step,
		    bool ascii)
{
	int64_t unit = step >= 1000000 ? 1000000000 :
		       step >= 1000 ? 1000000 : 1000;
	const char *name = unit == 1000000000 ? "s" :
			   unit == 1000000 ? "ms" : ascii ? "us" : "µs";
	int digits = 0;

	for (int64_t fine = unit; step % fine != 0 && digits < 3; fine /= 10)
		digits++;
	snprintf(out, size, "%.*f %s", digits, (double)ns / (double)unit, name);
}

void ui_format_span(char *out, size_t size, int64_t ns, bool ascii)
{
	int64_t length = ns < 0 ? -ns : ns;
	const char *micro = ascii ? "us" : "µs";

	if (length < 1000)
		snprintf(out, size, "%lld ns", (long long)ns);
	else if (length < 1000000)
		snprintf(out, size, "%.*f %s", length < 10000 ? 2 :
			 length < 100000, (double)ns / 1e3, micro);
	else if (length < 1000000000)
		snprintf(out, size, "%.*f ms", length < 10000000 ? 2 :
			 length < 100000000, (double)ns / 1e6);
	else if (length < 60000000000)
		snprintf(out, size, "%.*f s", length < 10000000000 ? 2 : 1,
			 (double)ns / 1e9);
	else
		snprintf(out, size, "%lld:%04.1f min",
			 (long long)(ns / 60000000000),
			 (double)(length % 60000000000) / 1e9);
}
