/* inkan check domain: what DNS says about the mail of domains, what is wrong with it, and the next step.
 *
 * Several domains are looked at side by side: what all of them want to know goes out together. Reading order: run() ->
 * look() -> check_batch() -> look_round(), which lookup_evaluate() calls until nothing is open -> print_item(). */
#include <errno.h>
#include <time.h>

#include "cli/check_domain.h"
#include "cli/command.h"
#include "cli/lookup.h"
#include "cli/suffix_list.h"
#include "config/config.h"

enum {
	DOMAINS_AT_ONCE = 16,
	EVERY_MIN = 1000, /* milliseconds between two looks */
	BATCH_ANSWERS_MAX = DOMAINS_AT_ONCE * EVIDENCE_SIZE_MAX,
	BATCH_QUESTIONS_MAX = DOMAINS_AT_ONCE * EVIDENCE_QUESTIONS_MAX,
	KEYS_MAX = 2000, /* that are compared over domains */
	KNOWN_MEMORY_MAX = 64 * 1024 * 1024
};

/* A key that one of the domains before showed. */
struct seen_key {
	struct str der, name;
};

struct domain_command {
	const struct invocation *in;
	struct crypto *crypto;
	struct public_suffixes *suffixes;
	struct identity_store *store; /* NULL: none */
	struct domain_work_item *items;
	size_t count;
	struct arena arena; /* of the keys seen */
	struct seen_key *keys;
	size_t key_count;
	struct output out;
	bool temporary;             /* DNS failed for one of them */
	struct domain_watch *watch; /* NULL: pages are printed */
};

/* ---- one round ---- */

/* As far as it goes with the answers that are there. */
static int look_at(struct domain_command *c, struct domain_work_item *item, struct evidence *answers)
{
	bool pending = true;
	int error = INKAN_OK;

	while (pending && !error) {
		const struct dns_question *open;

		if (evidence_open(item->evidence, &open) && !lookup_hand_on(item->evidence, answers, &error))
			return error;
		if (error)
			return error;
		arena_reset(&item->arena);
		error = domain_check(&item->arena, c->crypto, item->evidence, &item->options, &item->report, &pending);
		if (pending && ++item->rounds > DOMAIN_ROUNDS_MAX && !error)
			error = domain_give_up(item->evidence);
	}
	item->done = true;
	return error;
}

static int look_round(void *context, struct evidence *answers, bool *pending_out)
{
	struct domain_command *c = context;
	int error = INKAN_OK;

	for (size_t i = 0; i < c->count && !error; i++) {
		if (!c->items[i].done)
			error = look_at(c, &c->items[i], answers);
		*pending_out = *pending_out || !c->items[i].done;
	}
	return error;
}

/* ---- items ---- */

static enum exit_code item_init(struct domain_command *c, struct domain_work_item *item, const char *given)
{
	const struct invocation *in = c->in;
	int error;

	*item = (struct domain_work_item){.given = given};
	arena_init(&item->kept, KNOWN_MEMORY_MAX);
	arena_init(&item->arena, DOMAIN_MEMORY_MAX);
	error = evidence_new(NULL, 0, 0, &item->evidence);
	if (error)
		return ui_failed(in->ui, NOWHERE, error);
	item->options.dmarc_profile =
		strcmp(option_value(in, "profile", "rfc9989"), "rfc7489") == 0 ? INKAN_RFC7489 : INKAN_RFC9989;
	if (c->suffixes) {
		item->options.registrable_domain = public_suffixes_registrable;
		item->options.public_suffix_context = c->suffixes;
	}
	return domain_known(in, c->store, item);
}

static void item_release(struct domain_work_item *item)
{
	evidence_free(item->evidence);
	arena_release(&item->arena);
	arena_release(&item->kept);
}

/* ---- the same key under several domains ---- */

static const struct seen_key *find_key(const struct domain_command *c, struct str der)
{
	for (size_t i = 0; i < c->key_count; i++)
		if (str_eq(c->keys[i].der, der))
			return &c->keys[i];
	return NULL;
}

static void note_key(struct domain_command *c, const struct domain_selector *s)
{
	struct seen_key key = {arena_str(&c->arena, s->der), arena_str(&c->arena, s->name)};

	if (!c->keys)
		c->keys = arena_calloc(&c->arena, KEYS_MAX, sizeof(*c->keys));
	if (c->keys && key.der.n && c->key_count < KEYS_MAX)
		c->keys[c->key_count++] = key;
}

static void compare_keys(struct domain_command *c, struct domain_work_item *item)
{
	struct domain_report *r = &item->report;

	/* what is watched of a domain is its own */
	for (size_t i = 0; i < r->selector_count && c->in->operand_count > 1 && !c->watch; i++) {
		const struct domain_selector *s = &r->selectors[i];
		const struct seen_key *other = s->der.n ? find_key(c, s->der) : NULL;

		if (s->der.n && !other)
			note_key(c, s);
		else if (other && !str_eq(other->name, s->name) && !s->target.n)
			domain_add_shared_key(&item->arena, r, i, other->name);
	}
}

