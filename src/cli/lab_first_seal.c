/* "first-seal": make keys, publish them, sign, verify; then change the message in two ways and see each named.
 *
 * The story uses what everybody uses: the keys, the signer and the verifier of the engine, the pages of `inkan verify`. */
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "auth/context.h"
#include "auth/message.h"
#include "cli/display.h"
#include "cli/files.h"
#include "cli/lab.h"
#include "cli/lab_message.h"
#include "cli/telling.h"
#include "cli/trouble_text.h"
#include "cli/verdict.h"
#include "core/json.h"
#include "dns/record_set.h"
#include "inkan/inkan.h"
#include "io/clock.h"
#include "registrar/new_key.h"

enum { KEYS = 2, RSA_BITS = 2048, TTL = 3600, PAGE_MEMORY_MAX = 16 * 1024 * 1024 };

#define DOMAIN "example.jp" /* the author of the message, see lab/README.md */

struct sealing_key {
	const char *selector;
	const char *algorithm;
	unsigned bits;
	struct buf pem;    /* private */
	struct buf name;   /* of the record, terminated */
	struct buf record; /* its value */
	struct inkan_key *key;
};

struct story {
	const struct invocation *in;
	enum language language;
	struct telling telling;
	struct inkan_context *context;
	struct inkan_message *message;
	struct inkan_snapshot *snapshot;
	struct buf records; /* the snapshot as JSON */
	struct sealing_key keys[KEYS];
	struct buf sealed, changed, retitled; /* messages */
	size_t fields_size;                   /* octets of the signature fields on top of `sealed` */
	struct arena page_memory;
	unix_time now;
};

static struct str original(void)
{
	return str_from((const char *)lab_attachment_pdf, lab_attachment_pdf_size);
}

/* ---- 1: keys ---- */

static int make_key(struct story *s, size_t i)
{
	struct sealing_key *k = &s->keys[i];
	struct private_key *private;
	int error = new_private_key(s->context->crypto, i == 0 ? KEY_RSA : KEY_ED25519, RSA_BITS, &private);

	if (error)
		return error;
	k->bits = private_key_bits(private);
	buf_printf(&k->name, "%s._domainkey.%s", k->selector, DOMAIN);
	buf_put_char(&k->name, '\0');
	error = new_key_record(s->context->crypto, private, &k->record);
	if (!error)
		error = private_key_to_pem(private, &k->pem);
	if (!error)
		error = inkan_key_from_pem(s->context, k->pem.p, k->pem.n, &k->key, NULL);
	private_key_free(private);
	return error ? error : buf_error(&k->name);
}

static int step_keys(struct story *s)
{
	begin_step(&s->telling, "keys", TEXT_IN(s->language, "Make keys", "鍵を作る"));
	tell(&s->telling,
	     TEXT_IN(s->language,
	             "A domain signs with a private key, and everybody checks with the public half. Two kinds, as "
	             "long as not every "
	             "receiver knows Ed25519:",
	             "ドメインは秘密鍵で署名し、誰もが公開鍵でそれを確かめます。Ed25519 を知らない受信側もあるので、2 "
	             "種類作ります。"));
	for (size_t i = 0; i < KEYS; i++) {
		int error = make_key(s, i);

		if (error)
			return error;
		buf_printf(&s->telling.text, "%-6s %-15s %u bits\n", s->keys[i].selector, s->keys[i].algorithm,
		           s->keys[i].bits);
	}
	tell_text(&s->telling);
	expect(&s->telling, s->keys[0].bits == RSA_BITS && s->keys[1].bits == 256,
	       TEXT_IN(s->language, "keys of 2048 and 256 bits", "2048 ビットと 256 ビットの鍵"));
	return INKAN_OK;
}

/* ---- 2: records ---- */

static int load_records(struct story *s)
{
	struct json j = json_to(&s->records);

	json_object_begin(&j);
	for (size_t i = 0; i < KEYS; i++) {
		json_key(&j, s->keys[i].name.p);
		json_object_begin(&j);
		json_key(&j, "TXT");
		json_array_begin(&j);
		json_str(&j, buf_str(&s->keys[i].record));
		json_array_end(&j);
		json_object_end(&j);
	}
	json_object_end(&j);
	buf_put_char(&s->records, '\n');
	if (buf_error(&s->records))
		return buf_error(&s->records);
	return inkan_snapshot_load(s->records.p, s->records.n, &s->snapshot, NULL, 0);
}

