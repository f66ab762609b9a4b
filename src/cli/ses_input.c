/* Reading order: ses_input_read() -> read_document() -> take_object(), then take_options() -> take_attributes(). */
#include "cli/ses_input.h"

#include <jansson.h>

#include "crypto/crypto.h"
#include "io/file.h"

#define BOTH(e, j) ((struct text){e, j})

enum member_kind { MEMBER_TEXT, MEMBER_FLAG, MEMBER_NUMBER, MEMBER_NESTED };

/* Members of requests, wherever they stand, and the option that says the same. */
static const struct member {
	const char *name, *option;
	enum member_kind kind;
	size_t offset;
} members[] = {
	{"EmailIdentity", "email-identity", MEMBER_TEXT, offsetof(struct ses_input, identity)},
	{"DkimSigningAttributes", NULL, MEMBER_NESTED, 0},
	{"SigningAttributes", NULL, MEMBER_NESTED, 0},
	{"SigningAttributesOrigin", "signing-attributes-origin", MEMBER_TEXT, offsetof(struct ses_input, origin)},
	{"DomainSigningAttributesOrigin", NULL, MEMBER_TEXT, offsetof(struct ses_input, origin)},
	{"DomainSigningSelector", NULL, MEMBER_TEXT, offsetof(struct ses_input, selector)},
	{"DomainSigningPrivateKey", NULL, MEMBER_TEXT, offsetof(struct ses_input, private_key)},
	{"NextSigningKeyLength", NULL, MEMBER_TEXT, offsetof(struct ses_input, key_length)},
	{"MailFromDomain", "mail-from-domain", MEMBER_TEXT, offsetof(struct ses_input, mail_from)},
	{"BehaviorOnMxFailure", "behavior-on-mx-failure", MEMBER_TEXT, offsetof(struct ses_input, mx_failure)},
	{"NextToken", "next-token", MEMBER_TEXT, offsetof(struct ses_input, next_token)},
	{"SigningEnabled", NULL, MEMBER_FLAG, offsetof(struct ses_input, signing_enabled)},
	{"PageSize", "page-size", MEMBER_NUMBER, offsetof(struct ses_input, page_size)},
};

enum { MEMBERS = sizeof members / sizeof *members };

static int refuse(struct ses_input *out, const char *what, struct text why)
{
	out->bad = what;
	out->why = why;
	return INKAN_ESYNTAX;
}

static const struct member *find_member(struct str name)
{
	for (size_t i = 0; i < MEMBERS; i++)
		if (str_eq(name, str_c(members[i].name)))
			return &members[i];
	return NULL;
}

static void set_member(struct ses_input *out, const struct member *m, const void *value, size_t size)
{
	memcpy((char *)out + m->offset, value, size);
}

static void set_number(struct ses_input *out, const struct member *m, uint64_t number)
{
	set_member(out, m, &number, sizeof number);
}

static int set_text(struct arena *arena, const struct member *m, struct str text, struct ses_input *out)
{
	const char *copy = arena_str(arena, text).p;

	if (memchr(text.p ? text.p : "", '\0', text.n))
		return refuse(out, m->name, BOTH("holds a NUL character", "NUL 文字を含んでいます"));
	if (copy)
		set_member(out, m, &copy, sizeof copy);
	return arena_error(arena);
}

/* ---- JSON ---- */

static int take_value(struct arena *arena, const struct member *m, const json_t *value, struct ses_input *out)
{
	switch (m->kind) {
	case MEMBER_TEXT:
		if (json_is_string(value))
			return set_text(arena, m, str_from(json_string_value(value), json_string_length(value)), out);
		return refuse(out, m->name, BOTH("is not a text", "文字列ではありません"));
	case MEMBER_FLAG:
		if (!json_is_boolean(value))
			return refuse(out, m->name,
			              BOTH("is neither true nor false", "true でも false でもありません"));
		set_member(out, m, &(int){json_is_true(value)}, sizeof(int));
		return INKAN_OK;
	case MEMBER_NUMBER:
		if (!json_is_integer(value) || json_integer_value(value) < 0)
			return refuse(out, m->name, BOTH("is not a number from 0", "0 以上の数ではありません"));
		set_number(out, m, (uint64_t)json_integer_value(value));
		return INKAN_OK;
	case MEMBER_NESTED:
		break;
	}
	return INKAN_OK;
}

static int take_object(struct arena *arena, json_t *object, bool nested, struct ses_input *out)
{
	const char *name;
	json_t *value;
	int code = INKAN_OK;

	json_object_foreach(object, name, value)
	{
		const struct member *m = find_member(str_c(name));

		if (!m || (m->kind == MEMBER_NESTED && (nested || !json_is_object(value))))
			return refuse(out, m ? m->name : arena_str(arena, str_c(name)).p,
			              BOTH("is no member that is known here", "ここで使えるメンバーではありません"));
		/* attributes hold no attributes: one step down at most */
		code = m->kind == MEMBER_NESTED ? take_object(arena, value, true, out)
		                                : take_value(arena, m, value, out);
		if (code)
			return code;
	}
	return code;
}

