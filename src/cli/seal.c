/* inkan seal: judges a message, and puts an ARC set with what was found on top of it (RFC 8617 section 5.1).
 *
 * Reading order: run() -> seal() -> read_message() -> judge() -> inkan_sealer_end(). The message is read twice
 * (cli/rewrite.h); nothing is written before the set is complete. */
#include <stdlib.h>

#include "cli/command.h"
#include "cli/lookup.h"
#include "cli/rewrite.h"
#include "cli/signing_key.h"
#include "cli/suffix_list.h"
#include "cli/trouble_text.h"
#include "inkan/inkan.h"

struct sealing {
	const struct invocation *in;
	struct ui *ui;
	struct rewrite message;
	struct lookup lookup;
	struct public_suffixes *suffixes;
	struct inkan_context *context;
	struct inkan_key *key;
	struct inkan_sealer *sealer;
	struct inkan_message *judged;
};

static struct place message_place(const struct sealing *s)
{
	return IN_FILE(s->message.file);
}

/* ---- setting up ---- */

/* Options that the command cannot do without. */
static enum exit_code check_given(const struct sealing *s)
{
	static const char *const needed[][2] = {
		{"domain", "example.com"}, {"selector", "s1"}, {"key", "s1.pem"}, {"authserv-id", "mx.example.com"}};

	for (size_t i = 0; i < sizeof needed / sizeof *needed; i++) {
		if (option_given(s->in, needed[i][0]))
			continue;
		ui_error(s->ui, NOWHERE,
		         TEXT(s->ui, "--%s is missing – give it, as in --%s %s",
		              "--%s がありません – --%s %s のように指定してください"),
		         needed[i][0], needed[i][0], needed[i][1]);
		return EXIT_USAGE;
	}
	return EXIT_FINE;
}

static enum exit_code refuse_options(struct sealing *s, int error, const char *trouble)
{
	if (error != INKAN_EUSAGE)
		return ui_failed(s->ui, NOWHERE, error);
	ui_error(s->ui, NOWHERE,
	         TEXT(s->ui, "cannot seal so: %s – see “%s --help”",
	              "この指定では封印できません: %s – 「%s --help」を見てください"),
	         TROUBLE(s->ui, trouble), s->ui->command);
	return EXIT_USAGE;
}

static enum exit_code make_sealer(struct sealing *s)
{
	struct inkan_sealer_options options;
	const char *trouble = "";
	enum exit_code code = signing_key_load(s->ui, s->context, option_value(s->in, "key", NULL), &s->key);

	if (code != EXIT_FINE)
		return code;
	inkan_sealer_options_init(&options);
	options.domain = option_value(s->in, "domain", NULL);
	options.authserv_id = option_value(s->in, "authserv-id", NULL);
	options.headers = option_value(s->in, "headers", NULL);
	options.line_ends = INKAN_LINE_ENDS_NORMALISE;
	options.now = invocation_now(s->in);
	options.trust_results = option_given(s->in, "trust-results");
	int error = inkan_sealer_new(s->context, &options, &s->sealer, &trouble);

	if (error)
		return refuse_options(s, error, trouble);
	error = inkan_sealer_set_key(s->sealer, option_value(s->in, "selector", NULL), s->key);
	return error ? refuse_options(s, error, inkan_sealer_error(s->sealer)) : EXIT_FINE;
}

static enum exit_code set_session(struct sealing *s)
{
	const struct inkan_session session = {.struct_size = sizeof session,
	                                      .ip = option_value(s->in, "ip", NULL),
	                                      .helo = option_value(s->in, "helo", NULL),
	                                      .mail_from = option_value(s->in, "mail-from", NULL),
	                                      .receiver = option_value(s->in, "authserv-id", NULL)};
	int error = inkan_message_set_session(s->judged, &session);

	if (error != INKAN_EUSAGE)
		return error ? ui_failed(s->ui, NOWHERE, error) : EXIT_FINE;
	ui_error(s->ui, NOWHERE,
	         TEXT(s->ui,
	              "--ip %s: not an address, or a name of the session is too long – write 192.0.2.1 or 2001:db8::1",
	              "--ip %s: アドレスでないか、セッションの名前が長すぎます – 192.0.2.1 や 2001:db8::1 "
	              "の形で書いてください"),
	         session.ip ? session.ip : "");
	return EXIT_USAGE;
}

static enum exit_code make_message(struct sealing *s)
{
	struct inkan_message_options options;
	enum exit_code code = suffix_list_open(s->in, &s->suffixes);

