#include "cli/telling.h"

#include <assert.h>

#include "core/json.h"

void telling_init(struct telling *t, struct ui *ui)
{
	*t = (struct telling){.ui = ui};
	output_init(&t->out);
	buf_init(&t->text, TELLING_TEXT_MAX);
}

void telling_release(struct telling *t)
{
	buf_release(&t->text);
}

static void indent(struct telling *t)
{
	for (size_t i = 0; i < TELLING_INDENT; i++)
		buf_put_char(&t->out.text, ' ');
}

void tell_title(struct telling *t, const char *title)
{
	styled(&t->out.text, t->ui->colour, STYLE_BOLD, title);
	buf_put_char(&t->out.text, '\n');
}

void tell_text(struct telling *t)
{
	struct str text = buf_str(&t->text);

	while (text.n) {
		struct str line = str_split(&text, '\n');

		if (line.n)
			indent(t);
		buf_put(&t->out.text, line);
		buf_put_char(&t->out.text, '\n');
	}
	if (buf_error(&t->text) && !t->error)
		t->error = buf_error(&t->text);
	buf_clear(&t->text);
}

void tell(struct telling *t, const char *sentence)
{
	text_wrapped(&t->text, str_c(sentence), 0, TELLING_COLUMNS - TELLING_INDENT);
	buf_put_char(&t->text, '\n');
	tell_text(t);
}

void begin_step(struct telling *t, const char *name, const char *heading)
{
	assert(t->step_count < TELLING_STEPS_MAX);
	t->steps[t->step_count++] = (struct step){name, true};
	buf_printf(&t->text, "%zu  %s", t->step_count, heading);
	buf_put_char(&t->text, '\0');
	buf_put_char(&t->out.text, '\n');
	styled(&t->out.text, t->ui->colour, STYLE_BOLD, buf_error(&t->text) ? heading : t->text.p);
	buf_put_char(&t->out.text, '\n');
	buf_clear(&t->text);
}

void expect(struct telling *t, bool as_expected, const char *what)
{
	if (as_expected)
		return;
	t->steps[t->step_count - 1].as_expected = false;
	indent(t);
	styled(&t->out.text, t->ui->colour, STYLE_BAD, TEXT(t->ui, "NOT AS EXPECTED: ", "期待と異なります: "));
	buf_put_c(&t->out.text, what);
	buf_put_char(&t->out.text, '\n');
}

void check_off(struct telling *t, bool as_expected, const char *what)
{
	expect(t, as_expected, what);
	if (!as_expected)
		return;
	indent(t);
	styled(&t->out.text, t->ui->colour, STYLE_GOOD, "✓ ");
	buf_put_c(&t->out.text, what);
	buf_put_char(&t->out.text, '\n');
}

bool telling_is_as_expected(const struct telling *t)
{
	for (size_t i = 0; i < t->step_count; i++)
		if (!t->steps[i].as_expected)
			return false;
	return true;
}

void telling_print_json(struct telling *t, const char *scenario)
{
	buf_clear(&t->out.text);
	struct json j = json_to(&t->out.text);

	json_object_begin(&j);
	json_key_c(&j, "scenario", scenario);
	json_key_bool(&j, "ok", telling_is_as_expected(t));
	json_key(&j, "steps");
	json_array_begin(&j);
	for (size_t i = 0; i < t->step_count; i++) {
		json_object_begin(&j);
		json_key_c(&j, "name", t->steps[i].name);
		json_key_bool(&j, "ok", t->steps[i].as_expected);
		json_object_end(&j);
	}
	json_array_end(&j);
	json_object_end(&j);
	buf_put_char(&t->out.text, '\n');
}
