/* inkan identity import, export: keys of one's own, in and out. */
#include <stdio.h>

#include "cli/command.h"
#include "cli/identity_view.h"
#include "cli/registrar_source.h"
#include "crypto/crypto.h"
#include "io/file.h"

enum { PEM_SIZE_MAX = 32 * 1024 };

/* ---- import ---- */

static enum exit_code import_pem(const struct invocation *in, struct registrar_source *s, struct str pem)
{
	struct io_error why = {""};
	struct identity identity;
	char id[IDENTITY_ID_MAX + 1];
	struct output out;

	identity_id_normalise(&s->arena, in->operands[0], id);
	int error = registrar_import_key(s->registrar, &s->arena, id, pem, option_value(in, "selector", NULL),
	                                 &identity, &why);

	if (error)
		return registrar_failed(in->ui, error, &why);
	output_init(&out);
	if (in->json) {
		struct json j = json_to(&out.text);

		error = identity_json(&j, in->ui, &identity, true);
		buf_put_char(&out.text, '\n');
	} else {
		identity_page(&out.text, in->ui, &identity, registrar_now(s->registrar));
	}
	return output_finish(&out, in->ui, error ? ui_failed(in->ui, NOWHERE, error) : EXIT_FINE);
}

static enum exit_code run_import(const struct invocation *in)
{
	struct registrar_source s;
	struct io_error why = {""};
	struct buf pem;
	enum exit_code code = registrar_source_open(&s, in, STORE_CHANGE, NULL);

	buf_init(&pem, PEM_SIZE_MAX);
	if (code == EXIT_FINE) {
		int error = buf_reserve(&pem, PEM_SIZE_MAX) ? io_read_file(in->operands[1], &pem, &why) : INKAN_ENOMEM;

		code = error ? registrar_failed(in->ui, error == INKAN_ELIMIT ? INKAN_EUSAGE : error, &why)
		             : import_pem(in, &s, buf_str(&pem));
		code = error == INKAN_EIO ? EXIT_USAGE : code;
	}
	if (pem.p)
		crypto_wipe(pem.p, pem.cap);
	buf_release(&pem);
	registrar_source_close(&s);
	return code;
}

/* clang-format off */
static const struct option_spec import_options[] = {
	{"selector", 0, OPTION_STRING, "NAME", NULL, 0, 0,
	 {"scheme txt: its name in DNS (default: s and the date)", "txt 方式: DNS での名前 (省略時は s と日付)"}},
	REGISTRAR_OPTIONS,
};
static const struct option_spec export_options[] = {
	{"selector", 0, OPTION_STRING, "NAME", NULL, 0, 0, {"which key (default: the one that signs)", "どの鍵か (省略時は署名に使用中のもの)"}},
	REGISTRAR_OPTIONS,
};
/* clang-format on */

static const struct example import_examples[] = {
	{"inkan identity import example.com key.pem --selector mail2026",
         {"a key that you have already", "手元にある鍵を使う"}},
	{NULL, {NULL, NULL}},
};

const struct command identity_import_command = {
	.name = "import",
	.summary = {"Give an identity a private key of your own", "アイデンティティに手元の秘密鍵を取り込む"},
	.operands = "ID FILE",
	.operands_min = 2,
	.operands_max = 2,
	.operands_are_files = true,
	.description =
		{"The key (PEM, RSA or Ed25519) comes into the next free slot and is taken into use like a new one: "
                 "when DNS "
                 "shows it. It is sealed at once; the file is no longer needed. Mail goes on being signed meanwhile.",
                 "鍵 (PEM、RSA または Ed25519) は次の空いた枠に入り、新しい鍵と同じように、DNS "
                 "に現れてから使われます。"
                 "すぐに暗号化され、ファイルは不要になります。その間も署名は途切れません。"},
	.options = import_options,
	.common = COMMON_CONFIG | COMMON_JSON,
	.examples = import_examples,
	.run = run_import,
};

/* ---- export ---- */

static const struct slot *find_slot(const struct identity *identity, const char *selector)
{
	const struct slot *active = identity_active_slot(identity);

	for (size_t i = 0; i < identity->slot_count && (selector || !active); i++)
		if (identity->slots[i].key && (!selector || strcmp(identity->slots[i].selector, selector) == 0))
			return &identity->slots[i];
	return selector ? NULL : active;
}

static enum exit_code export_slot(const struct invocation *in, struct registrar_source *s, const struct slot *slot)
{
	struct io_error why = {""};
	struct output out;

	if (!slot || !slot->key) {
		ui_error(in->ui, NOWHERE, TEXT(in->ui, "there is no such key", "そのような鍵はありません"));
		return EXIT_USAGE;
	}
	output_init(&out);
	int error = registrar_export_key(s->registrar, slot->key, &out.text, &why);
	enum exit_code code = error ? registrar_failed(in->ui, error, &why) : EXIT_FINE;

	if (!output_flush(&out) && code == EXIT_FINE)
		code = EXIT_INTERNAL;
	if (out.text.p)
		crypto_wipe(out.text.p, out.text.cap);
	return output_finish(&out, in->ui, code);
}

static enum exit_code run_export(const struct invocation *in)
{
	struct registrar_source s;
	struct identity identity;
	struct io_error why = {""};
	uint64_t version;
	enum exit_code code = registrar_source_open(&s, in, STORE_CHANGE, NULL);

	if (code == EXIT_FINE)
		code = identity_fetch(&s, in->operands[0], &identity, &version, &why);
	if (code == EXIT_FINE)
		code = export_slot(in, &s, find_slot(&identity, option_value(in, "selector", NULL)));
	registrar_source_close(&s);
	return code;
}

static const struct example export_examples[] = {
	{"inkan identity export example.com > key.pem",
         {"the private key, in clear: guard it", "秘密鍵を平文で取り出す (取り扱いに注意)"}},
	{NULL, {NULL, NULL}},
};

const struct command identity_export_command = {
	.name = "export",
	.summary = {"Print the private key of an identity (PEM)", "アイデンティティの秘密鍵を出力する (PEM)"},
	.operands = "ID",
	.operands_min = 1,
	.operands_max = 1,
	.description = {"The only command that prints a private key. It needs the master key.",
                        "秘密鍵を出力する唯一のコマンドです。マスター鍵が必要です。"},
	.options = export_options,
	.common = COMMON_CONFIG,
	.examples = export_examples,
	.run = run_export,
};
