#include "identity/vocabulary.h"

#include "identity/life.h"

// clang-format off
static const struct {
	struct text people;
	const char *interface, *microsoft;
} words[] = {
	[IDENTITY_REQUESTED] = {{"Not started", "未開始"}, "NOT_STARTED", "NoDKIMKeys"},
	[IDENTITY_NOT_STARTED] = {{"Not started", "未開始"}, "NOT_STARTED", "NoDKIMKeys"},
	[IDENTITY_PENDING] = {{"Pending", "保留中"}, "PENDING", "CnameMissing"},
	[IDENTITY_VERIFIED] = {{"Verified", "検証済み"}, "SUCCESS", "Valid"},
	[IDENTITY_UNSTABLE] = {{"Temporary Failure", "一時的な失敗"}, "TEMPORARY_FAILURE", "CnameMissing"},
	[IDENTITY_FAILED] = {{"Failure", "失敗"}, "FAILED", "CnameMissing"},
};

/* A MAIL FROM domain goes through the same states. */
static const enum identity_state like[] = {
	[MAIL_FROM_NONE] = IDENTITY_NOT_STARTED, [MAIL_FROM_PENDING] = IDENTITY_PENDING,
	[MAIL_FROM_SUCCESS] = IDENTITY_VERIFIED, [MAIL_FROM_UNSTABLE] = IDENTITY_UNSTABLE,
	[MAIL_FROM_FAILED] = IDENTITY_FAILED,
};

static const struct text no_keys = {
	"No DKIM keys saved for this domain.", "このドメインの DKIM キーが保存されていません"};
static const struct text not_signing = {
	"Not signing DKIM signatures for this domain.", "このドメインの DKIM 署名をしません"};
static const struct text signing = {
	"Signing DKIM signatures for this domain.", "このドメインの DKIM 署名をします。"};
// clang-format on

struct text ses_status_text(const struct identity *identity)
{
	return words[identity->state].people;
}

const char *ses_dkim_status(const struct identity *identity)
{
	return words[identity->state].interface;
}

const char *ses_mail_from_status(const struct identity *identity)
{
	return identity->mail_from_state == MAIL_FROM_NONE ? "" : words[like[identity->mail_from_state]].interface;
}

struct text mail_from_text(const struct identity *identity)
{
	enum mail_from_state state = identity->mail_from_state;

	return (struct text){mail_from_state_name(state), words[like[state]].people.ja};
}

const char *microsoft_status(const struct identity *identity)
{
	return words[identity->state].microsoft;
}

/* Of keys that somebody else holds is known only that they are there: then he signs. */
static bool is_signed(const struct identity *identity)
{
	if (identity->scheme != IDENTITY_EXTERNAL)
		return life_signs(identity);
	return identity->state == IDENTITY_VERIFIED || identity->state == IDENTITY_UNSTABLE;
}

struct text microsoft_sentence(const struct identity *identity)
{
	if (identity->state == IDENTITY_REQUESTED || identity->state == IDENTITY_NOT_STARTED)
		return no_keys;
	return is_signed(identity) ? signing : not_signing;
}
