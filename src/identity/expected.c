/* Records in the order that people copy them: keys or aliases, MAIL FROM, DMARC, and last those of our own zone. */
#include "identity/expected.h"

#include <stdio.h>

#include "identity/internal.h"
#include "identity/provider.h"

#define TEXT(e, j) ((struct text){e, j})
#define REVOKED "v=DKIM1; p="

enum { MX_PREFERENCE = 10 };

static struct expected *add(struct expected_list *list, enum expected_kind kind, struct text note)
{
	struct expected *e = &list->list[list->count++];

	*e = (struct expected){.kind = kind, .note = note};
	return e;
}

static bool has_record(const struct slot *slot)
{
	return slot->state != SLOT_EMPTY && slot->state != SLOT_REVOKED;
}

static struct text key_note(const struct slot *slot)
{
	switch (slot->state) {
	case SLOT_OVERLAP:
		return TEXT("DKIM key that signs no more; mail on its way still needs it",
		            "署名には使わなくなった DKIM 鍵 (配送中のメールの検証に必要)");
	case SLOT_REVOKED:
		return TEXT("DKIM key that is revoked", "失効した DKIM 鍵");
	case SLOT_EMPTY:
		return TEXT("slot of a rotation that is not in use: empty, which is normal",
		            "ローテーションで使っていない枠 (空で正常)");
	case SLOT_GENERATED:
	case SLOT_PUBLISHED:
	case SLOT_PROVEN:
	case SLOT_ACTIVE:
		break;
	}
	return TEXT("DKIM key", "DKIM の公開鍵");
}

/* A TXT record below the domain itself. */
static int add_key(struct arena *arena, const struct identity *identity, size_t i, struct expected_list *list)
{
	const struct slot *slot = &identity->slots[i];
	char name[DNS_NAME_MAX + 1];

	if (!slot->selector[0] || (slot->state == SLOT_EMPTY && slot->since == UNIX_TIME_NONE))
		return INKAN_OK;
	struct expected *e = add(list, EXPECTED_KEY, key_note(slot));

	identity_slot_name(identity, slot, name);
	e->slot = i;
	if (slot->state == SLOT_EMPTY)
		e->note = TEXT("DKIM key that is withdrawn: there is to be no record",
		               "削除する DKIM 鍵 (レコードは残しません)");
	int error = record_set_txt(arena, str_c(name), EXPECTED_TTL,
	                           has_record(slot) ? str_c(slot->record) : STR(REVOKED), &e->set);

	if (slot->state == SLOT_EMPTY)
		e->set.count = 0;
	return error;
}

static int add_alias(struct arena *arena, const struct identity *identity, size_t i, struct expected_list *list)
{
	const struct slot *slot = &identity->slots[i];
	char name[DNS_NAME_MAX + 1];
	struct expected *e = add(list, EXPECTED_ALIAS,
	                         TEXT("DKIM: leads to the key, which is changed there; all of them are needed",
	                              "DKIM: 鍵の置き場所への CNAME (すべて登録が必要)"));

	identity_slot_name(identity, slot, name);
	e->slot = i;
	return record_set_cname(arena, str_c(name), EXPECTED_TTL, str_c(slot->target), &e->set);
}

/* What an alias leads to, in our own zone: the key, or an empty text where there is none (S3-27). */
static int add_hosted_key(struct arena *arena, const struct identity *identity, size_t i, struct expected_list *list)
{
	const struct slot *slot = &identity->slots[i];
	struct expected *e = add(list, EXPECTED_KEY, key_note(slot));

	e->slot = i;
	e->ours = true;
	return record_set_txt(arena, str_c(slot->target), EXPECTED_TTL,
	                      has_record(slot) ? str_c(slot->record) : STR_NULL, &e->set);
}

static int each_slot(struct arena *arena, const struct identity *identity, struct expected_list *list,
                     int (*add_slot)(struct arena *, const struct identity *, size_t, struct expected_list *))
{
	int error = INKAN_OK;

	for (size_t i = 0; !error && i < identity->slot_count; i++)
		error = add_slot(arena, identity, i, list);
	return error;
}

/* "v=spf1 include:<host zone> ~all", or as the provider wants it (C-4); without a host zone, the host itself sends. */
static void mail_from_spf(const struct identity *identity, char *out, size_t size)
{
	const struct provider *provider = identity->provider[0] ? provider_find(str_c(identity->provider)) : NULL;

	if (provider && provider->spf_template)
		snprintf(out, size, "%s", provider->spf_template);
	else if (identity->host_zone[0])
		snprintf(out, size, "v=spf1 include:%s ~all", identity->host_zone);
	else
		snprintf(out, size, "v=spf1 a:%s ~all", identity->site);
}

static int add_mail_from(struct arena *arena, const struct identity *identity, struct expected_list *list)
{
	char host[DNS_NAME_MAX + 1], spf[2 * DNS_NAME_MAX];
	struct str name = str_c(identity->mail_from);

	if (!name.n)
		return INKAN_OK;
	(void)identity_mail_from_host(identity, host, sizeof host);
	mail_from_spf(identity, spf, sizeof spf);
	struct expected *mx = add(list, EXPECTED_MAIL_FROM_MX,
	                          TEXT("MAIL FROM: bounces come back here; the only MX record at this name",
	                               "MAIL FROM: バウンスメールの受け取り先 (この名前の MX はこれだけにします)"));
	struct expected *txt = add(list, EXPECTED_MAIL_FROM_SPF,
	                           TEXT("MAIL FROM: this is the SPF record", "MAIL FROM: これが SPF レコードです"));
	int error = record_set_mx(arena, name, EXPECTED_TTL, MX_PREFERENCE, str_c(host), &mx->set);

	return error ? error : record_set_txt(arena, name, EXPECTED_TTL, str_c(spf), &txt->set);
}

/* The same whoever signs: DMARC needs no setting for a gateway (S0-2). */
static int add_dmarc(struct arena *arena, const struct identity *identity, struct expected_list *list)
{
	char name[DNS_NAME_MAX + sizeof "_dmarc."];
	struct expected *e =
		add(list, EXPECTED_DMARC,
	            TEXT("DMARC: receivers report, nothing is refused yet; the same with and without a gateway",
	                 "DMARC: 受信側がレポートを送りますが、まだ何も拒否されません "
	                 "(ゲートウェイの有無によらず同じです)"));

	snprintf(name, sizeof name, "_dmarc.%s", identity->domain);
	return record_set_txt(arena, str_c(name), EXPECTED_TTL, STR("v=DMARC1; p=none"), &e->set);
}

int expected_records(struct arena *arena, const struct identity *identity, bool dmarc, struct expected_list *out)
{
	struct expected_list list = {.count = 0};
	int error = INKAN_OK;

	if (identity->state == IDENTITY_REQUESTED) {
		*out = list;
		return INKAN_OK;
	}
	if (identity->scheme == IDENTITY_TXT)
		error = each_slot(arena, identity, &list, add_key);
	if (identity_has_aliases(identity))
		error = each_slot(arena, identity, &list, add_alias);
	error = error ? error : add_mail_from(arena, identity, &list);
	if (!error && dmarc)
		error = add_dmarc(arena, identity, &list);
	if (!error && identity_has_aliases(identity))
		error = each_slot(arena, identity, &list, add_hosted_key);
	if (!error)
		*out = list;
	return error;
}
