/* Terms are collected without doubles, then written; see spf_builder.h. */
#include "identity/spf_builder.h"

#include "core/ipset.h"
#include "dns/dns.h"
#include "identity/provider.h"

struct terms {
	struct arena *arena;
	struct text *why;
	struct str list[SPF_BUILD_TERMS_MAX];
	size_t count;
	struct str ending; /* all or redirect= of the existing record */
	struct str after;  /* modifiers behind it: exp= */
};

/* {0} is what is wrong. */
static int refuse(struct terms *t, struct str what, const char *en, const char *ja)
{
	const char *formats[] = {en, ja};
	const char **texts[] = {&t->why->en, &t->why->ja};

	what = str_head(what, 200);
	for (size_t i = 0; i < 2; i++) {
		struct buf text;

		buf_init(&text, 1024);
		buf_put(&text, what);
		buf_put_c(&text, formats[i]);
		*texts[i] = arena_str(t->arena, buf_str(&text)).p;
		buf_release(&text);
		if (!*texts[i])
			return INKAN_ENOMEM;
	}
	return INKAN_EUSAGE;
}

/* ---- terms ---- */

/* "+mx" and "MX" are "mx". */
static struct str bare(struct str term)
{
	return term.n && term.p[0] == '+' ? str_skip(term, 1) : term;
}

static int add(struct terms *t, struct str term)
{
	for (size_t i = 0; i < t->count; i++)
		if (str_ieq(bare(t->list[i]), bare(term)))
			return INKAN_OK;
	if (t->count == SPF_BUILD_TERMS_MAX)
		return refuse(t, term, ": too many terms for one record", ": 1 つのレコードに入る数を超えています");
	t->list[t->count++] = term;
	return INKAN_OK;
}

static int add_with(struct terms *t, const char *prefix, struct str value)
{
	struct str term;
	char *text = arena_text(t->arena, strlen(prefix) + value.n);

	if (!text)
		return arena_error(t->arena);
	memcpy(text, prefix, strlen(prefix));
	memcpy(text + strlen(prefix), value.p, value.n);
	term = str_from(text, strlen(prefix) + value.n);
	return add(t, term);
}

/* ---- kinds of senders ---- */

static int add_address(struct terms *t, struct str item)
{
	struct ipset set = {0};
	const char *trouble = NULL;
	bool is_ip6 = str_find(item, ':') < item.n;
	int error = str_find(item, '-') < item.n ? INKAN_ESYNTAX : ipset_add(&set, item, &trouble);

	ipset_release(&set);
	if (error == INKAN_ESYNTAX)
		return refuse(t, item, ": no address and no network, such as 192.0.2.0/24 or 2001:db8::/32",
		              ": アドレスでもネットワーク (192.0.2.0/24、2001:db8::/32 など) でもありません");
	return error ? error : add_with(t, is_ip6 ? "ip6:" : "ip4:", item);
}

static int add_name(struct terms *t, const char *prefix, struct str item)
{
	if (!dns_name_is_host(item, true, false))
		return refuse(t, item, ": no domain name", ": ドメイン名ではありません");
	return add_with(t, prefix, item);
}

static int add_host(struct terms *t, struct str item)
{
	return add_name(t, "a:", item);
}

static int add_include(struct terms *t, struct str item)
{
	return add_name(t, "include:", item);
}

static int add_provider(struct terms *t, struct str item)
{
	const struct provider *provider = provider_find(item);

	if (!provider)
		return refuse(t, item, ": no service of that id is known; give the domain it wants included",
		              ": この ID のサービスはありません。include するドメインを指定してください");
	if (!provider->spf_include)
		return refuse(
			t, item, ": this service has no domain to include; give its addresses or hosts",
			": このサービスには include するドメインがありません。アドレスかホストを指定してください");
	return add_with(t, "include:", str_c(provider->spf_include));
}

