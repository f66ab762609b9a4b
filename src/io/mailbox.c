/* Finds messages in files and folders; see mailbox.h.
 *
 * mailbox_next -> the next message of the mbox under way (next_in_box), else the next path (enter). Of an mbox in a regular
 * file the messages are measured here and read later from their offset, so that threads can share it; of a pipe they are
 * read through the mailbox itself. */
#include "io/mailbox.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/file.h"
#include "io/mail_stream.h"

struct mailbox {
	struct mailbox_options options;
	bool is_maildir;
	char **paths; /* what is to be read, in order */
	size_t count, cap, next;
	size_t skipped; /* entries that are not */
	/* the mbox under way */
	const char *path; /* NULL: none */
	int fd;
	bool is_sequential;
	size_t number; /* of its last message, from 1 */
	struct mail_stream *stream;
};

/* ---- which files ---- */

static int add_path(struct mailbox *m, const char *folder, const char *name)
{
	if (m->count == m->cap) {
		size_t cap = m->cap ? m->cap * 2 : 64;
		char **grown = reallocarray(m->paths, cap, sizeof(*grown));

		if (!grown)
			return INKAN_ENOMEM;
		m->paths = grown;
		m->cap = cap;
	}
	size_t n = strlen(folder);
	size_t size = n + 1 + strlen(name) + 1;
	char *path = malloc(size);

	if (!path)
		return INKAN_ENOMEM;
	snprintf(path, size, "%s%s%s", folder, n && *name && folder[n - 1] != '/' ? "/" : "", name);
	m->paths[m->count++] = path;
	return INKAN_OK;
}

static int by_name(const void *a, const void *b)
{
	const char *x = *(char *const *)a, *y = *(char *const *)b;
	const char *x_name = strrchr(x, '/'), *y_name = strrchr(y, '/');
	int order = strcmp(x_name ? x_name : x, y_name ? y_name : y);

	return order ? order : strcmp(x, y);
}

/* Whether an entry is to be read; what cannot be told is, so that its error shows. */
static bool is_wanted(int folder, const struct dirent *entry)
{
	struct stat st;

	if (entry->d_name[0] == '.')
		return false;
	if (entry->d_type == DT_REG)
		return true;
	if (entry->d_type != DT_UNKNOWN && entry->d_type != DT_LNK)
		return false;
	return fstatat(folder, entry->d_name, &st, 0) != 0 || S_ISREG(st.st_mode);
}

