/* Sets of records and changes of them in every form of record_set.h.
 *
 * Each form says how names, texts and records look; what is published comes from struct record_set alone. Octets that a form
 * could take for something else are escaped as it reads them back, so that no name or text can add a line or a command. */
#include "core/json.h"
#include "core/safe_text.h"
#include "dns/record_set.h"

enum escapes {
	ESCAPES_MASTER, /* \" \\ and \DDD, decimal (RFC 1035 section 5.1) */
	ESCAPES_ROUTE53 /* \" and \ooo, octal (Route 53, "Supported DNS record types") */
};

enum {
	POWERSHELL_TEXT_MAX =
		254,            /* characters of -DescriptiveText (Microsoft's page on Add-DnsServerResourceRecord) */
	NAME_COLUMNS_MAX = 60,  /* of a table: longer names move the columns of their line */
	VALUE_MAX = 1024 * 1024 /* octets of one value as it is printed */
};

/* ---- names and texts ---- */

static void put_octet_escape(struct buf *out, unsigned char c, enum escapes escapes)
{
	unsigned base = escapes == ESCAPES_MASTER ? 10 : 8;

	buf_put_char(out, '\\');
	buf_put_char(out, (char)('0' + c / (base * base)));
	buf_put_char(out, (char)('0' + c / base % base));
	buf_put_char(out, (char)('0' + c % base));
}

static void put_string(struct buf *out, struct str s, enum escapes escapes)
{
	buf_put_char(out, '"');
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c == '"' || (c == '\\' && escapes == ESCAPES_MASTER))
			buf_put_char(out, '\\');
		else if (c < 0x20 || c >= 0x7f || c == '\\') {
			put_octet_escape(out, c, escapes);
			continue;
		}
		buf_put_char(out, (char)c);
	}
	buf_put_char(out, '"');
}

/* The strings of a record as they came, where they fit; else its text in strings of RECORD_STRING_MAX octets. */
struct strings {
	const struct str *given;
	size_t left;
	struct str rest;
	bool begun;
};

static struct strings strings_of(const struct dns_record *record)
{
	struct strings s = {.rest = record->text};
	size_t sum = 0;

	for (size_t i = 0; i < record->string_count; i++) {
		if (record->strings[i].n > RECORD_STRING_MAX)
			return s;
		sum += record->strings[i].n;
	}
	if (sum == record->text.n && record->string_count) {
		s.given = record->strings;
		s.left = record->string_count;
	}
	return s;
}

/* False behind the last; there is one at least. */
static bool next_string(struct strings *s, struct str *out)
{
	if (s->given) {
		if (s->left == 0)
			return false;
		*out = *s->given++;
		s->left--;
		return true;
	}
	if (s->begun && s->rest.n == 0)
		return false;
	s->begun = true;
	*out = str_head(s->rest, RECORD_STRING_MAX);
	s->rest = str_skip(s->rest, RECORD_STRING_MAX);
	return true;
}

static void put_strings(struct buf *out, const struct dns_record *record, enum escapes escapes)
{
	struct strings s = strings_of(record);
	struct str string;

	for (bool first = true; next_string(&s, &string); first = false) {
		buf_put_c(out, first ? "" : " ");
		put_string(out, string, escapes);
	}
}

static bool has_several_strings(const struct dns_record *record)
{
	struct strings s = strings_of(record);
	struct str string;

	return next_string(&s, &string) && next_string(&s, &string);
}

/* final_dot: behind the name, which is absolute. "" is "@", the apex. */
static void put_name(struct buf *out, struct str name, enum escapes escapes, bool final_dot)
{
	if (name.n == 0) {
		buf_put_char(out, '@');
		return;
	}
	for (size_t i = 0; i < name.n; i++) {
		char c = name.p[i];

		if (is_alpha(c) || is_digit(c) || c == '-' || c == '_' || c == '.' || c == '*' || c == '/')
			buf_put_char(out, c);
		else
			put_octet_escape(out, (unsigned char)c, escapes);
	}
	if (final_dot && name.p[name.n - 1] != '.')
		buf_put_char(out, '.');
}

void record_name_put(struct buf *out, struct str name)
{
	put_name(out, name, ESCAPES_MASTER, true);
}