static void print_item(struct domain_command *c, const struct domain_work_item *item, bool first)
{
	const struct invocation *in = c->in;

	if (c->watch) {
		domain_watch_take(c->watch, &item->report);
		return;
	}
	if (in->json) {
		domain_json(&c->out.text, in->ui->language, &item->report);
		return;
	}
	buf_put_c(&c->out.text, first ? "" : "\n");
	if (option_given(in, "dig"))
		domain_dig(&c->out.text, &item->report);
	else
		domain_page(&c->out.text, in->ui, &item->report);
}

/* For monitoring: 1 for a finding that is bad enough, else 3 where DNS failed. */
static enum exit_code code_of(const struct domain_command *c, const struct domain_work_item *item)
{
	const char *fail_on = option_value(c->in, "fail-on", "error");
	enum severity least = strcmp(fail_on, "warning") == 0 ? SEVERITY_WARNING : SEVERITY_ERROR;
	const struct domain_report *r = &item->report;

	if (strcmp(fail_on, "never") != 0)
		for (size_t i = 0; i < r->note_count; i++)
			if (r->notes[i].finding.severity >= least &&
			    strcmp(r->notes[i].finding.kind->id, "domain_dns") != 0)
				return EXIT_FINDING;
	return r->temporary ? EXIT_TEMPORARY : EXIT_FINE;
}

/* A finding outweighs a failure of DNS. */
static enum exit_code worse(enum exit_code a, enum exit_code b)
{
	return a == EXIT_FINDING || b == EXIT_FINE ? a : b;
}

/* ---- batches ---- */

/* Answers to many domains, more than those of a single message. */
static int make_room(struct lookup *l)
{
	evidence_free(l->answers);
	l->answers = NULL;
	return evidence_new(NULL, BATCH_ANSWERS_MAX, BATCH_QUESTIONS_MAX, &l->answers);
}

static enum exit_code check_batch(struct domain_command *c, struct lookup *l, size_t from, size_t count)
{
	enum exit_code code = EXIT_FINE, result = EXIT_FINE;
	struct domain_work_item items[DOMAINS_AT_ONCE];

	c->items = items;
	c->count = 0;
	while (c->count < count && code == EXIT_FINE) {
		code = item_init(c, &items[c->count], c->in->operands[from + c->count]);
		c->count++;
	}
	dns_source_next(&l->source);
	if (code == EXIT_FINE)
		code = lookup_evaluate(l, look_round, c);
	for (size_t i = 0; i < c->count; i++) {
		if (code == EXIT_FINE) {
			compare_keys(c, &items[i]);
			print_item(c, &items[i], from + i == 0);
			result = worse(result, code_of(c, &items[i]));
			c->temporary = c->temporary || items[i].report.temporary;
		}
		item_release(&items[i]);
	}
	return code == EXIT_FINE ? result : code;
}

static enum exit_code check_all(struct domain_command *c, struct lookup *l)
{
	enum exit_code result = EXIT_FINE;
	int error = make_room(l);

	if (error)
		return ui_failed(c->in->ui, NOWHERE, error);
	for (size_t from = 0; from < c->in->operand_count; from += DOMAINS_AT_ONCE) {
		size_t left = c->in->operand_count - from;
		enum exit_code code = check_batch(c, l, from, left < DOMAINS_AT_ONCE ? left : DOMAINS_AT_ONCE);

		if (code != EXIT_FINE && code != EXIT_FINDING && code != EXIT_TEMPORARY)
			return code;
		result = worse(result, code);
		if (!output_flush(&c->out))
			break;
		if (!c->in->save_dns_file)
			evidence_reset(l->answers);
	}
	return result;
}

/* One look at all domains, with a resolver of its own: nothing is remembered from the look before. */
static enum exit_code look(struct domain_command *c)
{
	struct lookup l = {0};
	enum exit_code code = lookup_open(&l, c->in);

	if (code == EXIT_FINE)
		code = check_all(c, &l);
	return lookup_close(&l, code);
}

/* ---- watching ---- */

static void wait_for(uint64_t milliseconds)
{
	struct timespec left = {(time_t)(milliseconds / 1000), (long)(milliseconds % 1000) * 1000000};

	while (nanosleep(&left, &left) != 0 && errno == EINTR)
		;
}

static bool is_look(enum exit_code code)
{
	return code == EXIT_FINE || code == EXIT_FINDING || code == EXIT_TEMPORARY;
}

