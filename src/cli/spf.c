/* inkan spf: may this address send for this domain? Reading order: run() -> read_query() -> evaluate() -> print_all(). */
#include "spf/spf.h"

#include "cli/command.h"
#include "cli/engine_text.h"
#include "cli/lookup.h"
#include "cli/spf_json.h"
#include "spf/output.h"

enum {
	MEMORY_MAX = 64 * 1024 * 1024, /* octets of the evaluation */
	TRACE_MAX = 64 * 1024 * 1024,  /* octets of the trace: ten records of the largest size, and every answer */
	RECEIVED_MAX = 16 * 1024,      /* octets of a Received-SPF field: its values are cut */
	TEXT_COLUMNS = 76,
	TERM_SHOWN = 200, /* octets of a term or record in the trace for people */
	INDENT = 13       /* of what stands behind a label */
};

/* An event of the trace that is kept. */
struct step {
	struct step *next;
	struct spf_trace_event event;
};

struct spf_command {
	const struct invocation *in;
	struct arena arena, trace_arena;
	struct spf_query query;
	bool is_helo; /* the HELO identity alone */
	struct inkan_spf_result result;
	struct step *first, *last;
};

/* ---- what is asked ---- */

/* "<a@b>" as it stands in the SMTP dialogue, or without brackets. */
static struct str without_brackets(struct str path)
{
	bool has_both = path.n >= 2 && path.p[0] == '<' && path.p[path.n - 1] == '>';

	return has_both ? str_from(path.p + 1, path.n - 2) : path;
}

static bool read_address(struct spf_command *c)
{
	struct str ip = str_c(option_value(c->in, "ip", NULL));

	c->query.is_ipv6 = !dns_address_parse(ip, DNS_A, c->query.address);
	return !c->query.is_ipv6 || dns_address_parse(ip, DNS_AAAA, c->query.address);
}

static enum exit_code read_query(struct spf_command *c)
{
	const struct invocation *in = c->in;
	struct ui *ui = in->ui;

	c->is_helo = !option_given(in, "mail-from");
	c->query = (struct spf_query){
		.helo = str_c(option_value(in, "helo", "")),
		.sender = without_brackets(str_c(option_value(in, "mail-from", ""))),
		.domain = str_c(option_value(in, "domain", "")),
		.now = invocation_now(in),
		.default_explanation = str_c(option_value(in, "default-explanation", "")),
		.void_lookups_max = SPF_VOID_LOOKUPS_MAX,
	};
	if (!option_given(in, "ip")) {
		ui_error(ui, NOWHERE,
		         TEXT(ui,
		              "which client sends? – give its address with --ip; to check a record alone, use “inkan "
		              "check "
		              "record”",
		              "送信元がわかりません – クライアントのアドレスを --ip "
		              "で指定してください。レコードだけを調べるには「inkan check record」を使ってください"));
		return EXIT_USAGE;
	}
	if (!read_address(c)) {
		ui_error(ui, NOWHERE,
		         TEXT(ui, "--ip %s: not an address – write 192.0.2.1 or 2001:db8::1",
		              "--ip %s: アドレスではありません – 192.0.2.1 や 2001:db8::1 の形で書いてください"),
		         option_value(in, "ip", ""));
		return EXIT_USAGE;
	}
	if (c->is_helo && !option_given(in, "helo")) {
		ui_error(
			ui, NOWHERE,
			TEXT(ui, "nothing to check – give --mail-from, or --helo for the HELO identity alone",
		             "検査する対象がありません – --mail-from、または HELO だけなら --helo を指定してください"));
		return EXIT_USAGE;
	}
	return EXIT_FINE;
}

/* ---- the check ---- */

static void keep_event(void *context, const struct spf_trace_event *event)
{
	struct spf_command *c = context;
	struct step *step = arena_calloc(&c->trace_arena, 1, sizeof(*step));

	if (!step)
		return;
	step->event = *event;
	step->event.domain = arena_str(&c->trace_arena, event->domain);
	step->event.term = arena_str(&c->trace_arena, event->term);
	step->event.detail = arena_str(&c->trace_arena, event->detail);
	*(c->last ? &c->last->next : &c->first) = step;
	c->last = step;
}