static int add_each(struct terms *t, const char *list, int (*add_one)(struct terms *, struct str))
{
	struct str rest = str_c(list);
	int error = INKAN_OK;

	while (rest.n && !error) {
		struct str item = str_trim_wsp(str_split(&rest, ','));

		error = item.n ? add_one(t, item) : INKAN_OK;
	}
	return error;
}

/* ---- the record that is there ---- */

static bool is_all(struct str term)
{
	struct str name = term.n && strchr("+-~?", term.p[0]) ? str_skip(term, 1) : term;

	return str_ieq(name, STR("all"));
}

static int take_existing(struct terms *t, const char *existing)
{
	struct str rest = str_trim_fws(str_c(existing));

	if (!existing || !*existing)
		return INKAN_OK;
	if (!str_ieq(str_split(&rest, ' '), STR("v=spf1")))
		return refuse(t, str_c(existing), ": this is no SPF record, which begins with v=spf1",
		              ": SPF レコード (v=spf1 で始まる) ではありません");
	while (rest.n) {
		struct str term = str_split(&rest, ' ');
		int error = INKAN_OK;

		if (is_all(term) || str_ihas_prefix(term, STR("redirect=")))
			t->ending = t->ending.n ? t->ending : term;
		else if (str_ihas_prefix(term, STR("exp=")))
			t->after = term;
		else if (term.n)
			error = add(t, term);
		if (error)
			return error;
	}
	return INKAN_OK;
}

/* ---- the ending ---- */

static struct str last_word(const char *text)
{
	struct str s = str_c(text);
	size_t space = str_rfind(s, ' ');

	return space < s.n ? str_skip(s, space + 1) : s;
}

/* What the templates of the services end with, where all agree. */
static struct str agreed_ending(const char *list)
{
	struct str rest = str_c(list), agreed = STR_NULL;

	while (rest.n) {
		const struct provider *provider = provider_find(str_trim_wsp(str_split(&rest, ',')));
		struct str ending =
			provider && provider->spf_template ? last_word(provider->spf_template) : STR("~all");

		if (agreed.n && !str_eq(agreed, ending))
			return STR("~all");
		agreed = ending;
	}
	return agreed.n ? agreed : STR("~all");
}

static int choose_ending(struct terms *t, const struct spf_wish *wish)
{
	if (wish->ending && *wish->ending)
		t->ending = str_c(wish->ending);
	else if (t->ending.n == 0)
		t->ending = agreed_ending(wish->providers);
	if (!is_all(t->ending) && !str_ihas_prefix(t->ending, STR("redirect=")))
		return refuse(t, t->ending, ": a record ends with -all, ~all or ?all",
		              ": 末尾は -all、~all、?all のいずれかです");
	return INKAN_OK;
}

static int collect(struct terms *t, const struct spf_wish *wish)
{
	int error = take_existing(t, wish->existing);

	if (!error)
		error = add_each(t, wish->addresses, add_address);
	if (!error && wish->a)
		error = add(t, STR("a"));
	if (!error && wish->mx)
		error = add(t, STR("mx"));
	if (!error)
		error = add_each(t, wish->hosts, add_host);
	if (!error)
		error = add_each(t, wish->providers, add_provider);
	if (!error)
		error = add_each(t, wish->includes, add_include);
	return error ? error : choose_ending(t, wish);
}

int spf_build(struct arena *arena, const struct spf_wish *wish, struct buf *out, struct text *why_out)
{
	struct text why = {"", ""};
	struct terms t = {.arena = arena, .why = &why};
	int error = collect(&t, wish);

	if (error == INKAN_EUSAGE)
		*why_out = why;
	if (error)
		return error;
	buf_put_c(out, "v=spf1");
	for (size_t i = 0; i < t.count; i++) {
		buf_put_char(out, ' ');
		buf_put(out, t.list[i]);
	}
	buf_put_char(out, ' ');
	buf_put(out, t.ending);
	buf_put_c(out, t.after.n ? " " : "");
	buf_put(out, t.after);
	return buf_error(out);
}
