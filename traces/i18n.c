#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "traces/i18n.h"

#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Sentences are found in a catalogue of GNU gettext (its manual, "The Format of GNU
 * MO Files"), but not by gettext(3): from glibc 2.39 on that translates nothing in the
 * locale C.UTF-8, whatever LANGUAGE says, and many a machine has no other. */

#define MAGIC UINT32_C(0x950412de)

struct header {
	uint32_t magic, revision, count, originals, translations;
};

struct text {			/* `length` bytes at `offset`, then a zero */
	uint32_t length, offset;
};

static const char *file;
static size_t file_size;
static struct header header;
static bool is_used;

static bool holds(uint64_t offset, uint64_t size)
{
	return offset + size <= file_size;
}

static bool is_catalogue(void)
{
	uint64_t table = (uint64_t)header.count * sizeof(struct text);

	return header.magic == MAGIC && holds(header.originals, table)
	       && holds(header.translations, table);
}

/* NULL: the file is damaged. */
static const char *text_at(uint32_t table, uint32_t i)
{
	struct text text;

	memcpy(&text, file + table + (size_t)i * sizeof(text), sizeof(text));
	if (!holds(text.offset, (uint64_t)text.length + 1)
	    || file[text.offset + (size_t)text.length] != '\0')
		return NULL;
	return file + text.offset;
}

static bool map(const char *path)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	void *bytes = MAP_FAILED;

	if (fd < 0)
		return false;
	if (fstat(fd, &st) == 0 && (size_t)st.st_size >= sizeof(header))
		bytes = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE,
			     fd, 0);
	close(fd);
	if (bytes == MAP_FAILED)
		return false;
	file = bytes;
	file_size = (size_t)st.st_size;
	memcpy(&header, file, sizeof(header));
	if (is_catalogue())
		return true;
	munmap(bytes, file_size);
	file = NULL;
	return false;
}

bool trace_i18n_use(const char *path)
{
	is_used = path && (file || map(path));
	return is_used || !path;
}

/* The originals are sorted, by their bytes. NULL: there is no translation */
static const char *find(const char *text)
{
	uint32_t low = 0, high = is_used ? header.count : 0;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		const char *original = text_at(header.originals, middle);
		int order = original ? strcmp(text, original) : -1;

		if (order == 0)
			return text_at(header.translations, middle);
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

const char *trace_i18n_text(const char *text)
{
	const char *translation = find(text);

	return translation ? translation : text;
}

const char *trace_i18n_plural(const char *one, const char *many,
			      unsigned long n)
{
	/* What stands there first is the singular. */
	const char *translation = find(one);

	if (translation)
		return translation;
	return n == 1 ? one : many;
}
