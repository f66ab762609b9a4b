/* inkan dns verify: whether every authoritative server shows every record of a domain's identities. */
#include <stdio.h>

#include "cli/dns_plans.h"
#include "cli/trouble_text.h"
#include "identity/expected.h"

enum { IDENTITIES_MAX = 64 /* of one domain */ };

struct verifying {
	struct dns_plans plans;
	struct buf *out;
	struct json json;
	char ids[IDENTITIES_MAX][IDENTITY_ID_MAX + 1];
	size_t id_count;
	size_t records, missing, unknown; /* record sets: all, not as they must be, those that no server told about */
	bool undelegated;
};

static bool note_id(void *context, const struct identity *identity)
{
	struct verifying *v = context;

	if (v->id_count == IDENTITIES_MAX)
		return false;
	snprintf(v->ids[v->id_count++], sizeof(v->ids[0]), "%s", identity->id);
	return true;
}

static void put_json(struct json *j, const char *id, const struct registrar_sighting *s)
{
	json_object_begin(j);
	json_key_c(j, "identity", id);
	json_key_str(j, "name", s->expected.set.name);
	json_key_c(j, "type", dns_type_name(s->expected.set.type));
	json_key_c(j, "sight", sight_name(s->sight));
	json_key_c(j, "trouble_id", s->trouble_id);
	json_key_c(j, "trouble", s->trouble.en ? s->trouble.en : "");
	json_key_c(j, "zone", s->zone ? s->zone->apex : "");
	json_key_bool(j, "delegated", s->zone && s->zone->delegated);
	json_key(j, "servers");
	json_array_begin(j);
	for (size_t i = 0; s->zone && i < s->zone->server_count; i++) {
		json_object_begin(j);
		json_key_c(j, "name", s->zone->servers[i].name);
		json_key_c(j, "address", s->zone->servers[i].address);
		json_key_c(j, "status", dns_status_name(s->answers[i].answer.status));
		json_key_str(j, "why", s->answers[i].answer.why);
		json_object_end(j);
	}
	json_array_end(j);
	json_object_end(j);
}

/* A server that said something else than most: its name and what. */
static void put_silent(struct buf *out, const struct ui *ui, const struct registrar_sighting *s)
{
	for (size_t i = 0; s->zone && i < s->zone->server_count; i++) {
		const struct dns_answer *a = &s->answers[i].answer;

		if (!dns_status_is_temporary(a->status))
			continue;
		buf_printf(out, "      %s (%s): ", s->zone->servers[i].name, s->zone->servers[i].address);
		safe_text(out, a->why.n ? a->why : str_c(TEXT(ui, "no reply", "応答なし")));
		buf_put_char(out, '\n');
	}
}

static void put_text(struct buf *out, const struct ui *ui, const struct registrar_sighting *s)
{
	const char *trouble = TROUBLE(ui, text_in(ui->language, s->trouble));
	bool there = s->sight == SIGHT_THERE;

	buf_put_c(out, "  ");
	styled(out, ui->colour, there ? STYLE_GOOD : STYLE_BAD, there ? "✓" : "✗");
	buf_printf(out, " %-5s ", dns_type_name(s->expected.set.type));
	safe_text(out, s->expected.set.name);
	if (s->zone)
		buf_printf(out, TEXT(ui, "  (%s: %zu servers)", "  (%s: サーバー %zu 台)"), s->zone->apex,
		           s->zone->server_count);
	buf_put_char(out, '\n');
	if (!there && trouble) {
		buf_put_c(out, "      ");
		safe_text(out, str_c(trouble));
		buf_put_char(out, '\n');
	}
	if (!there)
		put_silent(out, ui, s);
	if (s->zone && !s->zone->delegated)
		buf_printf(
			out,
			TEXT(ui,
		             "      the zone above has no NS records for %s: set its name servers at the registrar\n",
		             "      上位ゾーンに %s の NS レコードがありません: "
		             "レジストラでネームサーバーを設定してください\n"),
			s->zone->apex);
}

