/* What the configurations of OpenDKIM and OpenDMARC share: their lines, and options of the same meaning. */
#include <assert.h>

#include "config/address.h"
#include "config/import_parts.h"
#include "core/near.h"

/* clang-format off */
const struct text import_daemon = {"not needed: inkan stays in the foreground under systemd, which restarts it; its processes restart each other",
	"不要です: inkan は systemd の下でフォアグラウンドで動き、再起動もされます"};
const struct text import_log = {"not needed: one line a message always says what was found, done, and why; `log.format` chooses the form",
	"不要です: 判定、処理、理由は常に 1 通 1 行で記録されます。形式は log.format で選びます"};
const struct text import_reports = {"no reports are sent", "レポートは送りません"};
const struct text import_ldap = {"LDAP is not asked – write the domains into the configuration", "LDAP は使いません – ドメインを設定ファイルに書いてください"};
const struct text import_scripts = {"there are no scripts", "スクリプトは使えません"};
const struct text import_reputation = {"there is no reputation of domains, and no limit of rates", "ドメインの評価や流量の制限はありません"};
const struct text import_old = {"a protocol that nobody uses any more", "今は使われていない仕組みです"};
const struct text import_debug = {"for debugging only; `inkan explain` and the log tell what happened", "デバッグ用です。経緯は inkan explain とログにあります"};
const struct text import_vbr = {"Vouch by Reference is not known here", "Vouch by Reference には対応していません"};
const struct text import_statistics = {"not needed: results go to the database of `store.path`, counts to the metrics of `status.listen`",
	"不要です: 結果は store.path のデータベースに、件数は status.listen のメトリクスに出ます"};
const struct text import_alone = {"there is nothing like it", "相当するものはありません"};
const struct text import_spf = {"not needed: inkan checks SPF itself, and believes no result that others wrote",
	"不要です: inkan は SPF を自分で検査し、ほかのプログラムが書いた結果は信用しません"};
/* clang-format on */

/* ---- lines ---- */

static size_t index_of(const struct import_option *options, struct str word)
{
	size_t k = 0;

	while (options[k].name && !str_ieq(str_c(options[k].name), word))
		k++;
	return k;
}

void import_unknown(struct import *i, const struct import_option *options, struct str word, size_t line)
{
	const char *near = NULL;
	size_t best = SIZE_MAX;

	for (size_t k = 0; options[k].name && i->note_count < IMPORT_NOTES_MAX; k++) {
		size_t distance = word_distance(word, str_c(options[k].name));

		if (distance < best && word_is_near(word, str_c(options[k].name))) {
			near = options[k].name;
			best = distance;
		}
	}
	if (near)
		import_note(i, IMPORT_WRONG, line, "", "no such option: %.*s – did you mean “%s”?",
		            "「%.*s」という項目はありません – もしかして「%s」ですか?", STR_ARG(shown(word)), near);
	else
		import_note(i, IMPORT_WRONG, line, "", "no such option: %.*s – it is left out",
		            "「%.*s」という項目はありません – 省きました", STR_ARG(shown(word)));
}

/* A file whose lines are being read. */
struct open_file {
	struct str rest;
	const char *name;
	size_t line;
	struct buf text;
};

/* "Include" goes on in another file; false where it is not that. */
static bool enter_include(struct import *i, struct open_file *files, size_t *depth, struct str name, struct str value)
{
	struct open_file *next = &files[*depth];

	if (!str_ieq(name, STR("Include")))
		return false;
	if (*depth == IMPORT_INCLUDES_MAX) {
		import_note(i, IMPORT_WRONG, files[*depth - 1].line, "Include",
		            "more than %d files within each other – not read",
		            "入れ子が %d 段を超えています – 読みません", (int)IMPORT_INCLUDES_MAX);
		return true;
	}
	if (import_read_file(i, value, files[*depth - 1].line, "Include", &next->text)) {
		next->rest = buf_str(&next->text);
		next->name = i->file = arena_str(&i->arena, value).p;
		next->line = 0;
		++*depth;
	} else {
		buf_release(&next->text);
	}
	return true;
}

static void take_line(struct import *i, struct open_file *files, size_t *depth, const struct import_option *options,
                      struct import_value *values)
{
	struct open_file *f = &files[*depth - 1];
	struct str line = str_split(&f->rest, '\n'), name;
	size_t k = 0;

	f->line++;
	line = str_trim_fws(str_head(line, str_find(line, '#')));
	while (k < line.n && !is_fws_char(line.p[k]))
		k++;
	name = str_head(line, k);
	line = str_trim_fws(str_skip(line, k));
	if (name.n == 0 || enter_include(i, files, depth, name, line))
		return;
	k = index_of(options, name);
	if (!options[k].name)
		import_unknown(i, options, name, f->line);
	else if (line.n == 0)
		import_note(i, IMPORT_WRONG, f->line, options[k].name, "no value", "値がありません");
	else
		values[k] = (struct import_value){arena_str(&i->arena, line), f->line, true};
}

void import_lines(struct import *i, struct str text, const struct import_option *options, struct import_value *values)
{
	struct open_file files[IMPORT_INCLUDES_MAX + 1] = {{.rest = text, .name = i->file}};
	size_t depth = 1;

	while (depth) {
		struct open_file *f = &files[depth - 1];

		i->file = f->name;
		if (f->rest.n) {
			take_line(i, files, &depth, options, values);
		} else {
			depth--;
			if (depth)
				buf_release(&f->text);
		}
	}
}

