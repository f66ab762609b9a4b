/* An identity for people and programs. */
#pragma once

#include "cli/output.h"
#include "core/json.h"
#include "dns/record_set.h"
#include "identity/identity.h"

/* One JSON object; records: with the records it needs (expected.h). */
INKAN_MUST_CHECK int identity_json(struct json *j, const struct ui *ui, const struct identity *identity, bool records);
/* The page of an identity: state, signing, slots. */
void identity_page(struct buf *out, const struct ui *ui, const struct identity *identity, unix_time now);
/* One line of a list. */
void identity_line(struct buf *out, const struct ui *ui, const struct identity *identity);

enum { VIEW_PEOPLE = 1 << 0, VIEW_OURS = 1 << 1, VIEW_DMARC = 1 << 2 };
/* The records: those that people publish, those in our own zone, a DMARC record on offer. */
INKAN_MUST_CHECK int identity_records_print(struct buf *out, struct arena *arena, const struct identity *identity,
                                            unsigned which, const struct record_print *how, bool notes);
