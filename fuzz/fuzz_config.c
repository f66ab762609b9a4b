/* A configuration of strangers: reading ends, complaints are well-formed, and what was read prints and reads back to the same. */
#include <assert.h>
#include <stdlib.h>

#include "config/config.h"
#include "core/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_complaints(const struct config_errors *errors, int error)
{
	assert((error == INKAN_ESYNTAX) == (errors->errors > 0) || error == INKAN_ELIMIT);
	assert(errors->count <= CONFIG_ERRORS_MAX);
	for (size_t i = 0; i < errors->count; i++) {
		const struct config_error *e = &errors->list[i];

		assert(*e->text.en && *e->text.ja);
		assert(utf8_is_valid(str_c(e->text.en)) && utf8_is_valid(str_c(e->text.ja)));
	}
}

static void print_twice(const struct config *config, bool changed_only)
{
	struct config_errors errors;
	struct config *again;
	struct buf first, second;

	buf_init(&first, CONFIG_FILE_MAX);
	buf_init(&second, CONFIG_FILE_MAX);
	if (config_print(config, changed_only, &first) ||
	    config_parse(buf_str(&first), "/etc/inkan/x", &again, &errors) ||
	    config_print(again, changed_only, &second) || !str_eq(buf_str(&first), buf_str(&second)))
		abort();
	config_free(again);
	buf_release(&first);
	buf_release(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct config_errors errors;
	struct config *config;
	int error = config_parse(str_from((const char *)data, size), "/etc/inkan/inkan.yaml", &config, &errors);

	check_complaints(&errors, error);
	if (!error) {
		print_twice(config, false);
		print_twice(config, true);
	}
	config_free(config);
	return 0;
}
