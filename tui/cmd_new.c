#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tui/buffer.h"
#include "tui/command.h"
#include "tui/paths.h"
#include "tui/say.h"

/* The C file of a lesson is called like its folder. */
static char *name_of_program(const char *folder)
{
	char *name = ui_base_name(folder);
	size_t digits = strspn(name, "0123456789");
	const char *slug = digits && name[digits] == '-' && name[digits + 1]
				   ? name + digits + 1 : name;
	char *file = ui_format("%s.c", slug);

	for (char *p = file; *p; p++)
		if (*p == '-')
			*p = '_';
	free(name);
	return file;
}

static int write_new(const char *path, const char *text, size_t length)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	size_t done = 0;

	if (fd < 0)
		return ui_complain(_("%s cannot be made: %m"), path);
	while (done < length) {
		ssize_t n = write(fd, text + done, length - done);
		if (n < 0 && errno != EINTR)
			break;
		done += n > 0 ? (size_t)n : 0;
	}
	if (close(fd) == 0 && done == length)
		return UI_OK;
	return ui_complain(_("%s cannot be written: %m"), path);
}

static int copy_file(const char *from_folder, const char *from,
		     const char *to_folder, const char *to)
{
	char *source = ui_format("%s/%s", from_folder, from);
	char *target = ui_format("%s/%s", to_folder, to);
	size_t length;
	char *text = ui_read_file(source, &length);
	int status = text ? write_new(target, text, length)
			  : ui_complain(_("the template %s cannot be read: %m; "
					  "is forkscope wholly installed?"),
					source);

	free(text);
	free(target);
	free(source);
	return status;
}

static int copy_template(const char *folder)
{
	static const char *const files[] = { "template.c", "original.py",
					     "lesson.en.md", "lesson.zh.md" };
	char *template = ui_template_folder();
	char *program = name_of_program(folder);
	int status = UI_OK;

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0])
			   && status == UI_OK; i++)
		status = copy_file(template, files[i], folder,
				   i == 0 ? program : files[i]);
	if (status == UI_OK)
		printf(_("%s holds a lesson of yours now:\n"
			 "    %-14s the program that is run and recorded\n"
			 "    %-14s the same in Python, shown beside it\n"
			 "    %-14s what is asked and told, in English\n"
			 "    %-14s the same in Chinese\n"), folder, program,
		       files[1], files[2], files[3]);
	free(program);
	free(template);
	return status;
}

int ui_cmd_new(const struct ui_arguments *arguments)
{
	const char *folder = arguments->operands[0];

	if (!*folder)
		return ui_misused(_("the folder needs a name"));
	if (mkdir(folder, 0777) < 0)
		return ui_complain(errno == EEXIST
					   ? _("%s exists; choose another name")
					   : _("the folder %s cannot be made: "
					       "%m"), folder);
	if (copy_template(folder) != UI_OK)
		return UI_FAILED;
	/* Without a slash a folder could be taken for a lesson's name. */
	printf(_("Change them (`man forkscope-lesson` says how), and run it "
		 "with\n    forkscope %s%s\n"), strchr(folder, '/') ? "" : "./",
	       folder);
	return UI_OK;
}
