/* Flow: made_record_begin(), the command builds m->value, made_record_print(): check, then text, JSON or the form alone. */
#include "cli/record_made.h"

#include "cli/record_view.h"
#include "dns/idna.h"

enum {
	MADE_MEMORY = 64 * 1024 * 1024, /* octets of findings and texts */
	MADE_VALUE_MAX = 64 * 1024
};

/* ---- begin ---- */

static enum exit_code read_domain(struct made_record *m, const char *text, struct str *out)
{
	int error = dns_name_to_host(&m->check.arena, str_c(text), out);

	if (error)
		return ui_failed(m->in->ui, NOWHERE, error);
	if (out->n)
		return EXIT_FINE;
	ui_error(m->in->ui, NOWHERE,
	         TEXT(m->in->ui, "“%s” is no domain – give one such as example.com",
	              "「%s」はドメインではありません – example.com のように指定してください"),
	         text);
	return EXIT_USAGE;
}

static enum exit_code read_panel(struct made_record *m, const char *id)
{
	struct buf ids;

	m->how.panel = id ? panel_style_find(str_c(id)) : NULL;
	if (!id || m->how.panel)
		return EXIT_FINE;
	buf_init(&ids, MADE_VALUE_MAX);
	for (const struct panel_style *style = panel_styles(); style->id; style++)
		buf_printf(&ids, "%s%s", ids.n ? ", " : "", style->id);
	ui_error(m->in->ui, NOWHERE,
	         TEXT(m->in->ui, "no panel “%s” is known – one of: %.*s",
	              "管理画面「%s」はありません – 次のいずれか: %.*s"),
	         id, STR_ARG(buf_str(&ids)));
	buf_release(&ids);
	return EXIT_USAGE;
}

enum exit_code made_record_begin(struct made_record *m, const struct invocation *in, const char *domain)
{
	const char *zone = option_value(in, "zone", NULL);
	struct str name;
	enum exit_code code;

	*m = (struct made_record){.in = in, .how.language = in->ui->language};
	arena_init(&m->check.arena, MADE_MEMORY);
	findings_init(&m->check.findings, &m->check.arena);
	buf_init(&m->value, MADE_VALUE_MAX);
	m->check.in = in;
	(void)record_form_from_name(str_c(option_value(in, "format", "table")), &m->how.form);
	code = read_domain(m, domain, &name);
	m->domain = name.p;
	if (code == EXIT_FINE && zone)
		code = read_domain(m, zone, &m->zone);
	if (code == EXIT_FINE)
		code = read_panel(m, option_value(in, "panel", NULL));
	if (code == EXIT_FINE && m->how.panel && m->how.form != RECORD_TABLE) {
		ui_error(in->ui, NOWHERE,
		         TEXT(in->ui, "--panel is for --format table – leave one of them out",
		              "--panel は --format table のためのものです – どちらかを省いてください"));
		return EXIT_USAGE;
	}
	return code;
}

void made_record_end(struct made_record *m)
{
	record_check_release(&m->check);
	buf_release(&m->value);
	arena_release(&m->check.arena);
}

/* ---- check ---- */

static enum exit_code check_record(struct made_record *m, enum record_kind kind, const char *prefix)
{
	struct record_check *c = &m->check;
	struct buf name;

	if (buf_error(&m->value))
		return ui_failed(m->in->ui, NOWHERE, buf_error(&m->value));
	buf_init(&name, 2 * DNS_NAME_MAX + 2);
	buf_put_c(&name, prefix);
	buf_put_c(&name, m->domain);
	c->kind = record_check_kind(kind);
	c->record =
		(struct pasted_record){arena_str(&c->arena, buf_str(&name)), buf_str(&m->value), .is_readable = true};
	buf_release(&name);
	if (arena_error(&c->arena))
		return ui_failed(m->in->ui, NOWHERE, arena_error(&c->arena));
	return c->kind->check(c);
}

/* ---- print ---- */

static int put_form(struct made_record *m, struct buf *out, enum record_form form)
{
	const struct dns_record record = {.text = m->check.record.value};
	const struct record_set set = {m->check.record.name, DNS_TXT, (uint32_t)option_number(m->in, "ttl", RECORD_TTL),
	                               &record, 1};
	struct record_print how = m->how;

	how.form = form;
	/* names are told apart from the zone below the domain, unless another is given; updates go to a zone that is known */
	how.zone = m->zone.n || form == RECORD_NSUPDATE ? m->zone : str_c(m->domain);
	if (form == RECORD_TABLE && !m->how.panel)
		how.zone = STR_NULL;
	return record_sets_print(out, &set, 1, &how);
}

