#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "tui/complete.h"

#include <stdio.h>
#include <string.h>

#include "tui/command.h"
#include "tui/lesson.h"
#include "tui/say.h"

static void print_if(const char *candidate, const char *word)
{
	if (strncmp(candidate, word, strlen(word)) == 0)
		puts(candidate);
}

static void complete_option(enum ui_command_id command, const char *word)
{
	const struct ui_option *o;
	size_t place = 0;
	char name[64];

	while ((o = ui_option_each(command, &place))) {
		snprintf(name, sizeof(name), "--%s%s", o->name,
			 *o->argument && *o->argument != '[' ? "=" : "");
		print_if(name, word);
	}
}

static void complete_lesson(const char *word)
{
	char error[256];
	struct lesson **lessons = lesson_list("en", error, sizeof(error));

	for (size_t i = 0; lessons[i]; i++)
		print_if(lessons[i]->slug, word);
	lesson_list_free(lessons);
}

/* The knobs of whichever lesson is among the words. */
static void complete_setting(int count, char **words)
{
	const char *word = words[count - 1];
	char error[256], setting[256];

	for (int i = 1; i < count - 1; i++) {
		struct lesson *l = *words[i] == '-' ? NULL
			: lesson_find(words[i], "en", error, sizeof(error));
		for (size_t k = 0; l && k < l->knob_count; k++) {
			const struct lesson_knob *knob = &l->knobs[k];
			for (size_t v = 0; v < knob->value_count; v++) {
				snprintf(setting, sizeof(setting), "%s=%s",
					 knob->name, knob->values[v]);
				print_if(setting, word);
			}
		}
		lesson_free(l);
	}
}

int ui_complete(int count, char **words)
{
	const char *word = count > 0 ? words[count - 1] : "";
	int command = UI_CMD_menu;

	for (int i = 1; i < UI_COMMAND_COUNT; i++) {
		if (count < 2)
			print_if(ui_command(i)->name, word);
		else if (strcmp(words[0], ui_command(i)->name) == 0)
			command = i;
	}
	if (command == UI_CMD_run && (strcmp(words[count - 2], "--set") == 0
				      || strcmp(words[count - 2], "-s") == 0))
		complete_setting(count, words);
	else if (*word == '-')
		complete_option((enum ui_command_id)command, word);
	else if (command == UI_CMD_run)
		complete_lesson(word);
	return UI_OK;
}
