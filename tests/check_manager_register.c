/* check_manager_register.c - types of the program's own */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/managed.h"

struct counter {
	long n;
};

static void *counter_create(struct mp_call *call)
{
	long n = 0;

	if (mp_bind(call, "n=0", &n) < 0)
		return NULL;
	if (n < 0) {
		mp_raise_error(MP_EVALUE, "n is negative");
		return NULL;
	}
	struct counter *c = calloc(1, sizeof(*c));
	if (c)
		c->n = n;
	return c;
}

static struct mp_value *counter_add(void *object, struct mp_call *call)
{
	struct counter *c = object;
	long n = 1;

	if (mp_bind(call, "n=1", &n) < 0)
		return NULL;
	long before = c->n;
	usleep(10);		/* others would come in between */
	c->n = before + n;
	return mp_int(c->n);
}

static struct mp_value *counter_fail(void *object, struct mp_call *call)
{
	(void)object;
	(void)call;
	mp_raise_error(MP_EUSER, "as it was told to");
	return NULL;
}

static struct mp_value *counter_steps(void *object, struct mp_call *call)
{
	struct counter *c = object;

	(void)call;
	return mp_list(0, c->n);
}

static void counter_destroy(void *object)
{
	gate_tell(&third, ((struct counter *)object)->n);
	free(object);
}

static const struct mp_manager_method counter_methods[] = {
	{ "add", counter_add, NULL },
	{ "fail", counter_fail, NULL },
	{ "steps", counter_steps, "list" },
	{ NULL, NULL, NULL }
};

static const struct mp_manager_type counter = {
	.name = "Counter",
	.create = counter_create,
	.destroy = counter_destroy,
	.methods = counter_methods,
};

static int add_often(struct mp_call *call)
{
	struct mp_proxy *c;

	if (mp_bind(call, "counter", &c) < 0)
		return mp_raise();
	for (int i = 0; i < 50; i++)
		if (mp_proxy_do(c, "add") < 0)
			return mp_raise();
	return 0;
}

START_TEST(types_of_the_program_can_be_managed)
{
	struct mp_manager *m = mp_SyncManager();

	ck_assert_int_eq(mp_manager_register(m, &counter), 0);
	ck_assert_int_eq(mp_manager_start(m), 0);
	ck_assert_int_eq(mp_manager_register(m, &counter), MP_EPROCESS);
	struct mp_proxy *c = mp_manager_new(m, "Counter", mp_tuple(100));
	struct mp_process *p[3];
	for (int i = 0; i < 3; i++) {
		p[i] = mp_Process(.target = add_often, .args = mp_tuple(c));
		ck_assert_int_eq(mp_process_start(p[i]), 0);
	}
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(mp_process_join(p[i], MP_FOREVER), 0);
		mp_process_destroy(p[i]);
	}
	assert_returns("251", c, "add");
	struct mp_proxy *steps = mp_proxy_of(mp_proxy_call(c, "steps"));
	ck_assert_str_eq(str_of(steps), "[0, 251]");
	mp_proxy_destroy(steps);
	assert_raises(MP_EUSER, "as it was told to", mp_proxy_call(c, "fail"));
	ck_assert(strstr(mp_error_traceback(), "counter_fail"));
	assert_raises(MP_EATTRIBUTE, "'AutoProxy' object has no attribute 'sub'",
		      mp_proxy_call(c, "sub"));
	ck_assert_ptr_null(mp_manager_new(m, "Counter", mp_tuple(-1)));
	ck_assert_str_eq(mp_error_message(), "n is negative");
	mp_proxy_destroy(c);
	ck_assert_int_eq(gate_hear(&third), 251);
	mp_manager_destroy(m);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("manager register");
	TCase *tcase = tcase_create("register");

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, managed_begin, managed_end);
	tcase_add_test(tcase, types_of_the_program_can_be_managed);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
