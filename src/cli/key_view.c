#include "cli/key_view.h"

#include "cli/key_name.h"

enum { RECORD_MAX = 64 * 1024 /* octets of a record's value */ };

enum exit_code shown_begin(struct shown_key *s, const struct invocation *in, bool has_forms)
{
	enum exit_code code;
	int error;

	*s = (struct shown_key){.ui = in->ui, .format = has_forms ? option_value(in, "format", "table") : "table"};
	s->record.ttl = has_forms ? (uint32_t)option_number(in, "ttl", RECORD_TTL) : RECORD_TTL;
	arena_init(&s->arena, FINDINGS_MEMORY);
	findings_init(&s->findings, &s->arena);
	buf_init(&s->value, RECORD_MAX);
	code = key_name_read(s->ui, &s->arena, option_value(in, "domain", NULL), option_value(in, "selector", NULL),
	                     &s->record.domain, &s->record.selector);
	if (code != EXIT_FINE)
		return code;
	if (!record_is_complete(s->ui, &s->record, s->format))
		return EXIT_USAGE;
	error = crypto_new(&s->crypto);
	return error ? ui_failed(s->ui, NOWHERE, error) : EXIT_FINE;
}

void shown_end(struct shown_key *s)
{
	buf_release(&s->value);
	arena_release(&s->arena);
	public_key_unref(s->key);
	crypto_free(s->crypto);
}

enum exit_code shown_check(struct shown_key *s)
{
	struct dkim_record_report report;
	int error;

	dkim_record_print(&s->value, s->key);
	s->record.value = buf_str(&s->value);
	error = buf_error(&s->value);
	if (!error)
		error = dkim_record_check(s->crypto, &s->findings, s->record.value, &report);
	if (error)
		return ui_failed(s->ui, NOWHERE, error);
	dkim_record_report_release(&report);
	/* the places are those of a record that nobody sees in that form */
	for (size_t i = 0; i < s->findings.count; i++)
		s->findings.items[i].position = FINDING_NOWHERE;
	return EXIT_FINE;
}

int shown_json(struct shown_key *s, struct json *j, const char *file)
{
	struct buf fingerprint;
	int error;

	buf_init(&fingerprint, 2 * DIGEST_SIZE_MAX);
	error = key_fingerprint(s->crypto, s->key, &fingerprint);
	json_key_c(j, "file", file);
	json_key_c(j, "type", key_type_name(public_key_type(s->key)));
	json_key_i64(j, "bits", public_key_bits(s->key));
	json_key_str(j, "fingerprint", buf_str(&fingerprint));
	buf_release(&fingerprint);
	return error;
}

int shown_print(struct shown_key *s, struct buf *out, const char *file)
{
	bool rsa = public_key_type(s->key) == KEY_RSA;
	const struct ui *ui = s->ui;
	int error;

	buf_put_c(out, TEXT(ui, "Key    ", "鍵     "));
	buf_printf(out, TEXT(ui, "%s, %u bits\n", "%s、%u ビット\n"), rsa ? "RSA" : "Ed25519", public_key_bits(s->key));
	buf_put_c(out, TEXT(ui, "File   ", "保存先 "));
	if (strcmp(file, "-") == 0)
		buf_put_c(out, TEXT(ui, "standard input", "標準入力"));
	else
		safe_text(out, str_c(file));
	buf_put_c(out, "\nSHA256 ");
	error = key_fingerprint(s->crypto, s->key, out);
	buf_put_char(out, '\n');
	return error;
}