/* Below the zone without it; "" for the zone itself. False: outside. */
static bool relative_name(struct str name, struct str zone, struct str *out)
{
	if (zone.n == 0 || !str_ihas_suffix(name, zone))
		return false;
	size_t n = name.n - zone.n;

	if (n && name.p[n - 1] != '.')
		return false;
	*out = str_head(name, n ? n - 1 : 0);
	return true;
}

/* The value of a record as zone files have it: quoted strings, names with final dot. */
static void put_value(struct buf *out, enum dns_type type, const struct dns_record *record, enum escapes escapes)
{
	switch (type) {
	case DNS_A:
	case DNS_AAAA:
		dns_address_print(out, type, record->address);
		break;
	case DNS_TXT:
	case DNS_SPF:
		put_strings(out, record, escapes);
		break;
	case DNS_MX:
		buf_printf(out, "%u ", record->preference);
		put_name(out, record->name, escapes, true);
		break;
	default:
		put_name(out, record->name, escapes, true);
	}
}

static bool is_printable(enum dns_type type)
{
	return type == DNS_A || type == DNS_AAAA || type == DNS_CNAME || type == DNS_MX || type == DNS_NS ||
	       type == DNS_TXT || type == DNS_PTR || type == DNS_SPF;
}

/* ---- zone file, dig ---- */

static int put_zone(struct buf *out, const struct record_set *set, const struct record_print *how)
{
	(void)how;
	for (size_t i = 0; i < set->count; i++) {
		bool several = set->type == DNS_TXT && has_several_strings(&set->records[i]);

		put_name(out, set->name, ESCAPES_MASTER, true);
		buf_printf(out, " %u IN %s %s", set->ttl, dns_type_name(set->type), several ? "( " : "");
		put_value(out, set->type, &set->records[i], ESCAPES_MASTER);
		buf_put_c(out, several ? " )\n" : "\n");
	}
	return INKAN_OK;
}

static int put_dig(struct buf *out, const struct record_set *set, const struct record_print *how)
{
	(void)how;
	for (size_t i = 0; i < set->count; i++) {
		put_value(out, set->type, &set->records[i], ESCAPES_MASTER);
		buf_put_char(out, '\n');
	}
	return INKAN_OK;
}

/* ---- nsupdate ---- */

static void put_update_line(struct buf *out, const char *verb, const struct record_set *set, bool ttl,
                            const struct dns_record *record)
{
	buf_put_c(out, verb);
	put_name(out, set->name, ESCAPES_MASTER, true);
	if (ttl)
		buf_printf(out, " %u", set->ttl);
	buf_printf(out, " IN %s", dns_type_name(set->type));
	if (record) {
		buf_put_char(out, ' ');
		put_value(out, set->type, record, ESCAPES_MASTER);
	}
	buf_put_char(out, '\n');
}

static int put_nsupdate(struct buf *out, const struct record_set *set, const struct record_print *how)
{
	(void)how;
	for (size_t i = 0; i < set->count; i++)
		put_update_line(out, "update add ", set, true, &set->records[i]);
	return INKAN_OK;
}

static void put_update_zone(struct buf *out, const struct record_print *how)
{
	if (how->zone.n == 0)
		return;
	buf_put_c(out, "zone ");
	put_name(out, how->zone, ESCAPES_MASTER, true);
	buf_put_char(out, '\n');
}

/* All prerequisites, then all that goes, then all that comes: an alias may take the place of a text and the other way round. */
static void put_nsupdate_changes(struct buf *out, const struct record_change *changes, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct record_set *before = &changes[i].before;

		if (before->count == 0)
			put_update_line(out, "prereq nxrrset ", &changes[i].after, false, NULL);
		for (size_t k = 0; k < before->count; k++)
			put_update_line(out, "prereq yxrrset ", before, false, &before->records[k]);
	}
	for (size_t i = 0; i < count; i++)
		if (changes[i].before.count)
			put_update_line(out, "update delete ", &changes[i].before, false, NULL);
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < changes[i].after.count; k++)
			put_update_line(out, "update add ", &changes[i].after, true, &changes[i].after.records[k]);
}

/* ---- Route 53 ---- */

static void put_json_text(struct json *j, struct buf *text)
{
	json_str(j, buf_str(text));
	if (buf_error(text) && !j->out->error)
		j->out->error = buf_error(text);
	buf_clear(text);
}

