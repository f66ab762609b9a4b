/* Words for what stands in an outcome. */
#pragma once

#include "core/str.h"
#include "core/text.h"

/* The sentence of a verdict's reason ("nothing_aligned"), the word of a direction, of an action; .en NULL where there is none. */
struct text outcome_verdict_text(struct str reason);
struct text outcome_direction_text(struct str direction);
struct text outcome_action_text(struct str action);
/* The text of a reason that the service gives (direction, action, "not signed") in the language; what no table has, as
 * it is. */
struct str outcome_reason_text(struct str reason, enum language language);
