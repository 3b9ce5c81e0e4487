#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "tui/language.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "tui/lesson.h"
#include "traces/i18n.h"

#if defined(ENABLE_NLS) && ENABLE_NLS
/* gettext looks at LANGUAGE again only after this has changed; its manual says
 * so. */
extern int _nl_msg_cat_cntr;	/* NOLINT(bugprone-reserved-identifier) */
#endif

void ui_language_use(const char *language)
{
	const char *locale = setlocale(LC_MESSAGES, NULL);

	setenv("LANGUAGE", strcmp(language, "zh") == 0 ? "zh_CN" : "en", 1);
	/* In the locale C gettext does not look at LANGUAGE at all. */
	if (!locale || strcmp(locale, "C") == 0 || strcmp(locale, "POSIX") == 0)
		setlocale(LC_MESSAGES, "C.UTF-8");
#if defined(ENABLE_NLS) && ENABLE_NLS
	++_nl_msg_cat_cntr;
#endif
}

void ui_language_prefer(const char *language)
{
	if (language && strcmp(language, lesson_language()) != 0)
		ui_language_use(language);
}
