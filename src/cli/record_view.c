#include "cli/record_view.h"

#include "core/base64.h"
#include "dns/dns.h"
#include "dns/record_set.h"

enum {
	CARET_COLUMNS = 72, /* of the line that is shown over a caret */
	CARET_INDENT = 4,
	TAG_SHOWN = 400, /* octets of a tag's value where its meaning follows */
	MEANING_INDENT = 6,
	VALUE_SHOWN = 60, /* columns of a tag's value in a list */
	TEXT_COLUMNS = 76,
	TEXT_MAX = 256 * 1024 /* octets of one form of a record */
};

/* Releases a piece of text that was made for `out`; where it is not whole, `out` is not either. */
static void done_with(struct buf *part, struct buf *out)
{
	if (buf_error(part) != INKAN_OK && out->error == INKAN_OK)
		out->error = buf_error(part);
	buf_release(part);
}

/* ---- findings ---- */

/* The line of the value round a position, and a caret under it. */
static void print_caret(struct buf *out, const struct ui *ui, struct str value, size_t position)
{
	size_t from = position > CARET_COLUMNS / 2 && value.n > CARET_COLUMNS ? position - CARET_COLUMNS / 2 : 0;
	size_t to = value.n - from > CARET_COLUMNS ? from + CARET_COLUMNS : value.n;
	struct buf before, all;

	while (from > 0 && from < value.n && ((unsigned char)value.p[from] & 0xc0) == 0x80)
		from--;
	while (to < value.n && ((unsigned char)value.p[to] & 0xc0) == 0x80)
		to++;
	buf_init(&before, TEXT_MAX);
	buf_init(&all, TEXT_MAX);
	buf_put_c(&before, from ? "…" : "");
	safe_text(&before, str_from(value.p + from, position - from));
	buf_put(&all, buf_str(&before));
	safe_text(&all, str_from(value.p + position, to - position));
	buf_printf(out, "%*s", CARET_INDENT, "");
	buf_put(out, buf_str(&all));
	buf_put_c(out, to < value.n ? "…\n" : "\n");
	buf_printf(out, "%*s", CARET_INDENT + (int)text_columns(buf_str(&before)), "");
	styled(out, ui->colour, STYLE_BAD, "^");
	buf_put_char(out, '\n');
	done_with(&all, out);
	done_with(&before, out);
}

static void print_severity(struct buf *out, const struct ui *ui, enum severity severity)
{
	static const struct {
		enum style style;
		struct text word;
	} looks[] = {
		[SEVERITY_INFO] = {STYLE_DIM, {"info", "情報"}},
		[SEVERITY_WARNING] = {STYLE_WARNING, {"warning", "警告"}},
		[SEVERITY_ERROR] = {STYLE_BAD, {"error", "エラー"}},
	};

	styled(out, ui->colour, looks[severity].style, text_in(ui->language, looks[severity].word));
	buf_put_c(out, ": ");
}

/* Wrapped and made safe: texts of findings may quote the record. */
static void print_wrapped(struct buf *out, const char *text, size_t indent)
{
	struct buf safe;

	buf_init(&safe, TEXT_MAX);
	safe_text(&safe, str_c(text));
	text_wrapped(out, buf_str(&safe), indent, TEXT_COLUMNS - indent);
	buf_put_char(out, '\n');
	done_with(&safe, out);
}

static void print_finding(struct buf *out, const struct ui *ui, const struct finding *f, struct str value)
{
	const char *fix = text_in(ui->language, f->fix);

	buf_put_char(out, '\n');
	print_severity(out, ui, f->severity);
	print_wrapped(out, text_in(ui->language, f->text), CARET_INDENT);
	if (f->position != FINDING_NOWHERE && f->position <= value.n)
		print_caret(out, ui, value, f->position);
	if (*fix) {
		buf_printf(out, "%*s%s", CARET_INDENT, "", TEXT(ui, "to do: ", "対処: "));
		print_wrapped(out, fix, CARET_INDENT);
	}
	buf_printf(out, "%*s", CARET_INDENT, "");
	styled(out, ui->colour, STYLE_DIM, f->kind->id);
	if (*f->kind->source) {
		styled(out, ui->colour, STYLE_DIM, " · ");
		styled(out, ui->colour, STYLE_DIM, f->kind->source);
	}
	buf_put_char(out, '\n');
}

void findings_print(struct buf *out, const struct ui *ui, const struct findings *f, struct str value)
{
	for (size_t i = 0; i < f->count; i++)
		print_finding(out, ui, &f->items[i], value);
}

void findings_json(struct json *j, enum language language, const struct findings *f)
{
	json_key(j, "findings");
	json_array_begin(j);
	for (size_t i = 0; i < f->count; i++) {
		const struct finding *item = &f->items[i];

		json_object_begin(j);
		json_key_c(j, "id", item->kind->id);
		json_key_c(j, "severity", severity_name(item->severity));
		json_key_c(j, "text", text_in(language, item->text));
		json_key(j, "position");
		if (item->position == FINDING_NOWHERE)
			json_null_value(j);
		else
			json_i64(j, (int64_t)item->position);
		json_key_c(j, "fix", text_in(language, item->fix));
		json_key_c(j, "source", item->kind->source);
		json_object_end(j);
	}
	json_array_end(j);
}

