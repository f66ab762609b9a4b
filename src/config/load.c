#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "config/config.h"
#include "io/file.h"

/* The path from the root on. NULL: no memory, or nobody knows where we are. */
static char *absolute_path(const char *path)
{
	struct buf out;
	char *folder = path[0] == '/' ? NULL : getcwd(NULL, 0);

	buf_init(&out, 2 * PATH_MAX);
	if (path[0] != '/' && folder) {
		buf_put_c(&out, folder);
		buf_put_char(&out, '/');
	}
	buf_put_c(&out, path);
	buf_put(&out, str_from("", 1));
	free(folder);
	if ((path[0] != '/' && !folder) || buf_error(&out))
		buf_release(&out);
	return out.p;
}

int config_load(const char *path, struct config **out, struct config_errors *errors, struct io_error *io)
{
	struct buf text;
	char *full = absolute_path(path);
	int error;

	*out = NULL;
	errors->count = errors->errors = 0;
	if (!full)
		return INKAN_ENOMEM;
	buf_init(&text, CONFIG_FILE_MAX);
	error = io_read_file(path, &text, io);
	if (!error)
		error = config_parse(buf_str(&text), full, out, errors);
	buf_release(&text);
	free(full);
	return error;
}