	if (code != EXIT_FINE)
		return code;
	inkan_message_options_init(&options);
	options.now = invocation_now(s->in);
	options.line_ends = INKAN_LINE_ENDS_NORMALISE;
	options.is_public_suffix = public_suffixes_has;
	options.public_suffix_context = s->suffixes;
	int error = inkan_message_new(s->context, &options, &s->judged);

	return error ? ui_failed(s->ui, NOWHERE, error) : set_session(s);
}

/* ---- the message ---- */

static enum exit_code refuse_message(struct sealing *s, int error, const char *why)
{
	if (error != INKAN_EREFUSED && error != INKAN_ELIMIT)
		return ui_failed(s->ui, message_place(s), error);
	ui_error(s->ui, message_place(s),
	         TEXT(s->ui, "not sealed: %s – pass the message on as it is, or mend it first",
	              "封印しませんでした: %s – そのまま転送するか、先にメッセージを直してください"),
	         TROUBLE(s->ui, why));
	return EXIT_FINDING;
}

static enum exit_code take_chunk(void *context, struct str chunk)
{
	struct sealing *s = context;
	int error = inkan_sealer_write(s->sealer, chunk.p, chunk.n);

	if (error)
		return refuse_message(s, error, inkan_sealer_error(s->sealer));
	error = inkan_message_write(s->judged, chunk.p, chunk.n);
	return error ? refuse_message(s, error, inkan_message_error(s->judged)) : EXIT_FINE;
}

/* A seal that says cv=fail cannot be taken back. */
static enum exit_code refuse_for_now(const struct sealing *s)
{
	ui_error(s->ui, message_place(s),
	         TEXT(s->ui, "not sealed: a key of its ARC chain cannot be fetched now – try again later",
	              "封印しませんでした: ARC チェーンの鍵を今は取得できません – 後でもう一度試してください"));
	return EXIT_TEMPORARY;
}

static enum exit_code seal_message(struct sealing *s)
{
	enum exit_code code = rewrite_read(&s->message, take_chunk, s);
	int error = code == EXIT_FINE ? inkan_message_end(s->judged) : INKAN_OK;

	if (error)
		return refuse_message(s, error, inkan_message_error(s->judged));
	if (code == EXIT_FINE)
		code = lookup_message(&s->lookup, s->judged);
	if (code != EXIT_FINE)
		return code;
	if (inkan_message_verdict(s->judged)->arc->temporary)
		return refuse_for_now(s);
	error = inkan_sealer_end(s->sealer, s->judged);
	return error ? refuse_message(s, error, inkan_sealer_error(s->sealer)) : EXIT_FINE;
}

/* ---- the command ---- */

static enum exit_code seal(struct sealing *s)
{
	int error = inkan_context_new(&s->context);
	enum exit_code code = error ? ui_failed(s->ui, NOWHERE, error) : EXIT_FINE;
	size_t size;

	if (code == EXIT_FINE)
		code = make_sealer(s);
	if (code == EXIT_FINE)
		code = make_message(s);
	if (code == EXIT_FINE)
		code = seal_message(s);
	if (code != EXIT_FINE)
		return code;
	const char *fields = inkan_sealer_fields(s->sealer, &size);

	return (s->in->json ? rewrite_json : rewrite_write)(&s->message, str_from(fields, size));
}

static void release(struct sealing *s)
{
	rewrite_release(&s->message);
	inkan_sealer_free(s->sealer);
	inkan_message_free(s->judged);
	inkan_key_free(s->key);
	inkan_context_free(s->context);
	public_suffixes_free(s->suffixes);
	free(s);
}

static enum exit_code run(const struct invocation *in)
{
	struct sealing *s = calloc(1, sizeof *s);

	if (!s)
		return ui_failed(in->ui, NOWHERE, INKAN_ENOMEM);
	s->in = in;
	s->ui = in->ui;
	rewrite_init(&s->message, s->ui, in->operand_count ? in->operands[0] : "-");
	enum exit_code code = check_given(s);

	if (code == EXIT_FINE) {
		code = lookup_open(&s->lookup, in);
		if (code == EXIT_FINE)
			code = seal(s);
		code = lookup_close(&s->lookup, code);
	}
	release(s);
	return code;
}

