#include "config.h"

#include "value/repr.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* Digits of the shortest decimal number that reads back as the same float, and where
 * the point goes: 0.d1d2d3... times 10 to the power `point`. */
struct digits {
	char text[DBL_DECIMAL_DIG + 1];
	int count, point;
};

/* The room "%.16e" needs in any locale, whose decimal point may be several bytes. */
#define DECIMAL_TEXT 64

/* Add one to the last digit. Returns false if no digit is left to carry to. */
static bool count_up(char *text)
{
	char *at = strchr(text, 'e');

	while (at-- > text) {
		if (*at < '0' || *at > '9')
			continue;
		if (*at < '9') {
			++*at;
			return true;
		}
		*at = '0';
	}
	return false;
}

/* The shortest number, as printf writes it. printf and strtod both use the decimal
 * point of the locale, so they understand each other in any.
 *
 * A number of 15 digits survives the way to a float and back: what 15 digits give
 * is, without its zeros, the shortest, if it reads back. There are two exceptions.
 * Subnormal numbers are less precise than that. And below a power of two the floats
 * lie closer than above it, so that the nearest number of 16 digits, being
 * below, may miss where its upper neighbour hits. */
static void shortest(double real, char *text)
{
	int exponent;
	int precision = real < DBL_MIN ? 1 : DBL_DIG;
	bool is_power = frexp(real, &exponent) == 0.5;

	for (; precision < DBL_DECIMAL_DIG; precision++) {
		snprintf(text, DECIMAL_TEXT, "%.*e", precision - 1, real);
		if (strtod(text, NULL) == real)
			return;
		if (is_power && count_up(text) && strtod(text, NULL) == real)
			return;
	}
	snprintf(text, DECIMAL_TEXT, "%.*e", DBL_DECIMAL_DIG - 1, real);
}

static struct digits take_digits(double real)
{
	char text[DECIMAL_TEXT];
	struct digits digits = { .count = 0 };
	const char *at = text;

	shortest(real, text);
	for (; *at != 'e'; at++)
		if (*at >= '0' && *at <= '9')
			digits.text[digits.count++] = *at;
	digits.point = atoi(at + 1) + 1;
	while (digits.count > 1 && digits.text[digits.count - 1] == '0')
		digits.count--;
	return digits;
}

static char *put_zeros(char *to, int count)
{
	for (; count > 0; count--)
		*to++ = '0';
	return to;
}

static char *put(char *to, const char *from, int count)
{
	memcpy(to, from, (size_t)count);
	return to + count;
}

/* 1.5 100.0 0.001 */
static char *put_fixed(char *to, const struct digits *digits)
{
	int whole = digits->point;

	if (whole <= 0) {
		to = put(to, "0.", 2);
		to = put_zeros(to, -whole);
		return put(to, digits->text, digits->count);
	}
	if (whole >= digits->count) {
		to = put(to, digits->text, digits->count);
		to = put_zeros(to, whole - digits->count);
		return put(to, ".0", 2);
	}
	to = put(to, digits->text, whole);
	*to++ = '.';
	return put(to, digits->text + whole, digits->count - whole);
}

/* 1e+16 1.5e-05 */
static char *put_exponent(char *to, const struct digits *digits)
{
	*to++ = digits->text[0];
	if (digits->count > 1) {
		*to++ = '.';
		to = put(to, digits->text + 1, digits->count - 1);
	}
	return to + sprintf(to, "e%+03d", digits->point - 1);
}

size_t mp__repr_float(char *text, double real)
{
	char *to = text;

	if (isnan(real))
		return (size_t)(put(to, "nan", 3) - text);
	if (signbit(real)) {
		*to++ = '-';
		real = -real;
	}
	if (isinf(real))
		return (size_t)(put(to, "inf", 3) - text);
	if (real == 0)
		return (size_t)(put(to, "0.0", 3) - text);

	struct digits digits = take_digits(real);
	if (digits.point > -4 && digits.point <= 16)
		to = put_fixed(to, &digits);
	else
		to = put_exponent(to, &digits);
	return (size_t)(to - text);
}