static int evaluate(void *context, struct evidence *evidence, bool *pending_out)
{
	struct spf_command *c = context;
	int error;

	arena_reset(&c->arena);
	arena_reset(&c->trace_arena);
	c->first = c->last = NULL;
	error = (c->is_helo ? spf_check_helo : spf_check_mailfrom)(&c->arena, evidence, &c->query, keep_event, c,
	                                                           &c->result, pending_out);
	if (!error && !*pending_out && c->query.sender.n == 0)
		c->result.identity = INKAN_SPF_HELO; /* of the null sender it is the HELO name that counts */
	return error ? error : arena_error(&c->trace_arena);
}

/* ---- JSON ---- */

static const char *kind_name(enum spf_trace_kind kind)
{
	return kind == SPF_TRACE_RECORD ? "record" : kind == SPF_TRACE_QUESTION ? "question" : "term";
}

static void put_event(struct json *j, const struct spf_trace_event *e)
{
	json_object_begin(j);
	json_key_c(j, "kind", kind_name(e->kind));
	json_key_i64(j, "depth", e->depth);
	json_key_str(j, "domain", e->domain);
	json_key_str(j, "term", e->term);
	json_key_c(j, "result", e->result);
	json_key_str(j, "detail", e->detail);
	json_key_i64(j, "lookups", e->lookups);
	json_key_i64(j, "void_lookups", e->void_lookups);
	json_object_end(j);
}

/* The field that a receiver would put on top of the message (RFC 7208 section 9.1). */
static void received_json(struct json *j, const struct spf_command *c)
{
	struct buf field;

	buf_init(&field, RECEIVED_MAX);
	spf_received(&field, &c->query, &c->result);
	json_key_str(j, "received_spf", buf_str(&field));
	if (field.error && !j->out->error)
		j->out->error = field.error;
	buf_release(&field);
}

static void print_json(struct buf *out, const struct spf_command *c)
{
	struct json j = json_to(out);

	json_object_begin(&j);
	spf_json_members(&j, &c->result, NULL);
	received_json(&j, c);
	json_key(&j, "trace");
	json_array_begin(&j);
	for (const struct step *step = c->first; step; step = step->next)
		if (step->event.kind != SPF_TRACE_RESULT) /* that is the object itself */
			put_event(&j, &step->event);
	json_array_end(&j);
	json_object_end(&j);
	buf_put_char(out, '\n');
}

/* ---- for people ---- */

static const struct meaning {
	enum inkan_result result;
	enum style style;
	struct text text;
} meanings[] = {
	{INKAN_PASS,
         STYLE_GOOD,
         {"this address may send mail for the domain", "このアドレスはこのドメインのメールを送れます"}},
	{INKAN_FAIL,
         STYLE_BAD,
         {"the domain says: this address may not send its mail",
          "ドメインの宣言: このアドレスはメールを送ってはいけません"}},
	{INKAN_SOFTFAIL,
         STYLE_WARNING,
         {"the domain says: probably not its mail, do not reject it for that alone",
          "ドメインの宣言: おそらく自分のメールではありません。ただし、これだけで拒否しないでください"}},
	{INKAN_NEUTRAL,
         STYLE_WARNING,
         {"the domain says neither yes nor no about this address",
          "ドメインはこのアドレスについて可とも不可とも定めていません"}},
	{INKAN_NONE, STYLE_WARNING, {"there is nothing to judge by", "判断の材料がありません"}},
	{INKAN_TEMPERROR,
         STYLE_WARNING,
         {"DNS gave no answer for now: try again later", "今は DNS の応答がありません。後でやり直してください"}},
	{INKAN_PERMERROR,
         STYLE_BAD,
         {"what the domain publishes cannot be used", "ドメインが公開している内容は使えません"}},
};

static const struct meaning *meaning_of(enum inkan_result result)
{
	size_t i = 0;

	while (meanings[i].result != result)
		i++;
	return &meanings[i];
}

/* At most `max` octets of s, made safe. */
static void put_short(struct buf *out, struct str s, size_t max)
{
	safe_text(out, str_head(s, max));
	buf_put_c(out, s.n > max ? "…" : "");
}

static void put_line(struct buf *out, const struct ui *ui, struct text label, struct str text)
{
	struct buf safe;

	if (text.n == 0)
		return;
	buf_init(&safe, 16 * SPF_SENDER_MAX);
	put_short(&safe, text, SPF_SENDER_MAX);
	buf_put_c(out, "  ");
	text_padded(out, str_c(text_in(ui->language, label)), INDENT - 2);
	text_wrapped(out, buf_str(&safe), INDENT, TEXT_COLUMNS - INDENT);
	buf_put_char(out, '\n');
	if (buf_error(&safe) && !out->error)
		out->error = buf_error(&safe);
	buf_release(&safe);
}

