#include "cli/input.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* An item that stands for what has none: 1 or INKAN_ENOMEM. */
static int fail(struct mail_item *out, const char *operand, const char *text)
{
	*out = (struct mail_item){.name = strdup(operand), .path = strdup(operand), .error = strdup(text)};
	if (out->name && out->path && out->error)
		return true;
	mail_item_release(out);
	return false;
}

static int fail_empty(struct mail_item *out, const char *operand)
{
	int made = fail(out, operand, "holds no message");

	if (made == 1)
		out->is_empty = true;
	return made;
}

int input_next(struct input *in, struct mail_item *out)
{
	for (;;) {
		struct io_error error;

		if (!in->mailbox) {
			if (in->next == in->count)
				return 0;
			const char *operand = in->operands[in->next++];

			int code = mailbox_open(operand, (struct mailbox_options){0}, &in->mailbox, &error);

			in->any = false;
			in->skipped += code ? 0 : mailbox_skipped(in->mailbox);
			if (code) {
				in->mailbox = NULL;
				if (code == INKAN_ENOMEM)
					return code;
				return fail(out, operand, code == INKAN_EIO ? error.text : inkan_strerror(code));
			}
		}
		const char *operand = in->operands[in->next - 1];
		int more = mailbox_next(in->mailbox, out);

		if (more == 1) {
			in->any = true;
			return 1;
		}
		if (more == INKAN_ENOMEM)
			return more;
		mailbox_close(in->mailbox);
		in->mailbox = NULL;
		if (more < 0)
			return fail(out, operand, inkan_strerror(more));
		if (!in->any)
			return fail_empty(out, operand);
	}
}

void input_release(struct input *in)
{
	if (in->mailbox)
		mailbox_close(in->mailbox);
	in->mailbox = NULL;
}