static int print_zone(struct story *s)
{
	struct dns_record records[KEYS] = {0};
	struct record_set sets[KEYS] = {0};

	for (size_t i = 0; i < KEYS; i++) {
		records[i].text = buf_str(&s->keys[i].record);
		sets[i] = (struct record_set){str_c(s->keys[i].name.p), DNS_TXT, TTL, &records[i], 1};
	}
	return record_sets_print(&s->telling.out.text, sets, KEYS, &(struct record_print){.form = RECORD_ZONE});
}

static int step_records(struct story *s)
{
	int error;
	enum { NAME_COLUMNS = 28, VALUE_COLUMNS = TELLING_COLUMNS - TELLING_INDENT - NAME_COLUMNS - 6 };

	begin_step(&s->telling, "records",
	           TEXT_IN(s->language, "Publish the public halves in DNS", "公開鍵を DNS で公開する"));
	tell(&s->telling, TEXT_IN(s->language, "In a form of the DNS provider, one TXT record for each:",
	                          "DNS 事業者の管理画面では、TXT レコードを 1 つずつ作ります。"));
	for (size_t i = 0; i < KEYS; i++) {
		text_padded(&s->telling.text, str_c(s->keys[i].name.p), NAME_COLUMNS);
		buf_put_c(&s->telling.text, "TXT   ");
		text_padded(&s->telling.text, buf_str(&s->keys[i].record), VALUE_COLUMNS);
		buf_put_char(&s->telling.text, '\n');
	}
	tell_text(&s->telling);
	tell(&s->telling,
	     TEXT_IN(s->language,
	             "In a zone file, whole; a value beyond 255 characters is split into strings, which readers join:",
	             "ゾーンファイルでは次のとおりです。255 文字を超える値は複数の文字列に分け、読む側がつなぎます。"));
	error = print_zone(s);
	return error ? error : load_records(s);
}

/* ---- 3: sign ---- */

static int sign(struct story *s, struct inkan_signer *signer)
{
	struct str message = original();
	const char *fields;
	int error = INKAN_OK;

	for (size_t i = 0; i < KEYS && !error; i++)
		error = inkan_signer_add_key(signer, s->keys[i].selector, s->keys[i].key);
	if (!error)
		error = inkan_signer_write(signer, message.p, message.n);
	if (!error)
		error = inkan_signer_end(signer);
	if (error)
		return error;
	fields = inkan_signer_fields(signer, &s->fields_size);
	buf_put(&s->sealed, str_from(fields, s->fields_size));
	buf_put(&s->sealed, message);
	return buf_error(&s->sealed);
}

static void tell_subject(struct story *s)
{
	size_t start = str_search(original(), STR("\r\nSubject:")) + strlen("\r\nSubject:");
	struct str value = str_skip(original(), start);

	value = str_head(value, str_search(value, STR("\r\nOrganization:")));
	buf_put_c(&s->telling.text, TEXT_IN(s->language, "Subject: ", "件名: "));
	display_header(&s->telling.text, value);
	buf_put_char(&s->telling.text, '\n');
	tell_text(&s->telling);
}

static int step_sign(struct story *s)
{
	struct inkan_signer_options options;
	struct inkan_signer *signer;
	int error;

	begin_step(&s->telling, "sign",
	           TEXT_IN(s->language, "Sign a message: an estimate as a PDF", "メッセージに署名する: PDF の見積書"));
	tell_subject(s);
	inkan_signer_options_init(&options);
	options.domain = DOMAIN;
	options.now = s->now;
	error = inkan_signer_new(s->context, &options, &signer, NULL);
	if (error)
		return error;
	error = sign(s, signer);
	inkan_signer_free(signer);
	if (error)
		return error;
	tell(&s->telling,
	     TEXT_IN(s->language,
	             "The signatures go on top, and no octet of the message changes. bh= is the hash of the body, "
	             "h= lists the fields "
	             "that are signed, b= is the signature over both:",
	             "署名は先頭に付き、メッセージは 1 オクテットも変わりません。bh= は本文のハッシュ、h= "
	             "は署名したヘッダーの一覧、b= はその両方に"
	             "対する署名です。"));
	struct str fields = str_head(buf_str(&s->sealed), s->fields_size);

	while (fields.n)
		buf_put(&s->telling.text, str_split(&fields, '\r'));
	tell_text(&s->telling);
	return INKAN_OK;
}