/* The text of the record that was evaluated first. */
static struct str first_record(const struct spf_command *c)
{
	const struct step *step = c->first;

	while (step && step->event.kind != SPF_TRACE_RECORD)
		step = step->next;
	return step ? step->event.term : STR_NULL;
}

static void put_reason(struct buf *out, const struct ui *ui, const char *reason)
{
	struct buf text;

	buf_init(&text, 16 * SPF_SENDER_MAX);
	engine_text(&text, ui, reason);
	put_line(out, ui, (struct text){"reason", "理由"}, buf_str(&text));
	if (buf_error(&text) && !out->error)
		out->error = buf_error(&text);
	buf_release(&text);
}

/* Where to go on; "" where the result needs nothing. */
static const char *advice(const struct ui *ui, const struct spf_command *c)
{
	const struct inkan_spf_result *r = &c->result;

	if (r->result == INKAN_PERMERROR)
		return TEXT(
			ui, "mend the record: “inkan check record --lookups” tells what is wrong, where and how",
			"レコードを直してください。「inkan check record --lookups」で、誤りの位置と直し方がわかります");
	if (r->result == INKAN_NONE && !*r->domain)
		return TEXT(ui, "give --mail-from with a domain, or for the null sender --helo",
		            "ドメインのある --mail-from を指定してください。空の送信者なら --helo を指定してください");
	return "";
}

static void print_result(struct buf *out, const struct ui *ui, const struct spf_command *c)
{
	const struct inkan_spf_result *r = &c->result;
	const struct meaning *meaning = meaning_of(r->result);

	buf_put_c(out, "SPF ");
	styled(out, ui->colour, meaning->style, inkan_result_name(r->result));
	buf_put_c(out, ": ");
	buf_put_c(out, text_in(ui->language, meaning->text));
	buf_put_c(out, "\n");
	put_line(out, ui, (struct text){"domain", "ドメイン"}, str_c(r->domain));
	put_line(out, ui, (struct text){"identity", "識別子"},
	         r->identity == INKAN_SPF_HELO ? STR("HELO") : STR("MAIL FROM"));
	put_line(out, ui, (struct text){"record", "レコード"}, first_record(c));
	put_line(out, ui, (struct text){"decided by", "決め手"}, str_c(r->mechanism));
	put_reason(out, ui, r->reason);
	put_line(out, ui, (struct text){"source", "出典"}, *r->reason ? str_c(r->section) : STR_NULL);
	put_line(out, ui, (struct text){"they say", "先方の説明"}, str_c(r->explanation));
	put_line(out, ui, (struct text){"to do", "対処"}, str_c(advice(ui, c)));
	buf_put_c(out, "  ");
	text_padded(out, str_c(TEXT(ui, "look-ups", "問い合わせ")), INDENT - 2);
	buf_printf(out, TEXT(ui, "%u of %d, %u of %d void\n", "%u / %d 回、うち空の応答 %u / %d 回\n"), r->lookups,
	           SPF_LOOKUPS_MAX, r->void_lookups, SPF_VOID_LOOKUPS_MAX);
}

/* Result words are protocol; whether a term matches is not. */
static const char *term_result(const struct ui *ui, const char *result)
{
	if (strcmp(result, "match") == 0)
		return TEXT(ui, "match", "該当");
	return strcmp(result, "no match") == 0 ? TEXT(ui, "no match", "該当せず") : result;
}

static void print_event(struct buf *out, const struct ui *ui, const struct spf_trace_event *e)
{
	buf_printf(out, "%*s", 2 + 2 * (int)e->depth, "");
	if (e->kind == SPF_TRACE_RECORD) {
		safe_text(out, e->domain);
		buf_put_c(out, "  ");
		put_short(out, e->term, TERM_SHOWN);
	} else if (e->kind == SPF_TRACE_QUESTION) {
		styled(out, ui->colour, STYLE_DIM, "  ? ");
		put_short(out, e->detail, TERM_SHOWN);
	} else {
		buf_put_c(out, "  ");
		put_short(out, e->term, TERM_SHOWN);
		buf_put_c(out, " → ");
		styled(out, ui->colour, strcmp(e->result, "match") == 0 ? STYLE_GOOD : STYLE_PLAIN,
		       term_result(ui, e->result));
		if (e->detail.n) {
			buf_put_c(out, ": ");
			engine_text(out, ui, e->detail.p);
		}
		buf_printf(out, TEXT(ui, "  (look-ups %u, void %u)", "  (問い合わせ %u、空の応答 %u)"), e->lookups,
		           e->void_lookups);
	}
	buf_put_char(out, '\n');
}

