/* inkan identity create: new identities, one or many, with their keys and records. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/identity_view.h"
#include "cli/registrar_source.h"
#include "cli/trouble_text.h"
#include "identity/provider.h"
#include "io/file.h"

enum {
	LIST_SIZE_MAX = 64 * 1024 * 1024, /* octets of --from */
	SECONDS_MAX_MS = INT32_MAX
};

/* clang-format off */
static const struct option_spec options[] = {
	{"from", 0, OPTION_FILE, "FILE", NULL, 0, 0,
	 {"create many: a domain a line, “#” begins a comment; “-” is standard input", "まとめて作成: 1 行に 1 ドメイン、「#」以降はコメント。「-」は標準入力"}},
	{"name", 0, OPTION_STRING, "NAME", NULL, 0, 0,
	 {"a further identity of the domain, which signs beside the others", "同じドメインのもう 1 つのアイデンティティ。ほかと並んで署名する"}},
	{"role", 0, OPTION_CHOICE, NULL, "service|gateway", 0, 0,
	 {"who signs: the mail service (default), or the gateway behind it", "署名する側: メールサービス (既定) か、その後ろのゲートウェイ"}},
	{"scheme", 0, OPTION_CHOICE, NULL, "txt|cname2|cname3|external", 0, 0,
	 {"txt: a key in the domain itself (default); cname2, cname3: two or three CNAMEs into our own zone, once and for all "
	  "rotations (default where identities.host_zone is set); external: a mail service holds the keys",
	  "txt: ドメイン自体に鍵を置く (既定)。cname2、cname3: 自分のゾーンへの CNAME を 2 つか 3 つ、一度だけ置く "
	  "(identities.host_zone があるときの既定)。external: 鍵はメールサービスが持つ"}},
	{"provider", 0, OPTION_STRING, "ID", NULL, 0, 0,
	 {"external: the mail service: google, microsoft, ses ...", "external のメールサービス: google、microsoft、ses など"}},
	{"selector", 0, OPTION_STRING, "NAME", NULL, 0, 0,
	 {"txt: name of the first selector (default: s and the date)", "txt: 最初のセレクター名 (省略時は s と日付)"}},
	{"algorithm", 0, OPTION_CHOICE, NULL, "rsa|ed25519", 0, 0, {"kind of keys (default: rsa)", "鍵の種類 (既定: rsa)"}},
	{"bits", 0, OPTION_NUMBER, "N", NULL, 1024, 4096,
	 {"length of RSA keys: 1024 (weak), 2048 (default), 3072, 4096", "RSA 鍵の長さ: 1024 (弱い)、2048 (既定)、3072、4096"}},
	{"mail-from", 0, OPTION_STRING, "NAME", NULL, 0, 0,
	 {"custom MAIL FROM domain, below the domain", "カスタム MAIL FROM ドメイン (ドメインの下の名前)"}},
	{"mx-failure", 0, OPTION_CHOICE, NULL, "default|reject", 0, 0,
	 {"where its MX record is missing: use the default MAIL FROM domain (default), or reject the message",
	  "その MX レコードがないとき: 既定の MAIL FROM を使う (既定) か、メッセージを拒否する"}},
	{"host-zone", 0, OPTION_STRING, "ZONE", NULL, 0, 0,
	 {"zone of ours that CNAMEs and MX lead into (default: identities.host_zone)", "CNAME と MX の参照先になる自分のゾーン (省略時は identities.host_zone)"}},
	{"site", 0, OPTION_STRING, "NAME", NULL, 0, 0,
	 {"region or node in the name of the MX host (default: identities.site); without a host zone, the MX host itself (default: this host)", "MX ホスト名に入るリージョンやノード (省略時は identities.site)。host-zone がなければ MX ホストそのもの (省略時はこのホスト)"}},
	{"tenant", 0, OPTION_STRING, "NAME", NULL, 0, 0, {"whose it is", "所有するテナント"}},
	{"environment", 0, OPTION_STRING, "LABEL", NULL, 0, 0, {"production, test ...", "環境: production、test など"}},
	{"disabled", 0, OPTION_FLAG, NULL, NULL, 0, 0,
	 {"do not sign when verified; “inkan identity enable” switches it on", "検証済みになっても署名しない。「inkan identity enable」で有効にする"}},
	{"publish", 0, OPTION_FLAG, NULL, NULL, 0, 0,
	 {"write the records into the domain's zone ourselves, now and at rotations (identities.zones)",
	  "レコードを inkan がドメインのゾーンに書き込む。作成時だけでなくローテーションのときも (identities.zones)"}},
	{"approval", 0, OPTION_FLAG, NULL, NULL, 0, 0,
	 {"only a request: keys are made when “inkan identity approve” is called", "申請のみ: 鍵は「inkan identity approve」で作る"}},
	{"deterministic", 0, OPTION_FLAG, NULL, NULL, 0, 0,
	 {"cname3: tokens from the master key, the same on every site that has it", "cname3: マスター鍵からトークンを作る。同じマスター鍵のあるサイトでは同じになる"}},
	{"rotate-every", 0, OPTION_STRING, "TIME", NULL, 0, 0, {"90d: change keys by itself", "90d など: この間隔で鍵を自動的にローテーションする"}},
	{"overlap", 0, OPTION_STRING, "TIME", NULL, 0, 0,
	 {"how long an old key stays in DNS (default: 7d)", "古い鍵を DNS に残す期間 (既定: 7d)"}},
	REGISTRAR_OPTIONS,
};
/* clang-format on */

