/* tui/lesson_parts.h - the parts of a course: which lesson begins one, its heading */
#ifndef UI_LESSON_PARTS_H
#define UI_LESSON_PARTS_H

#include <stddef.h>

struct lesson;

/* lesson_parts_read - give the lessons of a folder the headings of their parts
 * They stand in parts.LANGUAGE.md of the folder, else in parts.en.md; without such a
 * file all stay without. It is Markdown, and each item of its list is the number
 * of a lesson and the heading of the part that begins there: - `13` Synchronising
 * lessons   in the order of their numbers; NULL at the end
 * error     receives what is wrong with the file, else it stays as it is */
void lesson_parts_read(struct lesson **lessons, const char *folder,
		       const char *language, char *error, size_t error_size);

#endif
