#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "tests/support/shown.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/support/story.h"

struct screen *screen;
char *program;
char path[64];

void shown_begin(void)
{
	snprintf(path, sizeof(path), "shown-%d.fscope", (int)getpid());
	program = getenv("FORKSCOPE");
	if (!program)
		program = (char *)"./forkscope";
	ck_assert_int_eq(story_make(path), 0);
}

void shown_end(void)
{
	if (screen)
		screen_free(screen);
	screen = NULL;
	unlink(path);
}

void start(char *const *environment, char *extra)
{
	char *argv[] = { program, (char *)"replay", path, extra, NULL };

	screen = screen_start(&(struct screen_options){
		.argv = argv, .environment = environment,
		.columns = 80, .rows = 24 });
	ck_assert_msg(screen_wait(screen, "event 1 of"), "%s",
		      screen_text(screen));
}

void check_restored(void)
{
	ck_assert(!screen_is_alternate(screen));
	ck_assert(screen_shows_cursor(screen));
	ck_assert(!screen_has_mouse(screen));
	ck_assert(screen_is_cooked(screen));
}

void see(const char *text)
{
	ck_assert_msg(screen_wait(screen, text), "'%s' is not in\n%s", text,
		      screen_text(screen));
}