/* ---- the wish ---- */

static bool read_seconds(const struct invocation *in, const char *name, int64_t otherwise, int64_t *out)
{
	const char *given = option_value(in, name, NULL);
	uint64_t ms;

	*out = otherwise;
	if (!given)
		return true;
	if (config_duration(str_c(given), &ms)) {
		*out = (int64_t)(ms / 1000);
		return true;
	}
	ui_error(in->ui, NOWHERE,
	         TEXT(in->ui, "--%s %s: not a duration – write 90d, 12h or 30m",
	              "--%s %s: 期間ではありません – 90d、12h、30m のように書いてください"),
	         name, given);
	return false;
}

static bool is_provider(const struct invocation *in)
{
	const char *id = option_value(in, "provider", NULL);

	if (!id || provider_find(str_c(id)))
		return true;
	ui_error(in->ui, NOWHERE,
	         TEXT(in->ui, "--provider %s: not known – “inkan record spf --provider list” names all",
	              "--provider %s: 登録されていません – 「inkan record spf --provider list」で一覧を表示します"),
	         id);
	return false;
}

static bool make_wish(const struct invocation *in, const struct registrar_source *s, struct identity_wish *w)
{
	const struct config *c = s->config;

	*w = (struct identity_wish){
		.bits = (unsigned)option_number(in, "bits", 0),
		.tenant = option_value(in, "tenant", NULL),
		.environment = option_value(in, "environment", NULL),
		.host_zone = option_value(in, "host-zone", c->identities.host_zone),
		.site = option_value(in, "site", c->identities.site),
		.provider = option_value(in, "provider", NULL),
		.mail_from = option_value(in, "mail-from", NULL),
		.selector = option_value(in, "selector", NULL),
		.enabled = !option_given(in, "disabled"),
		.deterministic = option_given(in, "deterministic"),
		.publishes = option_given(in, "publish"),
		.needs_approval = option_given(in, "approval"),
	};
	/* without a zone of ours, the host itself takes what bounces */
	if (!w->host_zone[0] && !w->site[0] && strchr(s->host, '.'))
		w->site = s->host;
	const char *scheme = w->provider ? "external" : w->host_zone[0] && !w->selector ? "cname3" : "txt";

	(void)identity_scheme_from_name(str_c(option_value(in, "scheme", scheme)), &w->scheme);
	(void)mx_failure_from_name(str_c(option_value(in, "mx-failure", "default")), &w->mx_failure);
	(void)identity_role_from_name(str_c(option_value(in, "role", "service")), &w->role);
	(void)identity_algorithm_from_name(str_c(option_value(in, "algorithm", "rsa")), &w->algorithm);
	return is_provider(in) && read_seconds(in, "rotate-every", c->identities.rotate_every, &w->rotate_every) &&
	       read_seconds(in, "overlap", c->identities.overlap, &w->overlap);
}

/* ---- one ---- */

