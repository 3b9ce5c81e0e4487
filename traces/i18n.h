/* traces/i18n.h - marks the sentences that translators see
 *
 * _() translates where it stands; N_() only marks a sentence in a table, which
 * is translated when it is used. */
#ifndef TRACE_I18N_H
#define TRACE_I18N_H

#if defined(ENABLE_NLS) && ENABLE_NLS
#include <libintl.h>
#define _(text) gettext(text)
#define TRACE_PLURAL(one, many, n) ngettext(one, many, (unsigned long)(n))
#else
#define _(text) (text)
#define TRACE_PLURAL(one, many, n) ((n) == 1 ? (one) : (many))
#endif
#define N_(text) text

#endif
