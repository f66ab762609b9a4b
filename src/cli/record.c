/* inkan record: makes the records of mail authentication, from options or by asking. Every record is checked before it is
 * printed (record_made.h). */
#include "cli/ask.h"
#include "cli/command.h"
#include "cli/key_file.h"
#include "cli/key_name.h"
#include "cli/record_made.h"
#include "core/time.h"
#include "identity/dmarc_builder.h"
#include "identity/provider.h"
#include "identity/spf_builder.h"

static enum exit_code refuse_wish(struct made_record *m, int error, struct text why)
{
	if (error != INKAN_EUSAGE)
		return ui_failed(m->in->ui, NOWHERE, error);
	ui_error(m->in->ui, NOWHERE, TEXT(m->in->ui, "%s – correct the option", "%s – オプションを直してください"),
	         text_in(m->in->ui->language, why));
	return EXIT_USAGE;
}

static enum exit_code ended(struct made_record *m)
{
	ui_error(m->in->ui, NOWHERE,
	         TEXT(m->in->ui, "the answers ended too early – answer every question, or give options",
	              "回答が途中で終わりました – すべての質問に答えるか、オプションで指定してください"));
	return EXIT_USAGE;
}

/* An address at the domain, in the arena. */
static const char *address_at(struct made_record *m, const char *local)
{
	struct buf text;
	const char *address;

	buf_init(&text, 2 * DNS_NAME_MAX);
	buf_printf(&text, "%s@%s", local, m->domain);
	address = arena_str(&m->check.arena, buf_str(&text)).p;
	buf_release(&text);
	return address ? address : "";
}

/* ---- SPF ---- */

static const struct {
	const char *word, *ending;
} endings[] = {{"fail", "-all"}, {"softfail", "~all"}, {"neutral", "?all"}};

static const char *ending_of(const char *word)
{
	for (size_t i = 0; i < sizeof(endings) / sizeof(*endings); i++)
		if (strcmp(word, endings[i].word) == 0)
			return endings[i].ending;
	return NULL;
}

static bool ask_spf(struct made_record *m, struct spf_wish *wish)
{
	const struct ui *ui = m->in->ui;
	struct arena *arena = &m->check.arena;
	const char *answer;

	if (!ask(arena,
	         TEXT(ui, "Services that send for the domain, by id, with commas between",
	              "ドメインのメールを送るサービスの ID (コンマ区切り)"),
	         "", &wish->providers) ||
	    !ask(arena,
	         TEXT(ui, "Addresses or networks of your own servers", "自社サーバーのアドレスまたはネットワーク"), "",
	         &wish->addresses) ||
	    !ask_choice(
		    arena,
		    TEXT(ui, "Do the hosts that take your mail send it as well?", "受信用のホストからも送信しますか"),
		    "yes|no", "no", &answer))
		return false;
	wish->mx = strcmp(answer, "yes") == 0;
	if (!ask_choice(arena, TEXT(ui, "What is mail from elsewhere?", "ほかから届くメールの扱い"),
	                "fail|softfail|neutral", "softfail", &answer))
		return false;
	wish->ending = ending_of(answer);
	return true;
}

/* The catalogue: what a service is called here, where DKIM is switched on, its own pages, and when they were looked at. */
static void put_service(struct buf *out, const struct ui *ui, const struct provider *p)
{
	buf_printf(out, "%-11s %s", p->id, p->name);
	buf_put_c(out, p->gateway ? TEXT(ui, " (gateway)", " (ゲートウェイ)") : "");
	buf_printf(out, "\n            SPF: %s\n", p->spf_include ? p->spf_include : "-");
	if (*p->enable.en)
		buf_printf(out, "            DKIM: %s\n", text_in(ui->language, p->enable));
	buf_printf(out, TEXT(ui, "            %s (seen %s)\n", "            %s (%s 確認)\n"), p->link, p->reviewed);
	if (p->spf_link)
		buf_printf(out, "            SPF: %s\n", p->spf_link);
	if (p->dmarc_link)
		buf_printf(out, "            DMARC: %s\n", p->dmarc_link);
}

