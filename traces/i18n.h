/* traces/i18n.h - marks the sentences that translators see
 *
 * _() translates where it stands; N_() only marks a sentence in a table, which
 * is translated when it is used. Numbers of 64 bits are %jd and %ju there: a macro
 * of <inttypes.h> would not be found. */
#ifndef TRACE_I18N_H
#define TRACE_I18N_H

#include <stdbool.h>

#define _(text) trace_i18n_text(text)
#define TRACE_PLURAL(one, many, n) \
	trace_i18n_plural(one, many, (unsigned long)(n))
#define N_(text) text

/* trace_i18n_use - translate by a catalogue from now on
 * path     of a file that msgfmt(1) has made, of UTF-8 and of a language whose words
 *          do not change with their number; NULL: do not translate. The first one
 *          that is found stays the only one, and its sentences stay in memory
 * Returns  false if there is none: the sentences are as they stand in the source */
bool trace_i18n_use(const char *path);

/* trace_i18n_text, trace_i18n_plural - what _() and TRACE_PLURAL call */
const char *trace_i18n_text(const char *text) __attribute__((format_arg(1)));
const char *trace_i18n_plural(const char *one, const char *many,
			      unsigned long n)
	__attribute__((format_arg(1), format_arg(2)));

#endif
