#include "cli/engine_text.h"

#include "explain/terms.h"

/* Notes of the steps of a tree walk (dmarc/evaluate.c); reasons are in explain/terms.h. */
static const struct text notes[] = {
	{"no record", "レコードなし"},
	{"no such name", "名前が存在しない"},
	{"record found", "レコードあり"},
	{"several records, all ignored", "レコードが複数あり、すべて無視される"},
	{"psd=y: a public suffix domain", "psd=y: パブリックサフィックスのドメイン"},
	{"psd=n: the organizational domain", "psd=n: 組織ドメイン"},
};

/* The row, and in *detail_out what stands behind it. */
static bool find(struct str reason, struct text *out, struct str *detail_out)
{
	for (size_t i = 0; i < sizeof(notes) / sizeof(*notes); i++)
		if (str_eq(reason, str_c(notes[i].en))) {
			*out = notes[i];
			*detail_out = STR_NULL;
			return true;
		}
	return reason_find(reason, out, detail_out);
}

bool engine_text_is_known(const char *reason)
{
	struct text text;
	struct str detail;

	return find(str_c(reason), &text, &detail);
}

void engine_text(struct buf *out, const struct ui *ui, const char *reason)
{
	struct text text;
	struct str detail;

	if (!find(str_c(reason), &text, &detail)) {
		safe_text(out, str_c(reason));
		return;
	}
	buf_put_c(out, text_in(ui->language, text));
	reason_detail_put(out, detail, ui->language);
}
