/* Judges messages one after the other, for one thread: the engine's message, where its DNS answers come from, and what
 * they were. */
#pragma once

#include "cli/dns_source.h"
#include "cli/session.h"
#include "cli/verdict.h"
#include "crypto/crypto.h"
#include "dns/evidence.h"
#include "inkan/message.h"

enum {
	JUDGE_KEPT_QUESTIONS_MAX = 10 * 1000 * 1000, /* answers that one run keeps; their size ends it before */
	/* Memory of one page: texts of at most 64 KiB, and the addresses of a header of 4 MiB where they are hidden. */
	JUDGE_PAGE_MEMORY_MAX = 64 * 1024 * 1024
};

/* What all judges of one run share. */
struct judge_options {
	struct inkan_context *context;
	struct inkan_message_options message; /* with the snapshot, where answers come from one */
	struct resolver_options resolver;     /* else whom to ask */
	bool keep_answers;                    /* collect every answer that was used, for --save-dns */
	const char *authserv_id;
	struct inkan_session session; /* what the user said of it */
	bool session_from_received;   /* what he did not say is taken from the message */
	bool redact;
	bool with_page;    /* verdicts are to have a page */
	bool with_results; /* and the Authentication-Results field */
	enum language language;
};

struct judge {
	const struct judge_options *options;
	struct inkan_message *message;
	struct dns_source source;
	struct evidence *kept;    /* NULL unless keep_answers */
	bool kept_too_much;       /* `kept` has reached its cap and lacks answers */
	struct told_session told; /* by the message */
	struct inkan_session session;
	struct digest *digest; /* NULL unless redact */
	struct arena page_memory;
	struct page page;
};

/* Errors: INKAN_ENOMEM, INKAN_EUSAGE (an option outside its range). */
INKAN_MUST_CHECK int judge_init(struct judge *j, const struct judge_options *options);
void judge_release(struct judge *j);

/* The next octets of the message; false: no more is wanted, judge_end() tells why. */
bool judge_write(struct judge *j, struct str octets);
/* The message is complete: fills *out, which is valid until judge_reset(). `file` is borrowed. headline_only: of the page. */
void judge_end(struct judge *j, const char *file, bool headline_only, struct verdict *out);
/* How its lines ended and what else was counted. */
const struct reader_facts *judge_facts(const struct judge *j);
/* Ready for the next message. */
void judge_reset(struct judge *j);
