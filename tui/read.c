#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "tui/read.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

bool ui_read_time(const char *text, long long *ns)
{
	static const struct {
		const char *name;
		double ns;
	} units[] = { { "", 1e9 }, { "s", 1e9 }, { "ms", 1e6 }, { "us", 1e3 },
		      { "µs", 1e3 }, { "ns", 1 } };
	char *end;

	if (!strchr("0123456789.", *text))
		return false;
	double value = strtod(text, &end);
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (end == text || strcmp(end, units[i].name) != 0)
			continue;
		value = value * units[i].ns;
		if (!(value >= 0 && value < 9e18))
			return false;
		*ns = llround(value);
		return true;
	}
	return false;
}

bool ui_read_number(const char *text, unsigned long long *number)
{
	char *end;

	errno = 0;
	unsigned long long n = strtoull(text, &end, 10);
	if (!*text || !strchr("0123456789", *text) || *end || errno || !n)
		return false;
	*number = n;
	return true;
}

bool ui_read_size(const char *text, int most, int *columns, int *rows)
{
	char *end;
	long width = strtol(text, &end, 10);

	if ((*end != 'x' && *end != 'X') || width < 1 || width > most)
		return false;
	long height = strtol(end + 1, &end, 10);
	if (*end || height < 1 || height > most)
		return false;
	*columns = (int)width;
	*rows = (int)height;
	return true;
}