enum exit_code findings_exit_code(const struct findings *f, enum severity at_least)
{
	return f->count && findings_worst(f) >= at_least ? EXIT_FINDING : EXIT_FINE;
}

/* ---- a key ---- */

const char *key_type_name(enum key_type type)
{
	return type == KEY_RSA ? "rsa" : "ed25519";
}

int key_fingerprint(const struct crypto *crypto, const struct public_key *key, struct buf *out)
{
	/* SubjectPublicKeyInfo of an Ed25519 key up to the key itself (RFC 8410 section 4) */
	static const char ed25519_info[] = "\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21";
	struct digest_value value;
	struct digest *digest = NULL;
	struct buf octets;
	int error;

	buf_init(&octets, KEY_RSA_BITS_MAX);
	if (public_key_type(key) == KEY_ED25519)
		buf_put(&octets, str_from(ed25519_info, sizeof(ed25519_info))); /* with the final NUL: no unused bits */
	public_key_encode(key, &octets);
	error = buf_error(&octets);
	if (!error)
		error = digest_new(crypto, &digest);
	if (!error) {
		digest_start(digest, DIGEST_SHA256);
		digest_update(digest, buf_str(&octets));
		error = digest_finish(digest, &value);
	}
	if (!error)
		hex_encode(out, value.octets, value.n);
	digest_free(digest);
	buf_release(&octets);
	return error ? error : buf_error(out);
}

/* ---- a DKIM key record ---- */

void dkim_report_print(struct buf *out, const struct ui *ui, const struct dkim_record_report *report)
{
	for (size_t i = 0; i < report->tags.count; i++) {
		const struct tag *tag = &report->tags.tags[i];
		struct buf value;

		buf_init(&value, TEXT_MAX);
		safe_text(&value, tag->value);
		buf_put_c(out, "  ");
		safe_text(out, tag->name);
		buf_put_c(out, " = ");
		if (text_columns(buf_str(&value)) > VALUE_SHOWN) {
			text_padded(out, buf_str(&value), VALUE_SHOWN);
			buf_printf(out, TEXT(ui, " (%zu octets)", " (%zu オクテット)"), tag->value.n);
		} else {
			buf_put(out, buf_str(&value));
		}
		buf_put_char(out, '\n');
		done_with(&value, out);
	}
	if (report->has_key) {
		buf_put_c(out, TEXT(ui, "  key: ", "  鍵: "));
		buf_printf(out, TEXT(ui, "%s, %u bits", "%s、%u ビット"), report->type == KEY_RSA ? "RSA" : "Ed25519",
		           report->bits);
		if (report->exponent)
			buf_printf(out, TEXT(ui, ", exponent %llu", "、指数 %llu"),
			           (unsigned long long)report->exponent);
		buf_put_char(out, '\n');
	}
}

int dkim_report_json(struct json *j, const struct crypto *crypto, const struct dkim_record_report *report)
{
	struct buf fingerprint;
	int error;

	json_key(j, "tags");
	json_array_begin(j);
	for (size_t i = 0; i < report->tags.count; i++) {
		json_array_begin(j);
		json_str(j, report->tags.tags[i].name);
		json_str(j, report->tags.tags[i].value);
		json_array_end(j);
	}
	json_array_end(j);
	if (!report->has_key)
		return INKAN_OK;
	json_key_c(j, "type", key_type_name(report->type));
	json_key_i64(j, "bits", report->bits);
	if (report->type == KEY_RSA)
		json_key_i64(j, "exponent", (int64_t)report->exponent);
	buf_init(&fingerprint, 2 * DIGEST_SIZE_MAX);
	error = key_fingerprint(crypto, report->key, &fingerprint);
	json_key_str(j, "fingerprint", buf_str(&fingerprint));
	buf_release(&fingerprint);
	return error;
}

/* ---- a record of tags ---- */

static void put_shortened(struct buf *out, struct str s)
{
	safe_text(out, str_head(s, TAG_SHOWN));
	buf_put_c(out, s.n > TAG_SHOWN ? "…" : "");
}

void tags_print(struct buf *out, const struct ui *ui, const struct tag_report *report)
{
	for (size_t i = 0; i < report->count; i++) {
		const struct tag_part *part = &report->parts[i];
		const char *meaning = text_in(ui->language, part->meaning);

		buf_put_c(out, "  ");
		put_shortened(out, part->name);
		buf_put_c(out, " = ");
		put_shortened(out, part->value);
		buf_put_char(out, '\n');
		if (*meaning) {
			buf_printf(out, "%*s", MEANING_INDENT, "");
			print_wrapped(out, meaning, MEANING_INDENT);
		}
	}
}