static void warn(struct made_record *m, bool errors)
{
	for (size_t i = 0; i < m->check.findings.count; i++) {
		const struct finding *f = &m->check.findings.items[i];
		const char *text = text_in(m->in->ui->language, f->text);

		if (f->severity == SEVERITY_ERROR && errors)
			ui_error(m->in->ui, NOWHERE, TEXT(m->in->ui, "%s – %s", "%s – %s"), text,
			         text_in(m->in->ui->language, f->fix));
		else if (f->severity == SEVERITY_WARNING)
			ui_warning(m->in->ui, NOWHERE, TEXT(m->in->ui, "%s – %s", "%s – %s"), text,
			           text_in(m->in->ui->language, f->fix));
	}
}

static int put_forms(struct made_record *m, struct json *j)
{
	static const char *const names[] = {"zone", "nsupdate", "route53", "csv", "dig", "powershell"};

	json_key(j, "forms");
	json_object_begin(j);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		enum record_form form = RECORD_ZONE;
		struct buf text;
		int error;

		buf_init(&text, 8 * MADE_VALUE_MAX);
		(void)record_form_from_name(str_c(names[i]), &form);
		error = put_form(m, &text, form);
		if (!error)
			json_key_str(j, names[i], buf_str(&text));
		buf_release(&text);
		if (error && error != INKAN_EUSAGE)
			return error;
	}
	json_object_end(j);
	return INKAN_OK;
}

static int put_json(struct made_record *m, struct buf *out, bool ok, const char *const *left_out)
{
	struct json j = json_to(out);
	int error;

	json_object_begin(&j);
	json_key_c(&j, "kind", record_kind_name(m->check.kind->kind));
	json_key_bool(&j, "ok", ok);
	json_key_str(&j, "name", m->check.record.name);
	json_key_c(&j, "type", "TXT");
	json_key_i64(&j, "ttl", (int64_t)option_number(m->in, "ttl", RECORD_TTL));
	json_key_str(&j, "value", m->check.record.value);
	json_key(&j, "left_out");
	json_array_begin(&j);
	for (; left_out && *left_out; left_out++)
		json_str(&j, str_c(*left_out));
	json_array_end(&j);
	error = put_forms(m, &j);
	findings_json(&j, m->in->ui->language, &m->check.findings);
	json_object_end(&j);
	buf_put_char(out, '\n');
	return error;
}

static void tell_left_out(struct made_record *m, const char *const *left_out)
{
	for (; left_out && *left_out; left_out++)
		ui_warning(m->in->ui, NOWHERE,
		           TEXT(m->in->ui,
		                "%s is left out: RFC 9989 has removed it, though older receivers still honour it – "
		                "--profile rfc7489 puts it in",
		                "%s は入れません: RFC 9989 で廃止されました (古い受信側はまだ従います) – --profile "
		                "rfc7489 "
		                "で入れられます"),
		           *left_out);
}

static enum exit_code refuse_form(struct made_record *m)
{
	ui_error(m->in->ui, NOWHERE,
	         TEXT(m->in->ui,
	              "this form cannot say the record: its name is outside of --zone, or it holds characters that the "
	              "form "
	              "has no way for – choose another --format",
	              "この形式では表せません: 名前が --zone の外にあるか、形式が扱えない文字を含んでいます – 別の "
	              "--format "
	              "を選んでください"));
	return EXIT_USAGE;
}

enum exit_code made_record_print(struct made_record *m, enum record_kind kind, const char *prefix,
                                 const char *const *left_out)
{
	enum exit_code code = check_record(m, kind, prefix);
	bool ok = findings_worst(&m->check.findings) < SEVERITY_ERROR;
	bool is_plain = !m->in->json && m->how.form != RECORD_TABLE;
	struct output out;
	int error = INKAN_OK;

	if (code != EXIT_FINE)
		return code;
	findings_sort(&m->check.findings);
	if (!m->in->json)
		tell_left_out(m, left_out);
	if (is_plain)
		warn(m, !ok);
	output_init(&out);
	if (m->in->json)
		error = put_json(m, &out.text, ok, left_out);
	else if (!is_plain || ok)
		error = put_form(m, &out.text, m->how.form);
	if (!m->in->json && !is_plain)
		findings_print(&out.text, m->in->ui, &m->check.findings, m->check.record.value);
	code = ok ? EXIT_FINE : EXIT_FINDING;
	if (error == INKAN_EUSAGE) {
		buf_clear(&out.text);
		code = refuse_form(m);
	} else if (error) {
		out.text.error = error;
	}
	if (code == EXIT_FINE && m->check.tree.has_unanswered)
		code = EXIT_TEMPORARY;
	return output_finish(&out, m->in->ui, code);
}
