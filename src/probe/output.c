#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "probe/probe.h"

/* While a trace is written, stdout and stderr are streams of ours on the same
 * descriptors, buffered as before. What leaves them is recorded line by line, at
 * the moment it leaves: so the buffered output of a process that was killed is
 * missing in the trace, as it is on the screen. Output that bypasses stdio is not
 * seen. */

struct stream {
	int fd;			/* 1 or 2, also what the trace calls it */
};

static struct stream out = { STDOUT_FILENO };
static struct stream err = { STDERR_FILENO };

static void record_line(int fd, const char *line, size_t length, bool ended)
{
	/* A line longer than an event holds becomes several. */
	while (length > TRACE_TEXT_BYTES) {
		mp__record_text(TRACE_OUTPUT, 0, fd | TRACE_STREAM_PARTIAL,
				line, TRACE_TEXT_BYTES);
		line += TRACE_TEXT_BYTES;
		length -= TRACE_TEXT_BYTES;
	}
	mp__record_text(TRACE_OUTPUT, 0,
			fd | (ended ? 0 : TRACE_STREAM_PARTIAL), line, length);
}

static void record_lines(int fd, const char *bytes, size_t size)
{
	const char *end = bytes + size;

	while (bytes < end) {
		const char *newline = memchr(bytes, '\n', (size_t)(end - bytes));
		const char *stop = newline ? newline : end;

		record_line(fd, bytes, (size_t)(stop - bytes), newline);
		bytes = newline ? newline + 1 : end;
	}
}

/* Recorded first: whoever reacts to what it reads reacts after it in the
 * trace, too. */
static ssize_t write_stream(void *cookie, const char *bytes, size_t size)
{
	struct stream *stream = cookie;

	if (mp__ring)
		record_lines(stream->fd, bytes, size);
	/* fopencookie(3): 0 is an error here */
	return mp__fd_write_all(stream->fd, bytes, size) < 0 ? 0
							     : (ssize_t)size;
}

static FILE *take_over(FILE *original, struct stream *stream)
{
	cookie_io_functions_t functions = { .write = write_stream };
	FILE *file = fopencookie(stream, "w", functions);

	if (!file)
		return original;
	fflush(original);
#ifdef __GLIBC__
	/* Programs ask for it, mostly to give it to isatty(3). */
	file->_fileno = stream->fd;
#endif
	return file;
}

void mp__output_start(void)
{
	const char *wish = getenv("FORKSCOPE_STDOUT");
	bool by_line = isatty(STDOUT_FILENO)
		       || (wish && strcmp(wish, "line") == 0);

	stdout = take_over(stdout, &out);
	setvbuf(stdout, NULL, by_line ? _IOLBF : _IOFBF, BUFSIZ);
	stderr = take_over(stderr, &err);
	setvbuf(stderr, NULL, _IONBF, 0);
}