static void put_batch_change(struct json *j, const char *action, const struct record_set *set)
{
	struct buf text;

	buf_init(&text, VALUE_MAX);
	json_object_begin(j);
	json_key_c(j, "Action", action);
	json_key(j, "ResourceRecordSet");
	json_object_begin(j);
	put_name(&text, set->name, ESCAPES_ROUTE53, true);
	json_key(j, "Name");
	put_json_text(j, &text);
	json_key_c(j, "Type", dns_type_name(set->type));
	json_key_i64(j, "TTL", set->ttl);
	json_key(j, "ResourceRecords");
	json_array_begin(j);
	for (size_t i = 0; i < set->count; i++) {
		json_object_begin(j);
		put_value(&text, set->type, &set->records[i], ESCAPES_ROUTE53);
		json_key(j, "Value");
		put_json_text(j, &text);
		json_object_end(j);
	}
	json_array_end(j);
	json_object_end(j);
	json_object_end(j);
	buf_release(&text);
}

static struct json begin_batch(struct buf *out)
{
	struct json j = json_to(out);

	json_object_begin(&j);
	json_key(&j, "Changes");
	json_array_begin(&j);
	return j;
}

static void end_batch(struct json *j)
{
	json_array_end(j);
	json_object_end(j);
	buf_put_char(j->out, '\n');
}

static void put_batch_sets(struct buf *out, const struct record_set *sets, size_t count)
{
	struct json j = begin_batch(out);

	for (size_t i = 0; i < count; i++)
		if (sets[i].count)
			put_batch_change(&j, "UPSERT", &sets[i]);
	end_batch(&j);
}

/* What goes comes first, as above. */
static void put_batch_changes(struct buf *out, const struct record_change *changes, size_t count)
{
	struct json j = begin_batch(out);

	for (size_t i = 0; i < count; i++)
		if (changes[i].after.count == 0)
			put_batch_change(&j, "DELETE", &changes[i].before);
	for (size_t i = 0; i < count; i++)
		if (changes[i].after.count)
			put_batch_change(&j, changes[i].before.count ? "UPSERT" : "CREATE", &changes[i].after);
	end_batch(&j);
}

/* ---- CSV ---- */

static void put_csv_field(struct buf *out, struct str s)
{
	buf_put_char(out, '"');
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '"')
			buf_put_char(out, '"');
		buf_put_char(out, s.p[i]);
	}
	buf_put_char(out, '"');
}

/* Texts in one piece, octet for octet; names with final dot, as everywhere where targets are given to zones. */
static int put_csv(struct buf *out, const struct record_set *set, const struct record_print *how)
{
	(void)how;
	for (size_t i = 0; i < set->count; i++) {
		const struct dns_record *record = &set->records[i];
		struct buf value;

		buf_init(&value, VALUE_MAX);
		if (set->type == DNS_TXT || set->type == DNS_SPF)
			buf_put(&value, record->text);
		else
			put_value(&value, set->type, record, ESCAPES_MASTER);
		put_csv_field(out, set->name);
		buf_printf(out, ",%s,%u,", dns_type_name(set->type), set->ttl);
		put_csv_field(out, buf_str(&value));
		buf_put_c(out, "\r\n");
		if (buf_error(&value) && !out->error)
			out->error = buf_error(&value);
		buf_release(&value);
	}
	return INKAN_OK;
}

/* ---- Windows DNS ---- */

static bool is_plain(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < 0x20 || s.p[i] >= 0x7f)
			return false;
	return true;
}

/* Nothing but the quote itself means anything between single quotes. */
static void put_powershell(struct buf *out, struct str s)
{
	buf_put_char(out, '\'');
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '\'')
			buf_put_char(out, '\'');
		buf_put_char(out, s.p[i]);
	}
	buf_put_char(out, '\'');
}

static void put_powershell_host(struct buf *out, const char *parameter, struct str host)
{
	struct buf name;

	buf_init(&name, DNS_NAME_MAX + 2);
	buf_put(&name, host);
	if (!str_eq(host, STR(".")))
		buf_put_char(&name, '.');
	buf_put_c(out, parameter);
	put_powershell(out, buf_str(&name));
	if (buf_error(&name) && !out->error)
		out->error = buf_error(&name);
	buf_release(&name);
}

