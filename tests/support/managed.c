#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "tests/support/managed.h"

#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct mp_manager *manager;

static char folder[256];
static long descriptors;

static long count_entries(const char *path, const char *prefix)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	long count = 0;

	while (dir && (entry = readdir(dir)))
		count += strncmp(entry->d_name, prefix, strlen(prefix)) == 0;
	closedir(dir);
	return count;
}

void managed_begin(void)
{
	children_begin();
	snprintf(folder, sizeof(folder), "/tmp/check-manager-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	setenv("TMPDIR", folder, 1);
	/* What is made once and stays: the tracker's, a pidfd. */
	manager = mp_Manager();
	ck_assert_msg(manager != NULL, "%s", mp_error_message());
	mp_manager_destroy(manager);
	descriptors = count_entries("/proc/self/fd", "");
	manager = mp_Manager();
	ck_assert_msg(manager != NULL, "%s", mp_error_message());
}

void managed_end(void)
{
	mp_manager_destroy(manager);
	ck_assert_uint_eq(mp_active_children(NULL, 0), 0);
	ck_assert_int_eq(count_entries(folder, "pymp-"), 0);
	ck_assert_int_eq(count_entries("/proc/self/fd", ""), descriptors);
	ck_assert_int_eq(rmdir(folder), 0);
	children_end();
}

static const char *keep(char *text)
{
	static char kept[8][512];
	static unsigned turn;
	char *at = kept[turn++ % 8];

	snprintf(at, sizeof(kept[0]), "%s", text ? text : "NULL");
	free(text);
	return at;
}

const char *repr_of(struct mp_value *value)
{
	char *text = value ? mp_value_repr(value) : NULL;

	mp_value_unref(value);
	return keep(text);
}

const char *str_of(struct mp_proxy *proxy)
{
	return keep(mp_proxy_str(proxy));
}

int run_child(mp_target target, struct mp_value *args)
{
	return code_of(mp_Process(.target = target, .args = args));
}

void assert_count(long count)
{
	long there = -1;

	for (int i = 0; i < 2000; i++) {
		there = mp_manager_count(manager);
		if (there == count)
			return;
		usleep(1000);
	}
	ck_assert_int_eq(there, count);
}
