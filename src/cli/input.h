/* The messages that the operands of a command name, one after the other: files, mbox, maildir, folders, "-". */
#pragma once

#include <stdbool.h>

#include "io/mailbox.h"

struct input {
	char **operands;
	size_t count, next;
	struct mailbox *mailbox; /* of operands[next - 1]; NULL: take the next operand */
	bool any;                /* it had an item */
	size_t skipped;          /* entries of folders that were not read, see mailbox_skipped() */
};

/* 1: *out is the next message, to be released; 0: there are no more; INKAN_ENOMEM: it could not even be named. An operand
 * that cannot be read, or that holds no message, is an item with `error`. */
INKAN_MUST_CHECK int input_next(struct input *in, struct mail_item *out);
void input_release(struct input *in);