/* --once: 1 where something changed since the state that was saved, 3 where DNS failed for something. */
static enum exit_code watch(struct domain_command *c, uint64_t every)
{
	bool once = option_given(c->in, "once"), goes_on = true;
	struct domain_watch w;
	enum exit_code code = domain_watch_open(&w, c->in);

	c->watch = &w;
	while (code == EXIT_FINE && goes_on) {
		enum exit_code seen = look(c);
		bool drift = false;

		code = is_look(seen) ? domain_watch_round(&w, invocation_now(c->in), &c->out.text, &drift) : seen;
		goes_on = output_flush(&c->out) && !once;
		if (code == EXIT_FINE && once)
			code = drift ? EXIT_FINDING : c->temporary ? EXIT_TEMPORARY : EXIT_FINE;
		if (code == EXIT_FINE && goes_on)
			wait_for(every);
	}
	domain_watch_release(&w);
	c->watch = NULL;
	return code;
}

static enum exit_code check_watch(const struct invocation *in, uint64_t *every_out)
{
	const char *every = option_value(in, "every", "1h");
	bool watches = option_given(in, "watch");

	if (!watches && (option_given(in, "every") || option_given(in, "state") || option_given(in, "once"))) {
		ui_error(in->ui, NOWHERE,
		         TEXT(in->ui, "--every, --state and --once belong to --watch – give it too",
		              "--every、--state、--once は --watch と一緒に指定してください"));
		return EXIT_USAGE;
	}
	if (!config_duration(str_c(every), every_out) || *every_out < EVERY_MIN) {
		ui_error(in->ui, NOWHERE,
		         TEXT(in->ui, "--every %s: not a duration of a second or more – write it as 10m, 1h or 1d",
		              "--every %s: 1 秒以上の時間ではありません – 10m、1h、1d の形で書いてください"),
		         every);
		return EXIT_USAGE;
	}
	return EXIT_FINE;
}

static enum exit_code check_options(const struct invocation *in)
{
	const char *provider = option_value(in, "provider", NULL);

	if (provider && !provider_find(str_c(provider))) {
		ui_error(in->ui, NOWHERE,
		         TEXT(in->ui,
		              "--provider %s: no such mail service is known – leave it out, or give one of the ids of "
		              "the manual page",
		              "--provider %s: そのようなメールサービスは登録されていません – 省くか、マニュアルにある "
		              "ID "
		              "を指定してください"),
		         provider);
		return EXIT_USAGE;
	}
	return EXIT_FINE;
}

static enum exit_code run(const struct invocation *in)
{
	struct domain_command c = {.in = in};
	enum exit_code code = check_options(in);
	int error = INKAN_OK;
	uint64_t every = 0;

	arena_init(&c.arena, KNOWN_MEMORY_MAX);
	if (code == EXIT_FINE)
		code = check_watch(in, &every);
	if (code == EXIT_FINE && (in->suffix_file || strcmp(option_value(in, "profile", ""), "rfc7489") == 0))
		code = suffix_list_open(in, &c.suffixes);
	if (code == EXIT_FINE)
		code = domain_store_open(in, &c.store);
	if (code == EXIT_FINE)
		error = crypto_new(&c.crypto);
	if (error)
		code = ui_failed(in->ui, NOWHERE, error);
	if (code == EXIT_FINE) {
		output_init(&c.out);
		code = option_given(in, "watch") ? watch(&c, every) : look(&c);
		code = output_finish(&c.out, in->ui, code);
	}
	arena_release(&c.arena);
	if (c.store)
		identity_store_close(c.store);
	crypto_free(c.crypto);
	public_suffixes_free(c.suffixes);
	return code;
}