void tags_json(struct json *j, enum language language, const struct tag_report *report)
{
	json_key(j, "tags");
	json_array_begin(j);
	for (size_t i = 0; i < report->count; i++) {
		json_array_begin(j);
		json_str(j, report->parts[i].name);
		json_str(j, report->parts[i].value);
		json_array_end(j);
	}
	json_array_end(j);
	json_key(j, "explained");
	json_array_begin(j);
	for (size_t i = 0; i < report->count; i++) {
		json_object_begin(j);
		json_key_str(j, "tag", report->parts[i].name);
		json_key_i64(j, "position", (int64_t)report->parts[i].position);
		json_key_c(j, "text", text_in(language, report->parts[i].meaning));
		json_object_end(j);
	}
	json_array_end(j);
}

/* ---- a record to publish ---- */

static bool needs_name(const char *format)
{
	return strcmp(format, "table") != 0 && strcmp(format, "dig") != 0 && strcmp(format, "all") != 0;
}

void record_name(struct buf *out, const struct record_to_publish *r)
{
	if (!r->domain)
		return;
	buf_put_c(out, r->selector);
	buf_put_c(out, "._domainkey.");
	buf_put_c(out, r->domain);
}

bool record_is_complete(struct ui *ui, const struct record_to_publish *r, const char *format)
{
	if (r->domain || !needs_name(format))
		return true;
	ui_error(ui, NOWHERE,
	         TEXT(ui, "--format %s needs the name of the record – give --domain and --selector",
	              "--format %s にはレコードの名前が要ります – --domain と --selector を指定してください"),
	         format);
	return false;
}

static void print_table(struct buf *out, const struct ui *ui, struct str name, const struct record_to_publish *r)
{
	if (name.n) {
		buf_put_c(out, TEXT(ui, "Name   ", "名前   "));
		buf_put(out, name);
		buf_put_char(out, '\n');
	}
	buf_put_c(out, TEXT(ui, "Type   TXT\n", "種類   TXT\n"));
	buf_printf(out, "TTL    %u\n", (unsigned)r->ttl);
	buf_put_c(out, TEXT(ui, "Value  ", "値     "));
	safe_text(out, r->value);
	buf_put_char(out, '\n');
}

static void put_form(struct buf *out, const char *form, struct str name, const struct record_to_publish *r)
{
	const struct dns_record record = {.text = r->value};
	const struct record_set set = {.name = name, .type = DNS_TXT, .ttl = r->ttl, .records = &record, .count = 1};
	struct record_print how = {0};
	int error =
		record_form_from_name(str_c(form), &how.form) ? record_sets_print(out, &set, 1, &how) : INKAN_EUSAGE;

	if (error && !out->error)
		out->error = error;
}

/* Every form ends its last line, so that what follows starts a new one. */
static void end_line(struct buf *out)
{
	if (out->n && out->p[out->n - 1] != '\n')
		buf_put_char(out, '\n');
}

void record_print(struct buf *out, const struct ui *ui, const struct record_to_publish *r, const char *format)
{
	bool all = strcmp(format, "all") == 0;
	struct str rest = STR(RECORD_FORMATS);
	struct buf name;

	buf_init(&name, 2 * DNS_NAME_MAX + 16);
	record_name(&name, r);
	while (rest.n) {
		char form[16] = "";
		struct str word = str_split(&rest, '|');

		memcpy(form, word.p, word.n);
		if (strcmp(form, "all") == 0 || (!all && strcmp(form, format) != 0) ||
		    (all && name.n == 0 && needs_name(form)))
			continue;
		if (all && strcmp(form, "table") != 0)
			buf_printf(out, "\n# %s\n", form);
		if (strcmp(form, "table") == 0)
			print_table(out, ui, buf_str(&name), r);
		else
			put_form(out, form, buf_str(&name), r);
		end_line(out);
	}
	done_with(&name, out);
}

void record_json(struct json *j, const struct record_to_publish *r)
{
	struct str rest = STR(RECORD_FORMATS);
	struct buf name, text;

	buf_init(&name, 2 * DNS_NAME_MAX + 16);
	buf_init(&text, TEXT_MAX);
	record_name(&name, r);
	json_key(j, "name");
	if (name.n)
		json_str(j, buf_str(&name));
	else
		json_null_value(j);
	json_key_c(j, "record_type", "TXT");
	json_key_i64(j, "ttl", r->ttl);
	json_key_str(j, "value", r->value);
	json_key(j, "forms");
	json_object_begin(j);
	while (rest.n) {
		char form[16] = "";
		struct str word = str_split(&rest, '|');

		memcpy(form, word.p, word.n);
		buf_clear(&text);
		if (strcmp(form, "dig") == 0 || (needs_name(form) && name.n)) {
			put_form(&text, form, buf_str(&name), r);
			json_key_str(j, form, buf_str(&text));
		}
	}
	json_object_end(j);
	done_with(&text, j->out);
	done_with(&name, j->out);
}