static void put_powershell_value(struct buf *out, enum dns_type type, const struct dns_record *record)
{
	switch (type) {
	case DNS_A:
	case DNS_AAAA:
		buf_put_c(out, type == DNS_A ? " -A -IPv4Address " : " -AAAA -IPv6Address ");
		dns_address_print(out, type, record->address);
		break;
	case DNS_TXT:
		buf_put_c(out, " -Txt -DescriptiveText ");
		put_powershell(out, record->text);
		break;
	case DNS_MX:
		buf_printf(out, " -MX -Preference %u", record->preference);
		put_powershell_host(out, " -MailExchange ", record->name);
		break;
	case DNS_CNAME:
		put_powershell_host(out, " -CName -HostNameAlias ", record->name);
		break;
	default:
		put_powershell_host(out, " -NS -NameServer ", record->name);
	}
}

/* Longer texts take dnscmd, which has an argument for each string. PowerShell hands quotes and backslashes on to programs in
 * ways that differ between its versions. */
static int put_dnscmd(struct buf *out, const struct record_set *set, struct str name, struct str zone,
                      const struct dns_record *record)
{
	struct strings s = strings_of(record);
	struct str string;

	if (str_find(record->text, '"') < record->text.n || str_find(record->text, '\\') < record->text.n)
		return INKAN_EUSAGE;
	buf_put_c(out, "dnscmd /RecordAdd ");
	put_powershell(out, zone);
	buf_put_char(out, ' ');
	put_powershell(out, name);
	buf_printf(out, " %u TXT", set->ttl);
	while (next_string(&s, &string)) {
		buf_put_char(out, ' ');
		put_powershell(out, string);
	}
	buf_put_char(out, '\n');
	return INKAN_OK;
}

static int put_windows(struct buf *out, const struct record_set *set, const struct record_print *how)
{
	struct str name;
	int error = INKAN_OK;

	if (!relative_name(set->name, how->zone, &name) || !is_plain(set->name) || !is_plain(how->zone))
		return INKAN_EUSAGE;
	if (set->type == DNS_SPF || set->type == DNS_PTR)
		return INKAN_EUSAGE;
	name = name.n ? name : STR("@");
	for (size_t i = 0; i < set->count && !error; i++) {
		const struct dns_record *record = &set->records[i];

		if (!is_plain(record->text) || !is_plain(record->name))
			return INKAN_EUSAGE;
		if (set->type == DNS_TXT && record->text.n > POWERSHELL_TEXT_MAX) {
			error = put_dnscmd(out, set, name, how->zone, record);
			continue;
		}
		buf_put_c(out, "Add-DnsServerResourceRecord -ZoneName ");
		put_powershell(out, how->zone);
		buf_put_c(out, " -Name ");
		put_powershell(out, name);
		put_powershell_value(out, set->type, record);
		buf_printf(out, " -TimeToLive ([TimeSpan]::FromSeconds(%u))\n", set->ttl);
	}
	return error;
}

/* ---- table ---- */

static const struct panel_style zone_style = {
	.absolute_names = true, .final_dot = true, .quotes = true, .splits = false, .ttl_unit = 1};

static void put_panel_name(struct buf *out, struct str name, const struct record_print *how,
                           const struct panel_style *style)
{
	struct str relative;

	if (!style->absolute_names && relative_name(name, how->zone, &relative))
		put_name(out, relative, ESCAPES_MASTER, false);
	else
		put_name(out, name, ESCAPES_MASTER, !how->panel || style->final_dot);
}

/* Without quotes what is typed is the text itself. What a terminal would obey is shown, not sent. */
static void put_panel_text(struct buf *out, const struct dns_record *record, const struct panel_style *style)
{
	struct strings s = strings_of(record);
	struct str string;

	if (style->quotes && style->splits) {
		put_string(out, record->text, ESCAPES_MASTER);
	} else if (style->quotes) {
		put_strings(out, record, ESCAPES_MASTER);
	} else if (style->splits) {
		safe_text(out, record->text);
	} else {
		for (bool first = true; next_string(&s, &string); first = false) {
			buf_put_c(out, first ? "" : "\n");
			safe_text(out, string);
		}
	}
}

static void put_panel_value(struct buf *out, enum dns_type type, const struct dns_record *record,
                            const struct panel_style *style)
{
	if (type == DNS_TXT || type == DNS_SPF) {
		put_panel_text(out, record, style);
	} else if (type == DNS_A || type == DNS_AAAA) {
		put_value(out, type, record, ESCAPES_MASTER);
	} else {
		if (type == DNS_MX)
			buf_printf(out, "%u ", record->preference);
		put_name(out, record->name, ESCAPES_MASTER, style->final_dot);
	}
}