static int take_json(struct arena *arena, const char *what, struct str text, struct ses_input *out)
{
	json_t *document = json_loadb(text.p, text.n, JSON_REJECT_DUPLICATES, NULL);
	int code = json_is_object(document)
	                   ? take_object(arena, document, false, out)
	                   : refuse(out, what, BOTH("is not a JSON object", "JSON オブジェクトではありません"));

	json_decref(document);
	return code;
}

/* ---- text of options ---- */

/* The text, or what the file holds that "file://" names. */
static int read_text(const char *what, const char *given, bool may_be_path, struct buf *text, struct ses_input *out)
{
	bool is_file = str_has_prefix(str_c(given), STR("file://"));
	struct io_error why;

	if (!buf_reserve(text, SES_INPUT_MAX)) /* it must not grow: that leaves copies of keys behind */
		return INKAN_ENOMEM;
	if (is_file || (may_be_path && given[0] != '{')) {
		int code = io_read_file(is_file ? given + strlen("file://") : given, text, &why);

		return !code || code == INKAN_ENOMEM ? code
		                                     : refuse(out, what,
		                                              BOTH("cannot be read, or is larger than 64 KiB",
		                                                   "ファイルを読めないか、64 KiB を超えています"));
	}
	buf_put_c(text, given);
	return buf_error(text) == INKAN_ELIMIT
	               ? refuse(out, what, BOTH("is longer than 64 KiB", "64 KiB を超えています"))
	               : buf_error(text);
}

/* Name=value,Name=value */
static int take_shorthand(struct arena *arena, const char *what, struct str rest, struct ses_input *out)
{
	while (rest.n) {
		struct str part = str_trim_fws(str_split(&rest, ','));
		struct str name = str_split(&part, '=');
		const struct member *m = find_member(name);

		if (!m || m->kind != MEMBER_TEXT)
			return refuse(out, what,
			              BOTH("is neither JSON nor Name=value with commas between (DomainSigningSelector, "
			                   "DomainSigningPrivateKey, NextSigningKeyLength)",
			                   "JSON でも、コンマ区切りの 名前=値 "
			                   "(DomainSigningSelector、DomainSigningPrivateKey、"
			                   "NextSigningKeyLength) でもありません"));
		int code = set_text(arena, m, part, out);

		if (code)
			return code;
	}
	return INKAN_OK;
}

static bool has_option(const struct invocation *in, const char *name)
{
	const struct option_spec *o;

	for (size_t i = 0; (o = command_option(in->command, i)); i++)
		if (strcmp(o->name, name) == 0)
			return true;
	return false;
}

static const char *given(const struct invocation *in, const char *name)
{
	return has_option(in, name) ? option_value(in, name, NULL) : NULL;
}

/* An option whose value is an object. */
static int take_document(struct arena *arena, const struct invocation *in, const char *name, struct ses_input *out)
{
	const char *value = given(in, name);
	bool is_input = strcmp(name, "cli-input-json") == 0;
	struct buf text;

	if (!value)
		return INKAN_OK;
	buf_init(&text, SES_INPUT_MAX);
	int code = read_text(name, value, is_input, &text, out);
	struct str all = str_trim_fws(buf_str(&text));

	if (!code && (is_input || (all.n && all.p[0] == '{')))
		code = take_json(arena, name, all, out);
	else if (!code)
		code = take_shorthand(arena, name, all, out);
	if (text.p)
		crypto_wipe(text.p, text.cap);
	buf_release(&text);
	return code;
}

static int take_options(struct arena *arena, const struct invocation *in, struct ses_input *out)
{
	int code = INKAN_OK;

	for (size_t i = 0; i < MEMBERS && !code; i++) {
		const char *value = members[i].option ? given(in, members[i].option) : NULL;

		if (value && members[i].kind == MEMBER_TEXT)
			code = set_text(arena, &members[i], str_c(value), out);
		else if (value)
			set_number(out, &members[i], option_number(in, members[i].option, 0));
	}
	if (has_option(in, "signing-enabled") && option_given(in, "signing-enabled"))
		out->signing_enabled = 1;
	if (has_option(in, "no-signing-enabled") && option_given(in, "no-signing-enabled"))
		out->signing_enabled = 0;
	return code;
}

int ses_input_read(struct arena *arena, const struct invocation *in, struct ses_input *out)
{
	*out = (struct ses_input){.signing_enabled = -1};
	int code = take_document(arena, in, "cli-input-json", out);

	if (!code)
		code = take_document(arena, in, "dkim-signing-attributes", out);
	if (!code)
		code = take_document(arena, in, "signing-attributes", out);
	return code ? code : take_options(arena, in, out);
}
