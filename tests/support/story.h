/* tests/support/story.h - a small trace with everything the stage can show
 *
 * main starts egon (a daemon, sleeping), Process-2 (returns, long a zombie) and
 * Process-3 (exit code 3, joined); then main ends and egon dies with it. It holds a
 * lesson in English and Chinese, a C source and its Python twin. */
#ifndef TESTS_SUPPORT_STORY_H
#define TESTS_SUPPORT_STORY_H

/* Replaces a file that exists. 0, or -1 and the reason is printed. */
int story_make(const char *path);

#endif
