#include "auth/limit.h"

const char *limit_text(const struct reader *reader)
{
	if (reader->header.fields)
		return "the signatures of the message need too much memory";
	if (buf_error(&reader->header_text) || reader->header_text.n > MAIL_HEADER_SIZE_MAX)
		return "the header is larger than 4 MiB";
	return "the header has more than 10,000 fields";
}

const char *line_end_refusal(const struct reader *reader)
{
	if (reader->facts.bare_cr)
		return "the message holds a CR that is not followed by LF";
	if (reader->facts.bare_lf && reader->options.line_ends == READER_STRICT)
		return "the message holds an LF without a CR before it";
	return "";
}
