/* The check of a domain on any world of DNS: it ends after few rounds, stays within its limits, and says everything in both
 * languages. */
#include <assert.h>
#include <stdlib.h>

#include "check/domain.h"
#include "dns/snapshot.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct known_selector selectors[] = {
	{"s1", KNOWN_BY_USER, NULL, NULL, 1, NULL, IDENTITY_SERVICE, false},
	{"s2", KNOWN_BY_IDENTITY, "s2.dkim.example.net", NULL, UNIX_TIME_NONE, "d.example", IDENTITY_GATEWAY, false},
	{"s3", KNOWN_BY_IDENTITY, "s3.dkim.example.net", NULL, UNIX_TIME_NONE, "d.example", IDENTITY_GATEWAY, true},
	{"s4", KNOWN_BY_HEADER, NULL, "v=DKIM1; p=AAAA", UNIX_TIME_NONE, NULL, IDENTITY_SERVICE, false},
};
static const char *const gateways[] = {"192.0.2.25", "192.0.2.0/24", "2001:db8::/32"};

/* Answers what is open out of the world. */
static void answer(struct evidence *e, const struct evidence *world)
{
	const struct dns_question *open;

	while (evidence_open(e, &open))
		if (evidence_add(e, open->type, open->name, evidence_find(world, open->type, open->name)))
			abort();
}

static void check(const struct crypto *crypto, const struct evidence *world, struct domain_report *out,
                  struct arena *arena)
{
	static const struct domain_check_options options = {.domain = "d.example",
	                                                    .selectors = selectors,
	                                                    .selector_count = 4,
	                                                    .gateways = gateways,
	                                                    .gateway_count = 3,
	                                                    .mail_from = "m.d.example",
	                                                    .bulk = true,
	                                                    .now = 1790000000};
	struct evidence *e = NULL;
	bool pending = true;
	int error = INKAN_OK;

	if (evidence_new(NULL, 0, 0, &e))
		abort();
	for (unsigned round = 0; pending && !error; round++) {
		arena_reset(arena);
		error = domain_check(arena, crypto, e, &options, out, &pending);
		if (pending && round < DOMAIN_ROUNDS_MAX)
			answer(e, world);
		else if (domain_give_up(e))
			abort();
	}
	/* a hostile world may say more than the arena takes; nothing is half done then */
	assert(!error || error == INKAN_ELIMIT);
	if (error)
		*out = (struct domain_report){0};
	evidence_free(e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct evidence *world = NULL;
	struct snapshot_error trouble;
	struct domain_report report;
	struct crypto *crypto = NULL;
	struct arena arena;

	if (snapshot_load(str_from((const char *)data, size), &world, &trouble))
		return 0;
	if (crypto_new(&crypto))
		abort();
	arena_init(&arena, DOMAIN_MEMORY_MAX);
	check(crypto, world, &report, &arena);
	assert(report.note_count <= DOMAIN_FINDINGS_MAX && report.look_count <= DOMAIN_LOOKS_MAX);
	assert(report.selector_count <= DOMAIN_SELECTORS_MAX && report.registered <= 3);
	for (size_t i = 0; i < report.note_count; i++) {
		const struct domain_note *note = &report.notes[i];

		assert(note->finding.text.en[0] && note->finding.text.ja[0]);
		assert(note->finding.position == FINDING_NOWHERE || note->finding.position <= note->value.n);
	}
	arena_release(&arena);
	crypto_free(crypto);
	evidence_free(world);
	return 0;
}