/* clang-format off */
static const struct option_spec options[] = {
	{"selector", 's', OPTION_STRING, "NAME", NULL, 0, 0,
	 {"a DKIM selector to look at; may be given several times", "調べる DKIM セレクター。複数回指定できる"}},
	{"gateway-selector", 0, OPTION_STRING, "NAME", NULL, 0, 0,
	 {"the same, of the gateway that rewrites mail", "同じく、メールを書き換えるゲートウェイのセレクター"}},
	{"headers", 0, OPTION_FILE, "FILE", NULL, 0, 0,
	 {"take selectors from the signatures of this message", "このメッセージの署名からセレクターを得る"}},
	{"gateway", 0, OPTION_STRING, "ADDRESS|NETWORK", NULL, 0, 0,
	 {"a gateway sends from there: is it authorised by SPF?", "ゲートウェイの送信元。SPF で許可されているか調べる"}},
	{"mail-from", 0, OPTION_STRING, "DOMAIN", NULL, 0, 0,
	 {"the custom MAIL FROM domain", "カスタム MAIL FROM ドメイン"}},
	{"provider", 0, OPTION_STRING, "ID", NULL, 0, 0,
	 {"the mail service, such as google, microsoft, ses (default: as DNS shows)", "メールサービス (google、microsoft、ses など。既定: DNS から判断)"}},
	{"name-server", 0, OPTION_STRING, "HOST", NULL, 0, 0,
	 {"a name server that the zone is to be delegated to", "ゾーンの委任先であるべきネームサーバー"}},
	{"receiver", 0, OPTION_CHOICE, NULL, "gmail|yahoo|microsoft", 0, 0,
	 {"sender guidelines of this receiver only", "この受信側の送信者ガイドラインだけを調べる"}},
	{"bulk", 'b', OPTION_FLAG, NULL, NULL, 0, 0,
	 {"the domain sends 5,000 messages a day or more", "1 日に 5,000 通以上を送るドメインとして調べる"}},
	{"profile", 0, OPTION_CHOICE, NULL, "rfc9989|rfc7489", 0, 0,
	 {"DMARC as newer or older receivers read it (default: rfc9989)", "DMARC を新しい受信側と古い受信側のどちらの読み方で調べるか (既定: rfc9989)"}},
	{"fail-on", 0, OPTION_CHOICE, NULL, "error|warning|never", 0, 0,
	 {"findings that make exit code 1 (default: error)", "終了コード 1 とする指摘 (既定: error)"}},
	{"dig", 0, OPTION_FLAG, NULL, NULL, 0, 0,
	 {"print the answers as “dig +short” does", "「dig +short」の形で応答を表示する"}},
	{"store", 0, OPTION_STRING, "WHERE", NULL, 0, 0,
	 {"database of identities: a file, or postgresql://... (default: identities.store of the configuration)",
	  "アイデンティティのデータベース: ファイル、または postgresql://... (省略時は設定の identities.store)"}},
	{"watch", 0, OPTION_FLAG, NULL, NULL, 0, 0,
	 {"look again and again, and print only what changed", "繰り返し調べ、変わったことだけを表示する"}},
	{"every", 0, OPTION_STRING, "DURATION", NULL, 0, 0,
	 {"time between two looks (default: 1h)", "調べる間隔 (既定: 1h)"}},
	{"state", 0, OPTION_FILE, "FILE", NULL, 0, 0,
	 {"remember what was seen in this file", "調べた結果をこのファイルに記録する"}},
	{"once", 0, OPTION_FLAG, NULL, NULL, 0, 0,
	 {"look once and compare with --state; exit code 1: something changed", "一度だけ調べて --state と比べる。変わっていれば終了コード 1"}},
	{0},
};

static const struct example examples[] = {
	{"inkan check domain example.com", {"everything DNS says about the mail of a domain", "ドメインのメールについて DNS からわかることをすべて調べる"}},
	{"inkan check domain example.com --selector s2026 --gateway 192.0.2.25",
	 {"with a DKIM key, and a gateway that has to be authorised", "DKIM の鍵と、許可が必要なゲートウェイも調べる"}},
	{"inkan check domain example.com --headers sent.eml --json", {"selectors of a message; for machines", "メッセージからセレクターを得て、機械向けに表示する"}},
	{"inkan check domain example.com --watch --once --state /var/lib/inkan/domains.state",
	 {"from a timer: tell what drifted since the last time", "タイマーから実行し、前回からの変化を知らせる"}},
	{NULL, {NULL, NULL}},
};

const struct command check_domain_command = {
	.name = "domain",
	.summary = {"Say what DNS shows about the mail of a domain, and what to do next",
	            "ドメインのメールについて DNS の設定を調べ、次の手順を示す"},
	.operands = "DOMAIN...",
	.operands_min = 1,
	.operands_max = SIZE_MAX,
	.description = {"Looks at delegation, MX, SPF with all includes, DKIM keys, DMARC with its report addresses, MTA-STS, TLSRPT, BIMI "
	                "and DNSSEC, finds the mail service, and names classic mistakes of publishing with their fix. DNS does not list "
	                "selectors: those of the mail service are tried, others come from --selector or --headers. Exit code 1: a finding "
	                "of severity error (see --fail-on); 3: DNS failed for now.",
	                "委任、MX、SPF (include をすべて含む)、DKIM の鍵、DMARC とレポートの宛先、MTA-STS、TLSRPT、BIMI、DNSSEC を調べ、"
	                "メールサービスを特定し、公開時によくある誤りを直し方とともに示します。DNS ではセレクターを一覧できません。"
	                "メールサービスの標準のものを試し、ほかは --selector か --headers で指定します。終了コードは、エラーの指摘があれば 1 "
	                "(--fail-on を参照)、DNS の一時的な障害なら 3 です。"},
	.options = options,
	.common = COMMON_DNS | COMMON_JSON | COMMON_SUFFIXES | COMMON_AT | COMMON_CONFIG,
	.examples = examples,
	.run = run,
};
/* clang-format on */