/* A zone of ours takes the bounces where the domain has no MAIL FROM of its own: SPF passes then, but is not aligned (S3-74). */
static void put_advice(struct buf *out, const struct ui *ui, const struct identity *identity)
{
	if (identity->host_zone[0] && !identity->mail_from[0] && !identity->address[0])
		buf_printf(
			out,
			TEXT(ui,
		             "\nAdvice: with bounces to %s SPF passes, but is not aligned with %s, so DMARC rests on "
		             "DKIM "
		             "alone. A MAIL FROM domain of its own mends that: inkan identity mail-from %s bounce.%s\n",
		             "\n助言: バウンスメールの宛先が %s のままでは、SPF は合格しても %s と一致せず、DMARC は "
		             "DKIM "
		             "だけに頼ります。自分の MAIL FROM ドメインで解決します: inkan identity mail-from %s "
		             "bounce.%s\n"),
			identity->host_zone, identity->domain, identity->id, identity->domain);
	buf_printf(
		out,
		TEXT(ui, "\nThen: inkan identity verify %s --wait\n", "\n次の手順: inkan identity verify %s --wait\n"),
		identity->id);
}

static void print_made(struct output *out, struct registrar_source *s, const struct identity *identity)
{
	const struct record_print how = {.form = RECORD_TABLE, .language = s->ui->language};
	struct ui *ui = s->ui;

	identity_page(&out->text, ui, identity, registrar_now(s->registrar));
	if (identity->state == IDENTITY_REQUESTED || identity->scheme == IDENTITY_EXTERNAL)
		return;
	buf_put_c(&out->text, identity->publishes
	                              ? TEXT(ui, "\nRecords that inkan publishes:\n", "\ninkan が公開するレコード:\n")
	                              : TEXT(ui, "\nRecords to publish:\n", "\n公開するレコード:\n"));
	if (identity_records_print(&out->text, &s->arena, identity, VIEW_PEOPLE, &how, true) == 0)
		put_advice(&out->text, ui, identity);
}

static enum exit_code create_one(struct registrar_source *s, const struct invocation *in, struct output *out,
                                 struct identity_wish wish, const char *id, struct place where)
{
	struct io_error why = {""};
	struct identity identity;

	wish.id = id;
	int error = registrar_create(s->registrar, &s->arena, &wish, &identity, &why);

	if (error == INKAN_EREFUSED) {
		ui_error(in->ui, where, "%s: %s", id, TROUBLE(in->ui, why.text));
		return EXIT_USAGE;
	}
	if (error)
		return registrar_failed(in->ui, error, &why);
	if (wish.bits == 1024)
		ui_warning(in->ui, NOWHERE,
		           TEXT(in->ui, "%s: keys of 1024 bits are weak – 2048 is the usual length",
		                "%s: 1024 ビットの鍵は弱いため、通常は 2048 ビットを使います"),
		           id);
	if (in->json) {
		struct json j = json_to(&out->text);

		error = identity_json(&j, in->ui, &identity, true);
		buf_put_char(&out->text, '\n');
		return error ? ui_failed(in->ui, NOWHERE, error) : EXIT_FINE;
	}
	print_made(out, s, &identity);
	return EXIT_FINE;
}

static enum exit_code create_named(struct registrar_source *s, const struct invocation *in, struct output *out,
                                   const struct identity_wish *wish, struct str domain, struct place where)
{
	const char *name = option_value(in, "name", NULL);
	char id[IDENTITY_ID_MAX + 1];
	int n = snprintf(id, sizeof id, "%.*s%s%s", (int)(domain.n < INT32_MAX ? domain.n : 0), domain.p,
	                 name ? "/" : "", name ? name : "");

	if (str_find(domain, '\0') < domain.n) {
		ui_error(in->ui, where,
		         TEXT(in->ui, "not a domain: it holds a NUL", "ドメインではありません (NUL を含みます)"));
		return EXIT_USAGE;
	}
	if (n < 0 || (size_t)n >= sizeof id) {
		ui_error(in->ui, where,
		         TEXT(in->ui, "the name of an identity is at most %d octets",
		              "アイデンティティの名前は %d オクテットまでです"),
		         IDENTITY_ID_MAX);
		return EXIT_USAGE;
	}
	return create_one(s, in, out, *wish, id, where);
}

/* ---- many ---- */

