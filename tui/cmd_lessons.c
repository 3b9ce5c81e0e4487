#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <string.h>

#include "tui/command.h"
#include "tui/lesson.h"
#include "tui/say.h"

int ui_print_lessons(const char *language)
{
	char error[512];
	struct lesson **lessons = lesson_list(language, error, sizeof(error));
	int width = 0;

	for (size_t i = 0; lessons[i]; i++)
		if ((int)strlen(lessons[i]->slug) > width)
			width = (int)strlen(lessons[i]->slug);
	for (size_t i = 0; lessons[i]; i++) {
		if (lesson_begins_part(lessons, i))
			printf("%s%s\n", i > 0 ? "\n" : "", lessons[i]->part);
		printf("%3u  %-*s  %s\n", lessons[i]->number, width,
		       lessons[i]->slug, lessons[i]->title);
	}
	lesson_list_free(lessons);
	return *error ? ui_complain("%s", error) : UI_OK;
}

int ui_cmd_lessons(const struct ui_arguments *arguments)
{
	struct ui_options options;

	if (ui_common_options(arguments, &options) != UI_OK)
		return UI_USAGE;
	return ui_print_lessons(options.language);
}