struct table {
	struct buf *out;
	const struct record_print *how;
	const struct panel_style *style;
	size_t name_columns;
	bool marks;      /* lines begin with "+ ", "- ", "~ " */
	struct buf text; /* scratch */
};

/* Text that is not whole makes the table not whole. */
static struct str scratch_text(struct table *t)
{
	if (buf_error(&t->text) && !t->out->error)
		t->out->error = buf_error(&t->text);
	return buf_str(&t->text);
}

static size_t name_columns(struct table *t, struct str name)
{
	size_t n;

	buf_clear(&t->text);
	put_panel_name(&t->text, name, t->how, t->style);
	(void)scratch_text(t);
	n = t->text.n < NAME_COLUMNS_MAX ? t->text.n : NAME_COLUMNS_MAX;
	return n > t->name_columns ? n : t->name_columns;
}

static void put_padded(struct buf *out, struct str s, size_t columns)
{
	buf_put(out, s);
	for (size_t n = s.n; n < columns; n++)
		buf_put_char(out, ' ');
}

static void put_table_head(struct table *t)
{
	static const struct {
		unsigned unit;
		struct text text;
	} units[] = {
		{1, {"TTL     ", "TTL     "}},
		{60, {"TTL(min)", "TTL(分)"}},
		{3600, {"TTL(h)  ", "TTL(時)"}},
	};
	enum language language = t->how->language;
	bool ja = language == LANGUAGE_JA;

	buf_put_c(t->out, t->marks ? "  " : "");
	buf_put_c(t->out, TEXT_IN(language, "Type   ", "種類   "));
	buf_put_c(t->out, TEXT_IN(language, "Name", "名前"));
	for (size_t n = 4; n < t->name_columns; n++)
		buf_put_char(t->out, ' ');
	buf_put_c(t->out, "  ");
	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++)
		if (units[i].unit == t->style->ttl_unit) {
			buf_put_c(t->out, text_in(language, units[i].text));
			buf_put_c(t->out, ja && units[i].unit > 1 ? " " : "");
		}
	buf_put_c(t->out, TEXT_IN(language, "  Value\n", "  値\n"));
}

/* The TTL in units of the panel, rounded up: "0" would be no time at all. */
static uint32_t in_units(uint32_t ttl, unsigned unit)
{
	return ttl / unit + (ttl % unit != 0);
}

static void put_row(struct table *t, char mark, const struct record_set *set, const struct dns_record *record)
{
	struct str rest;

	if (t->marks)
		buf_printf(t->out, "%c ", mark);
	put_padded(t->out, str_c(dns_type_name(set->type)), 5);
	buf_put_c(t->out, "  ");
	buf_clear(&t->text);
	put_panel_name(&t->text, set->name, t->how, t->style);
	put_padded(t->out, scratch_text(t), t->name_columns);
	buf_printf(t->out, "  %-8u  ", in_units(set->ttl, t->style->ttl_unit));
	buf_clear(&t->text);
	put_panel_value(&t->text, set->type, record, t->style);
	rest = scratch_text(t);
	buf_put(t->out, str_split(&rest, '\n'));
	buf_put_char(t->out, '\n');
	while (rest.n) { /* strings that are typed on lines of their own */
		buf_printf(t->out, "%*s", (int)(t->name_columns + 19 + (t->marks ? 2 : 0)), "");
		buf_put(t->out, str_split(&rest, '\n'));
		buf_put_char(t->out, '\n');
	}
}

static struct table table_to(struct buf *out, const struct record_print *how, bool marks)
{
	struct table t = {.out = out,
	                  .how = how,
	                  .style = how->panel ? how->panel : &zone_style,
	                  .name_columns = 4,
	                  .marks = marks};

	buf_init(&t.text, VALUE_MAX);
	return t;
}

static void put_table(struct buf *out, const struct record_set *sets, size_t count, const struct record_print *how)
{
	struct table t = table_to(out, how, false);

	for (size_t i = 0; i < count; i++)
		t.name_columns = name_columns(&t, sets[i].name);
	put_table_head(&t);
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < sets[i].count; k++)
			put_row(&t, ' ', &sets[i], &sets[i].records[k]);
	buf_release(&t.text);
}

