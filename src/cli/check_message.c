/* inkan check message: would Gmail, Yahoo and Outlook.com take it?
 *
 * Reading order: run_message() -> judge() -> sender_check() (check/sender.h) -> print_all(). */
#include <stdlib.h>

#include "auth/message.h"
#include "check/sender.h"
#include "cli/command.h"
#include "cli/files.h"
#include "cli/lookup.h"
#include "cli/record_view.h"
#include "cli/session.h"
#include "cli/suffix_list.h"
#include "cli/trouble_text.h"
#include "inkan/inkan.h"

enum {
	CHUNK = 64 * 1024,             /* octets read at once */
	MEMORY_MAX = 64 * 1024 * 1024, /* octets of findings and of what they are judged by */
	OUTCOME_COLUMNS = 11
};

struct message_check {
	const struct invocation *in;
	const char *file;
	struct lookup lookup;
	struct public_suffixes *suffixes;
	struct inkan_context *context;
	struct inkan_message *message;
	struct arena arena;
	struct inkan_session session; /* as given, then completed */
	struct told_session told;
	bool is_ipv6;
	unsigned char address[16];
	struct iprev iprev;
	struct sender_options options;
	struct sender_report report;
};

/* ---- options ---- */

/* An address that is told is one. */
static bool take_address(struct message_check *c, const char *ip)
{
	c->options.ip = ip ? ip : "";
	c->is_ipv6 = ip && !dns_address_parse(str_c(ip), DNS_A, c->address);
	return !c->is_ipv6 || dns_address_parse(str_c(ip), DNS_AAAA, c->address);
}

static enum exit_code take_session(struct message_check *c)
{
	c->session = (struct inkan_session){.struct_size = sizeof c->session,
	                                    .ip = option_value(c->in, "ip", NULL),
	                                    .helo = option_value(c->in, "helo", NULL),
	                                    .mail_from = option_value(c->in, "mail-from", NULL)};
	if (take_address(c, c->session.ip))
		return EXIT_FINE;
	ui_error(c->in->ui, NOWHERE,
	         TEXT(c->in->ui, "--ip %s: not an address – write 192.0.2.1 or 2001:db8::1",
	              "--ip %s: アドレスではありません – 192.0.2.1 や 2001:db8::1 の形で書いてください"),
	         c->session.ip);
	return EXIT_USAGE;
}

static void take_receivers(struct message_check *c)
{
	for (size_t i = 0; i < c->in->given_count; i++)
		for (int k = 0; k < SENDER_RECEIVERS; k++)
			if (strcmp(c->in->given[i].option->name, "receiver") == 0 &&
			    strcmp(c->in->given[i].value, sender_receiver_name((enum sender_receiver)k)) == 0)
				c->options.receivers |= 1u << k;
	c->options.bulk = option_given(c->in, "bulk");
}

/* ---- the message ---- */

/* At the end of the header: what was not given, the message tells. */
static int complete_session(void *context, struct inkan_message *message, const struct header *header)
{
	struct message_check *c = context;
	struct inkan_session complete;
	int error = told_session_complete(&c->told, header, &c->session, &complete);

	if (error)
		return error;
	(void)take_address(c, complete.ip);
	return inkan_message_set_session(message, &complete);
}

static enum exit_code make_message(struct message_check *c)
{
	struct inkan_message_options options;
	int error = inkan_context_new(&c->context);

	inkan_message_options_init(&options);
	options.now = invocation_now(c->in);
	options.line_ends = INKAN_LINE_ENDS_NORMALISE;
	options.is_public_suffix = public_suffixes_has;
	options.public_suffix_context = c->suffixes;
	if (!error)
		error = inkan_message_new(c->context, &options, &c->message);
	if (!error)
		error = inkan_message_set_session(c->message, &c->session);
	if (!error && option_given(c->in, "from-received"))
		message_set_header_hook(c->message, complete_session, c);
	if (error != INKAN_EUSAGE)
		return error ? ui_failed(c->in->ui, NOWHERE, error) : EXIT_FINE;
	ui_error(c->in->ui, NOWHERE,
	         TEXT(c->in->ui, "--helo or --mail-from is too long – give what the session had",
	              "--helo または --mail-from が長すぎます – セッションのとおりに指定してください"));
	return EXIT_USAGE;
}