static void put_service_json(struct json *j, const struct ui *ui, const struct provider *p)
{
	json_object_begin(j);
	json_key_c(j, "id", p->id);
	json_key_c(j, "name", p->name);
	json_key_bool(j, "gateway", p->gateway);
	json_key_c(j, "spf_include", p->spf_include);
	json_key_c(j, "spf_template", p->spf_template);
	json_key(j, "selectors");
	json_array_begin(j);
	for (const char *const *selector = p->selectors; selector && *selector; selector++)
		json_str(j, str_c(*selector));
	json_array_end(j);
	json_key_c(j, "text", text_in(ui->language, p->enable));
	json_key_c(j, "link", p->link);
	json_key_c(j, "spf_link", p->spf_link);
	json_key_c(j, "dmarc_link", p->dmarc_link);
	json_key_c(j, "reviewed", p->reviewed);
	json_object_end(j);
}

static enum exit_code list_services(const struct invocation *in)
{
	struct output out;

	output_init(&out);
	struct json j = json_to(&out.text);

	if (in->json) {
		json_object_begin(&j);
		json_key(&j, "providers");
		json_array_begin(&j);
	}
	for (const struct provider *p = providers(); p->id; p++) {
		if (in->json)
			put_service_json(&j, in->ui, p);
		else
			put_service(&out.text, in->ui, p);
	}
	if (in->json) {
		json_array_end(&j);
		json_object_end(&j);
		buf_put_char(&out.text, '\n');
	}
	return output_finish(&out, in->ui, EXIT_FINE);
}

static enum exit_code run_spf(const struct invocation *in)
{
	static const char *const told[] = {"provider", "ip", "host", "include", "mx", "a", "ending", "merge"};
	struct made_record m;
	enum exit_code code = made_record_begin(&m, in, in->operands[0]);
	struct spf_wish wish = {
		.existing = option_value(in, "merge", NULL),
		.a = option_given(in, "a"),
		.mx = option_given(in, "mx"),
		.addresses = option_value(in, "ip", NULL),
		.hosts = option_value(in, "host", NULL),
		.providers = option_value(in, "provider", NULL),
		.includes = option_value(in, "include", NULL),
		.ending = option_given(in, "ending") ? ending_of(option_value(in, "ending", "")) : NULL,
	};
	bool is_told = false;
	struct text why;

	if (wish.providers && strcmp(wish.providers, "list") == 0) {
		made_record_end(&m);
		return list_services(in);
	}
	for (size_t i = 0; i < sizeof(told) / sizeof(*told); i++)
		is_told = is_told || option_given(in, told[i]);
	if (code == EXIT_FINE && !is_told && can_ask(in) && !ask_spf(&m, &wish))
		code = ended(&m);
	if (code == EXIT_FINE) {
		int error = spf_build(&m.check.arena, &wish, &m.value, &why);

		code = error ? refuse_wish(&m, error, why) : made_record_print(&m, RECORD_SPF, "", NULL);
	}
	made_record_end(&m);
	return code;
}

/* ---- DMARC ---- */

static bool ask_dmarc(struct made_record *m, struct dmarc_wish *wish)
{
	const struct ui *ui = m->in->ui;
	struct arena *arena = &m->check.arena;

	return (option_given(m->in, "p") || ask_choice(arena,
	                                               TEXT(ui, "What should receivers do with mail that fails?",
	                                                    "不合格のメールを受信側にどう扱ってほしいですか"),
	                                               "none|quarantine|reject", "none", &wish->p)) &&
	       (option_given(m->in, "sp") ||
	        ask_choice(arena, TEXT(ui, "... of subdomains? (- for the same)", "サブドメインのメールは (- で同じ)"),
	                   "none|quarantine|reject", "-", &wish->sp)) &&
	       (option_given(m->in, "rua") ||
	        ask(arena,
	            TEXT(ui, "Where to should aggregate reports go? (- for nowhere)", "集計レポートの宛先 (- でなし)"),
	            wish->rua, &wish->rua)) &&
	       (option_given(m->in, "ruf") ||
	        ask(arena,
	            TEXT(ui, "Where to should reports on single failures go? (- for nowhere)",
	                 "失敗レポートの宛先 (- でなし)"),
	            wish->ruf, &wish->ruf));
}

/* "none" instead of an address: no such tag. */
static const char *address_or_none(const char *value)
{
	return strcmp(value, "none") == 0 ? "" : value;
}

