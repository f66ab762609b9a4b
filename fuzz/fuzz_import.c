/* A configuration of another program: the first line says whose, a line of "%%" ends it, what stands behind is every file that it names.
 * What comes out is a configuration, whatever came in. */
#include <assert.h>
#include <stdlib.h>

#include "config/config.h"
#include "config/import.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int give_file(void *context, const char *path, struct buf *out)
{
	const struct str *file = context;

	assert(*path);
	buf_put(out, *file);
	return buf_error(out);
}

static int give_folder(void *context, const char *folder, struct buf *out)
{
	(void)context;
	assert(*folder);
	buf_put_c(out, "example.com.dkim.key\nx\n.dkim.key\n");
	return buf_error(out);
}

static void check_notes(const struct import *i)
{
	const struct import_note *notes;
	size_t left_out, count = import_notes(i, &notes, &left_out);

	assert(count <= IMPORT_NOTES_MAX);
	for (size_t k = 0; k < count; k++)
		assert(*notes[k].text.en && *notes[k].text.ja && notes[k].file && notes[k].word);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = str_from((const char *)data, size), first = str_split(&text, '\n'), file;
	size_t end = str_search(text, STR("\n%%\n"));
	struct import_access access = {&file, give_file, give_folder};
	struct config_errors errors;
	struct config *config;
	struct import *i;
	struct buf yaml;

	file = str_skip(text, end + 4);
	text = str_head(text, end);
	if (import_new(&access, &i))
		abort();
	buf_init(&yaml, CONFIG_FILE_MAX);
	if (import_add(i, "f", text, (enum import_kind)(first.n ? (unsigned char)first.p[0] % 5 : 0)) == INKAN_OK &&
	    import_print(i, &yaml) == INKAN_OK) {
		if (config_parse(buf_str(&yaml), "", &config, &errors))
			abort();
		config_free(config);
	}
	check_notes(i);
	buf_release(&yaml);
	import_free(i);
	return 0;
}
