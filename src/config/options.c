#include "config/options.h"

#define FIELD(type, member) offsetof(struct type, member), sizeof(((struct type *)0)->member)
#define OF(member) FIELD(config, member)
#define ACTION(member) CONFIG_CHOICE, OF(policy.actions.member)
#define ACTIONS "tag|quarantine|reject|tempfail"
#define NUMBERS(minimum, maximum) .min = (minimum), .max = (maximum)

enum { SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE };
enum { DAY_SECONDS = 86400, YEAR_SECONDS = 365 * DAY_SECONDS };

/* clang-format off */
static const struct config_option gateway_options[] = {
	{"networks", CONFIG_NETWORKS, FIELD(trusted_gateway, networks), NULL,
	 .help = {"addresses of the gateway: single ones, networks, ranges", "ゲートウェイのアドレス: 単独、ネットワーク、範囲"}},
	{"mode", CONFIG_CHOICE, FIELD(trusted_gateway, mode), "exempt", .choices = "exempt|look-behind",
	 .help = {"exempt: SPF and DMARC are skipped; look-behind: SPF is checked for the host that delivered to the gateway",
	          "exempt: SPF と DMARC を省く。look-behind: ゲートウェイに渡したホストについて SPF を調べる"}},
	{"recipients", CONFIG_WORDS, FIELD(trusted_gateway, recipients), "", .form = form_pattern,
	 .help = {"only for messages all of whose recipients match one of these", "すべての宛先がこのいずれかに合うメッセージに限る"}},
	{0},
};

static const struct config_maps gateway_maps = {gateway_options, sizeof(struct trusted_gateway),
	offsetof(struct config, policy.gateway_count), false};

static const struct config_option key_options[] = {
	{"selector", CONFIG_WORD, FIELD(signing_key, selector), NULL, .form = form_selector,
	 .help = {"name of the key under the domain (s=)", "ドメインの下での鍵の名前 (s=)"}},
	{"file", CONFIG_KEY, FIELD(signing_key, key), NULL,
	 .help = {"private key, PEM", "秘密鍵 (PEM)"}},
	{0},
};

static const struct config_maps key_maps = {key_options, sizeof(struct signing_key),
	offsetof(struct signing_rule, key_count), true};

static const struct config_option rule_options[] = {
	{"from", CONFIG_WORDS, FIELD(signing_rule, from), "", .form = form_pattern,
	 .help = {"authors it is for: example.com, *.example.com, .example.com (both), alice@example.com, *; default: those at `domain`",
	          "対象の差出人: example.com、*.example.com、.example.com (両方)、alice@example.com、*。省略時は domain のアドレス"}},
	{"except_recipients", CONFIG_WORDS, FIELD(signing_rule, except_recipients), "", .form = form_pattern,
	 .help = {"a message all of whose recipients match is not signed by this rule", "すべての宛先がこれに合うメッセージは、この規則では署名しない"}},
	{"domain", CONFIG_WORD_OR_NULL, FIELD(signing_rule, domain), "", .form = form_domain,
	 .help = {"domain that signs (d=); default: that of the author", "署名するドメイン (d=)。省略時は差出人のドメイン"}},
	{"top", CONFIG_FLAG, FIELD(signing_rule, top), "no",
	 .help = {"sign for what is below a name of `from` in that name (d=), instead of `domain`",
	          "from の名前より下のドメインについて、その名前で署名する (domain の代わり)"}},
	{"identity", CONFIG_WORD_OR_NULL, FIELD(signing_rule, identity), "", .form = form_identity,
	 .help = {"agent or user on whose behalf (i=): @example.com", "署名の主体 (i=): @example.com"}},
	{"headers", CONFIG_WORD_OR_NULL, FIELD(signing_rule, headers), "", .form = form_headers,
	 .help = {"names of signed fields with “:” between; one named more often than it occurs cannot be added later; default: a safe set",
	          "署名するフィールド名 (「:」区切り)。実際より多く書くと後から追加できなくなる。省略時は安全な既定の組"}},
	{"canonicalization", CONFIG_CANONICAL, offsetof(struct signing_rule, header), 2 * sizeof(enum inkan_canonicalization), "relaxed/relaxed",
	 .help = {"of header and body: relaxed or simple", "ヘッダーと本文の正規化: relaxed または simple"}},
	{"expire", CONFIG_SECONDS, FIELD(signing_rule, expire), "0s", NUMBERS(0, 10LL * YEAR_SECONDS),
	 .help = {"how long signatures are valid (x=); 0: without end", "署名の有効期間 (x=)。0: 無期限"}},
	{"fallback", CONFIG_FLAG, FIELD(signing_rule, fallback), "no",
	 .help = {"only where no rule before it signs", "前の規則がどれも署名しないときだけ使う"}},
	{"keys", CONFIG_MAPS, FIELD(signing_rule, keys), NULL, .max = SIGNING_RULE_KEYS_MAX, .maps = &key_maps,
	 .help = {"one signature for each", "鍵ごとに 1 つの署名"}},
	{0},
};

