/* inkan dkim-key: the key records that are published for a selector, and what is the matter with them. */
#include "check/key_pair.h"
#include "cli/command.h"
#include "cli/key_name.h"
#include "cli/lookup.h"
#include "cli/record_view.h"

enum { MEMORY_MAX = 64 * 1024 * 1024 /* octets of all findings and texts */ };

/* One TXT record and what was found. */
struct one_record {
	const struct dns_record *record;
	struct findings findings;
	struct dkim_record_report report;
};

struct published_key {
	const struct invocation *in;
	struct crypto *crypto;
	struct arena arena;
	struct buf name;
	const struct dns_answer *answer;
	const struct dns_answer *alias; /* the CNAME of the name, where it is known; else NULL */
	struct findings findings;       /* on the answer as a whole */
	struct one_record *records;
	size_t count;
};

/* SELECTOR DOMAIN, or the whole name of the record. */
static enum exit_code make_name(struct published_key *k)
{
	char **operands = k->in->operands;
	struct record_to_publish r = {0};
	enum exit_code code = key_name_read(k->in->ui, &k->arena, k->in->operand_count > 1 ? operands[1] : NULL,
	                                    operands[0], &r.domain, &r.selector);

	if (code != EXIT_FINE)
		return code;
	record_name(&k->name, &r);
	return buf_error(&k->name) ? ui_failed(k->in->ui, NOWHERE, buf_error(&k->name)) : EXIT_FINE;
}

static int check_records(struct published_key *k)
{
	int error = INKAN_OK;

	key_answer_check(&k->findings, k->answer);
	k->records = arena_calloc(&k->arena, k->answer->count, sizeof(*k->records));
	if (!k->records)
		return arena_error(&k->arena);
	for (; !error && k->count < k->answer->count; k->count++) {
		struct one_record *one = &k->records[k->count];

		one->record = &k->answer->records[k->count];
		findings_init(&one->findings, &k->arena);
		error = dkim_record_check(k->crypto, &one->findings, one->record->text, &one->report);
		findings_sort(&one->findings);
		if (error)
			break;
	}
	return error ? error : arena_error(&k->arena);
}

static enum exit_code fetch(struct published_key *k, struct lookup *l)
{
	const struct dns_answer *alias = NULL;
	enum exit_code code = lookup_ask(l, DNS_TXT, buf_str(&k->name), &k->answer);
	int error;

	/* a server that is silent is not asked twice */
	if (code == EXIT_FINE && !dns_status_is_temporary(k->answer->status))
		code = lookup_ask(l, DNS_CNAME, buf_str(&k->name), &alias);
	if (code != EXIT_FINE)
		return code;
	k->alias = alias && alias->status == DNS_ANSWER ? alias : NULL;
	error = check_records(k);
	return error ? ui_failed(k->in->ui, NOWHERE, error) : EXIT_FINE;
}

/* One usable record, and nothing wrong. */
static bool is_ok(const struct published_key *k)
{
	return k->answer->status == DNS_ANSWER && findings_worst(&k->findings) < SEVERITY_ERROR && k->count == 1 &&
	       findings_worst(&k->records[0].findings) < SEVERITY_ERROR && !k->records[0].report.is_revoked;
}

/* ---- JSON ---- */

static int record_to_json(struct json *j, const struct published_key *k, const struct one_record *one)
{
	int error;

	json_object_begin(j);
	json_key_str(j, "value", one->record->text);
	json_key(j, "strings");
	json_array_begin(j);
	for (size_t i = 0; i < one->record->string_count; i++)
		json_str(j, one->record->strings[i]);
	json_array_end(j);
	json_key_bool(j, "ok", findings_worst(&one->findings) < SEVERITY_ERROR);
	json_key_bool(j, "revoked", one->report.is_revoked);
	json_key_bool(j, "testing", one->report.is_testing);
	error = dkim_report_json(j, k->crypto, &one->report);
	findings_json(j, k->in->ui->language, &one->findings);
	json_object_end(j);
	return error;
}

static int print_json(struct buf *out, const struct published_key *k)
{
	struct json j = json_to(out);
	int error = INKAN_OK;

	json_object_begin(&j);
	json_key_str(&j, "name", buf_str(&k->name));
	json_key_c(&j, "status", dns_status_name(k->answer->status));
	json_key_bool(&j, "ok", is_ok(k));
	json_key_bool(&j, "dnssec", k->answer->secure);
	json_key(&j, "ttl");
	if (k->answer->has_ttl)
		json_i64(&j, k->answer->ttl);
	else
		json_null_value(&j);
	json_key(&j, "cname");
	if (k->alias)
		json_str(&j, k->alias->records[0].name);
	else
		json_null_value(&j);
	json_key(&j, "records");
	json_array_begin(&j);
	for (size_t i = 0; !error && i < k->count; i++)
		error = record_to_json(&j, k, &k->records[i]);
	json_array_end(&j);
	findings_json(&j, k->in->ui->language, &k->findings);
	json_object_end(&j);
	buf_put_char(out, '\n');
	return error;
}