static int look_at(struct verifying *v, const char *id, struct io_error *why)
{
	struct registrar_source *s = &v->plans.source;
	struct registrar_view view = {.count = 0};
	struct identity identity;
	uint64_t version;
	int error = identity_store_get(registrar_store(s->registrar), &s->arena, id, &identity, &version, why);

	if (!error && version)
		error = registrar_look(s->registrar, &s->arena, &identity, &view);
	for (size_t i = 0; !error && i < view.count; i++) {
		v->records++;
		v->missing += view.seen[i].sight != SIGHT_THERE && view.seen[i].expected.set.count > 0;
		v->unknown += view.seen[i].sight == SIGHT_UNKNOWN;
		v->undelegated = v->undelegated || (view.seen[i].zone && !view.seen[i].zone->delegated);
		if (v->plans.in->json)
			put_json(&v->json, id, &view.seen[i]);
		else
			put_text(v->out, v->plans.in->ui, &view.seen[i]);
	}
	return error;
}

static enum exit_code verdict(const struct verifying *v)
{
	if (v->missing > v->unknown || v->undelegated)
		return EXIT_FINDING;
	return v->unknown ? EXIT_TEMPORARY : EXIT_FINE;
}

static int look_at_all(struct verifying *v, struct io_error *why)
{
	const struct identity_filter filter = {.domain = v->plans.domain};
	bool as_json = v->plans.in->json;
	int error = identity_store_each(registrar_store(v->plans.source.registrar), &filter, note_id, v, why);

	if (as_json) {
		json_object_begin(&v->json);
		json_key_c(&v->json, "domain", v->plans.domain);
		json_key(&v->json, "records");
		json_array_begin(&v->json);
	}
	for (size_t i = 0; !error && i < v->id_count; i++)
		error = look_at(v, v->ids[i], why);
	if (as_json) {
		json_array_end(&v->json);
		json_key_bool(&v->json, "ok", !error && verdict(v) == EXIT_FINE);
		json_object_end(&v->json);
		buf_put_char(v->out, '\n');
	} else if (!error) {
		buf_printf(v->out,
		           TEXT(v->plans.in->ui, "%zu of %zu record sets are as they must be, on every server\n",
		                "全サーバーで正しいレコード: %zu / %zu 件\n"),
		           v->records - v->missing, v->records);
	}
	return error;
}

static enum exit_code no_identity(const struct verifying *v)
{
	ui_error(v->plans.in->ui, NOWHERE,
	         TEXT(v->plans.in->ui, "there is no identity of %s – make one with “inkan identity create”",
	              "%s のアイデンティティはありません – 「inkan identity create」で作ってください"),
	         v->plans.domain);
	return EXIT_USAGE;
}

static enum exit_code run(const struct invocation *in)
{
	struct verifying v = {.id_count = 0};
	struct io_error why = {""};
	struct output out;
	enum exit_code code = dns_plans_open(&v.plans, in);

	output_init(&out);
	v.out = &out.text;
	v.json = json_to(&out.text);
	if (code == EXIT_FINE) {
		int error = look_at_all(&v, &why);

		code = error ? registrar_failed(in->ui, error, &why) : v.id_count ? verdict(&v) : no_identity(&v);
		if (error || !v.id_count)
			buf_clear(&out.text);
	}
	dns_plans_close(&v.plans);
	return output_finish(&out, in->ui, code);
}

static const struct option_spec options[] = {
	DNS_ZONE_OPTIONS,
	REGISTRAR_OPTIONS,
};

static const struct example examples[] = {
	{"inkan dns verify example.com",
         {"is everything published, everywhere?", "すべてのレコードがすべてのサーバーで公開されているか"}},
	{NULL, {NULL, NULL}},
};

const struct command dns_verify_command = {
	.name = "verify",
	.summary = {"Check that every authoritative server shows every record of a domain's identities",
                    "ドメインのアイデンティティのレコードを、すべての権威サーバーで確認する"},
	.operands = "DOMAIN",
	.operands_min = 1,
	.operands_max = 1,
	.description =
		{"Each server is asked by itself, no cache stands between. Says which record is missing or "
                 "different where, whether "
                 "the zone above delegates to these servers, and how it is mended. Changes nothing, neither in "
                 "DNS nor in the "
                 "identities. The exit code is 3 where servers do not answer.",
                 "キャッシュを通さず、各サーバーに直接問い合わせます。どのレコードがどのサーバーで足りないか、または違"
                 "うか、上位ゾーン"
                 "からの委任があるか、直し方を表示します。DNS "
                 "もアイデンティティも変更しません。サーバーが応答しないときの終了コードは 3 です。"},
	.options = options,
	.common = COMMON_CONFIG | COMMON_JSON,
	.examples = examples,
	.run = run,
};
