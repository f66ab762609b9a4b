/* The Japanese of the troubles that rooms below and config/words.c tell in English. */
#include "config/complain.h"

/* clang-format off */
static const struct text troubles[] = {
	/* core/ipset */
	{"not an IP address", "IP アドレスではありません"},
	{"not an IP address before the \"/\"", "「/」の前が IP アドレスではありません"},
	{"the prefix length behind the \"/\" is not a number from 0 to 128", "「/」の後のプレフィックス長は 0 から 128 の数です"},
	{"the prefix length of IPv4 is at most 32", "IPv4 のプレフィックス長は 32 までです"},
	{"the address has bits set behind the prefix", "プレフィックスより後のビットが立っています"},
	{"a range needs an IP address on either side of the \"-\"", "範囲には「-」の両側に IP アドレスが必要です"},
	{"the range begins in one address family and ends in the other", "範囲の両端で IPv4 と IPv6 が混ざっています"},
	{"the range ends before it begins", "範囲の終わりが始まりより前です"},
	/* config/address */
	{"the path of a Unix socket begins with /", "Unix ソケットのパスは「/」で始まります"},
	{"the path of a Unix socket has at most 107 octets", "Unix ソケットのパスは 107 オクテットまでです"},
	{"a port is a number from 0 to 65535", "ポートは 0 から 65535 の数です"},
	{"the host is missing; \"*\" stands for every address of this host", "ホストがありません。すべてのアドレスなら「*」と書きます"},
	{"no host name or address", "ホスト名でもアドレスでもありません"},
	{"an IPv6 address stands in brackets: inet:[::1]:8891", "IPv6 アドレスは角括弧で囲みます: inet:[::1]:8891"},
	{"no socket: write unix:/path or inet:host:port", "ソケットではありません: unix:/パス または inet:ホスト:ポート と書きます"},
	/* sig/signing */
	{"the header list is longer than 32768 octets", "フィールドの一覧が 32768 オクテットを超えています"},
	{"a name in the header list is not a field name", "フィールド名でない名前があります"},
	{"a name in the header list is longer than 74 octets", "74 オクテットを超えるフィールド名があります"},
	{"the header list names a field that relays change or add", "中継で変わるか加わるフィールドが含まれています"},
	{"the header list has more than 1000 names", "フィールド名は 1000 個までです"},
	{"the header list does not hold From", "From がありません"},
	{"the domain is not a domain name", "ドメイン名ではありません"},
	/* config/words */
	{"not a name server: write 192.0.2.53 or [2001:db8::1]:5353", "ネームサーバーではありません: 192.0.2.53 または [2001:db8::1]:5353 と書きます"},
	{"not an authserv-id: write a host name like mx.example.com", "authserv-id ではありません: mx.example.com のようなホスト名を書きます"},
	{"longer than 255 octets", "255 オクテットを超えています"},
	{"not a domain name: write it like example.com", "ドメイン名ではありません: example.com の形で書きます"},
	{"not a selector: letters, digits, \"-\", with dots between, like s2026", "セレクターではありません: s2026 のように英数字、「-」、ドットで書きます"},
	{"nothing in front of the \"@\": write example.com for the whole domain", "「@」の前がありません: ドメイン全体なら example.com と書きます"},
	{"not an address: \"*\" stands alone or in front of a domain, as in *.example.com", "アドレスではありません: 「*」は単独か、*.example.com のようにドメインの前に置きます"},
	{"not a pattern: write example.com, *.example.com, .example.com, alice@example.com or *", "パターンではありません: example.com、*.example.com、.example.com、alice@example.com、* のいずれかを書きます"},
	{"the identity has no @", "「@」がありません: @example.com の形で書きます"},
	{"not an address: write it like bounces@mail.example.com", "アドレスではありません: bounces@mail.example.com の形で書きます"},
	{"not a name: at most 64 letters, digits and signs, without spaces", "名前ではありません: 空白を含まない 64 文字までの英数字と記号です"},
	{"no store: write /path/of/file or postgresql://user@host/database", "データベースではありません: /パス または postgresql://ユーザー@ホスト/データベース と書きます"},
	{"SMTP replies are ASCII: write this text without other characters", "SMTP の応答は ASCII です: ほかの文字を使わずに書いてください"},
	{"longer than 200 octets, too long for an SMTP reply", "200 オクテットを超えています。SMTP の応答には長すぎます"},
};
/* clang-format on */

const char *trouble_ja(const char *trouble)
{
	for (size_t i = 0; i < sizeof troubles / sizeof *troubles; i++)
		if (strcmp(troubles[i].en, trouble) == 0)
			return troubles[i].ja;
	return trouble;
}