/* ---- for people ---- */

static void print_answer(struct buf *out, const struct ui *ui, const struct published_key *k)
{
	const struct dns_answer *a = k->answer;

	buf_put(out, buf_str(&k->name));
	buf_put_char(out, '\n');
	if (k->alias) {
		buf_put_c(out, TEXT(ui, "  alias of ", "  CNAME の参照先: "));
		safe_text(out, k->alias->records[0].name);
		buf_put_char(out, '\n');
	}
	buf_printf(out, "  DNS: %s", dns_status_name(a->status));
	if (a->has_ttl)
		buf_printf(out, ", TTL %lu", (unsigned long)a->ttl);
	if (a->status == DNS_ANSWER || a->secure)
		buf_put_c(out, a->secure
		                       ? TEXT(ui, ", DNSSEC: validated", "、DNSSEC: 検証済み")
		                       : TEXT(ui, ", DNSSEC: not signed or not known", "、DNSSEC: 署名なしまたは不明"));
	buf_put_char(out, '\n');
}

static void print_record(struct buf *out, const struct ui *ui, const struct one_record *one)
{
	bool good = findings_worst(&one->findings) < SEVERITY_ERROR;

	buf_put_char(out, '\n');
	if (one->report.is_revoked)
		styled(out, ui->colour, STYLE_WARNING, TEXT(ui, "revoked key", "失効した鍵"));
	else if (good)
		styled(out, ui->colour, STYLE_GOOD, TEXT(ui, "usable key", "使える鍵"));
	else
		styled(out, ui->colour, STYLE_BAD,
		       TEXT(ui, "verifiers cannot use this record", "検証側はこのレコードを使えません"));
	buf_put_char(out, '\n');
	dkim_report_print(out, ui, &one->report);
	findings_print(out, ui, &one->findings, one->record->text);
}

static enum exit_code print_all(const struct published_key *k)
{
	struct ui *ui = k->in->ui;
	struct output out;
	int error = INKAN_OK;

	output_init(&out);
	if (k->in->json) {
		error = print_json(&out.text, k);
	} else {
		print_answer(&out.text, ui, k);
		for (size_t i = 0; i < k->count; i++)
			print_record(&out.text, ui, &k->records[i]);
		findings_print(&out.text, ui, &k->findings, STR_NULL);
	}
	if (error)
		out.text.error = error;
	return output_finish(&out, ui,
	                     dns_status_is_temporary(k->answer->status) ? EXIT_TEMPORARY
	                     : is_ok(k)                                 ? EXIT_FINE
	                                                                : EXIT_FINDING);
}

static enum exit_code run_dkim_key(const struct invocation *in)
{
	struct published_key k = {.in = in};
	struct lookup l = {0};
	enum exit_code code;
	int error;

	arena_init(&k.arena, MEMORY_MAX);
	findings_init(&k.findings, &k.arena);
	buf_init(&k.name, 4096);
	code = make_name(&k);
	if (code == EXIT_FINE && (error = crypto_new(&k.crypto)))
		code = ui_failed(in->ui, NOWHERE, error);
	if (code == EXIT_FINE)
		code = lookup_open(&l, in);
	if (code == EXIT_FINE)
		code = fetch(&k, &l);
	if (code == EXIT_FINE)
		code = print_all(&k);
	code = lookup_close(&l, code);
	for (size_t i = 0; i < k.count; i++)
		dkim_record_report_release(&k.records[i].report);
	arena_release(&k.arena);
	buf_release(&k.name);
	crypto_free(k.crypto);
	return code;
}

static const struct example examples[] = {
	{"inkan dkim-key s2026 example.com", {"the key that is published now", "今公開されている鍵を見る"}},
	{"inkan dkim-key s2026 example.com --resolver 192.0.2.53",
         {"as one name server has it, say before the old record has expired elsewhere",
          "特定のネームサーバーの内容を見る (古いレコードの期限が切れる前など)"}},
	{"inkan dkim-key s2026._domainkey.example.com", {"the same, by the whole name", "完全な名前で指定する"}},
	{NULL, {NULL, NULL}},
};

const struct command dkim_key_command = {
	.name = "dkim-key",
	.summary = {"Fetch and check the key published for a selector",
                    "セレクターで公開されている鍵を取得して検査する"},
	.operands = "SELECTOR DOMAIN",
	.operands_min = 1,
	.operands_max = 2,
	.description = {"Asks DNS for SELECTOR._domainkey.DOMAIN and checks every TXT record there as “inkan check "
                        "record” does; the whole "
                        "name may be given as one word. Exit code 0: exactly one record, not revoked, and verifiers "
                        "can use it.",
                        "SELECTOR._domainkey.DOMAIN を DNS に問い合わせ、すべての TXT レコードを「inkan check "
                        "record」と同じように検査します。"
                        "完全な名前を 1 語で指定することもできます。失効していないレコードがちょうど 1 "
                        "つあり、検証側が使えるとき終了コード 0 です。"},
	.common = COMMON_DNS | COMMON_JSON,
	.examples = examples,
	.run = run_dkim_key,
};