/* What goes, what comes, and what stays with another TTL. */
static void put_table_changes(struct buf *out, const struct record_change *changes, size_t count,
                              const struct record_print *how)
{
	struct table t = table_to(out, how, true);

	for (size_t i = 0; i < count; i++)
		t.name_columns =
			name_columns(&t, changes[i].before.count ? changes[i].before.name : changes[i].after.name);
	put_table_head(&t);
	for (size_t i = 0; i < count; i++) {
		const struct record_set *before = &changes[i].before, *after = &changes[i].after;

		for (size_t k = 0; k < before->count; k++)
			if (after->count == 0 || !record_set_has(after, &before->records[k]))
				put_row(&t, '-', before, &before->records[k]);
		for (size_t k = 0; k < after->count; k++) {
			bool stays = before->count && record_set_has(before, &after->records[k]);

			if (!stays)
				put_row(&t, '+', after, &after->records[k]);
			else if (before->ttl != after->ttl)
				put_row(&t, '~', after, &after->records[k]);
		}
	}
	buf_release(&t.text);
}

/* ---- the forms ---- */

static const struct {
	const char *name;
	enum record_form form;
	int (*put)(struct buf *out, const struct record_set *set,
	           const struct record_print *how); /* NULL: not set by set */
} forms[] = {
	{"table", RECORD_TABLE, NULL},     {"zone", RECORD_ZONE, put_zone},
	{"bind", RECORD_ZONE, put_zone},   {"nsupdate", RECORD_NSUPDATE, put_nsupdate},
	{"route53", RECORD_ROUTE53, NULL}, {"csv", RECORD_CSV, put_csv},
	{"dig", RECORD_DIG, put_dig},      {"powershell", RECORD_POWERSHELL, put_windows},
};

enum { FORMS = sizeof(forms) / sizeof(*forms) };

bool record_form_from_name(struct str name, enum record_form *out)
{
	for (size_t i = 0; i < FORMS; i++)
		if (str_eq(name, str_c(forms[i].name))) {
			*out = forms[i].form;
			return true;
		}
	return false;
}

static int put_each(struct buf *out, const struct record_set *sets, size_t count, const struct record_print *how)
{
	int error = INKAN_OK;

	for (size_t i = 0; i < FORMS; i++) {
		if (forms[i].form != how->form || !forms[i].put)
			continue;
		for (size_t k = 0; k < count && !error; k++)
			error = forms[i].put(out, &sets[k], how);
		return error;
	}
	return INKAN_EUSAGE;
}

int record_sets_print(struct buf *out, const struct record_set *sets, size_t count, const struct record_print *how)
{
	int error = INKAN_OK;

	for (size_t i = 0; i < count; i++)
		if (sets[i].count && !is_printable(sets[i].type))
			return INKAN_EUSAGE;
	if (how->form == RECORD_TABLE)
		put_table(out, sets, count, how);
	else if (how->form == RECORD_ROUTE53)
		put_batch_sets(out, sets, count);
	else {
		if (how->form == RECORD_CSV)
			buf_put_c(out, "name,type,ttl,value\r\n");
		if (how->form == RECORD_NSUPDATE)
			put_update_zone(out, how);
		error = put_each(out, sets, count, how);
		if (how->form == RECORD_NSUPDATE)
			buf_put_c(out, "send\n"); /* without it nsupdate forgets the update at the end of its input */
	}
	return error ? error : buf_error(out);
}

int record_changes_print(struct buf *out, const struct record_change *changes, size_t count,
                         const struct record_print *how)
{
	for (size_t i = 0; i < count; i++)
		if ((changes[i].before.count && !is_printable(changes[i].before.type)) ||
		    (changes[i].after.count && !is_printable(changes[i].after.type)))
			return INKAN_EUSAGE;
	switch (how->form) {
	case RECORD_TABLE:
		put_table_changes(out, changes, count, how);
		break;
	case RECORD_NSUPDATE:
		put_update_zone(out, how);
		put_nsupdate_changes(out, changes, count);
		buf_put_c(out, "send\n");
		break;
	case RECORD_ROUTE53:
		put_batch_changes(out, changes, count);
		break;
	default:
		return INKAN_EUSAGE;
	}
	return buf_error(out);
}
