/* inkan check zonefile, inkan check diff: the mail records of a zone file, and what a change of one does to mail. */
#include "check/zone_check.h"
#include "cli/command.h"
#include "cli/files.h"
#include "cli/record_view.h"
#include "cli/trouble_text.h"
#include "dns/snapshot.h"

enum { ZONE_MEMORY = 1024 * 1024 * 1024 /* octets of zones, findings and texts */ };

struct run {
	const struct invocation *in;
	struct arena arena;
	struct findings findings;
	struct buf texts[2]; /* of the files: zones point into them */
	struct crypto *crypto;
	struct zone_work work;
};

static enum exit_code begin(struct run *r, const struct invocation *in)
{
	bool is_old = strcmp(option_value(in, "profile", "rfc9989"), "rfc7489") == 0;
	int error;

	*r = (struct run){.in = in};
	arena_init(&r->arena, ZONE_MEMORY);
	findings_init(&r->findings, &r->arena);
	for (size_t i = 0; i < 2; i++)
		buf_init(&r->texts[i], ZONE_FILE_SIZE_MAX);
	error = crypto_new(&r->crypto);
	r->work = (struct zone_work){
		.crypto = r->crypto, .f = &r->findings, .profile = is_old ? INKAN_RFC7489 : INKAN_RFC9989};
	return error ? ui_failed(in->ui, NOWHERE, error) : EXIT_FINE;
}

static void end(struct run *r)
{
	crypto_free(r->crypto);
	for (size_t i = 0; i < 2; i++)
		buf_release(&r->texts[i]);
	arena_release(&r->arena);
}

/* ---- reading ---- */

/* A snapshot as the zone file that would say the same. */
struct conversion {
	struct buf *out;
	int error;
};

static void convert(void *context, const struct dns_question *question, const struct dns_answer *answer)
{
	struct conversion *c = context;
	const struct record_set set = {question->name, question->type, answer->ttl, answer->records, answer->count};

	if (c->error || answer->status != DNS_ANSWER ||
	    (set.type != DNS_TXT && set.type != DNS_MX && set.type != DNS_CNAME))
		return;
	c->error = record_sets_print(c->out, &set, 1, &(struct record_print){.form = RECORD_ZONE});
}

static enum exit_code convert_snapshot(struct run *r, const char *file, struct buf *text)
{
	struct conversion c = {.out = text};
	struct evidence *evidence = NULL;
	struct snapshot_error where;
	int error = snapshot_load(buf_str(text), &evidence, &where);

	if (error == INKAN_ESYNTAX) {
		ui_error(r->in->ui, (struct place){file, where.line, where.column},
		         TEXT(r->in->ui, "%s – correct the snapshot", "%s – スナップショットを直してください"),
		         TROUBLE(r->in->ui, where.text));
		return EXIT_USAGE;
	}
	buf_clear(text);
	if (!error)
		error = evidence_each(evidence, convert, &c);
	evidence_free(evidence);
	error = error ? error : c.error;
	return error ? ui_failed(r->in->ui, IN_FILE(file), error) : EXIT_FINE;
}

static bool is_json(struct str text)
{
	return str_has_prefix(str_trim_fws(str_head(text, 1024)), STR("{"));
}

static enum exit_code load(struct run *r, size_t i, struct zone *out)
{
	const char *file = r->in->operands[i];
	struct zone_error where;
	enum exit_code code = file_read(r->in->ui, file, &r->texts[i]);
	int error;

	if (code == EXIT_FINE && is_json(buf_str(&r->texts[i])))
		code = convert_snapshot(r, file, &r->texts[i]);
	if (code != EXIT_FINE)
		return code;
	error = zone_file_read(&r->arena, buf_str(&r->texts[i]), str_c(option_value(r->in, "origin", "")), out, &where);
	if (error == INKAN_ESYNTAX) {
		ui_error(r->in->ui, (struct place){file, where.line, where.column},
		         TEXT(r->in->ui, "%s – correct the line", "%s – この行を直してください"),
		         TROUBLE(r->in->ui, where.text));
		return EXIT_FINDING;
	}
	if (error == INKAN_EUSAGE) {
		ui_error(r->in->ui, NOWHERE,
		         TEXT(r->in->ui, "the origin is no name – give one such as example.com",
		              "--origin がドメイン名ではありません – example.com のように指定してください"));
		return EXIT_USAGE;
	}
	return error ? ui_failed(r->in->ui, IN_FILE(file), error) : EXIT_FINE;
}

