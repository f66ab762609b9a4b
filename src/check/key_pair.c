#include "check/key_pair.h"

enum kind {
	KEY_MODE,
	KEY_OWNER,
	PUBLISHED_IS_MISSING,
	PUBLISHED_NO_KEY,
	PUBLISHED_IS_DIFFERENT,
	PUBLISHED_IS_REVOKED,
	PUBLISHED_SEVERAL,
	PUBLISHED_NO_ANSWER
};

const struct finding_kind key_pair_kinds[] = {
	[KEY_MODE] = {"key_mode",
                      SEVERITY_WARNING,
                      "",
                      {"other users can read or change the key file (mode {0})",
                       "ほかのユーザーが鍵ファイルを読み書きできます (モード {0})"},
                      {"chmod 600 FILE", "chmod 600 FILE を実行してください"}},
	[KEY_OWNER] = {"key_owner",
                       SEVERITY_WARNING,
                       "",
                       {"the key file belongs to another user ({0})", "鍵ファイルが別のユーザー ({0}) のものです"},
                       {"chown it to the user that signs", "署名するユーザーに chown してください"}},
	[PUBLISHED_IS_MISSING] =
		{"published_missing",
                 SEVERITY_ERROR,
                 "RFC 6376 section 6.1.2",
                 {"no key record is published at this name ({0})", "この名前に鍵レコードが公開されていません ({0})"},
                 {"publish the record that “inkan key show FILE” prints; check selector and domain",
                  "「inkan key show "
                  "FILE」が表示するレコードを公開してください。セレクターとドメインも確かめてください"}},
	[PUBLISHED_NO_KEY] =
		{"published_no_key",
                 SEVERITY_ERROR,
                 "RFC 6376 section 6.1.2",
                 {"there is a TXT record at this name, but it is no key record",
                  "この名前に TXT レコードはありますが、鍵レコードではありません"},
                 {"publish the record that “inkan key show FILE” prints; a wildcard record may be in the way",
                  "「inkan key show "
                  "FILE」が表示するレコードを公開してください。ワイルドカードレコードが妨げていることもあります"}},
	[PUBLISHED_IS_DIFFERENT] = {"published_different",
                                    SEVERITY_ERROR,
                                    "RFC 6376 section 6.1.3",
                                    {"another key is published: signatures made with this file will fail",
                                     "別の鍵が公開されています: このファイルで付けた署名は検証に失敗します"},
                                    {"publish this key under a new selector, or sign with the key that is published",
                                     "この鍵を新しいセレクターで公開するか、公開されている鍵で署名してください"}},
	[PUBLISHED_IS_REVOKED] = {"published_revoked",
                                  SEVERITY_ERROR,
                                  "RFC 6376 section 3.6.1",
                                  {"the key is revoked: p= is empty in the published record",
                                   "鍵は失効しています: 公開されているレコードの p= が空です"},
                                  {"do not sign with it; make a new key under a new selector",
                                   "この鍵で署名せず、新しいセレクターで新しい鍵を作ってください"}},
	[PUBLISHED_SEVERAL] = {"published_several",
                               SEVERITY_ERROR,
                               "RFC 6376 section 3.6.2.2",
                               {"{0} TXT records are published at this name: what verifiers do then is undefined",
                                "この名前に TXT レコードが {0} 個あります: 検証側の動作は不定です"},
                               {"keep one record per selector; delete the others",
                                "セレクターごとに 1 つだけ残し、ほかは削除してください"}},
	[PUBLISHED_NO_ANSWER] = {"published_no_answer",
                                 SEVERITY_WARNING,
                                 "RFC 6376 section 6.1.2",
                                 {"DNS gave no answer ({0})", "DNS から応答がありません ({0})"},
                                 {"try again later, or ask another server with --resolver",
                                  "後でもう一度試すか、--resolver で別のサーバーに問い合わせてください"}},
};
const size_t key_pair_kinds_count = sizeof(key_pair_kinds) / sizeof(*key_pair_kinds);

static void add(struct findings *f, enum kind kind, struct str arg)
{
	(void)findings_add(f, &key_pair_kinds[kind], FINDING_NOWHERE, (struct str[FINDING_ARGS]){arg});
}

/* ---- the file ---- */

