#include "crypto/pem.h"

/* The next line without its end, CR or LF: between the two of a CRLF stands an empty line, which does no harm. */
static struct str take_line(struct str *rest)
{
	size_t at = 0;

	while (at < rest->n && rest->p[at] != '\n' && rest->p[at] != '\r')
		at++;
	struct str line = str_head(*rest, at);

	*rest = str_skip(*rest, at + 1);
	return line;
}

/* "-----BEGIN label-----", blanks round it allowed */
static bool boundary(struct str line, struct str keyword, struct str *label_out)
{
	struct str dashes = STR("-----");

	line = str_trim_wsp(line);
	if (!str_has_prefix(line, keyword))
		return false;
	struct str label = str_skip(line, keyword.n);

	if (label.n < dashes.n || !str_eq(str_skip(label, label.n - dashes.n), dashes))
		return false;
	*label_out = str_head(label, label.n - dashes.n);
	return true;
}

bool pem_next(struct str *rest, struct pem_block *out)
{
	struct pem_block block = {0};
	struct str end_label;
	bool found = false;

	while (rest->n && !found)
		found = boundary(take_line(rest), STR("-----BEGIN "), &block.label);
	if (!found)
		return false;
	block.text = str_head(*rest, 0);
	while (rest->n && !block.is_closed) {
		struct str line = take_line(rest);

		block.is_closed = boundary(line, STR("-----END "), &end_label);
		if (!block.is_closed)
			block.text.n = (size_t)(line.p + line.n - block.text.p);
	}
	block.is_closed = block.is_closed && str_eq(block.label, end_label);
	*out = block;
	return true;
}