/* ---- 4 to 6: verify ---- */

/* Judges octets as `inkan verify` does; *out is valid until the next call. */
static int judge(struct story *s, struct str octets, const struct inkan_verdict **out)
{
	int error;

	inkan_message_reset(s->message);
	error = inkan_message_write(s->message, octets.p, octets.n);
	if (!error)
		error = inkan_message_end(s->message);
	if (!error)
		error = inkan_message_evaluate(s->message);
	if (error)
		return error < 0 ? error : INKAN_EUSAGE;
	*out = inkan_message_verdict(s->message);
	return INKAN_OK;
}

/* What the page says of the signatures: the message came from nowhere, so SPF and DMARC have no part in this story. */
static int tell_verdict(struct story *s, const struct inkan_verdict *v)
{
	struct page_style style = {s->language, s->in->ui->colour, TELLING_COLUMNS - TELLING_INDENT};
	struct page page;
	int error;

	arena_reset(&s->page_memory);
	error = page_make(
		&s->page_memory,
		&(struct page_request){.verdict = v, .header = message_header(s->message), .language = s->language},
		&page);
	if (error)
		return error;
	verdict_page_dkim(&s->telling.text, &page, &style);
	tell_text(&s->telling);
	return INKAN_OK;
}

/* Whether both signatures got this result for this reason. */
static bool both_are(const struct inkan_verdict *v, enum inkan_result result, enum inkan_dkim_explanation explanation)
{
	for (size_t i = 0; i < v->dkim_count; i++)
		if (v->dkim[i].result != result || v->dkim[i].explanation != explanation)
			return false;
	return v->dkim_count == KEYS;
}

static int step_verify(struct story *s)
{
	struct inkan_message_options options;
	const struct inkan_verdict *v;
	int error;

	begin_step(&s->telling, "verify",
	           TEXT_IN(s->language, "Verify it, as a receiver does", "受信側と同じように検証する"));
	inkan_message_options_init(&options);
	options.now = s->now;
	options.snapshot = s->snapshot;
	error = inkan_message_new(s->context, &options, &s->message);
	if (!error)
		error = judge(s, buf_str(&s->sealed), &v);
	if (!error)
		error = tell_verdict(s, v);
	if (error)
		return error;
	expect(&s->telling, both_are(v, INKAN_PASS, INKAN_EXPLAIN_NOTHING),
	       TEXT_IN(s->language, "two signatures that pass", "2 つの署名が合格"));
	return INKAN_OK;
}

/* The place of one letter in the last quarter of the body, inside the attachment. */
static size_t letter_of_attachment(struct str message)
{
	size_t body = str_search(message, STR("\r\n\r\n")) + strlen("\r\n\r\n");
	size_t at = body + (message.n - body) / 4 * 3;

	while (!is_alpha(message.p[at]))
		at++;
	return at;
}

static int step_content(struct story *s)
{
	size_t at = letter_of_attachment(buf_str(&s->sealed));
	char before, after;
	const struct inkan_verdict *v;
	int error;

	buf_put(&s->changed, buf_str(&s->sealed));
	if (buf_error(&s->changed))
		return buf_error(&s->changed);
	before = s->changed.p[at];
	after = before == 'z' ? 'y' : before == 'Z' ? 'Y' : (char)(before + 1);
	s->changed.p[at] = after;
	begin_step(&s->telling, "content-changed",
	           TEXT_IN(s->language, "Change one octet of the attachment", "添付ファイルを 1 オクテットだけ変える"));
	buf_printf(&s->telling.text,
	           TEXT_IN(s->language, "Octet %zu of the message was “%c” and is now “%c”:\n",
	                   "メッセージの %zu オクテット目を「%c」から「%c」に変えました。\n"),
	           at + 1, before, after);
	tell_text(&s->telling);
	error = judge(s, buf_str(&s->changed), &v);
	if (!error)
		error = tell_verdict(s, v);
	if (error)
		return error;
	expect(&s->telling,
	       both_are(v, INKAN_FAIL, INKAN_EXPLAIN_CONTENT_CHANGED) &&
	               strcmp(v->dkim[0].reason, "body hash did not verify") == 0 &&
	               strcmp(v->dkim[0].body_hash_signed, v->dkim[0].body_hash_computed) != 0,
	       TEXT_IN(s->language, "“body hash did not verify”, with two hashes that differ",
	               "“body hash did not verify” と、異なる 2 つのハッシュ"));
	return INKAN_OK;
}