void key_file_check(struct findings *f, const struct key_file_facts *facts)
{
	char octal[] = "0000";

	if (!facts->is_regular)
		return;
	for (unsigned i = 0; i < 4; i++)
		octal[3 - i] = (char)('0' + (facts->mode >> (3 * i) & 7));
	if (facts->mode & 077)
		add(f, KEY_MODE, arena_str(f->arena, str_c(octal)));
	if (!facts->is_own)
		add(f, KEY_OWNER, str_c(facts->owner));
}

/* ---- the record ---- */

const char *published_name(enum published published)
{
	static const char *const names[] = {
		[PUBLISHED_EQUAL] = "equal",     [PUBLISHED_DIFFERENT] = "different", [PUBLISHED_MISSING] = "missing",
		[PUBLISHED_REVOKED] = "revoked", [PUBLISHED_UNUSABLE] = "unusable",   [PUBLISHED_UNKNOWN] = "unknown",
	};

	return names[published];
}

void key_answer_check(struct findings *f, const struct dns_answer *answer)
{
	struct str status = str_c(dns_status_name(answer->status));

	if (dns_status_is_temporary(answer->status))
		add(f, PUBLISHED_NO_ANSWER, answer->why.n ? answer->why : status);
	else if (answer->status != DNS_ANSWER)
		add(f, PUBLISHED_IS_MISSING, status);
	else if (answer->count > 1)
		add(f, PUBLISHED_SEVERAL, finding_number(f->arena, answer->count));
}

/* How much a record says about the key: of several, the one that says most decides. */
static unsigned weight(enum published published)
{
	static const unsigned weights[] = {
		[PUBLISHED_MISSING] = 0, [PUBLISHED_UNKNOWN] = 0,   [PUBLISHED_UNUSABLE] = 1,
		[PUBLISHED_REVOKED] = 2, [PUBLISHED_DIFFERENT] = 3, [PUBLISHED_EQUAL] = 4,
	};

	return weights[published];
}

static bool says_key(const struct dkim_record_report *report)
{
	return report->has_key || report->is_revoked || taglist_find(&report->tags, "p");
}

/* One record; its findings are added to f. */
static int compare(const struct crypto *crypto, struct findings *f, const struct public_key *key, struct str text,
                   enum published *out)
{
	struct dkim_record_report report;
	int error = dkim_record_check(crypto, f, text, &report);

	if (error)
		return error;
	*out = report.is_revoked                                   ? PUBLISHED_REVOKED
	       : report.has_key && !public_key_eq(report.key, key) ? PUBLISHED_DIFFERENT
	       : report.is_usable                                  ? PUBLISHED_EQUAL
	       : says_key(&report)                                 ? PUBLISHED_UNUSABLE
	                                                           : PUBLISHED_MISSING;
	dkim_record_report_release(&report);
	return INKAN_OK;
}

int key_published_check(const struct crypto *crypto, struct findings *f, const struct public_key *key,
                        const struct dns_answer *answer, enum published *out)
{
	enum published best = dns_status_is_temporary(answer->status) ? PUBLISHED_UNKNOWN : PUBLISHED_MISSING;

	key_answer_check(f, answer);
	for (size_t i = 0; i < answer->count; i++) {
		enum published one;
		struct findings of_record;
		int error;

		findings_init(&of_record, f->arena);
		error = compare(crypto, &of_record, key, answer->records[i].text, &one);
		if (error)
			return error;
		/* what is wrong with the record matters where it is this key's record, or the only one */
		for (size_t k = 0; k < of_record.count && (one == PUBLISHED_EQUAL || one == PUBLISHED_UNUSABLE); k++)
			if (!findings_find(f, of_record.items[k].kind))
				findings_take(f, &of_record.items[k]);
		if (weight(one) > weight(best))
			best = one;
	}
	if (best == PUBLISHED_DIFFERENT)
		add(f, PUBLISHED_IS_DIFFERENT, STR_NULL);
	else if (best == PUBLISHED_REVOKED)
		add(f, PUBLISHED_IS_REVOKED, STR_NULL);
	else if (best == PUBLISHED_MISSING && answer->count)
		add(f, PUBLISHED_NO_KEY, STR_NULL);
	*out = best;
	return arena_error(f->arena);
}