static enum exit_code run_dmarc(const struct invocation *in)
{
	bool is_old = strcmp(option_value(in, "profile", "rfc9989"), "rfc7489") == 0;
	struct made_record m;
	enum exit_code code = made_record_begin(&m, in, in->operands[0]);
	const char *left_out[4] = {NULL};
	size_t left_count = 0;
	unsigned left = 0;
	struct dmarc_wish wish = {
		.profile = is_old ? INKAN_RFC7489 : INKAN_RFC9989,
		.p = option_value(in, "p", "none"),
		.sp = option_value(in, "sp", NULL),
		.np = option_value(in, "np", NULL),
		.adkim = option_value(in, "adkim", NULL),
		.aspf = option_value(in, "aspf", NULL),
		.fo = option_value(in, "fo", NULL),
		.t = option_given(in, "testing") ? "y" : NULL,
		.psd = option_value(in, "psd", NULL),
		.pct = option_value(in, "pct", is_old ? "100" : NULL),
		.rf = option_value(in, "rf", NULL),
		.ri = option_value(in, "ri", NULL),
	};
	struct text why;

	if (code == EXIT_FINE) {
		wish.rua = address_or_none(option_value(in, "rua", address_at(&m, "dmarc")));
		wish.ruf = address_or_none(option_value(in, "ruf", address_at(&m, "dmarcfail")));
	}
	if (code == EXIT_FINE && can_ask(in) && !ask_dmarc(&m, &wish))
		code = ended(&m);
	if (code == EXIT_FINE) {
		int error = dmarc_build(&wish, &m.value, &left, &why);

		if (left & DMARC_LEFT_PCT)
			left_out[left_count++] = "pct";
		if (left & DMARC_LEFT_RF)
			left_out[left_count++] = "rf";
		if (left & DMARC_LEFT_RI)
			left_out[left_count++] = "ri";
		code = error ? refuse_wish(&m, error, why) : made_record_print(&m, RECORD_DMARC, "_dmarc.", left_out);
	}
	made_record_end(&m);
	return code;
}

/* ---- TLSRPT, MTA-STS ---- */

static enum exit_code run_tlsrpt(const struct invocation *in)
{
	struct made_record m;
	enum exit_code code = made_record_begin(&m, in, in->operands[0]);
	struct text why;

	if (code == EXIT_FINE) {
		int error = tlsrpt_build(option_value(in, "rua", address_at(&m, "tlsrpt")), &m.value, &why);

		code = error ? refuse_wish(&m, error, why) : made_record_print(&m, RECORD_TLSRPT, "_smtp._tls.", NULL);
	}
	made_record_end(&m);
	return code;
}

/* The time as an id: later ones differ, and sort. */
static const char *id_of_now(struct made_record *m)
{
	struct buf text, id;
	const char *copy;

	buf_init(&text, 64);
	buf_init(&id, 64);
	time_print(&text, invocation_now(m->in));
	for (size_t i = 0; i < text.n; i++)
		if (is_alpha(text.p[i]) || is_digit(text.p[i]))
			buf_put_char(&id, text.p[i]);
	copy = arena_str(&m->check.arena, buf_str(&id)).p;
	buf_release(&id);
	buf_release(&text);
	return copy ? copy : "";
}

static enum exit_code run_mta_sts(const struct invocation *in)
{
	struct made_record m;
	enum exit_code code = made_record_begin(&m, in, in->operands[0]);
	struct text why;

	if (code == EXIT_FINE) {
		int error = mta_sts_build(option_value(in, "id", id_of_now(&m)), &m.value, &why);

		code = error ? refuse_wish(&m, error, why) : made_record_print(&m, RECORD_MTA_STS, "_mta-sts.", NULL);
	}
	made_record_end(&m);
	return code;
}

/* ---- DKIM ---- */

static enum exit_code make_dkim(struct made_record *m, const char *selector)
{
	struct key_file file = {0};
	struct buf prefix;
	enum exit_code code;
	int error = crypto_new(&m->check.crypto);

	code = error ? ui_failed(m->in->ui, NOWHERE, error)
	             : key_file_read(m->in->ui, m->check.crypto, option_value(m->in, "key", "-"), &file);
	if (code == EXIT_FINE) {
		buf_init(&prefix, 2 * DNS_NAME_MAX);
		buf_printf(&prefix, "%s._domainkey.", selector);
		buf_put_char(&prefix, '\0');
		dkim_record_print(&m->value, file.key);
		code = made_record_print(m, RECORD_DKIM, prefix.p ? prefix.p : "", NULL);
		buf_release(&prefix);
	}
	public_key_unref(file.key);
	return code;
}

