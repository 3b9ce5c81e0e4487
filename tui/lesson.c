#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "tui/lesson.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/buffer.h"
#include "tui/paths.h"
#include "tui/say.h"

void lesson_free(struct lesson *l)
{
	if (!l)
		return;
	for (size_t i = 0; i < l->answer_count; i++) {
		free(l->answers[i].text);
		free(l->answers[i].reply);
	}
	for (size_t i = 0; i < l->moment_count; i++) {
		free(l->moments[i].event);
		free(l->moments[i].agent);
		free(l->moments[i].needle);
		free(l->moments[i].sentence);
	}
	for (size_t i = 0; i < l->knob_count; i++) {
		for (size_t k = 0; k < l->knobs[i].value_count; k++)
			free(l->knobs[i].values[k]);
		free(l->knobs[i].values);
		free(l->knobs[i].name);
		free(l->knobs[i].question);
	}
	char *texts[] = { l->slug, l->folder, l->title, l->about, l->part, l->claim,
			  l->question, l->breaking, l->repair, l->verdict,
			  l->presenter };
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		free(texts[i]);
	free(l->answers);
	free(l->moments);
	free(l->knobs);
	free(l);
}

/* ---- a folder ---- */

/* "10-daemon" is lesson 10, "daemon". */
static const char *slug_of(const char *name, unsigned *number)
{
	char *end;
	unsigned long n = strtoul(name, &end, 10);

	*number = 0;
	if (!isdigit((unsigned char)*name) || *end != '-' || !end[1]
	    || n > 9999)
		return name;
	*number = (unsigned)n;
	return end + 1;
}

/* The narrative in that language, else in one there is. */
static char *read_narrative(const char *folder, const char *language,
			    char **path)
{
	const char *order[] = { language ? language : "en", "en", "zh" };
	char *text = NULL;

	for (int i = 0; i < 3; i++) {
		*path = ui_format("%s/lesson.%s.md", folder, order[i]);
		text = ui_read_file(*path, NULL);
		if (text || (errno != ENOENT && errno != ENOTDIR))
			break;
		if (i < 2)
			free(*path);
	}
	return text;
}

static struct lesson *load(const char *folder, const char *language,
			   char *error, size_t error_size)
{
	char what[256], *path;
	char *markdown = read_narrative(folder, language, &path);
	unsigned number;

	if (!markdown) {
		snprintf(error, error_size,
			 errno == ENOENT || errno == ENOTDIR
				 ? _("%s is no lesson: it has no lesson.en.md; "
				     "`forkscope new FOLDER` makes one")
				 : _("%s cannot be read: %m"),
			 errno == ENOENT || errno == ENOTDIR ? folder : path);
		free(path);
		return NULL;
	}
	char *name = ui_base_name(folder);
	struct lesson *l = lesson_parse_strictly(
		markdown, slug_of(name, &number), what, sizeof(what));
	if (l) {
		l->number = number;
		free(l->folder);
		l->folder = ui_strdup(folder);
	} else {
		snprintf(error, error_size, "%s: %s", path, what);
	}
	free(name);
	free(markdown);
	free(path);
	return l;
}

struct lesson *lesson_load(const char *folder, const char *language,
			   char *error, size_t error_size)
{
	/* So that "." has a name, and the folder stays the same after chdir. */
	char *whole = realpath(folder, NULL);

	if (!whole) {
		snprintf(error, error_size, _("%s cannot be opened: %m"),
			 folder);
		return NULL;
	}
	struct lesson *l = load(whole, language, error, error_size);
	free(whole);
	return l;
}

/* ---- knobs ---- */

/* A value as mp_knob of the library reads it. */
static bool read_number(const char *text, double *number)
{
	static const char *const words[] = { "false", "no", "off", "true",
					     "yes", "on" };
	char *end;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(text, words[i]) == 0) {
			*number = i >= 3;
			return true;
		}
	}
	*number = strtod(text, &end);
	return end != text && *end == '\0' && !isnan(*number);
}

int lesson_knob_index(const struct lesson_knob *knob, const char *value)
{
	char wanted[32], offered[32];
	double number;

	for (size_t i = 0; i < knob->value_count; i++)
		if (strcmp(knob->values[i], value) == 0)
			return (int)i;
	if (!read_number(value, &number))
		return -1;
	snprintf(wanted, sizeof(wanted), "%g", number);
	for (size_t i = 0; i < knob->value_count; i++) {
		if (!read_number(knob->values[i], &number))
			continue;
		/* A trace tells them with so many digits. */
		snprintf(offered, sizeof(offered), "%g", number);
		if (strcmp(wanted, offered) == 0)
			return (int)i;
	}
	return -1;
}

static char *knob_names(const struct lesson *l)
{
	struct ui_buffer names = { 0 };

	for (size_t i = 0; i < l->knob_count; i++)
		ui_buffer_printf(&names, "%s%s", i ? ", " : "",
				 l->knobs[i].name);
	return ui_buffer_take(&names);
}

static void complain_of_knob(const struct lesson *l, const char *name,
			     char *error, size_t error_size)
{
	const char **known = ui_alloc((l->knob_count + 1) * sizeof(*known));

	for (size_t i = 0; i < l->knob_count; i++)
		known[i] = l->knobs[i].name;
	const char *near = ui_nearest(name, known);
	char *names = knob_names(l);
	if (l->knob_count == 0)
		snprintf(error, error_size,
			 _("there is no knob \"%s\": the lesson %s has none"),
			 name, l->slug);
	else if (near)
		snprintf(error, error_size, _("there is no knob \"%s\"; did you "
					      "mean %s? %s has: %s"),
			 name, near, l->slug, names);
	else
		snprintf(error, error_size,
			 _("there is no knob \"%s\"; %s has: %s"), name,
			 l->slug, names);
	free(names);
	free(known);
}

bool lesson_check_setting(const struct lesson *l, const char *setting,
			  char *error, size_t error_size)
{
	size_t length = strcspn(setting, "=");
	bool known = false;
	double number;

	if (!length || !setting[length] || !setting[length + 1]) {
		snprintf(error, error_size, _("\"%s\" sets nothing; write "
					      "KNOB=VALUE"), setting);
		return false;
	}
	char *name = ui_strndup(setting, length);
	for (size_t i = 0; i < l->knob_count; i++)
		known = known || strcmp(l->knobs[i].name, name) == 0;
	if (!known)
		complain_of_knob(l, name, error, error_size);
	else if (!(known = read_number(setting + length + 1, &number)))
		snprintf(error, error_size,
			 _("%s is a number, or true or false, not \"%s\""),
			 name, setting + length + 1);
	free(name);
	return known;
}

/* ---- language ---- */

static const char *language_in(const char *names)
{
	for (; names && *names; names += strcspn(names, ":"),
				names += *names == ':') {
		if (strncmp(names, "zh", 2) == 0)
			return "zh";
		if (strncmp(names, "en", 2) == 0)
			return "en";
	}
	return NULL;
}

const char *lesson_language(void)
{
	static const char *const variables[] = { "LC_ALL", "LC_MESSAGES",
						 "LANG" };
	const char *locale = NULL, *language;

	for (size_t i = 0; i < 3 && (!locale || !*locale); i++)
		locale = getenv(variables[i]);
	if (!locale)
		locale = "";
	/* As in gettext: LANGUAGE counts unless the locale is C. */
	language = language_in(getenv("LANGUAGE"));
	if (language && *locale && strcmp(locale, "C") != 0
	    && strcmp(locale, "POSIX") != 0)
		return language;
	return strncmp(locale, "zh", 2) == 0 ? "zh" : "en";
}
