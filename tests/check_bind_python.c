/* check_bind_python.c - mp_bind beside the real interpreter */
#include "config.h"

#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mp.h"
#include "tests/support/bind_values.h"

static unsigned draw(unsigned limit)
{
	static uint64_t state = 0x9e3779b97f4a7c15u;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (unsigned)((state >> 20) % limit);
}

static void draw_spec(char *spec)
{
	int plain = (int)draw(5), keyword_only = (int)draw(3), defaults = (int)draw(3);

	*spec = '\0';
	for (int i = 0; i < plain; i++)
		sprintf(spec + strlen(spec), "%c%s ", 'a' + i,
			plain - i <= defaults ? "=1" : "");
	if (draw(3) == 0)
		strcat(spec, "*rest ");
	else if (keyword_only)
		strcat(spec, "* ");
	else
		keyword_only = 0;
	for (int i = 0; strchr(spec, '*') && i < keyword_only; i++)
		sprintf(spec + strlen(spec), "%c%s ", 'p' + i, draw(2) ? "=1" : "");
	if (draw(4) == 0)
		strcat(spec, "**kw ");
}

/* Calls the same function with the same arguments; only CPython 3.11 is asked to use the
 * same words. */
static const char script[] =
	"import sys\n"
	"if sys.version_info[:2] != (3, 11): sys.stdin.read(); sys.exit(0)\n"
	"for line in sys.stdin:\n"
	"    spec, args, kwargs, got = line.rstrip('\\n').split('|')\n"
	"    try:\n"
	"        exec('def test(' + ', '.join(spec.split()) + '): pass')\n"
	"        test(*eval(args), **eval(kwargs))\n"
	"        right = 'good'\n"
	"    except TypeError as e: right = str(e)\n"
	"    if right != got: sys.exit('%s: %s' % (line, right))\n";

START_TEST(python_blames_the_same_mistake)
{
	static const char *const names[] = { "a", "b", "c", "d", "p", "q", "z" };
	char *command, spec[128];

	if (system("python3 -c 0 2>/dev/null") != 0)
		return;
	ck_assert_int_gt(asprintf(&command, "python3 -c \"%s\"", script), 0);
	signal(SIGPIPE, SIG_IGN);	/* it ends at the first difference */
	FILE *python = popen(command, "w");
	ck_assert_ptr_nonnull(python);
	for (int i = 0; i < 5000; i++) {
		struct mp_value *args = mp_list(), *kwargs = mp_dict();
		draw_spec(spec);
		for (unsigned count = draw(7); count > 0; count--)
			mp_value_append(args, mp_value(count));
		for (unsigned count = draw(4); count > 0; count--)
			mp_value_put(kwargs, mp_value(names[draw(7)]), mp_value(1));
		char *args_text = mp_value_repr(args);
		char *kwargs_text = mp_value_repr(kwargs);
		int err = bind_values(spec, args, kwargs);
		fprintf(python, "%s|%s|%s|%s\n", spec, args_text, kwargs_text,
			err ? mp_error_message() : "good");
		free(args_text);
		free(kwargs_text);
	}
	int status = pclose(python);
	free(command);
	ck_assert_int_eq(status, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("bind_python");
	TCase *tcase = tcase_create("bind_python");

	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, python_blames_the_same_mistake);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
