/* The messages that the operands of a command name, one after the other: files, mbox, maildir, folders, "-". */
#pragma once

#include <stdbool.h>

#include "io/mailbox.h"

struct input {
	char **operands;
	size_t count, next;
	struct mailbox *mailbox; /* of operands[next - 1]; NULL: take the next operand */
	bool any;                /* it had an item */
};

/* Takes the next message; false: there are no more. An operand that cannot be read, or that holds no message, is an item
 * with `error`. *out is to be released. */
bool input_next(struct input *in, struct mail_item *out);
void input_release(struct input *in);