/* The longest line of the message so far; `line` is the length of the current one. */
static void measure(struct message_check *c, struct str chunk, uint64_t *line)
{
	while (chunk.n) {
		size_t n = str_find(chunk, '\n');

		*line += n;
		if (n < chunk.n && n > 0 && chunk.p[n - 1] == '\r')
			--*line;
		if (*line > c->options.longest_line)
			c->options.longest_line = *line;
		if (n == chunk.n)
			return;
		*line = 0;
		chunk = str_skip(chunk, n + 1);
	}
}

static enum exit_code refuse(struct message_check *c, int error)
{
	if (error != INKAN_ELIMIT)
		return ui_failed(c->in->ui, IN_FILE(c->file), error);
	ui_error(c->in->ui, IN_FILE(c->file), TEXT(c->in->ui, "%s – not checked", "%s – 検査しませんでした"),
	         TROUBLE(c->in->ui, inkan_message_error(c->message)));
	return EXIT_USAGE;
}

static enum exit_code read_message(struct message_check *c)
{
	char *room = malloc(CHUNK);
	int fd = room ? file_open(c->in->ui, c->file) : -1, error = INKAN_OK;
	uint64_t line = 0;
	ptrdiff_t n = 0;

	if (!room)
		return ui_failed(c->in->ui, NOWHERE, INKAN_ENOMEM);
	while (fd >= 0 && !error && (n = file_read_some(c->in->ui, c->file, fd, room, CHUNK)) > 0) {
		measure(c, str_from(room, (size_t)n), &line);
		error = inkan_message_write(c->message, room, (size_t)n);
	}
	free(room);
	if (fd >= 0)
		file_close(fd);
	if (fd < 0 || n < 0)
		return EXIT_USAGE;
	if (!error)
		error = inkan_message_end(c->message);
	return error ? refuse(c, error) : EXIT_FINE;
}

static int look_back(void *context, struct evidence *evidence, bool *pending_out)
{
	struct message_check *c = context;

	return iprev_evaluate(&c->arena, evidence, c->is_ipv6, c->address, &c->iprev, pending_out);
}

static enum exit_code judge(struct message_check *c)
{
	enum exit_code code = read_message(c);
	const struct header *header = code == EXIT_FINE ? message_header(c->message) : NULL;

	if (code == EXIT_FINE && header->count == header->malformed) {
		ui_error(c->in->ui, IN_FILE(c->file),
		         TEXT(c->in->ui,
		              "there is no message: not one header field – give a message as it was sent (.eml)",
		              "メッセージではありません: ヘッダーがありません – 送信されたままのメッセージ (.eml) "
		              "を指定してください"));
		return EXIT_USAGE;
	}
	/* noted now, so that it is asked together with the questions of the message */
	if (code == EXIT_FINE && c->options.ip[0])
		(void)evidence_ask(c->lookup.answers, DNS_PTR, iprev_name(&c->arena, c->is_ipv6, c->address));
	if (code == EXIT_FINE)
		code = lookup_message(&c->lookup, c->message);
	if (code == EXIT_FINE && c->options.ip[0]) {
		code = lookup_evaluate(&c->lookup, look_back, c);
		c->options.iprev = &c->iprev;
	}
	if (code != EXIT_FINE)
		return code;
	int error = sender_check(&c->arena, inkan_message_verdict(c->message), header, &c->options, &c->report);

	return error ? ui_failed(c->in->ui, NOWHERE, error) : EXIT_FINE;
}

/* ---- JSON ---- */

static bool is_chosen(const struct message_check *c, int receiver)
{
	return !c->options.receivers || c->options.receivers & 1u << receiver;
}

static void receiver_json(struct json *j, const struct message_check *c, enum sender_receiver receiver)
{
	size_t count;
	const struct sender_rule *rules = sender_rules(&count);

	json_object_begin(j);
	json_key_c(j, "receiver", sender_receiver_name(receiver));
	json_key_c(j, "outcome", sender_outcome_name(c->report.receivers[receiver]));
	json_key(j, "requirements");
	json_array_begin(j);
	for (size_t i = 0; i < count; i++) {
		if (rules[i].receiver != receiver || !sender_rule_applies(&rules[i], &c->options))
			continue;
		json_object_begin(j);
		json_key_c(j, "id", sender_topic_id(rules[i].topic));
		json_key_c(j, "outcome", sender_outcome_name(c->report.topics[rules[i].topic]));
		json_key_c(j, "strength", sender_strength_name(rules[i].strength));
		json_key_bool(j, "bulk_only", rules[i].bulk_only);
		json_object_end(j);
	}
	json_array_end(j);
	json_object_end(j);
}

