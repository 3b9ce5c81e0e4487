#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "tui/paths.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tui/buffer.h"

bool ui_in_build_tree(void)
{
	static int known = -1;
	char self[PATH_MAX], tree[PATH_MAX];

	if (known >= 0)
		return known;
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	self[n > 0 ? n : 0] = '\0';
	if (!realpath(ABS_TOP_BUILDDIR, tree))
		tree[0] = '\0';
	size_t length = strlen(tree);
	known = length > 1 && strncmp(self, tree, length) == 0
		&& self[length] == '/';
	return known;
}

const char *ui_build_includedir(void)
{
	return BUILD_INCLUDEDIR;
}

const char *ui_build_libdir(void)
{
	return BUILD_LIBDIR;
}

static const char *wished_folder(void)
{
	const char *wish = getenv("FORKSCOPE_LESSONS");

	return wish && *wish ? wish : NULL;
}

const char *ui_locale_folder(void)
{
	return ui_in_build_tree() ? ABS_TOP_BUILDDIR "/locale" : LOCALEDIR;
}

const char *ui_lessons_folder(void)
{
	const char *wish = wished_folder();

	if (wish)
		return wish;
	return ui_in_build_tree() ? ABS_TOP_SRCDIR "/lessons"
				  : PKGDATADIR "/lessons";
}

/* A lesson's program is called as its slug; a C file rather has underscores. */
static char *program_in(const char *folder, const char *slug)
{
	char *path = ui_format("%s/%s", folder, slug);
	struct stat st;

	for (int attempt = 0; attempt < 2; attempt++) {
		if (stat(path, &st) == 0 && S_ISREG(st.st_mode)
		    && access(path, X_OK) == 0)
			return path;
		for (char *p = path + strlen(folder); *p; p++)
			if (*p == '-')
				*p = '_';
	}
	free(path);
	return NULL;
}

char *ui_lesson_program(const char *folder, const char *slug)
{
	const char *root = ui_in_build_tree() ? ABS_TOP_BUILDDIR "/lessons"
					      : PKGLIBEXECDIR "/lessons";

	if (wished_folder())
		return NULL;
	char *own = ui_format("%s/%s", root, folder);
	char *program = program_in(own, slug);
	free(own);
	return program ? program : program_in(root, slug);
}

static bool make_folders(char *path)
{
	for (char *p = strchr(path + 1, '/'); p; p = strchr(p + 1, '/')) {
		*p = '\0';
		int failed = mkdir(path, 0700);
		*p = '/';
		if (failed && errno != EEXIST)
			return false;
	}
	return mkdir(path, 0700) == 0 || errno == EEXIST;
}

char *ui_cache_folder(void)
{
	const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
	char *path;

	/* The standard says that a relative one is to be ignored. */
	if (cache && *cache == '/')
		path = ui_format("%s/forkscope", cache);
	else if (home && *home == '/')
		path = ui_format("%s/.cache/forkscope", home);
	else
		path = ui_format("/tmp/forkscope-%u", (unsigned)geteuid());
	struct stat st;
	if (make_folders(path) && stat(path, &st) == 0) {
		/* What we run from there must be ours. */
		if (S_ISDIR(st.st_mode) && st.st_uid == geteuid())
			return path;
		errno = EPERM;
	}
	free(path);
	return NULL;
}

char *ui_template_folder(void)
{
	return ui_format("%s/template", ui_in_build_tree()
					       ? ABS_TOP_SRCDIR "/lessons"
					       : PKGDATADIR "/lessons");
}

char *ui_base_name(const char *path)
{
	size_t length = strlen(path);

	while (length > 1 && path[length - 1] == '/')
		length--;
	size_t start = length;
	while (start > 0 && path[start - 1] != '/')
		start--;
	return ui_strndup(path + start, length - start);
}
