#include "cli/suffix_list.h"

enum exit_code suffix_list_open(const struct invocation *in, struct public_suffixes **out)
{
	struct io_error wrong = {0};
	int error = public_suffixes_open(in->suffix_file, out, &wrong);

	if (error == INKAN_EIO) {
		ui_error(in->ui, NOWHERE,
		         TEXT(in->ui, "--public-suffix-list: %s – give a file as publicsuffix.org has it",
		              "--public-suffix-list: %s – publicsuffix.org の形式のファイルを指定してください"),
		         wrong.text);
		return EXIT_USAGE;
	}
	return error ? ui_failed(in->ui, NOWHERE, error) : EXIT_FINE;
}
