/* inkan check domain: the files of the command. */
#pragma once

#include "check/domain.h"
#include "cli/options.h"
#include "core/json.h"

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

/* Fills item->options: selectors of --selector, --gateway-selector and --headers, gateways, MAIL FROM. Other than EXIT_FINE: a message was
 * printed. */
enum exit_code domain_known(const struct invocation *in, struct domain_work_item *item);

/* ---- how it is shown (check_domain_page.c) ---- */

void domain_page(struct buf *out, const struct ui *ui, const struct domain_report *report);
/* One object on one line. */
void domain_json(struct buf *out, enum language language, const struct domain_report *report);
/* Every answer as `dig +short` prints it, CNAME targets before what they lead to. */
void domain_dig(struct buf *out, const struct domain_report *report);