static const struct config_maps rule_maps = {rule_options, sizeof(struct signing_rule),
	offsetof(struct config, policy.rule_count), false};

const struct config_option config_options[] = {
	{"user", CONFIG_WORD, OF(user), "inkan", .form = form_name,
	 .help = {"user to become when started as root", "root で起動したときに切り替えるユーザー"}},
	{"mode", CONFIG_CHOICE, OF(policy.shadow), "active", .choices = "active|shadow",
	 .help = {"shadow: judge and log, change nothing", "shadow: 判定して記録するだけで、何も変えない"}},
	{"authserv_id", CONFIG_WORD, OF(authserv_id), "", .form = form_authserv_id,
	 .help = {"our name in Authentication-Results; default: the host name", "Authentication-Results に書く自分の名前。省略時はホスト名"}},
	{"own_authserv_ids", CONFIG_WORDS, OF(own_authserv_ids), "", .max = 1000, .form = form_authserv_id,
	 .help = {"further names of ours: fields of strangers that claim them are removed", "ほかの自分の名前: これを騙る外部のフィールドは取り除く"}},
	{"workers", CONFIG_NUMBER, OF(workers), "0", NUMBERS(0, CONFIG_WORKERS_MAX),
	 .help = {"threads that judge; 0: one a core", "判定するスレッドの数。0: コアごとに 1 つ"}},

	{"milter.listen", CONFIG_WORDS, OF(milter.listen), "unix:/run/inkan/milter.sock", .max = CONFIG_LISTEN_MAX, .form = form_socket,
	 .help = {"where the mail server connects: unix:/path or inet:address:port", "メールサーバーの接続先: unix:/パス または inet:アドレス:ポート"}},
	{"milter.socket_mode", CONFIG_MODE, OF(milter.socket_mode), "0660", NUMBERS(0, 0777),
	 .help = {"permissions of Unix sockets", "Unix ソケットの権限"}},
	{"milter.socket_group", CONFIG_WORD, OF(milter.socket_group), "", .form = form_name,
	 .help = {"group of Unix sockets: that of the mail server", "Unix ソケットのグループ: メールサーバーのもの"}},
	{"milter.connections_max", CONFIG_NUMBER, OF(milter.connections_max), "4096", NUMBERS(1, 1000000),
	 .help = {"connections at once; further ones wait", "同時接続数。超えた分は待つ"}},
	{"milter.idle_timeout", CONFIG_MILLISECONDS, OF(milter.idle_timeout), "2h", NUMBERS(SECOND, 24 * HOUR),
	 .help = {"how long a connection may say nothing", "接続が何も送らないでいられる時間"}},
	{"milter.write_timeout", CONFIG_MILLISECONDS, OF(milter.write_timeout), "1m", NUMBERS(SECOND, HOUR),
	 .help = {"how long a connection may leave our answer unread", "応答が読まれないまま待つ時間"}},
	{"milter.message_max", CONFIG_OCTETS, OF(milter.message_max), "0", NUMBERS(0, INT64_MAX),
	 .help = {"size from which messages are not judged to the end; 0: none", "これより大きいメッセージは最後まで判定しない。0: 無制限"}},
	{"milter.drain_time", CONFIG_MILLISECONDS, OF(milter.drain_time), "30s", NUMBERS(0, HOUR),
	 .help = {"how long begun sessions may go on at stop and reload", "停止・再読み込みのとき、始まっているセッションを待つ時間"}},
	{"milter.failure", CONFIG_CHOICE, OF(milter.failure), "tempfail", .choices = "tag|||tempfail",
	 .help = {"what becomes of a message when inkan itself fails: tempfail or tag", "inkan 自身の障害時のメッセージの扱い: tempfail または tag"}},

	{"status.listen", CONFIG_WORDS, OF(status.listen), "inet:127.0.0.1:8953", .max = CONFIG_LISTEN_MAX, .form = form_socket,
	 .help = {"where the status page, metrics and health are served; []: nowhere", "状態ページ、メトリクス、ヘルスチェックを出す場所。[]: なし"}},

	{"dns.snapshot", CONFIG_FILE, OF(dns.snapshot), "",
         .help = {"a DNS snapshot (JSON) that is all the world there is: for demonstrations and tests",
                  "これだけを DNS とみなすスナップショット (JSON)。試用とテスト向け"}},
	{"dns.resolver", CONFIG_WORDS, OF(dns.resolver), "", .max = 16, .form = form_resolver,
	 .help = {"name servers: 192.0.2.53, [2001:db8::1]:5353; default: those of the system", "ネームサーバー: 192.0.2.53、[2001:db8::1]:5353。省略時はシステムのもの"}},
	{"dns.recursive", CONFIG_FLAG, OF(dns.recursive), "no",
	 .help = {"ask the world from the root on, no name servers", "ネームサーバーを使わず、ルートから自分で問い合わせる"}},
	{"dns.validate", CONFIG_FLAG, OF(dns.validate), "yes",
	 .help = {"check DNSSEC", "DNSSEC を検証する"}},
	{"dns.strict", CONFIG_FLAG, OF(dns.strict), "no",
	 .help = {"check DNSSEC also where the name servers cannot hand on what that needs", "ネームサーバーが必要な情報を渡せない場合も DNSSEC を検証する"}},
	{"dns.trust_anchor", CONFIG_FILE, OF(dns.trust_anchor), "",
	 .help = {"file of DS or DNSKEY records of the root; default: the system's", "ルートの DS または DNSKEY レコードのファイル。省略時はシステムのもの"}},
	{"dns.timeout", CONFIG_MILLISECONDS, OF(dns.timeout), "5s", NUMBERS(100, HOUR),
	 .help = {"patience with one question", "1 つの問い合わせを待つ時間"}},
	{"dns.message_timeout", CONFIG_MILLISECONDS, OF(dns.message_timeout), "20s", NUMBERS(100, HOUR),
	 .help = {"patience with all questions of one message", "1 通のメッセージの問い合わせ全体を待つ時間"}},
	{"dns.cache_size", CONFIG_OCTETS, OF(dns.cache_size), "64MiB", NUMBERS(1 << 20, 64LL << 30),
	 .help = {"memory for answers that all workers share", "全スレッドが共有する応答のメモリー"}},
	{"dns.cache_min_ttl", CONFIG_SECONDS, OF(dns.cache_min_ttl), "0s", NUMBERS(0, DAY_SECONDS),
	 .help = {"an answer is kept at least so long", "応答を少なくともこの時間は保つ"}},
	{"dns.cache_max_ttl", CONFIG_SECONDS, OF(dns.cache_max_ttl), "1d", NUMBERS(1, 7 * DAY_SECONDS),
	 .help = {"an answer is kept at most so long", "応答を保つ時間の上限"}},
	{"dns.cache_failure_ttl", CONFIG_SECONDS, OF(dns.cache_failure_ttl), "5s", NUMBERS(1, 300),
	 .help = {"a failure is kept so long (RFC 2308: at most 5 minutes)", "失敗を覚えておく時間 (RFC 2308: 5 分まで)"}},
	{"dns.serve_stale", CONFIG_SECONDS, OF(dns.serve_stale), "0s", NUMBERS(0, 7 * DAY_SECONDS),
	 .help = {"how long an outdated answer may stand in where DNS fails; 0: never", "DNS の障害時に期限切れの応答を使ってよい時間。0: 使わない"}},

	{"verify.allow_legacy", CONFIG_FLAG, OF(verify.allow_legacy), "no",
	 .help = {"accept rsa-sha1 and RSA keys below 1024 bits, which RFC 8301 forbids", "RFC 8301 が禁じる rsa-sha1 と 1024 ビット未満の RSA 鍵を認める"}},
	{"verify.allow_partial_body", CONFIG_FLAG, OF(verify.allow_partial_body), "no",
	 .help = {"accept signatures whose l= leaves part of the body unsigned", "l= により本文の一部が署名されていない署名を認める"}},
	{"verify.received_spf", CONFIG_FLAG, OF(verify.received_spf), "no",
	 .help = {"add a Received-SPF field as well", "Received-SPF フィールドも加える"}},
	{"verify.signatures_max", CONFIG_NUMBER, OF(verify.signatures_max), "10", NUMBERS(1, 100),
	 .help = {"signatures that are judged of a message", "1 通で判定する署名の数"}},
	{"verify.clock_skew", CONFIG_SECONDS, OF(verify.clock_skew), "5m", NUMBERS(1, DAY_SECONDS),
	 .help = {"how far clocks may differ", "時計のずれの許容範囲"}},
	{"verify.dmarc_profile", CONFIG_CHOICE, OF(verify.dmarc_profile), "rfc9989", .choices = "rfc9989|rfc7489",
	 .help = {"how policies are found: by the DNS tree, or by the list of public suffixes", "ポリシーの探し方: DNS の木をたどるか、公開サフィックスの一覧によるか"}},
	{"verify.public_suffix_list", CONFIG_FILE, OF(verify.public_suffix_list), "",
	 .help = {"file of publicsuffix.org; default: the system's", "publicsuffix.org のファイル。省略時はシステムのもの"}},
	{"verify.strip_all_results", CONFIG_FLAG, OF(verify.strip_all_results), "no",
	 .help = {"remove every Authentication-Results field that comes from outside", "外から来た Authentication-Results フィールドをすべて取り除く"}},

	{"outbound.authenticated", CONFIG_FLAG, OF(policy.outbound.authenticated), "yes",
	 .help = {"a message is ours to sign if its client has logged in", "ログインしたクライアントのメッセージを自分のものとして署名する"}},
	{"outbound.networks", CONFIG_NETWORKS, OF(policy.outbound.networks), "127.0.0.0/8 ::1",
	 .help = {"... if its client is at one of these addresses", "…これらのアドレスのクライアントのメッセージ"}},
	{"outbound.daemon_names", CONFIG_WORDS, OF(policy.outbound.daemon_names), "ORIGINATING submission", .max = 100, .form = form_name,
	 .help = {"... if the mail server's service has one of these names ({daemon_name})", "…メールサーバーのサービス名 ({daemon_name}) がこれらのもの"}},
	{"outbound.local", CONFIG_FLAG, OF(policy.outbound.local), "yes",
	 .help = {"... if it came by no network: from a program on this host", "…ネットワークを通らずに、このホストのプログラムから来たもの"}},

	{"ignore.networks", CONFIG_NETWORKS, OF(policy.ignored), "",
	 .help = {"clients whose messages are neither judged nor signed", "判定も署名もしないクライアント"}},

	{"gateways", CONFIG_MAPS, OF(policy.gateways), "", .max = CONFIG_GATEWAYS_MAX, .maps = &gateway_maps,
	 .help = {"hosts of ours that hand on mail from outside", "外からのメールを中継する自分のホスト"}},

	{"sign", CONFIG_MAPS, OF(policy.rules), "", .max = CONFIG_RULES_MAX, .maps = &rule_maps,
	 .help = {"rules of signing; every rule that matches signs", "署名の規則。合うものはすべて署名する"}},

	{"arc.trusted_sealers", CONFIG_WORDS, OF(arc.trusted_sealers), "", .max = INKAN_TRUSTED_SEALERS_MAX, .form = form_domain,
	 .help = {"forwarders whose ARC word counts where DMARC fails", "DMARC が失敗したとき、ARC の記録を信じる転送者"}},
	{"arc.seal.domain", CONFIG_WORD, OF(arc.seal_domain), "", .form = form_domain,
	 .help = {"domain that seals what is judged; default: nothing is sealed", "判定したメールを封印するドメイン。省略時は封印しない"}},
	{"arc.seal.selector", CONFIG_WORD, OF(arc.seal_key.selector), "", .form = form_selector,
	 .help = {"name of the sealing key under that domain", "封印の鍵の名前"}},
	{"arc.seal.file", CONFIG_KEY, OF(arc.seal_key.key), "",
	 .help = {"private key that seals, PEM", "封印の秘密鍵 (PEM)"}},

	{"policy.dmarc_reject", ACTION(dmarc_reject), "tag", .choices = ACTIONS,
	 .help = {"where DMARC fails and the domain asks for reject", "DMARC が失敗し、ドメインが reject を求めるとき"}},
	{"policy.dmarc_quarantine", ACTION(dmarc_quarantine), "tag", .choices = ACTIONS,
	 .help = {"where DMARC fails and the domain asks for quarantine", "DMARC が失敗し、ドメインが quarantine を求めるとき"}},
	{"policy.dmarc_temperror", ACTION(dmarc_temperror), "tag", .choices = ACTIONS,
	 .help = {"where DMARC cannot be judged for now", "DMARC が一時的に判定できないとき"}},
	{"policy.dmarc_permerror", ACTION(dmarc_permerror), "tag", .choices = ACTIONS,
	 .help = {"where the DMARC record cannot be read", "DMARC レコードが読めないとき"}},
	{"policy.no_author", ACTION(no_author), "tag", .choices = ACTIONS,
	 .help = {"where From names no domain", "From にドメインがないとき"}},
	{"policy.several_authors", ACTION(several_authors), "tag", .choices = ACTIONS,
	 .help = {"where From names several domains", "From に複数のドメインがあるとき"}},
	{"policy.spf_fail", ACTION(spf_fail), "tag", .choices = ACTIONS,
	 .help = {"where SPF fails", "SPF が fail のとき"}},
	{"policy.spf_softfail", ACTION(spf_softfail), "tag", .choices = ACTIONS,
	 .help = {"where SPF is softfail and DMARC fails too", "SPF が softfail で、DMARC も失敗したとき"}},
	{"policy.spf_temperror", ACTION(spf_temperror), "tag", .choices = ACTIONS,
	 .help = {"where SPF cannot be judged for now", "SPF が一時的に判定できないとき"}},
	{"policy.spf_permerror", ACTION(spf_permerror), "tag", .choices = ACTIONS,
	 .help = {"where the SPF record is wrong", "SPF レコードに誤りがあるとき"}},
	{"policy.spf_fail_unless_dmarc_passes", CONFIG_FLAG, OF(policy.actions.spf_fail_unless_dmarc_passes), "yes",
	 .help = {"a message that DMARC passes is not touched because of SPF", "DMARC に合格したメッセージは SPF を理由に扱いを変えない"}},
	{"policy.accept_from", CONFIG_WORDS, OF(policy.actions.accept_from), "", .form = form_pattern,
	 .help = {"authors whose failures are overridden (patterns as in `sign`)", "失敗しても受け入れる差出人 (パターンは sign と同じ)"}},
	{"policy.contact", CONFIG_WORD_OR_NULL, OF(policy.actions.contact), "", .form = form_reply,
	 .help = {"put behind the text of a refusal: see https://...", "拒否の文の後に付ける連絡先: see https://..."}},

	{"log.format", CONFIG_CHOICE, OF(log.format), "text", .choices = "text|json",
	 .help = {"one line a message, for people or machines", "メッセージごとに 1 行: 人向け (text) または機械向け (json)"}},
	{"log.addresses", CONFIG_FLAG, OF(log.addresses), "no",
	 .help = {"whole addresses of senders and recipients; else their domains only", "差出人と宛先のアドレス全体を記録する。no ならドメインだけ"}},

	{"store.path", CONFIG_FILE, OF(store.path), "/var/lib/inkan/inkan.db",
	 .help = {"database of outcomes; \"\": none is kept", "判定結果のデータベース。\"\": 保存しない"}},
	{"store.keep", CONFIG_SECONDS, OF(store.keep), "90d", NUMBERS(HOUR / SECOND, 10LL * YEAR_SECONDS),
	 .help = {"how long outcomes are kept", "判定結果を保つ期間"}},
	{"store.queue_max", CONFIG_NUMBER, OF(store.queue_max), "10000", NUMBERS(1, 1000000),
	 .help = {"outcomes that wait in memory while the disk does not take them", "ディスクに書けない間にメモリーで待つ結果の数"}},
	{0},
};
/* clang-format on */