static void print_json(struct buf *out, const struct message_check *c)
{
	const struct inkan_verdict *v = inkan_message_verdict(c->message);
	struct json j = json_to(out);

	json_object_begin(&j);
	json_key_c(&j, "file", c->file);
	json_key_c(&j, "from_domain", v->from_domain);
	json_key_c(&j, "verdict", inkan_verdict_name(v->kind));
	json_key_bool(&j, "bulk", c->options.bulk);
	json_key(&j, "receivers");
	json_array_begin(&j);
	for (int i = 0; i < SENDER_RECEIVERS; i++)
		if (is_chosen(c, i))
			receiver_json(&j, c, (enum sender_receiver)i);
	json_array_end(&j);
	findings_json(&j, c->in->ui->language, &c->report.findings);
	json_object_end(&j);
	buf_put_char(out, '\n');
}

/* ---- for people ---- */

static const struct {
	enum style style;
	struct text word;
} outcomes[] = {
	[SENDER_PASS] = {STYLE_GOOD, {"pass", "合格"}},
	[SENDER_NOT_NEEDED] = {STYLE_DIM, {"not needed", "不要"}},
	[SENDER_UNKNOWN] = {STYLE_WARNING, {"cannot tell", "判定不能"}},
	[SENDER_FAIL] = {STYLE_BAD, {"FAIL", "不合格"}},
};

static void put_outcome(struct buf *out, const struct ui *ui, enum sender_outcome outcome)
{
	const char *word = text_in(ui->language, outcomes[outcome].word);

	styled(out, ui->colour, outcomes[outcome].style, word);
	for (size_t n = text_columns(str_c(word)); n < OUTCOME_COLUMNS; n++)
		buf_put_char(out, ' ');
	buf_put_c(out, "  ");
}

static void print_receiver(struct buf *out, const struct message_check *c, enum sender_receiver receiver)
{
	static const struct text strengths[] = {[SENDER_ADVISED] = {"advised", "推奨"},
	                                        [SENDER_EXPECTED] = {"expected", "強く推奨"},
	                                        [SENDER_REQUIRED] = {"", ""}};
	const struct ui *ui = c->in->ui;
	size_t count;
	const struct sender_rule *rules = sender_rules(&count);

	put_outcome(out, ui, c->report.receivers[receiver]);
	styled(out, ui->colour, STYLE_BOLD, sender_receiver_title(receiver));
	buf_put_char(out, '\n');
	for (size_t i = 0; i < count; i++) {
		if (rules[i].receiver != receiver || !sender_rule_applies(&rules[i], &c->options))
			continue;
		buf_put_c(out, "  ");
		put_outcome(out, ui, c->report.topics[rules[i].topic]);
		buf_put_c(out, text_in(ui->language, sender_topic_text(rules[i].topic)));
		if (rules[i].strength != SENDER_REQUIRED)
			buf_printf(out, " (%s)", text_in(ui->language, strengths[rules[i].strength]));
		buf_put_char(out, '\n');
	}
	buf_put_char(out, '\n');
}

static void print_text(struct buf *out, const struct message_check *c)
{
	const struct ui *ui = c->in->ui;

	for (int i = 0; i < SENDER_RECEIVERS; i++)
		if (is_chosen(c, i))
			print_receiver(out, c, (enum sender_receiver)i);
	if (!c->options.bulk)
		buf_put_c(out,
		          TEXT(ui,
		               "Judged as mail of a small sender; --bulk adds what is asked of 5,000 messages a day.\n",
		               "送信量の少ない送信者として判定しました。--bulk で 1 日 5,000 "
		               "通以上の要件も判定します。\n"));
	findings_print(out, ui, &c->report.findings, STR_NULL);
}

static enum exit_code print_all(struct message_check *c)
{
	enum sender_outcome worst = SENDER_PASS;
	struct output out;

	output_init(&out);
	if (c->in->json)
		print_json(&out.text, c);
	else
		print_text(&out.text, c);
	for (int i = 0; i < SENDER_RECEIVERS; i++)
		if (is_chosen(c, i) && c->report.receivers[i] > worst)
			worst = c->report.receivers[i];
	return output_finish(&out, c->in->ui,
	                     worst == SENDER_FAIL  ? EXIT_FINDING
	                     : c->report.temporary ? EXIT_TEMPORARY
	                                           : EXIT_FINE);
}

