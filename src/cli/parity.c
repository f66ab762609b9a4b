#include "cli/parity.h"
#include "cli/trouble_text.h"

enum { VALUE_MAX = 8192 /* octets of a record's value */ };

enum exit_code parity_open(struct registrar_source *s, const struct invocation *in, enum store_use use)
{
	enum exit_code code = registrar_source_open(s, in, use, NULL);

	if (code == EXIT_FINE || code == EXIT_INTERNAL || !s->store[0])
		return code;
	ui_error(in->ui, NOWHERE,
	         TEXT(in->ui,
	              "not connected, or not authorized: %s does not get at the store of identities – name it by "
	              "--store or "
	              "--config, or run this as a user who may",
	              "接続されていないか権限がありません: %s "
	              "はアイデンティティのデータベースを使えません – --store か --config "
	              "で指定するか、権限のあるユーザーで実行してください"),
	         s->who[0] ? s->who : "this user");
	return code;
}

/* ---- looking ---- */

int parity_look(struct registrar_source *s, const char *id, struct identity *identity, struct registrar_view *out,
                struct io_error *why)
{
	return registrar_follow(s->registrar, &s->arena, id, true, identity, out, why);
}

bool parity_is_missing(const struct identity *identity, const struct registrar_sighting *seen)
{
	const struct expected *e = &seen->expected;
	bool counts = e->kind == EXPECTED_ALIAS || (e->kind == EXPECTED_KEY && identity->slots[e->slot].key);

	return counts && e->set.count && seen->sight != SIGHT_THERE;
}

size_t parity_missing_count(const struct identity *identity, const struct registrar_view *look)
{
	size_t n = 0;

	for (size_t i = 0; i < look->count; i++)
		n += parity_is_missing(identity, &look->seen[i]);
	return n;
}

static void put_value(struct buf *out, const struct record_set *set)
{
	if (set->type == DNS_TXT) {
		buf_put_char(out, '"');
		buf_put(out, set->records[0].text);
		buf_put_char(out, '"');
	} else {
		buf_put(out, set->records[0].name);
		buf_put_char(out, '.');
	}
	buf_put_char(out, '\0');
}

/* Of our own zone: why the registrar could not write it; else what was seen. */
static const char *trouble_of(const struct ui *ui, const struct identity *identity, const struct registrar_sighting *s,
                              struct trouble_text *out)
{
	const char *seen = text_in(ui->language, s->trouble);

	if (s->expected.ours && identity->trouble[0] && identity->slots[s->expected.slot].state == SLOT_GENERATED)
		return trouble_in(ui->language, identity->trouble, out);
	if (seen[0])
		return trouble_in(ui->language, seen, out);
	return TEXT(ui, "not every name server shows it", "すべてのネームサーバーに見えてはいません");
}

void parity_tell_missing(struct ui *ui, const struct identity *identity, const struct registrar_view *look)
{
	for (size_t i = 0; i < look->count; i++) {
		const struct registrar_sighting *s = &look->seen[i];
		struct trouble_text said;
		const char *trouble = trouble_of(ui, identity, s, &said);
		struct buf value;

		if (!parity_is_missing(identity, s))
			continue;
		buf_init(&value, VALUE_MAX);
		put_value(&value, &s->expected.set);
		ui_error(ui, NOWHERE, TEXT(ui, "missing: %.*s. %u IN %s %s – %s", "ありません: %.*s. %u IN %s %s – %s"),
		         STR_ARG(s->expected.set.name), (unsigned)s->expected.set.ttl,
		         dns_type_name(s->expected.set.type), value.p && !buf_error(&value) ? value.p : "", trouble);
		buf_release(&value);
	}
}

/* ---- changing ---- */

int parity_publish(struct registrar_source *s, const struct identity *identity, struct io_error *why)
{
	struct registrar_plan plans[REGISTRAR_PLANS_MAX];
	enum update_result result = UPDATE_DONE;
	size_t count = 0;

	if (!identity->publishes)
		return INKAN_OK;
	int error = registrar_plan(s->registrar, &s->arena, identity->domain, NULL, 0, plans, &count, why);

	for (size_t i = 0; i < count && !error && result == UPDATE_DONE; i++)
		if (plans[i].how && plans[i].change_count)
			error = registrar_apply(s->registrar, &plans[i], false, false, &result, why);
	return error || result == UPDATE_DONE ? error : INKAN_EREFUSED;
}

enum exit_code parity_change(struct registrar_source *s, const char *id, const char *action, registrar_change *change,
                             void *context, struct identity *identity)
{
	struct text refused = {"", ""};
	struct io_error why = {""};
	int error = registrar_change_identity(s->registrar, &s->arena, id, action, change, context, identity, &refused,
	                                      &why);

	if (error == INKAN_EREFUSED && refused.en[0]) {
		ui_error(s->ui, NOWHERE, "%s: %s", id, text_in(s->ui->language, refused));
		return EXIT_FINDING;
	}
	if (!error)
		error = registrar_follow(s->registrar, &s->arena, id, false, identity, NULL, &why);
	return error ? registrar_failed(s->ui, error, &why) : EXIT_FINE;
}