/* clang-format off */
static const struct option_spec options[] = {
	{"domain", 'd', OPTION_STRING, "DOMAIN", NULL, 0, 0, {"the domain that seals (d=)", "封印するドメイン (d=)"}},
	{"selector", 's', OPTION_STRING, "NAME", NULL, 0, 0, {"the selector of the key (s=)", "鍵のセレクター (s=)"}},
	{"key", 'k', OPTION_FILE, "FILE", NULL, 0, 0,
	 {"private key, PEM, RSA: ARC knows no other", "PEM 形式の RSA 秘密鍵 (ARC はこれだけ)"}},
	{"authserv-id", 0, OPTION_STRING, "ID", NULL, 0, 0,
	 {"who judges, as in Authentication-Results: a host name", "判定者の名前 (Authentication-Results と同じ): ホスト名"}},
	{"ip", 0, OPTION_STRING, "IP", NULL, 0, 0,
	 {"address of the client that delivered the message; without it SPF is not recorded",
	  "メッセージを渡したクライアントのアドレス。なければ SPF は記録されない"}},
	{"helo", 0, OPTION_STRING, "NAME", NULL, 0, 0, {"its HELO or EHLO name", "その HELO または EHLO の名前"}},
	{"mail-from", 0, OPTION_STRING, "ADDR", NULL, 0, 0,
	 {"MAIL FROM of its session; empty: the null sender", "そのセッションの MAIL FROM。空なら空の送信者"}},
	{"trust-results", 0, OPTION_FLAG, NULL, NULL, 0, 0,
	 {"record what Authentication-Results fields of this ID on top of the message say instead: for hosts behind a border "
	  "that removes forged ones",
	  "代わりに、メッセージの先頭にあるこの ID の Authentication-Results の内容を記録する。"
	  "偽のフィールドを入口で取り除いているホスト用"}},
	{"headers", 0, OPTION_STRING, "LIST", NULL, 0, 0,
	 {"fields to sign, separated by “:” (default: as sign, and every DKIM-Signature)",
	  "署名するフィールドを「:」区切りで (既定: sign と同じものとすべての DKIM-Signature)"}},
	{0},
};

static const struct example examples[] = {
	{"inkan seal -d example.org -s s1 -k s1.pem --authserv-id mx.example.org --ip 192.0.2.1 --mail-from a@example.com "
	 "mail.eml >sealed.eml",
	 {"seal one message as it arrived", "届いたままのメッセージを封印する"}},
	{"inkan seal -d example.org -s s1 -k s1.pem --authserv-id mx.example.org --trust-results <changed.eml",
	 {"seal what a mailing list changed, with the results of its border",
	  "メーリングリストが書き換えたものを、入口での判定とともに封印する"}},
	{NULL, {NULL, NULL}},
};

const struct command seal_command = {
	.name = "seal",
	.summary = {"Add an ARC set to a message that is passed on", "転送するメッセージに ARC セットを付ける"},
	.operands = "[FILE]",
	.operands_max = 1,
	.operands_are_files = true,
	.description = {"Judges the message and writes it with an ARC set on top to standard output: what was found, a "
	                "signature of the message as it is now, and a seal of the whole chain. Every other octet stays as it was. "
	                "Without FILE, or with “-”, the message is read from standard input.\n"
	                "Seal after the last change: a change behind the seal breaks it. A list that changes messages judges them "
	                "first, puts what “inkan verify --format header” prints on top, changes them, and seals with "
	                "--trust-results.\n"
	                "A chain that is broken is sealed as such (cv=fail). Refused are messages whose newest seal says cv=fail "
	                "already, that have 50 sets, or that “inkan sign” refuses as well. With --json the fields alone are "
	                "printed.",
	                "メッセージを検証し、ARC セット (検証の結果、現在のメッセージへの署名、チェーン全体への封印) "
	                "を先頭に付けて標準出力に書きます。それ以外は 1 オクテットも変えません。FILE "
	                "を省略するか「-」にすると標準入力から読みます。\n"
	                "封印は最後の変更の後に行います。後から変更すると封印は壊れます。メッセージを書き換えるメーリングリストは、先に検証して"
	                "「inkan verify --format header」の出力を先頭に付け、書き換えた後で --trust-results を付けて封印します。\n"
	                "壊れたチェーンは壊れたもの (cv=fail) として封印します。最新の封印がすでに cv=fail のもの、セットが 50 "
	                "個あるもの、「inkan sign」も拒むメッセージは封印しません。--json を付けるとフィールドだけを出力します。"},
	.options = options,
	.common = COMMON_DNS | COMMON_AT | COMMON_JSON | COMMON_SUFFIXES,
	.examples = examples,
	.run = run,
};
/* clang-format on */