static void print_trace(struct buf *out, const struct ui *ui, const struct spf_command *c)
{
	buf_put_c(out, TEXT(ui, "\nWhat was evaluated, in order:\n", "\n評価した順:\n"));
	for (const struct step *step = c->first; step; step = step->next)
		if (step->event.kind != SPF_TRACE_RESULT)
			print_event(out, ui, &step->event);
}

static enum exit_code print_all(const struct spf_command *c)
{
	struct ui *ui = c->in->ui;
	struct output out;

	output_init(&out);
	if (c->in->json) {
		print_json(&out.text, c);
	} else {
		print_result(&out.text, ui, c);
		if (option_given(c->in, "trace"))
			print_trace(&out.text, ui, c);
	}
	return output_finish(&out, ui, EXIT_FINE);
}

static enum exit_code run(const struct invocation *in)
{
	struct spf_command c = {.in = in};
	struct lookup l = {0};
	enum exit_code code = read_query(&c);

	if (code != EXIT_FINE)
		return code;
	arena_init(&c.arena, MEMORY_MAX);
	arena_init(&c.trace_arena, TRACE_MAX);
	code = lookup_open(&l, in);
	if (code == EXIT_FINE)
		code = lookup_evaluate(&l, evaluate, &c);
	if (code == EXIT_FINE)
		code = print_all(&c);
	code = lookup_close(&l, code);
	arena_release(&c.trace_arena);
	arena_release(&c.arena);
	return code;
}

/* clang-format off */
static const struct option_spec options[] = {
	{"ip", 0, OPTION_STRING, "IP", NULL, 0, 0,
	 {"address of the client that sends, IPv4 or IPv6", "送信するクライアントのアドレス (IPv4 または IPv6)"}},
	{"mail-from", 0, OPTION_STRING, "ADDR", NULL, 0, 0,
	 {"MAIL FROM of the SMTP session; empty: the null sender, then HELO counts",
	  "SMTP セッションの MAIL FROM。空なら空の送信者で、HELO を調べる"}},
	{"helo", 0, OPTION_STRING, "NAME", NULL, 0, 0,
	 {"HELO or EHLO name; without --mail-from it alone is checked",
	  "HELO または EHLO の名前。--mail-from がなければこれだけを調べる"}},
	{"domain", 0, OPTION_STRING, "D", NULL, 0, 0,
	 {"evaluate the record of this domain instead", "代わりにこのドメインのレコードを評価する"}},
	{"trace", 0, OPTION_FLAG, NULL, NULL, 0, 0,
	 {"show each term with what it asked and what it came to (JSON has that always)",
	  "各項について、何を問い合わせ、どうなったかを表示する (JSON には常に含まれる)"}},
	{"default-explanation", 0, OPTION_STRING, "TEXT", NULL, 0, 0,
	 {"explanation for fail where the domain publishes none", "ドメインが説明を公開していないときの fail の説明"}},
	{0},
};

static const struct example examples[] = {
	{"inkan spf --ip 192.0.2.1 --mail-from alice@example.com",
	 {"may this address send for example.com?", "このアドレスは example.com のメールを送れるか"}},
	{"inkan spf --ip 2001:db8::1 --mail-from '' --helo mail.example.com",
	 {"a bounce: the null sender", "バウンスメール (空の送信者)"}},
	{"inkan spf --ip 192.0.2.1 --mail-from alice@example.com --trace",
	 {"every term, with its DNS questions", "各項とその DNS の問い合わせを見る"}},
	{NULL, {NULL, NULL}},
};

const struct command spf_command = {
	.name = "spf",
	.summary = {"Evaluate SPF for a client address and a sender", "クライアントのアドレスと送信者について SPF を評価する"},
	.operands = "",
	.description = {"Evaluates the SPF record of the sender's domain as a receiver does (RFC 7208), and says which "
	                "term decided.\n"
	                "The exit code is 0 whenever there is a result, whatever it is, temperror included; 3 only where "
	                "DNS could not be asked at all.",
	                "受信側と同じように送信者のドメインの SPF レコードを評価し (RFC 7208)、どの項で決まったかを示します。\n"
	                "結果が得られれば、temperror を含めどの結果でも終了コードは 0 です。DNS "
	                "にまったく問い合わせられないときだけ 3 です。"},
	.options = options,
	.common = COMMON_DNS | COMMON_AT | COMMON_JSON,
	.examples = examples,
	.run = run,
};
/* clang-format on */
