/* Every state in the words of Amazon SES and of Microsoft 365. */
#include "identity/vocabulary.h"

#include "support/case.h"

#define NO_KEYS "No DKIM keys saved for this domain."
#define NOT_SIGNING "Not signing DKIM signatures for this domain."
#define SIGNING "Signing DKIM signatures for this domain."
#define NO_KEYS_JA "このドメインの DKIM キーが保存されていません"
#define NOT_SIGNING_JA "このドメインの DKIM 署名をしません"
#define SIGNING_JA "このドメインの DKIM 署名をします。"

// clang-format off
static const struct row {
	const char *name;
	enum identity_state state;
	enum slot_state slot;
	bool enabled, external;
	const char *ses, *status, *microsoft, *sentence, *sentence_ja;
} rows[] = {
	{"S2-14 requested", IDENTITY_REQUESTED, SLOT_EMPTY, true, false, "Not started", "NOT_STARTED", "NoDKIMKeys", NO_KEYS, NO_KEYS_JA},
	{"S2-14 no key yet", IDENTITY_NOT_STARTED, SLOT_EMPTY, true, false, "Not started", "NOT_STARTED", "NoDKIMKeys", NO_KEYS, NO_KEYS_JA},
	{"S2-15 pending", IDENTITY_PENDING, SLOT_PUBLISHED, true, false, "Pending", "PENDING", "CnameMissing", NOT_SIGNING, NOT_SIGNING_JA},
	{"S2-15 verified, not enabled", IDENTITY_VERIFIED, SLOT_PROVEN, false, false, "Verified", "SUCCESS", "Valid", NOT_SIGNING, NOT_SIGNING_JA},
	{"S2-15 verified, enabled, not active yet", IDENTITY_VERIFIED, SLOT_PROVEN, true, false, "Verified", "SUCCESS", "Valid", NOT_SIGNING, NOT_SIGNING_JA},
	{"S2-15 switched off", IDENTITY_VERIFIED, SLOT_ACTIVE, false, false, "Verified", "SUCCESS", "Valid", NOT_SIGNING, NOT_SIGNING_JA},
	{"S2-16 signing", IDENTITY_VERIFIED, SLOT_ACTIVE, true, false, "Verified", "SUCCESS", "Valid", SIGNING, SIGNING_JA},
	{"S2-16 unstable: signing goes on", IDENTITY_UNSTABLE, SLOT_ACTIVE, true, false, "Temporary Failure", "TEMPORARY_FAILURE", "CnameMissing", SIGNING, SIGNING_JA},
	{"S2-15 unstable, switched off", IDENTITY_UNSTABLE, SLOT_ACTIVE, false, false, "Temporary Failure", "TEMPORARY_FAILURE", "CnameMissing", NOT_SIGNING, NOT_SIGNING_JA},
	{"S2-15 failed", IDENTITY_FAILED, SLOT_ACTIVE, true, false, "Failure", "FAILED", "CnameMissing", NOT_SIGNING, NOT_SIGNING_JA},
	{"keys of others, not seen", IDENTITY_PENDING, SLOT_PUBLISHED, false, true, "Pending", "PENDING", "CnameMissing", NOT_SIGNING, NOT_SIGNING_JA},
	{"keys of others, seen", IDENTITY_VERIFIED, SLOT_PROVEN, false, true, "Verified", "SUCCESS", "Valid", SIGNING, SIGNING_JA},
};
// clang-format on

static void run_row(const void *row)
{
	const struct row *r = row;
	const struct identity identity = {
		.state = r->state,
		.enabled = r->enabled,
		.scheme = r->external ? IDENTITY_EXTERNAL : IDENTITY_CNAME2,
		.slot_count = 1,
		.slots = {{.state = r->slot}},
	};

	assert_string_equal(ses_status_text(&identity).en, r->ses);
	assert_true(ses_status_text(&identity).ja[0] != '\0');
	assert_string_equal(ses_dkim_status(&identity), r->status);
	assert_string_equal(microsoft_status(&identity), r->microsoft);
	assert_string_equal(microsoft_sentence(&identity).en, r->sentence);
	assert_string_equal(microsoft_sentence(&identity).ja, r->sentence_ja);
}

static const struct mail_from_row {
	const char *name;
	enum mail_from_state state;
	const char *status;
} mail_from_rows[] = {
	{"MAIL FROM: none", MAIL_FROM_NONE, ""},
	{"MAIL FROM: pending", MAIL_FROM_PENDING, "PENDING"},
	{"MAIL FROM: success", MAIL_FROM_SUCCESS, "SUCCESS"},
	{"MAIL FROM: unstable", MAIL_FROM_UNSTABLE, "TEMPORARY_FAILURE"},
	{"MAIL FROM: failed", MAIL_FROM_FAILED, "FAILED"},
};

static void run_mail_from(const void *row)
{
	const struct mail_from_row *r = row;
	const struct identity identity = {.mail_from_state = r->state};

	assert_string_equal(ses_mail_from_status(&identity), r->status);
}

int main(void)
{
	struct test_list list = {0};

	TEST_TABLE(&list, rows, run_row);
	TEST_TABLE(&list, mail_from_rows, run_mail_from);
	return test_run(&list, "identity/vocabulary");
}