static enum exit_code run_dkim(const struct invocation *in)
{
	const char *domain, *selector;
	struct made_record m;
	enum exit_code code = made_record_begin(&m, in, in->operands[1]);

	if (code == EXIT_FINE && !option_given(in, "key")) {
		ui_error(
			in->ui, NOWHERE,
			TEXT(in->ui, "which key? – give its file with --key FILE; “inkan key generate” makes one",
		             "鍵の指定がありません – --key FILE で指定してください。「inkan key generate」で作れます"));
		code = EXIT_USAGE;
	}
	if (code == EXIT_FINE)
		code = key_name_read(in->ui, &m.check.arena, m.domain, in->operands[0], &domain, &selector);
	if (code == EXIT_FINE)
		code = make_dkim(&m, selector);
	made_record_end(&m);
	return code;
}

/* ---- the tables ---- */

/* clang-format off */
static const struct option_spec spf_options[] = {
	{"provider", 0, OPTION_STRING, "ID,...", NULL, 0, 0,
	 {"services that send: google, microsoft, ses, sendgrid ...", "送信に使うサービス: google、microsoft、ses、sendgrid など"}},
	{"ip", 0, OPTION_STRING, "ADDRESS,...", NULL, 0, 0,
	 {"own addresses and networks", "自分のアドレスとネットワーク"}},
	{"mx", 0, OPTION_FLAG, NULL, NULL, 0, 0,
	 {"the hosts that take the domain's mail send too", "受信用のホストからも送信する"}},
	{"a", 0, OPTION_FLAG, NULL, NULL, 0, 0,
	 {"the host of the domain itself sends", "ドメイン自身のホストから送信する"}},
	{"host", 0, OPTION_STRING, "NAME,...", NULL, 0, 0,
	 {"other hosts that send", "送信するほかのホスト"}},
	{"include", 0, OPTION_STRING, "DOMAIN,...", NULL, 0, 0,
	 {"domains to include, of services that are not in the catalogue", "include するドメイン (カタログにないサービス)"}},
	{"ending", 0, OPTION_CHOICE, NULL, "fail|softfail|neutral", 0, 0,
	 {"what all other mail is (default: as the services propose)", "それ以外のメールの扱い (既定: サービスの推奨)"}},
	{"merge", 0, OPTION_STRING, "RECORD", NULL, 0, 0,
	 {"the record that is there, to be added to", "追加先となる既存のレコード"}},
	{"lookups", 0, OPTION_FLAG, NULL, NULL, 0, 0,
	 {"follow the includes through DNS, and count", "include を DNS でたどって数える"}},
	RECORD_MADE_OPTIONS,
	{0},
};

static const struct option_spec dmarc_options[] = {
	{"p", 0, OPTION_CHOICE, NULL, "none|quarantine|reject", 0, 0, {"policy (default: none)", "ポリシー (既定: none)"}},
	{"sp", 0, OPTION_CHOICE, NULL, "none|quarantine|reject", 0, 0, {"policy of subdomains", "サブドメインのポリシー"}},
	{"np", 0, OPTION_CHOICE, NULL, "none|quarantine|reject", 0, 0,
	 {"policy of subdomains that do not exist", "存在しないサブドメインのポリシー"}},
	{"rua", 0, OPTION_STRING, "ADDRESS,...", NULL, 0, 0,
	 {"where aggregate reports go (default: dmarc@DOMAIN; none: nowhere)", "集計レポートの宛先 (既定: dmarc@DOMAIN、none でなし)"}},
	{"ruf", 0, OPTION_STRING, "ADDRESS,...", NULL, 0, 0,
	 {"where failure reports go (default: dmarcfail@DOMAIN; none: nowhere)", "失敗レポートの宛先 (既定: dmarcfail@DOMAIN、none でなし)"}},
	{"adkim", 0, OPTION_CHOICE, NULL, "r|s", 0, 0, {"alignment of DKIM: relaxed or strict", "DKIM のアライメント: 緩やか (r) か厳格 (s)"}},
	{"aspf", 0, OPTION_CHOICE, NULL, "r|s", 0, 0, {"alignment of SPF: relaxed or strict", "SPF のアライメント: 緩やか (r) か厳格 (s)"}},
	{"fo", 0, OPTION_STRING, "0|1|d|s", NULL, 0, 0,
	 {"which failures are reported, with colons between", "報告してほしい不合格の種類 (コロン区切り)"}},
	{"testing", 0, OPTION_FLAG, NULL, NULL, 0, 0, {"t=y: the policy is being tried out", "t=y: ポリシーを試している"}},
	{"psd", 0, OPTION_CHOICE, NULL, "y|n|u", 0, 0, {"whether this is a public suffix", "パブリックサフィックスかどうか"}},
	{"pct", 0, OPTION_NUMBER, "PERCENT", NULL, 0, 100,
	 {"share of mail, for older receivers (rfc7489; default there: 100)", "対象にする割合 (rfc7489 のみ、既定: 100)"}},
	{"rf", 0, OPTION_CHOICE, NULL, "afrf|iodef", 0, 0, {"format of failure reports (rfc7489)", "失敗レポートの形式 (rfc7489 のみ)"}},
	{"ri", 0, OPTION_NUMBER, "SECONDS", NULL, 0, UINT32_MAX, {"time between aggregate reports (rfc7489)", "集計レポートの間隔 (rfc7489 のみ)"}},
	{"profile", 0, OPTION_CHOICE, NULL, "rfc9989|rfc7489", 0, 0,
	 {"tags of the newer or the older RFC (default: rfc9989)", "新旧どちらの RFC のタグを使うか (既定: rfc9989)"}},
	RECORD_MADE_OPTIONS,
	{0},
};

