/* Open questions as the public interface lists them; the answers of callers with their own resolver (inkan/message.h). */
#pragma once

#include "dns/evidence.h"
#include "inkan/message.h"

struct question_list {
	struct inkan_question *questions; /* made anew at each call that lists them */
	char (*names)[DNS_NAME_MAX + 1];
	size_t room;
};

/* Lists what is open. INKAN_ENOMEM. */
INKAN_MUST_CHECK int question_list_make(struct question_list *list, const struct evidence *evidence, size_t *count_out);
void question_list_release(struct question_list *list);