static enum exit_code run_message(const struct invocation *in)
{
	struct message_check c = {.in = in, .file = in->operand_count ? in->operands[0] : "-"};
	enum exit_code code;

	arena_init(&c.arena, MEMORY_MAX);
	told_session_init(&c.told);
	take_receivers(&c);
	code = take_session(&c);
	if (code == EXIT_FINE)
		code = suffix_list_open(in, &c.suffixes);
	if (code == EXIT_FINE)
		code = make_message(&c);
	if (code == EXIT_FINE)
		code = lookup_open(&c.lookup, in);
	if (code == EXIT_FINE)
		code = judge(&c);
	if (code == EXIT_FINE)
		code = print_all(&c);
	code = lookup_close(&c.lookup, code);
	inkan_message_free(c.message);
	inkan_context_free(c.context);
	public_suffixes_free(c.suffixes);
	told_session_release(&c.told);
	arena_release(&c.arena);
	return code;
}

/* clang-format off */
static const struct option_spec options[] = {
	{"bulk", 'b', OPTION_FLAG, NULL, NULL, 0, 0,
	 {"judge as a sender of 5,000 messages a day or more", "1 日 5,000 通以上の送信者として判定する"}},
	{"receiver", 0, OPTION_CHOICE, NULL, "gmail|yahoo|microsoft", 0, 0,
	 {"only this receiver; may be repeated (default: all)", "この受信側だけを判定する。複数回指定できる (既定: すべて)"}},
	{"ip", 0, OPTION_STRING, "IP", NULL, 0, 0,
	 {"address that sends the message; where it is not known SPF and PTR are not judged", "送信元のアドレス。わからなければ SPF と PTR は判定しない"}},
	{"helo", 0, OPTION_STRING, "NAME", NULL, 0, 0, {"its HELO or EHLO name", "その HELO または EHLO の名前"}},
	{"mail-from", 0, OPTION_STRING, "ADDR", NULL, 0, 0,
	 {"MAIL FROM of the session; empty: the null sender", "セッションの MAIL FROM。空なら空の送信者"}},
	{"from-received", 0, OPTION_FLAG, NULL, NULL, 0, 0,
	 {"take what of these is not given from the topmost Received field with a public address and from Return-Path",
	  "指定していないものを、グローバルアドレスを持つ最も上の Received フィールドと Return-Path から取る"}},
	{0},
};

static const struct example examples[] = {
	{"inkan check message --ip 192.0.2.25 --mail-from news@example.com newsletter.eml",
	 {"a message and how it is sent", "メッセージと送り方を調べる"}},
	{"inkan check message --bulk --receiver gmail --ip 192.0.2.25 --mail-from news@example.com newsletter.eml",
	 {"what Gmail asks of bulk senders", "Gmail が大量送信者に求めるものを調べる"}},
	{"inkan check message --from-received received.eml",
	 {"a message that has arrived", "届いたメッセージを調べる"}},
	{NULL, {NULL, NULL}},
};

const struct command check_message_command = {
	.name = "message",
	.summary = {"Judge a message by the sender requirements of Gmail, Yahoo and Outlook.com",
		    "Gmail、Yahoo、Outlook.com の送信者要件でメッセージを判定する"},
	.operands = "[FILE]",
	.operands_max = 1,
	.operands_are_files = true,
	.description = {
		"FILE, or standard input, is one message as it is sent, signed. Each requirement passes, fails, is not needed, or cannot "
		"be told: complaints never can, SPF and PTR only with --ip or --from-received. Exit code 1: a chosen receiver would object; 3: DNS failed "
		"for now.",
		"FILE または標準入力は、署名済みの、送信されるままのメッセージ 1 通です。要件ごとに合格、不合格、不要、判定不能を示します。苦情率は"
		"わかりません。SPF と PTR は --ip か --from-received があるときだけ判定します。選んだ受信側が 1 つでも不合格なら終了コード 1、DNS の一時的な障害なら 3 です。"},
	.options = options,
	.common = COMMON_DNS | COMMON_AT | COMMON_JSON | COMMON_SUFFIXES,
	.examples = examples,
	.run = run_message,
};
/* clang-format on */
