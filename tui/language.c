#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "tui/language.h"

#include <stdlib.h>
#include <string.h>

#include "traces/i18n.h"
#include "tui/buffer.h"
#include "tui/lesson.h"
#include "tui/paths.h"

void ui_language_use(const char *language)
{
	bool is_zh = strcmp(language, "zh") == 0;
	char *path = is_zh ? ui_format("%s/zh_CN/LC_MESSAGES/" PACKAGE ".mo",
				       ui_locale_folder())
			   : NULL;

	/* For the programs that are started, too. */
	setenv("LANGUAGE", is_zh ? "zh_CN" : "en", 1);
	trace_i18n_use(path);
	free(path);
}

void ui_language_prefer(const char *language)
{
	if (language && strcmp(language, lesson_language()) != 0)
		ui_language_use(language);
}
