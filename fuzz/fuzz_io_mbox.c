/* Mailboxes: the same octets as a file (measured first, read later) and as a pipe (read on the way) give the same
 * messages. The first octet says whether quotes are kept. */
#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/buf.h"
#include "io/mailbox.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PIPE_SIZE = 60000 };

static void read_all(int fd, bool keep_quotes, struct buf *out)
{
	char path[40];
	struct mailbox *m = NULL;
	struct mail_stream *s = NULL;
	struct mail_item item;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (mailbox_open(path, (struct mailbox_options){.keep_quotes = keep_quotes}, &m, NULL) || mail_stream_new(&s))
		abort();
	for (size_t number = 1; mailbox_next(m, &item) == 1; number++) {
		struct str chunk;
		int error = mail_stream_open(s, &item, NULL);

		buf_printf(out, "%zu:", number);
		do {
			error = error ? error : mail_stream_read(s, &chunk, NULL);
			assert(!error);
			buf_put(out, chunk);
		} while (chunk.n);
		mail_item_release(&item);
	}
	mail_stream_free(s);
	mailbox_close(m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf from_file, from_pipe;
	int ends[2], file = memfd_create("fuzz", MFD_CLOEXEC);

	if (size < 1 || size > PIPE_SIZE || file < 0 || pipe2(ends, O_CLOEXEC) != 0) {
		close(file);
		return 0;
	}
	bool keep_quotes = data[0] & 1;

	if (write(file, data + 1, size - 1) != (ssize_t)(size - 1) ||
	    write(ends[1], data + 1, size - 1) != (ssize_t)(size - 1))
		abort();
	close(ends[1]);
	buf_init(&from_file, SIZE_MAX / 2);
	buf_init(&from_pipe, SIZE_MAX / 2);
	read_all(file, keep_quotes, &from_file);
	read_all(ends[0], keep_quotes, &from_pipe);
	assert(str_eq(buf_str(&from_file), buf_str(&from_pipe)));
	buf_release(&from_file);
	buf_release(&from_pipe);
	close(ends[0]);
	close(file);
	return 0;
}