static int step_header(struct story *s)
{
	struct str sealed = buf_str(&s->sealed);
	size_t subject = str_search(sealed, STR("\r\nSubject: ")) + strlen("\r\nSubject: ");
	const struct inkan_verdict *v;
	int error;

	buf_put(&s->retitled, str_head(sealed, subject));
	buf_put_c(&s->retitled, "[EXTERNAL] ");
	buf_put(&s->retitled, str_skip(sealed, subject));
	if (buf_error(&s->retitled))
		return buf_error(&s->retitled);
	begin_step(&s->telling, "header-changed",
	           TEXT_IN(s->language, "Put “[EXTERNAL]” in front of the subject instead",
	                   "今度は件名の前に「[EXTERNAL]」を付ける"));
	error = judge(s, buf_str(&s->retitled), &v);
	if (!error)
		error = tell_verdict(s, v);
	if (error)
		return error;
	expect(&s->telling,
	       both_are(v, INKAN_FAIL, INKAN_EXPLAIN_HEADER_CHANGED) &&
	               strcmp(v->dkim[0].changed_header, "subject") == 0 &&
	               strcmp(v->dkim[1].changed_header, "subject") == 0,
	       TEXT_IN(s->language, "a signed header changed, and it is the subject",
	               "署名対象のヘッダーが変わり、それが件名であること"));
	return INKAN_OK;
}

/* ---- 7: what next ---- */

static enum exit_code keep_file(struct story *s, const char *folder, const char *name, const struct buf *octets,
                                unsigned mode)
{
	enum exit_code code = EXIT_INTERNAL;

	buf_printf(&s->telling.text, "%s/%s", folder, name);
	buf_put_char(&s->telling.text, '\0');
	if (buf_error(&s->telling.text) == INKAN_OK)
		code = file_write(s->in->ui, s->telling.text.p, buf_str(octets), mode, false);
	buf_clear(&s->telling.text);
	return code;
}

static enum exit_code keep(struct story *s, const char *folder)
{
	const struct {
		const char *name;
		const struct buf *octets;
		unsigned mode;
	} files[] = {
		{"rsa1.pem", &s->keys[0].pem, 0600}, {"ed1.pem", &s->keys[1].pem, 0600},
		{"dns.json", &s->records, 0644},     {"signed.eml", &s->sealed, 0644},
		{"changed.eml", &s->changed, 0644},  {"retitled.eml", &s->retitled, 0644},
	};
	struct buf message;
	enum exit_code code;

	if (mkdir(folder, 0777) != 0) {
		ui_error(s->in->ui, IN_FILE(folder),
		         TEXT(s->in->ui, "cannot make this folder: %s – give the name of a new one",
		              "このフォルダーを作れません: %s – 新しい名前を指定してください"),
		         TROUBLE(s->in->ui, strerror(errno)));
		return EXIT_USAGE;
	}
	buf_init(&message, TELLING_TEXT_MAX);
	buf_put(&message, original());
	code = keep_file(s, folder, "message.eml", &message, 0644);
	buf_release(&message);
	for (size_t i = 0; i < sizeof(files) / sizeof *files && code == EXIT_FINE; i++)
		code = keep_file(s, folder, files[i].name, files[i].octets, files[i].mode);
	return code;
}

static void put_command(struct story *s, const char *folder, const char *format)
{
	struct str rest = str_c(format);

	buf_put_c(&s->telling.text, "  ");
	safe_text(&s->telling.text, str_c(program_invocation_name));
	buf_put_char(&s->telling.text, ' ');
	while (rest.n) {
		size_t at = str_find(rest, '@');

		buf_put(&s->telling.text, str_head(rest, at));
		if (at < rest.n)
			safe_text(&s->telling.text, str_c(folder));
		rest = str_skip(rest, at + 1);
	}
	buf_put_char(&s->telling.text, '\n');
}

