/* One message on its way to a judgement: the inside of inkan/message.h, for the rooms above. */
#pragma once

#include "dns/evidence.h"
#include "inkan/message.h"
#include "mail/reader.h"

/* Evidence that stands for an inkan_snapshot. */
struct inkan_snapshot {
	struct evidence *evidence;
};

/* The message's DNS evidence, for a resolver that answers all its open questions at once. */
struct evidence *message_evidence(struct inkan_message *message);
/* NULL before the header is complete. */
const struct header *message_header(const struct inkan_message *message);
/* Bare CR and LF are counted with INKAN_LINE_ENDS_NORMALISE only: they cost a third of what a relaxed body costs beyond
 * its hash, and a verdict does not depend on them. */
const struct reader_facts *message_facts(const struct inkan_message *message);
/* Memory with the lifetime of the message's results. */
struct arena *message_arena(struct inkan_message *message);

/* Called when the header is complete, before anything is judged or asked: it may set the session by what stands there. */
typedef int message_header_hook(void *context, struct inkan_message *message, const struct header *header);
/* For this message and all that follow. */
void message_set_header_hook(struct inkan_message *message, message_header_hook *hook, void *context);
