#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "tests/support/trace_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/trace_maker.h"
#include "traces/reader.h"
#include "traces/sanitize.h"

char folder[32], lesson[64], big[64], file[64], error[512];

void make_folder(void)
{
	strcpy(folder, "/tmp/check_reader.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(lesson, sizeof(lesson), "%s/lesson.fscope", folder);
	snprintf(big, sizeof(big), "%s/big.fscope", folder);
	snprintf(file, sizeof(file), "%s/x.fscope", folder);
	ck_assert_int_eq(maker_lesson_trace(lesson), 0);
	ck_assert_int_eq(maker_generate(big, 30000, 6), 0);
}

void remove_folder(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", folder);
	ck_assert_int_eq(system(command), 0);
}

struct trace *open_it(const char *path)
{
	struct trace *trace = trace_open(path, error, sizeof(error));

	ck_assert_msg(trace != NULL, "%s", error);
	return trace;
}

void change(const char *sql)
{
	ck_assert_int_eq(maker_copy(lesson, file), 0);
	ck_assert_int_eq(maker_sql(file, sql), 0);
}

void ck_clean(const char *text)
{
	for (size_t i = 0; text[i];) {
		uint32_t c = 0;
		size_t n = trace_decode(text + i, strlen(text + i), &c);

		ck_assert_uint_gt(n, 0);
		ck_assert_msg(c >= 0x20 && c != 0x7f && (c < 0x80 || c > 0x9f),
			      "U+%04X", (unsigned)c);
		i += n;
	}
}

int run_cases(const char *name, TCase *const *cases, size_t count)
{
	Suite *suite = suite_create(name);

	for (size_t i = 0; i < count; i++) {
		tcase_add_unchecked_fixture(cases[i], make_folder,
					    remove_folder);
		tcase_set_timeout(cases[i], 120);
		suite_add_tcase(suite, cases[i]);
	}
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed > 0;
}
