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
	spill->written = (uint64_t)st.st_size;
	return 0;
}

/* Everything or nothing: a record cut short ends what can be read. */
static bool write_parts(struct trace_spill *spill, struct iovec *parts,
			int count)
{
	while (count > 0) {
		ssize_t n = pwritev(spill->fd, parts, count,
				    (off_t)spill->written);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		spill->written += (uint64_t)n;
		while (count > 0 && (size_t)n >= parts->iov_len) {
			n -= (ssize_t)parts->iov_len;
			parts++;
			count--;
		}
		if (count > 0) {
			parts->iov_base = (char *)parts->iov_base + n;
			parts->iov_len -= (size_t)n;
		}
	}
	return true;
}

static void write_gathered(struct trace_spill *spill)
{
	if (!spill->has_failed
	    && !write_parts(spill, spill->parts, 2 * (int)spill->gathered))
		spill->has_failed = true;
	spill->gathered = 0;
}

static void gather(struct trace_spill *spill, const struct trace_run *run)
{
	unsigned i = spill->gathered++;

	spill->headers[i] = (struct trace_spill_header){
		.magic = TRACE_SPILL_MAGIC,
		.agent = run->agent,
		.process = run->process,
		.count = run->count,
		.index = run->index,
		.pass = spill->pass,
	};
	spill->parts[2 * i] = (struct iovec){
		&spill->headers[i], sizeof(spill->headers[i])
	};
	/* writev(2) does not write there, though it has no const. */
	spill->parts[2 * i + 1] = (struct iovec){
		(void *)(uintptr_t)run->slots,	/* NOLINT(performance-no-int-to-ptr) */
		run->count * sizeof(*run->slots)
	};
	if (spill->gathered == TRACE_SPILL_BATCH)
		write_gathered(spill);
}

void trace_spill_put(struct trace_spill *spill, const struct trace_run *run)
{
	if (run->agent && run->count > 0)
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
	spill->pass++;
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
	    || !read_at(spill, spill->slots,
			header.count * sizeof(*spill->slots))) {
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
