/* The short texts by which SPF, ARC and DMARC tell why, in the language of the page. English is the engine's own. */
#pragma once

#include "core/buf.h"
#include "core/text.h"
#include "spf/fault.h"

/* The row of a reason of SPF or DMARC, and what stands behind it, such as " (moo in the record of example.com)". False for
 * one that no table has. */
bool reason_find(struct str reason, struct text *out, struct str *detail_out);
/* Adds that detail in the language, made safe. */
void reason_detail_put(struct buf *out, struct str detail, enum language language);

/* A reason of SPF is the text of a fault, perhaps with " (detail)" behind it. *detail_out: that, empty where there is
 * none. A reason that is no such text comes back as it is. */
struct str spf_reason_in(struct str reason, enum language language, struct str *detail_out);

/* "i=3 ARC-Seal: signature did not verify": which field stays, the trouble is translated. */
void arc_reason_put(struct buf *out, struct str reason, enum language language);

struct str dmarc_reason_in(struct str reason, enum language language);

/* The tables. */
const char *spf_reason_ja(enum spf_fault_id fault);
const struct text *arc_reasons(size_t *count_out);
const struct text *dmarc_reasons(size_t *count_out);