/* ---- printing ---- */

static struct findings of_spot(const struct run *r, const struct zone_spot *spot)
{
	struct findings f = r->findings;

	f.items += spot->begin;
	f.count = spot->end - spot->begin;
	return f;
}

static void print_spot(struct buf *out, const struct run *r, const struct zone_spot *spot)
{
	const struct ui *ui = r->in->ui;
	struct findings f = of_spot(r, spot);
	bool is_zone = !is_json(buf_str(&r->texts[spot->is_gone ? 0 : r->in->operand_count - 1]));
	struct buf name;

	buf_init(&name, 4 * DNS_NAME_MAX + 2);
	record_name_put(&name, spot->name);
	safe_text(out, str_c(r->in->operands[spot->is_gone ? 0 : r->in->operand_count - 1]));
	if (is_zone)
		buf_printf(out, ":%zu", spot->line);
	buf_put_c(out, ": ");
	buf_put(out, buf_str(&name));
	buf_printf(out, " %s", dns_type_name(spot->type));
	if (spot->kind != RECORD_UNKNOWN)
		buf_printf(out, " (%s)", record_kind_name(spot->kind));
	buf_put_c(out, f.count ? "\n" : TEXT(ui, ": nothing to complain about\n", ": 問題ありません\n"));
	findings_print(out, ui, &f, spot->value);
	buf_put_c(out, f.count ? "\n" : "");
	if (buf_error(&name) && !out->error)
		out->error = buf_error(&name);
	buf_release(&name);
}

static void put_spot(struct json *j, const struct run *r, const struct zone_spot *spot)
{
	struct findings f = of_spot(r, spot);

	json_object_begin(j);
	json_key_c(j, "file", r->in->operands[spot->is_gone ? 0 : r->in->operand_count - 1]);
	json_key_i64(j, "line", (int64_t)spot->line);
	json_key_str(j, "name", spot->name);
	json_key_c(j, "type", dns_type_name(spot->type));
	json_key_c(j, "kind", spot->kind == RECORD_UNKNOWN ? "" : record_kind_name(spot->kind));
	json_key_str(j, "value", spot->value);
	findings_json(j, r->in->ui->language, &f);
	json_object_end(j);
}

static enum exit_code print(struct run *r, const char *member, const char *none)
{
	bool ok = r->findings.count == 0 || findings_worst(&r->findings) < SEVERITY_ERROR;
	struct output out;

	output_init(&out);
	if (r->in->json) {
		struct json j = json_to(&out.text);

		json_object_begin(&j);
		json_key_bool(&j, "ok", ok);
		json_key(&j, member);
		json_array_begin(&j);
		for (size_t i = 0; i < r->work.count && output_flush(&out); i++)
			put_spot(&j, r, &r->work.spots[i]);
		json_array_end(&j);
		json_object_end(&j);
		buf_put_char(&out.text, '\n');
	} else {
		for (size_t i = 0; i < r->work.count && output_flush(&out); i++)
			print_spot(&out.text, r, &r->work.spots[i]);
		buf_put_c(&out.text, r->work.count ? "" : none);
	}
	return output_finish(&out, r->in->ui, ok ? EXIT_FINE : EXIT_FINDING);
}

/* ---- commands ---- */

static enum exit_code run_zonefile(const struct invocation *in)
{
	struct zone zone;
	struct run r;
	enum exit_code code = begin(&r, in);

	if (code == EXIT_FINE)
		code = load(&r, 0, &zone);
	if (code == EXIT_FINE) {
		int error = zone_check(&r.work, &zone);

		code = error ? ui_failed(in->ui, IN_FILE(in->operands[0]), error)
		             : print(&r, "records",
		                     TEXT(in->ui, "There is no mail record in it.\n",
		                          "メールのレコードはありません。\n"));
	}
	end(&r);
	return code;
}