/* Adds the files of a folder; INKAN_EIO where it cannot be listed. */
static int add_folder(struct mailbox *m, const char *path, struct io_error *error)
{
	DIR *folder = opendir(path);
	int code = INKAN_OK;

	if (!folder)
		return io_fail(error, "%s: %s", path, strerror(errno));
	for (;;) {
		errno = 0;
		const struct dirent *entry = readdir(folder);

		if (!entry && errno)
			code = io_fail(error, "%s: %s", path, strerror(errno));
		if (!entry || code)
			break;
		if (is_wanted(dirfd(folder), entry))
			code = add_path(m, path, entry->d_name);
		else if (!m->is_maildir && strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			m->skipped++;
	}
	closedir(folder);
	return code;
}

static bool is_folder(const char *path, const char *name)
{
	char joined[4096];
	struct stat st;
	int n = snprintf(joined, sizeof(joined), "%s/%s", path, name);

	return n > 0 && (size_t)n < sizeof(joined) && stat(joined, &st) == 0 && S_ISDIR(st.st_mode);
}

/* A half of a maildir that cannot be listed is an item with an error: the other half comes all the same. */
static int add_half(struct mailbox *m, const char *path, const char *half)
{
	char joined[4096];

	snprintf(joined, sizeof(joined), "%s/%s", path, half);
	int code = add_folder(m, joined, NULL);

	return code == INKAN_EIO ? add_path(m, joined, "") : code;
}

static int list(struct mailbox *m, const char *path, struct io_error *error)
{
	struct stat st;

	if (strcmp(path, "-") == 0)
		return add_path(m, path, "");
	if (stat(path, &st) != 0)
		return io_fail(error, "%s: %s", path, strerror(errno));
	if (!S_ISDIR(st.st_mode))
		return access(path, R_OK) == 0 ? add_path(m, path, "")
		                               : io_fail(error, "%s: %s", path, strerror(errno));
	m->is_maildir = is_folder(path, "cur") && is_folder(path, "new");
	int code = m->is_maildir ? add_half(m, path, "cur") : add_folder(m, path, error);

	if (!code && m->is_maildir)
		code = add_half(m, path, "new");
	if (m->count)
		qsort(m->paths, m->count, sizeof(*m->paths), by_name);
	return code;
}

int mailbox_open(const char *path, struct mailbox_options options, struct mailbox **out, struct io_error *error)
{
	struct mailbox *m = calloc(1, sizeof(*m));

	if (!m)
		return INKAN_ENOMEM;
	m->options = options;
	m->fd = -1;
	int code = mail_stream_new(&m->stream);

	if (!code)
		code = list(m, path, error);
	if (code) {
		mailbox_close(m);
		return code;
	}
	*out = m;
	return INKAN_OK;
}

void mailbox_close(struct mailbox *m)
{
	if (!m)
		return;
	for (size_t i = 0; i < m->count; i++)
		free(m->paths[i]);
	free(m->paths);
	mail_stream_free(m->stream);
	io_close(m->fd);
	free(m);
}

size_t mailbox_skipped(const struct mailbox *m)
{
	return m->skipped;
}

struct mail_stream *mailbox_shared_stream(struct mailbox *m)
{
	return m->stream;
}

/* ---- items ---- */

void mail_item_release(struct mail_item *item)
{
	free(item->name);
	free(item->path);
	free(item->error);
	*item = (struct mail_item){0};
}

/* number 0: the file is one message */
static int make_item(struct mailbox *m, const char *path, size_t number, const char *error, struct mail_item *out)
{
	struct mail_item item = {.size = UINT64_MAX, .path = strdup(path)};

	if (error)
		item.error = strdup(error);
	if (number && asprintf(&item.name, "%s:%zu", path, number) < 0)
		item.name = NULL;
	if (!number)
		item.name = strdup(path);
	item.unquote = number && !m->options.keep_quotes;
	if (m->is_sequential)
		item.sequential = m;
	if (!item.path || !item.name || (error && !item.error)) {
		mail_item_release(&item);
		return INKAN_ENOMEM;
	}
	*out = item;
	return 1;
}

static void leave(struct mailbox *m)
{
	mail_stream_attach(m->stream, -1, "");
	io_close(m->fd);
	m->fd = -1;
	m->path = NULL;
	m->is_sequential = false;
}

/* Leaves the file; what was in it so far counts, the rest is one item with an error. */
static int leave_with_error(struct mailbox *m, const struct io_error *error, struct mail_item *out)
{
	const char *path = m->path;
	size_t number = m->number;

	leave(m);
	return make_item(m, path, number, error->text, out);
}

/* To the end of the message. */
static int drain(struct mail_stream *s, struct io_error *error)
{
	struct str chunk;
	int code;

	do
		code = mail_stream_read(s, &chunk, error);
	while (!code && chunk.n);
	return code;
}

/* The next message of the mbox under way; 0: there is none, the file was left. */
static int next_in_box(struct mailbox *m, struct mail_item *out)
{
	struct io_error error = {""};
	int code = m->is_sequential && m->number ? drain(m->stream, &error) : INKAN_OK;

	if (!code)
		code = mail_stream_next(m->stream, &error);
	if (code == 0) {
		leave(m);
		return 0;
	}
	m->number++;
	uint64_t offset = m->stream->position;

	if (code > 0)
		code = m->is_sequential ? INKAN_OK : drain(m->stream, &error);
	if (code)
		return leave_with_error(m, &error, out);
	code = make_item(m, m->path, m->number, NULL, out);
	if (code == 1 && !m->is_sequential) {
		out->offset = offset;
		out->size = m->stream->position - offset;
	}
	return code;
}

/* Opens the next path: an item, 0 where it is an mbox without a message, or INKAN_ENOMEM. */
static int enter(struct mailbox *m, const char *path, struct mail_item *out)
{
	struct io_error error = {""};
	struct stat st;
	bool is_mbox = false;

	if (m->is_maildir)
		return make_item(m, path, 0, NULL, out);
	m->fd = io_open(path, &error);
	if (m->fd < 0)
		return make_item(m, path, 0, error.text, out);
	m->path = path;
	m->number = 0;
	m->is_sequential = m->fd == STDIN_FILENO || fstat(m->fd, &st) != 0 || !S_ISREG(st.st_mode);
	mail_stream_attach(m->stream, m->fd, path);
	if (mail_stream_is_mbox(m->stream, &is_mbox, &error))
		return leave_with_error(m, &error, out);
	if (is_mbox) {
		m->stream->split = true;
		m->stream->unquote = m->is_sequential && !m->options.keep_quotes;
		return next_in_box(m, out);
	}
	int code = make_item(m, path, 0, NULL, out);

	if (m->is_sequential)
		m->path = NULL; /* one message, read through the stream until the next path is entered */
	else
		leave(m);
	return code;
}

int mailbox_next(struct mailbox *m, struct mail_item *out)
{
	int code = 0;

	if (m->path)
		code = next_in_box(m, out);
	while (code == 0 && m->next < m->count) {
		leave(m);
		code = enter(m, m->paths[m->next++], out);
	}
	return code;
}
