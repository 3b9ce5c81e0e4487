#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "traces/spill.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int trace_spill_create(struct trace_spill *spill, const char *path)
{
	memset(spill, 0, sizeof(*spill));
	spill->fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	return spill->fd < 0 ? -1 : 0;
}

/* The first record has a magic like ours, but for the digit at its end. */
static bool is_of_another_version(int fd)
{
	const uint64_t name = UINT64_C(0x00ffffffffffffff);
	uint64_t magic;

	return pread(fd, &magic, sizeof(magic), 0) == (ssize_t)sizeof(magic)
	       && magic != TRACE_SPILL_MAGIC
	       && (magic & name) == (TRACE_SPILL_MAGIC & name);
}

int trace_spill_open(struct trace_spill *spill, const char *path)
{
	struct stat st;

	memset(spill, 0, sizeof(*spill));
	spill->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (spill->fd < 0)
		return -1;
	if (fstat(spill->fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		trace_spill_close(spill);
		errno = EINVAL;
		return -1;
	}
	if (is_of_another_version(spill->fd)) {
		trace_spill_close(spill);
		errno = ENOTSUP;
		return -1;
	}
	spill->written = (uint64_t)st.st_size;
	return 0;
}

/* Everything or nothing: a record cut short ends what can be read. */
static bool write_all(struct trace_spill *spill)
{
	const unsigned char *at = spill->gather;
	size_t left = spill->gathered;

	while (left > 0) {
		ssize_t n = pwrite(spill->fd, at, left, (off_t)spill->written);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		spill->written += (uint64_t)n;
		at += n;
		left -= (size_t)n;
	}
	return true;
}

static void write_gathered(struct trace_spill *spill)
{
	if (!spill->has_failed && !write_all(spill))
		spill->has_failed = true;
	spill->gathered = 0;
}

static void gather(struct trace_spill *spill, const struct trace_run *run)
{
	struct trace_spill_header header = {
		.magic = TRACE_SPILL_MAGIC,
		.agent = run->agent,
		.process = run->process,
		.count = run->count,
		.index = run->index,
	};

	if (sizeof(spill->gather) - spill->gathered < TRACE_SPILL_RECORD_BYTES)
		write_gathered(spill);
	unsigned char *at = &spill->gather[spill->gathered];
	header.length = (uint32_t)trace_slots_pack(run->slots, run->count,
					     at + sizeof(header));
	memcpy(at, &header, sizeof(header));
	spill->gathered += sizeof(header) + header.length;
}

void trace_spill_put(struct trace_spill *spill, const struct trace_run *run)
{
	if (run->agent && run->count > 0 && run->count <= TRACE_CHUNK_SLOTS)
		gather(spill, run);
}

int trace_spill_end_pass(struct trace_spill *spill, uint64_t watermark)
{
	gather(spill, &(struct trace_run){ .index = watermark });
	write_gathered(spill);
	if (spill->has_failed) {
		spill->written = spill->pass_start;
		if (ftruncate(spill->fd, (off_t)spill->written) < 0)
			return -1;	/* what is too much is dropped by index */
		return -1;
	}
	spill->pass_start = spill->written;
	return 0;
}

static bool read_at(struct trace_spill *spill, void *bytes, size_t count)
{
	char *at = bytes;

	if (spill->written - spill->read < count)
		return false;
	while (count > 0) {
		ssize_t n = pread(spill->fd, at, count, (off_t)spill->read);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		at += n;
		count -= (size_t)n;
		spill->read += (uint64_t)n;
	}
	return true;
}

int trace_spill_next(struct trace_spill *spill, struct trace_run *run,
		     uint64_t *watermark)
{
	struct trace_spill_header header;

	if (trace_spill_is_read(spill)
	    || !read_at(spill, &header, sizeof(header))
	    || header.magic != TRACE_SPILL_MAGIC
	    || header.count > TRACE_CHUNK_SLOTS
	    || header.length > TRACE_SLOTS_BYTES(header.count)
	    || !read_at(spill, spill->packed, header.length)
	    || !trace_slots_unpack(spill->packed, header.length, spill->slots,
			     header.count)) {
		spill->read = spill->written;
		return 0;
	}
	if (header.agent == 0) {
		*watermark = header.index;
		return 2;
	}
	*run = (struct trace_run){
		.agent = header.agent,
		.process = header.process,
		.index = header.index,
		.slots = spill->slots,
		.count = header.count,
	};
	return 1;
}

void trace_spill_reset(struct trace_spill *spill)
{
	if (spill->written == 0 || ftruncate(spill->fd, 0) < 0)
		return;
	spill->read = spill->written = spill->pass_start = 0;
	spill->has_failed = false;
}

void trace_spill_close(struct trace_spill *spill)
{
	if (spill->fd >= 0)
		close(spill->fd);
	spill->fd = -1;
}