static const struct option_spec tlsrpt_options[] = {
	{"rua", 0, OPTION_STRING, "ADDRESS,...", NULL, 0, 0,
	 {"where reports go (default: tlsrpt@DOMAIN)", "レポートの宛先 (既定: tlsrpt@DOMAIN)"}},
	RECORD_MADE_OPTIONS,
	{0},
};

static const struct option_spec mta_sts_options[] = {
	{"id", 0, OPTION_STRING, "ID", NULL, 0, 0,
	 {"changes with each change of the policy file (default: the time)", "ポリシーファイルを変えるたびに変える値 (既定: 現在時刻)"}},
	RECORD_MADE_OPTIONS,
	{0},
};

static const struct option_spec dkim_options[] = {
	{"key", 'k', OPTION_FILE, "FILE", NULL, 0, 0, {"key file (PEM), private or public", "鍵ファイル (PEM、秘密鍵または公開鍵)"}},
	RECORD_MADE_OPTIONS,
	{0},
};

static const struct example spf_examples[] = {
	{"inkan record spf example.com --provider google,sendgrid --ip 192.0.2.1", {"two services and one server", "サービス 2 つとサーバー 1 台"}},
	{"inkan record spf example.com --provider microsoft --merge 'v=spf1 mx ~all' --lookups",
	 {"add to the record that is there, and count its look-ups", "既存のレコードに加え、問い合わせを数える"}},
	{NULL, {NULL, NULL}},
};

static const struct example dmarc_examples[] = {
	{"inkan record dmarc example.com", {"ask, on a terminal; else a record that only observes", "端末では質問し、それ以外では監視だけのレコードを作る"}},
	{"inkan record dmarc ho2k.com --sp none --profile rfc7489 --format zone", {"a line for a zone file", "ゾーンファイルの行にする"}},
	{"inkan record dmarc example.com --p reject --rua reports@example.com --ruf none --panel namecheap",
	 {"as it is typed into a panel", "管理画面に入力する形にする"}},
	{NULL, {NULL, NULL}},
};

static const struct example tlsrpt_examples[] = {
	{"inkan record tlsrpt example.com --rua tls@example.com", {"where reports on TLS go", "TLS のレポートの宛先"}},
	{NULL, {NULL, NULL}},
};

static const struct example mta_sts_examples[] = {
	{"inkan record mta-sts example.com --format nsupdate", {"publish a new id by dynamic update", "新しい id を動的更新で公開する"}},
	{NULL, {NULL, NULL}},
};

static const struct example dkim_examples[] = {
	{"inkan record dkim s2026 example.com --key s2026.pem --format powershell", {"for Windows DNS", "Windows DNS 用"}},
	{NULL, {NULL, NULL}},
};

