/* The sentence of each verdict, and words for what a mechanism is worth. */
#pragma once

#include "core/text.h"
#include "explain/page.h"

/* A template of facts.h without a final stop: one sentence. */
struct text reason_text(enum inkan_verdict_reason reason);
struct text standing_text(enum page_standing standing);
struct text override_text(enum inkan_override override);