void import_tell(struct import *i, const struct import_option *options, const struct import_value *values)
{
	for (size_t k = 0; options[k].name; k++)
		if (values[k].given && options[k].reason && !(options[k].is_flag && !import_is_yes(&values[k])))
			import_note_text(i, options[k].kind, values[k].line, options[k].name, *options[k].reason);
}

const struct import_value *import_value(const struct import_option *options, const struct import_value *values,
                                        const char *name)
{
	size_t k = index_of(options, str_c(name));

	assert(options[k].name);
	return &values[k];
}

bool import_is_yes(const struct import_value *value)
{
	return value->given && value->text.n && strchr("TtYy1", value->text.p[0]);
}

/* ---- options of the same meaning ---- */

/* Where the systemd unit lets the service write. */
static bool is_within_unit(struct str path)
{
	return str_has_prefix(path, STR("/run/inkan/")) || str_has_prefix(path, STR("/var/spool/postfix/inkan/"));
}

static void note_place(struct import *i, const struct import_value *socket)
{
	import_note(
		i, IMPORT_DIFFERS, socket->line, "Socket",
		"the old filter has it while it runs, and inkan.service may write below /run/inkan and "
		"/var/spool/postfix/inkan only: give inkan a socket there, with `milter.socket_group` that of the mail "
		"server",
		"動いている間は古いフィルターが使っており、inkan.service が書き込めるのは /run/inkan と "
		"/var/spool/postfix/inkan の下だけです。inkan のソケットはそこに置き、milter.socket_group "
		"をメールサーバーのグループにしてください");
}

void import_socket(struct import *i, const struct import_value *socket, const struct import_value *umask)
{
	struct str value = socket->text;
	struct socket_address address;
	uint64_t mask;
	bool is_second = i->has_socket; /* the mode is that of the other one */
	char mode[8];

	if (socket->given && i->has_socket) {
		import_note(
			i, IMPORT_DIFFERS, socket->line, "Socket",
			"one socket does the work of both – take this one out of the mail server's list of milters",
			"1 つのソケットで両方を兼ねます – こちらをメールサーバーの milter の一覧から外してください");
	} else if (socket->given) {
		struct buf text;

		if (str_ihas_prefix(value, STR("local:")))
			value = str_skip(value, strlen("local:"));
		else if (str_ihas_prefix(value, STR("inet6:")))
			value = str_skip(value, strlen("inet6:"));
		buf_init(&text, 4096);
		if (value.n && value.p[0] == '/')
			buf_put_c(&text, "unix:");
		if (value.n && value.p[0] == '/' && !is_within_unit(value))
			note_place(i, socket);
		else if (!socket_address_parse(value, &address, NULL))
			buf_put_c(&text, "inet:");
		buf_put(&text, value);
		if (!import_failed(i, buf_error(&text)))
			import_set(i, "milter.listen", buf_str(&text), socket->line, "Socket");
		buf_release(&text);
		i->has_socket = true;
	}
	if (!umask->given || is_second)
		return;
	if (!import_octal(umask->text, &mask)) {
		import_note(i, IMPORT_WRONG, umask->line, "UMask", "no octal number", "8 進数ではありません");
		return;
	}
	mode[0] = '0';
	for (unsigned k = 0; k < 3; k++)
		mode[1 + k] = (char)('0' + (6 & ~(mask >> (6 - 3 * k)) & 7));
	import_set(i, "milter.socket_mode", str_from(mode, 4), umask->line, "UMask");
}

void import_user(struct import *i, const struct import_value *user)
{
	size_t colon = str_find(user->text, ':');

	if (!user->given)
		return;
	if (i->has_user) {
		import_note(i, IMPORT_DIFFERS, user->line, "UserID",
		            "one service does the work of both, as the user above",
		            "1 つのサービスで両方を兼ねます。ユーザーは上のものになります");
		return;
	}
	i->has_user = true;
	import_set(i, "user", str_head(user->text, colon), user->line, "UserID");
	import_note(i, IMPORT_DIFFERS, user->line, "UserID",
	            "the folder of `store.path` must belong to this user – or give the keys to the user inkan, and "
	            "leave `user` out",
	            "store.path のフォルダーはこのユーザーのものでなければなりません – または鍵を inkan "
	            "ユーザーのものにして user を消してください");
	if (colon < user->text.n)
		import_set(i, "milter.socket_group", str_skip(user->text, colon + 1), user->line, "UserID");
}

void import_authserv_id(struct import *i, const struct import_value *id)
{
	if (id->given && !str_ieq(id->text, STR("HOSTNAME")))
		import_set(i, "authserv_id", id->text, id->line, "AuthservID");
}

bool import_octal(struct str text, uint64_t *out)
{
	uint64_t value = 0;

	for (size_t k = 0; k < text.n; k++) {
		if (text.p[k] < '0' || text.p[k] > '7' || text.n > 5)
			return false;
		value = value << 3 | (uint64_t)(text.p[k] - '0');
	}
	*out = value;
	return text.n > 0 && value <= 0777;
}