static const struct command spf_record_command = {
	.name = "spf",
	.summary = {"Make an SPF record, or add to one", "SPF レコードを作る、または既存のものに加える"},
	.operands = "DOMAIN", .operands_min = 1, .operands_max = 1,
	.description = {"A domain has one SPF record: what sends besides is merged into it with --merge. Without options, on a terminal, "
	                "the questions are asked there. Services are known by id; “inkan record spf DOMAIN --provider list” names "
	                "those that are known.",
	                "SPF レコードはドメインに 1 つだけです。送信元を加えるときは --merge で既存のレコードに足します。端末でオプションなしに実行すると"
	                "質問します。サービスは ID で指定し、「inkan record spf DOMAIN --provider list」で一覧が出ます。"},
	.options = spf_options, .common = COMMON_DNS | COMMON_JSON, .examples = spf_examples, .run = run_spf,
};

static const struct command dmarc_record_command = {
	.name = "dmarc",
	.summary = {"Make a DMARC record", "DMARC レコードを作る"},
	.operands = "DOMAIN", .operands_min = 1, .operands_max = 1,
	.description = {"On a terminal, what was not told by options is asked. The default only observes: p=none, with reports to "
	                "mailboxes of the domain, which must exist. RFC 9989 has removed pct, rf and ri; --profile rfc7489 makes "
	                "records with them.",
	                "端末では、オプションで指定しなかったことを質問します。既定は監視だけです (p=none、レポートはドメインのメールボックス宛て。"
	                "メールボックスは作っておく必要があります)。RFC 9989 は pct、rf、ri を廃止しました。--profile rfc7489 なら入れられます。"},
	.options = dmarc_options, .common = COMMON_JSON, .examples = dmarc_examples, .run = run_dmarc,
};

static const struct command tlsrpt_record_command = {
	.name = "tlsrpt",
	.summary = {"Make a TLSRPT record", "TLSRPT レコードを作る"},
	.operands = "DOMAIN", .operands_min = 1, .operands_max = 1,
	.description = {"It asks other mail servers for daily reports on TLS with yours.",
	                "ほかのメールサーバーに、TLS についての日次レポートを依頼します。"},
	.options = tlsrpt_options, .common = COMMON_JSON, .examples = tlsrpt_examples, .run = run_tlsrpt,
};

static const struct command mta_sts_record_command = {
	.name = "mta-sts",
	.summary = {"Make an MTA-STS record", "MTA-STS レコードを作る"},
	.operands = "DOMAIN", .operands_min = 1, .operands_max = 1,
	.description = {"It says that there is a policy at https://mta-sts.DOMAIN/.well-known/mta-sts.txt, and when it changed.",
	                "https://mta-sts.DOMAIN/.well-known/mta-sts.txt にポリシーがあることと、その更新を示します。"},
	.options = mta_sts_options, .common = COMMON_AT | COMMON_JSON, .examples = mta_sts_examples, .run = run_mta_sts,
};

static const struct command dkim_record_command = {
	.name = "dkim",
	.summary = {"Make the DKIM record of a key", "鍵の DKIM レコードを作る"},
	.operands = "SELECTOR DOMAIN", .operands_min = 2, .operands_max = 2,
	.description = {"The key file is only read, and private parts never printed.", "鍵ファイルは読むだけで、秘密の部分は表示しません。"},
	.options = dkim_options, .common = COMMON_JSON, .examples = dkim_examples, .run = run_dkim,
};

static const struct command *const subcommands[] = {
	&spf_record_command, &dmarc_record_command, &dkim_record_command, &tlsrpt_record_command, &mta_sts_record_command, NULL};

static const struct example examples[] = {
	{"inkan record spf example.com --provider google,sendgrid --ip 192.0.2.1", {"an SPF record", "SPF レコード"}},
	{"inkan record dmarc example.com", {"a DMARC record, by questions", "質問に答えて DMARC レコードを作る"}},
	{"inkan record dkim s2026 example.com --key s2026.pem --format zone", {"the record of a key, for a zone file", "鍵のレコードをゾーンファイル用に作る"}},
	{NULL, {NULL, NULL}},
};

const struct command record_command = {
	.name = "record",
	.summary = {"Make SPF, DMARC, DKIM, TLSRPT and MTA-STS records, in the form that is wanted",
	            "SPF、DMARC、DKIM、TLSRPT、MTA-STS のレコードを望む形式で作る"},
	.operands = "",
	.description = {"", ""},
	.examples = examples,
	.subcommands = subcommands,
};
/* clang-format on */
