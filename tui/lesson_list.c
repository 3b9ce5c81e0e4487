#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tui/buffer.h"
#include "tui/lesson.h"
#include "tui/lesson_parts.h"
#include "tui/paths.h"
#include "tui/say.h"

/* The lessons that came with the program are the folders NN-slug of one folder;
 * nothing else lists them. */

static int is_lesson(const struct dirent *entry)
{
	const char *name = entry->d_name;
	size_t digits = strspn(name, "0123456789");

	return digits > 0 && digits < 5 && name[digits] == '-'
	       && name[digits + 1];
}

static int by_number(const struct dirent **a, const struct dirent **b)
{
	long x = strtol((*a)->d_name, NULL, 10);
	long y = strtol((*b)->d_name, NULL, 10);

	return x != y ? (x > y) - (x < y)
		      : strcmp((*a)->d_name, (*b)->d_name);
}

static int scan(struct dirent ***entries, char *error, size_t error_size)
{
	int count = scandir(ui_lessons_folder(), entries, is_lesson, by_number);

	if (count > 0)
		return count;
	snprintf(error, error_size,
		 count < 0 ? _("the lessons' folder %s cannot be read: %m; "
			       "FORKSCOPE_LESSONS may name another one")
			   : _("there are no lessons in %s; FORKSCOPE_LESSONS "
			       "may name another folder"),
		 ui_lessons_folder());
	return count;
}

static void free_entries(struct dirent **entries, int count)
{
	for (int i = 0; i < count; i++)
		free(entries[i]);
	if (count >= 0)
		free(entries);
}

static struct lesson *load_entry(const struct dirent *entry,
				 const char *language, char *error,
				 size_t error_size)
{
	char *folder = ui_format("%s/%s", ui_lessons_folder(), entry->d_name);
	struct lesson *lesson = lesson_load(folder, language, error,
					    error_size);

	free(folder);
	return lesson;
}

struct lesson **lesson_list(const char *language, char *error,
			    size_t error_size)
{
	struct dirent **entries = NULL;
	size_t loaded = 0;

	if (error_size > 0)
		error[0] = '\0';
	int count = scan(&entries, error, error_size);
	struct lesson **list = ui_alloc(((size_t)(count > 0 ? count : 0) + 1)
					* sizeof(struct lesson *));
	for (int i = 0; i < count; i++) {
		struct lesson *lesson = load_entry(entries[i], language, error,
						   error_size);
		if (lesson)
			list[loaded++] = lesson;
	}
	free_entries(entries, count);
	lesson_parts_read(list, ui_lessons_folder(), language, error,
			  error_size);
	return list;
}

bool lesson_begins_part(struct lesson *const *lessons, size_t at)
{
	const char *part = lessons[at]->part;
	const char *before = at > 0 ? lessons[at - 1]->part : NULL;

	return part && !(before && strcmp(part, before) == 0);
}

void lesson_list_free(struct lesson **lessons)
{
	for (size_t i = 0; lessons && lessons[i]; i++)
		lesson_free(lessons[i]);
	free(lessons);
}

/* ---- one of them ---- */

static const char *slug_in(const struct dirent *entry)
{
	return strchr(entry->d_name, '-') + 1;
}

static bool is_meant(const struct dirent *entry, const char *what)
{
	char *end;
	unsigned long number = strtoul(what, &end, 10);

	if (strcmp(slug_in(entry), what) == 0
	    || strcmp(entry->d_name, what) == 0)
		return true;
	return end != what && !*end && *what != '-' && *what != '+'
	       && number == strtoul(entry->d_name, NULL, 10);
}

static void complain_unknown(struct dirent **entries, int count,
			     const char *what, char *error, size_t error_size)
{
	const char **slugs = ui_alloc(((size_t)count + 1) * sizeof(*slugs));

	for (int i = 0; i < count; i++)
		slugs[i] = slug_in(entries[i]);
	const char *near = ui_nearest(what, slugs);
	if (near)
		snprintf(error, error_size, _("there is no lesson \"%s\"; did "
					      "you mean %s?"), what, near);
	else
		snprintf(error, error_size, _("there is no lesson \"%s\"; "
					      "`forkscope lessons` lists them"),
			 what);
	free(slugs);
}

static bool is_folder(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

struct lesson *lesson_find(const char *what, const char *language,
			   char *error, size_t error_size)
{
	struct dirent **entries = NULL;
	struct lesson *lesson = NULL;

	if (strchr(what, '/'))
		return lesson_load(what, language, error, error_size);
	int count = scan(&entries, error, error_size), i = 0;
	while (i < count && !is_meant(entries[i], what))
		i++;
	if (i < count)
		lesson = load_entry(entries[i], language, error, error_size);
	else if (is_folder(what))
		lesson = lesson_load(what, language, error, error_size);
	else if (count > 0)
		complain_unknown(entries, count, what, error, error_size);
	free_entries(entries, count);
	return lesson;
}