static enum exit_code run_diff(const struct invocation *in)
{
	struct zone before, after;
	struct run r;
	enum exit_code code = begin(&r, in);

	if (code == EXIT_FINE)
		code = load(&r, 0, &before);
	if (code == EXIT_FINE)
		code = load(&r, 1, &after);
	if (code == EXIT_FINE) {
		int error = zone_compare(&r.work, &before, &after);

		code = error ? ui_failed(in->ui, NOWHERE, error)
		             : print(&r, "changes",
		                     TEXT(in->ui, "Nothing changes for mail.\n", "メールに関わる変更はありません。\n"));
	}
	end(&r);
	return code;
}

/* clang-format off */
static const struct option_spec options[] = {
	{"origin", 0, OPTION_STRING, "DOMAIN", NULL, 0, 0,
	 {"zone of names without final dot, where the file has no $ORIGIN", "$ORIGIN のないファイルで、末尾のドットのない名前に付くゾーン"}},
	{"profile", 0, OPTION_CHOICE, NULL, "rfc9989|rfc7489", 0, 0,
	 {"DMARC as newer or older receivers read it (default: rfc9989)", "DMARC を新しい受信側と古い受信側のどちらの読み方で検査するか (既定: rfc9989)"}},
	{0},
};

static const struct example zonefile_examples[] = {
	{"inkan check zonefile --origin example.com example.com.zone", {"before it is loaded", "読み込む前に検査する"}},
	{NULL, {NULL, NULL}},
};

static const struct example diff_examples[] = {
	{"inkan check diff --origin example.com old.zone new.zone", {"in a pipeline: exit code 1 where mail would suffer", "パイプラインで。メールに害があれば終了コード 1"}},
	{"inkan check diff yesterday.json today.json", {"two DNS snapshots", "2 つの DNS スナップショットを比べる"}},
	{NULL, {NULL, NULL}},
};

const struct command check_zonefile_command = {
	.name = "zonefile",
	.summary = {"Check the mail records of a zone file", "ゾーンファイルのメール用レコードを検査する"},
	.operands = "FILE", .operands_min = 1, .operands_max = 1, .operands_are_files = true,
	.description = {"Every SPF, DKIM, DMARC, TLSRPT, MTA-STS and BIMI record is checked, and what goes wrong between records: several of "
	                "a kind, aliases beside other data, names with the zone twice, final dots and quotes that are missing. A file that "
	                "no name server would load is said so, with line and column; $INCLUDE and $GENERATE are not read. Exit code 1: an "
	                "error was found.",
	                "SPF、DKIM、DMARC、TLSRPT、MTA-STS、BIMI の各レコードと、レコードどうしの問題 (同種の重複、CNAME とほかのレコードの同居、"
	                "ゾーン名の重複、末尾のドットや引用符の欠落) を検査します。ネームサーバーが読み込めないファイルは行と桁を示します。$INCLUDE と "
	                "$GENERATE は読みません。エラーがあれば終了コード 1 です。"},
	.options = options, .common = COMMON_JSON, .examples = zonefile_examples, .run = run_zonefile,
};

const struct command check_diff_command = {
	.name = "diff",
	.summary = {"Say what a change of a zone does to mail", "ゾーンの変更がメールに何をもたらすかを示す"},
	.operands = "OLD NEW", .operands_min = 2, .operands_max = 2, .operands_are_files = true,
	.description = {"OLD and NEW are zone files or DNS snapshots. Each change is judged: keys that are removed or replaced, policies that "
	                "become weaker, senders that SPF no longer has; new records are checked. Exit code 1: mail would suffer.",
	                "OLD と NEW はゾーンファイルか DNS スナップショットです。鍵の削除や置き換え、ポリシーの弱体化、SPF からの送信元の削除など、"
	                "変更ごとに判定し、新しいレコードは検査します。メールに害があれば終了コード 1 です。"},
	.options = options, .common = COMMON_JSON, .examples = diff_examples, .run = run_diff,
};
/* clang-format on */
