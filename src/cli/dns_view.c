/* Plans for people, for programs, and for Amazon's access management. */
#include "cli/dns_plans.h"

static const char *method_of(const struct registrar_plan *plan)
{
	return !plan->how ? "copy" : plan->how->file && plan->how->file[0] ? "file" : "update";
}

static void put_heading(struct buf *out, const struct ui *ui, const struct registrar_plan *plan)
{
	styled(out, ui->colour, STYLE_BOLD, plan->zone);
	if (!plan->how)
		buf_put_c(out, TEXT(ui, "  (not ours to write: copy these records)",
		                    "  (自動では書き込めないゾーン: レコードをコピーしてください)"));
	else if (plan->how->file && plan->how->file[0])
		buf_printf(out, TEXT(ui, "  (in the file %s)", "  (ファイル %s)"), plan->how->file);
	else
		buf_printf(out, TEXT(ui, "  (by updates to %s)", "  (%s への動的更新)"), plan->how->primary);
	buf_put_char(out, '\n');
	if (plan->disagreement)
		buf_put_c(
			out,
			TEXT(ui, "  the name servers differ; the changes are against what the first one says\n",
		             "  ネームサーバーの内容が一致していません。変更は最初のサーバーの内容に対するものです\n"));
}

int dns_plan_print(struct buf *out, const struct ui *ui, const struct registrar_plan *plan)
{
	const struct record_print how = {.form = RECORD_TABLE, .language = ui->language};

	put_heading(out, ui, plan);
	if (plan->unchanged)
		buf_printf(out, TEXT(ui, "  %zu as they should be\n", "  そのままでよいもの: %zu 件\n"),
		           plan->unchanged);
	int error = plan->change_count ? record_changes_print(out, plan->changes, plan->change_count, &how) : INKAN_OK;

	buf_put_char(out, '\n');
	return error ? error : buf_error(out);
}

/* ---- JSON ---- */

static void put_value(struct json *j, enum dns_type type, const struct dns_record *r)
{
	struct buf text;

	buf_init(&text, 2 * DNS_NAME_MAX);
	if (type == DNS_MX)
		buf_printf(&text, "%u ", r->preference);
	if (type == DNS_A || type == DNS_AAAA)
		dns_address_print(&text, type, r->address);
	else
		buf_put(&text, r->name);
	json_str(j, type == DNS_TXT ? r->text : buf_str(&text));
	buf_release(&text);
}

static void put_values(struct json *j, const char *key, const struct record_set *set)
{
	json_key(j, key);
	json_array_begin(j);
	for (size_t i = 0; i < set->count; i++)
		put_value(j, set->type, &set->records[i]);
	json_array_end(j);
}

static void put_change(struct json *j, const struct record_change *change)
{
	const struct record_set *before = &change->before, *after = &change->after;

	json_object_begin(j);
	json_key_c(j, "action", !before->count ? "add" : after->count ? "replace" : "remove");
	json_key_str(j, "name", after->name);
	json_key_c(j, "type", dns_type_name(after->type));
	json_key_i64(j, "ttl", after->count ? after->ttl : before->ttl);
	put_values(j, "before", before);
	put_values(j, "after", after);
	json_object_end(j);
}

void dns_plan_json(struct json *j, const struct registrar_plan *plan)
{
	json_key_c(j, "zone", plan->zone);
	json_key_c(j, "method", method_of(plan));
	json_key_i64(j, "unchanged", (int64_t)plan->unchanged);
	json_key_bool(j, "disagreement", plan->disagreement);
	json_key(j, "changes");
	json_array_begin(j);
	for (size_t i = 0; i < plan->change_count; i++)
		put_change(j, &plan->changes[i]);
	json_array_end(j);
}

/* ---- the policy of Route 53 ---- */

static void put_words(struct json *j, const char *key, const char *const *words)
{
	json_key(j, key);
	json_array_begin(j);
	for (; *words; words++)
		json_str(j, str_c(*words));
	json_array_end(j);
}

/* Record names that may be changed: `prefix` and the domain; "*" stands for any selector. */
static void put_statement(struct json *j, const char *zone, const char *prefix, const char *domain,
                          const char *const *types)
{
	static const char *const actions[] = {"CREATE", "UPSERT", "DELETE", NULL};
	struct buf text;

	buf_init(&text, 4 * DNS_NAME_MAX);
	buf_printf(&text, "arn:aws:route53:::hostedzone/%s", zone);
	json_object_begin(j);
	json_key_c(j, "Effect", "Allow");
	json_key_c(j, "Action", "route53:ChangeResourceRecordSets");
	json_key_str(j, "Resource", buf_str(&text));
	json_key(j, "Condition");
	json_object_begin(j);
	json_key(j, "ForAllValues:StringLike");
	json_object_begin(j);
	buf_clear(&text);
	buf_printf(&text, "%s%s", prefix, domain);
	json_key(j, "route53:ChangeResourceRecordSetsNormalizedRecordNames");
	json_array_begin(j);
	json_str(j, buf_str(&text));
	json_array_end(j);
	json_object_end(j);
	json_key(j, "ForAllValues:StringEquals");
	json_object_begin(j);
	put_words(j, "route53:ChangeResourceRecordSetsRecordTypes", types);
	put_words(j, "route53:ChangeResourceRecordSetsActions", actions);
	json_object_end(j);
	json_object_end(j);
	json_object_end(j);
	buf_release(&text);
}

void dns_policy_print(struct buf *out, const struct identity *identity, const char *hosted_zone, bool dmarc)
{
	static const char *const key_types[] = {"TXT", "CNAME", NULL}, *const mail_from_types[] = {"MX", "TXT", NULL},
				 *const dmarc_types[] = {"TXT", NULL};
	struct json j = json_to(out);

	json_object_begin(&j);
	json_key_c(&j, "Version", "2012-10-17");
	json_key(&j, "Statement");
	json_array_begin(&j);
	put_statement(&j, hosted_zone, "*._domainkey.", identity->domain, key_types);
	if (identity->mail_from[0])
		put_statement(&j, hosted_zone, "", identity->mail_from, mail_from_types);
	if (dmarc)
		put_statement(&j, hosted_zone, "_dmarc.", identity->domain, dmarc_types);
	json_array_end(&j);
	json_object_end(&j);
	buf_put_char(out, '\n');
}