static enum exit_code tell_next(struct story *s)
{
	const char *keep_in = option_value(s->in, "keep", NULL);
	const char *folder = keep_in ? keep_in : "seal";
	enum exit_code code = keep_in ? keep(s, folder) : EXIT_FINE;

	if (code != EXIT_FINE)
		return code;
	begin_step(&s->telling, "next", TEXT_IN(s->language, "What to try next", "次に試すこと"));
	if (!keep_in)
		put_command(s, folder, "lab run first-seal --keep @");
	put_command(s, folder, "verify --dns @/dns.json @/signed.eml");
	put_command(s, folder, "verify --dns @/dns.json @/*.eml");
	put_command(s, folder, "verify --dns @/dns.json --json @/changed.eml");
	put_command(s, folder, "sign --domain " DOMAIN " --selector rsa1 --key @/rsa1.pem @/message.eml");
	tell_text(&s->telling);
	return EXIT_FINE;
}

/* ---- the story ---- */

static int tell_steps(struct story *s)
{
	static int (*const steps[])(struct story *) = {step_keys,   step_records, step_sign,
	                                               step_verify, step_content, step_header};
	int error = inkan_context_new(&s->context);

	for (size_t i = 0; i < sizeof(steps) / sizeof *steps && !error; i++)
		error = steps[i](s);
	return error ? error : s->telling.error;
}

static void init(struct story *s, const struct invocation *in)
{
	static const char *const selectors[KEYS] = {"rsa1", "ed1"};
	static const char *const algorithms[KEYS] = {"rsa-sha256", "ed25519-sha256"};

	*s = (struct story){.in = in, .language = in->ui->language, .now = clock_now()};
	telling_init(&s->telling, in->ui);
	for (size_t i = 0; i < KEYS; i++) {
		s->keys[i] = (struct sealing_key){.selector = selectors[i], .algorithm = algorithms[i]};
		buf_init(&s->keys[i].pem, TELLING_TEXT_MAX);
		buf_init(&s->keys[i].name, TELLING_TEXT_MAX);
		buf_init(&s->keys[i].record, TELLING_TEXT_MAX);
	}
	struct buf *const buffers[] = {&s->records, &s->sealed, &s->changed, &s->retitled};

	for (size_t i = 0; i < sizeof(buffers) / sizeof *buffers; i++)
		buf_init(buffers[i], TELLING_TEXT_MAX);
	arena_init(&s->page_memory, PAGE_MEMORY_MAX);
}

static void release(struct story *s)
{
	for (size_t i = 0; i < KEYS; i++) {
		if (s->keys[i].pem.p)
			crypto_wipe(s->keys[i].pem.p, s->keys[i].pem.cap);
		buf_release(&s->keys[i].pem);
		buf_release(&s->keys[i].name);
		buf_release(&s->keys[i].record);
		inkan_key_free(s->keys[i].key);
	}
	struct buf *const buffers[] = {&s->records, &s->sealed, &s->changed, &s->retitled};

	for (size_t i = 0; i < sizeof(buffers) / sizeof *buffers; i++)
		buf_release(buffers[i]);
	telling_release(&s->telling);
	inkan_message_free(s->message);
	arena_release(&s->page_memory);
	inkan_snapshot_free(s->snapshot);
	inkan_context_free(s->context);
}

static enum exit_code run(const struct invocation *in)
{
	enum exit_code code;
	struct story s;

	init(&s, in);
	tell_title(&s.telling,
	           TEXT(in->ui, "The first seal: sign a message with DKIM, and see what the signature proves",
	                "最初の封印: メッセージに DKIM で署名し、署名が何を証明するかを見る"));
	int error = tell_steps(&s);

	code = error ? ui_failed(in->ui, NOWHERE, error) : tell_next(&s);
	if (code == EXIT_FINE && !telling_is_as_expected(&s.telling))
		code = EXIT_FINDING;
	if (in->json)
		telling_print_json(&s.telling, lab_first_seal.name);
	release(&s);
	return output_finish(&s.telling.out, in->ui, code);
}

const struct scenario lab_first_seal = {
	.name = "first-seal",
	.summary = {"make keys, sign a message, verify it, change it and see what changed",
                    "鍵を作り、メッセージに署名して検証し、変更して、何が変わったかを見る"},
	.options = "keep",
	.run = run,
};
