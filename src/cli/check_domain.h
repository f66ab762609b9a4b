/* inkan check domain: the files of the command. */
#pragma once

#include "check/domain.h"
#include "cli/options.h"
#include "core/json.h"
#include "store/identity_store.h"

/* One domain while it is checked. */
struct domain_work_item {
	const char *given; /* the operand */
	struct domain_check_options options;
	struct arena kept;  /* what options point into */
	struct arena arena; /* of the report, reset for each round */
	struct evidence *evidence;
	struct domain_report report;
	unsigned rounds;
	bool done;
};

/* ---- what is known beforehand (check_domain_known.c) ---- */

/* Fills item->options: selectors of --selector, --gateway-selector, --headers and the identities of the store (NULL: none), gateways,
 * MAIL FROM. Other than EXIT_FINE: a message was printed. */
enum exit_code domain_known(const struct invocation *in, struct identity_store *store, struct domain_work_item *item);

/* The store of --store, else of the configuration, for reading; NULL where there is none (check_domain_store.c). Other than
 * EXIT_FINE: a message was printed. */
enum exit_code domain_store_open(const struct invocation *in, struct identity_store **out);
/* The selectors of the identities of a domain, and the first MAIL FROM domain of theirs unless *mail_from is set. */
enum exit_code domain_store_read(const struct invocation *in, struct identity_store *store, struct arena *arena,
                                 const char *domain, struct known_selector *selectors, size_t max, size_t *count_out,
                                 const char **mail_from);

/* ---- how it is shown (check_domain_page.c) ---- */

void domain_page(struct buf *out, const struct ui *ui, const struct domain_report *report);
/* One object on one line. */
void domain_json(struct buf *out, enum language language, const struct domain_report *report);
/* Every answer as `dig +short` prints it, CNAME targets before what they lead to. */
void domain_dig(struct buf *out, const struct domain_report *report);
/* A value as text: "10 mx.example.net", the text of a TXT record. */
void domain_put_value(struct buf *out, enum dns_type type, const struct dns_record *record);

/* ---- what changed (check_domain_watch.c) ---- */

struct fact_set {
	struct arena arena;
	struct str *lines; /* malloc */
	size_t count, capacity;
};

struct domain_watch {
	const struct invocation *in;
	const char *file;            /* --state; NULL */
	struct fact_set before, now; /* before: sorted */
	unix_time at;
	size_t changes;
};

/* Reads --state, where it is there. Other than EXIT_FINE: a message was printed. To be released in any case. */
enum exit_code domain_watch_open(struct domain_watch *w, const struct invocation *in);
void domain_watch_take(struct domain_watch *w, const struct domain_report *report);
/* All domains were taken: prints what changed, writes --state. *drift_out: something did. */
enum exit_code domain_watch_round(struct domain_watch *w, unix_time at, struct buf *out, bool *drift_out);
void domain_watch_release(struct domain_watch *w);
