/* inkan identity tenant: the organisations that identities belong to (S0-9). */
#include "cli/command.h"
#include "cli/registrar_source.h"
#include "core/json.h"

struct listing {
	const struct invocation *in;
	struct output out;
};

static bool list_one(void *context, const struct tenant *tenant)
{
	struct listing *l = context;
	struct buf *out = &l->out.text;

	if (l->in->json) {
		struct json j = json_to(out);

		json_object_begin(&j);
		json_key_c(&j, "name", tenant->name);
		json_key_c(&j, "organisation", tenant->organisation);
		json_object_end(&j);
	} else {
		text_padded(out, str_c(tenant->name), 24);
		buf_put_c(out, "  ");
		safe_text(out, str_c(tenant->organisation));
	}
	buf_put_char(out, '\n');
	return true;
}

static bool is_latin(const char *text)
{
	for (; *text; text++)
		if (*text < ' ' || *text > '~')
			return false;
	return true;
}

static bool is_name(const char *text)
{
	size_t n = strlen(text);

	return n > 0 && n <= IDENTITY_NAME_MAX &&
	       strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") == n;
}

static enum exit_code add(const struct invocation *in, struct registrar_source *s)
{
	struct io_error why = {""};
	const struct tenant tenant = {.name = in->operands[0],
	                              .organisation = in->operand_count > 1 ? in->operands[1] : in->operands[0],
	                              .created = registrar_now(s->registrar)};

	if (!is_name(tenant.name) || !is_latin(tenant.organisation)) {
		ui_error(in->ui, NOWHERE,
		         TEXT(in->ui,
		              "names of tenants are letters, digits, “-”, “_”, “.”; organisations are written in Latin "
		              "letters",
		              "テナント名は英数字と「-」「_」「.」、組織名はラテン文字で書いてください"));
		return EXIT_USAGE;
	}
	int error = identity_store_put_tenant(registrar_store(s->registrar), &tenant, &why);

	return error ? registrar_failed(in->ui, error, &why) : EXIT_FINE;
}

static enum exit_code list(const struct invocation *in, struct registrar_source *s)
{
	struct listing l = {.in = in};
	struct io_error why = {""};

	output_init(&l.out);
	int error = identity_store_each_tenant(registrar_store(s->registrar), list_one, &l, &why);

	return output_finish(&l.out, in->ui, error ? registrar_failed(in->ui, error, &why) : EXIT_FINE);
}

static enum exit_code run(const struct invocation *in)
{
	struct registrar_source s;
	enum exit_code code = registrar_source_open(&s, in, in->operand_count > 0 ? STORE_CREATE : STORE_READ, NULL);

	if (code == EXIT_FINE)
		code = in->operand_count ? add(in, &s) : list(in, &s);
	registrar_source_close(&s);
	return code;
}

static const struct option_spec options[] = {REGISTRAR_OPTIONS};

static const struct example examples[] = {
	{"inkan identity tenant acme 'Acme K.K.'", {"register an organisation", "組織を登録する"}},
	{"inkan identity tenant", {"list them", "一覧する"}},
	{NULL, {NULL, NULL}},
};

const struct command identity_tenant_command = {
	.name = "tenant",
	.summary = {"Register an organisation that identities belong to, or list all",
                    "アイデンティティの属する組織を登録、または一覧する"},
	.operands = "[NAME [ORGANISATION]]",
	.operands_max = 2,
	.description = {"The name is what --tenant takes; the organisation is written in Latin letters. Registering "
                        "again changes it.",
                        "名前は --tenant に渡すもの、組織名はラテン文字で書きます。もう一度登録すると書き換わります。"},
	.options = options,
	.common = COMMON_CONFIG | COMMON_JSON,
	.examples = examples,
	.run = run,
};