static enum exit_code create_listed(struct registrar_source *s, const struct invocation *in, struct output *out,
                                    const struct identity_wish *wish, const char *file)
{
	struct io_error why = {""};
	struct buf text;
	enum exit_code worst = EXIT_FINE;

	buf_init(&text, LIST_SIZE_MAX);
	int error = io_read_file(file, &text, &why);
	struct str rest = buf_str(&text);

	if (error == INKAN_ELIMIT)
		(void)io_fail(&why, "%s: more than %d octets: make parts of it", file, LIST_SIZE_MAX);
	for (size_t number = 1; !error && rest.n; number++) {
		struct str line = str_split(&rest, '\n');
		struct str domain = str_trim_fws(str_head(line, str_find(line, '#')));

		if (domain.n == 0)
			continue;
		enum exit_code code = create_named(s, in, out, wish, domain, (struct place){file, number, 0});

		worst = code > worst ? code : worst;
		arena_reset(&s->arena);
		if (!output_flush(out) || code == EXIT_TEMPORARY || code == EXIT_INTERNAL)
			break; /* the store, or memory: the next line would fare no better */
	}
	buf_release(&text);
	if (error)
		(void)registrar_failed(in->ui, error, &why);
	return error == INKAN_ENOMEM ? EXIT_INTERNAL : error ? EXIT_USAGE : worst;
}

static enum exit_code run(const struct invocation *in)
{
	const char *file = option_value(in, "from", NULL);
	struct registrar_source s;
	struct identity_wish wish;
	struct output out;

	if (!file == !in->operand_count) {
		ui_error(in->ui, NOWHERE,
		         TEXT(in->ui, "give a domain, or a list of them with --from FILE",
		              "ドメインを 1 つ以上、または --from ファイル で一覧を指定してください"));
		return EXIT_USAGE;
	}
	enum exit_code code = registrar_source_open(&s, in, STORE_CREATE, NULL), worst = code;

	output_init(&out);
	if (code == EXIT_FINE && !make_wish(in, &s, &wish))
		worst = code = EXIT_USAGE;
	if (code == EXIT_FINE && file)
		worst = create_listed(&s, in, &out, &wish, file);
	for (size_t i = 0; i < in->operand_count && code == EXIT_FINE; i++) {
		enum exit_code one = create_named(&s, in, &out, &wish, str_c(in->operands[i]), NOWHERE);

		arena_reset(&s.arena);
		worst = one > worst ? one : worst;
	}
	registrar_source_close(&s);
	return output_finish(&out, in->ui, worst);
}

static const struct example examples[] = {
	{"inkan identity create example.com",
         {"a key, its record for DNS, status Pending", "鍵と DNS レコードを作る (状態は保留中)"}},
	{"inkan identity create example.com --scheme cname3 --host-zone mail.example.net",
         {"three CNAMEs once; keys change behind them", "CNAME を 3 つ、一度だけ置く。鍵はその先でローテーションする"}},
	{"inkan identity create example.com --name gateway --role gateway",
         {"the second signer of the domain", "そのドメインの 2 つ目の署名者"}},
	{"inkan identity create --from domains.txt --tenant acme --environment test",
         {"many at once", "まとめて作成する"}},
	{NULL, {NULL, NULL}},
};

const struct command identity_create_command = {
	.name = "create",
	.summary = {"Create an identity: keys are made, records shown",
                    "アイデンティティを作る: 鍵を作り、レコードを表示する"},
	.operands = "[DOMAIN|ADDRESS]...",
	.operands_max = SIZE_MAX,
	.description =
		{"An identity is a domain, or an address, whose mail is signed. Creating one makes a private key, "
                 "which "
                 "is kept sealed, and shows the records that DNS needs. It signs by itself as soon as every "
                 "authoritative name server has shown the key for long enough; nothing is ever signed with a key that "
                 "receivers cannot find. A running “inkan serve” takes part at once.",
                 "アイデンティティは、メールに署名するドメイン (またはアドレス) "
                 "です。作成すると、秘密鍵を作って暗号化して保管し、DNS "
                 "に必要なレコードを表示します。すべての権威サーバーで鍵が十分な時間確認できると、自動的に署名を始めま"
                 "す。"
                 "受信側が見つけられない鍵で署名することはありません。動作中の「inkan serve」にもすぐ反映されます。"},
	.options = options,
	.common = COMMON_CONFIG | COMMON_JSON,
	.examples = examples,
	.run = run,
};
