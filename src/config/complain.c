#include "config/complain.h"

#include <stdarg.h>
#include <stdio.h>

#include "core/utf8.h"

enum { SHOWN_MAX = 60, TEXT_MAX = 1024 /* octets of a complaint */ };

struct str shown(struct str text)
{
	struct str rest = text, one;
	uint32_t code;

	while (rest.n && text.n - rest.n < SHOWN_MAX)
		(void)utf8_next(&rest, &one, &code);
	return str_head(text, text.n - rest.n);
}

__attribute__((format(printf, 2, 0))) static const char *format(struct arena *arena, const char *form,
                                                                va_list arguments)
{
	char text[TEXT_MAX];
	int size = vsnprintf(text, sizeof text, form, arguments);
	struct str kept = arena_str(arena, size < 0 ? STR_NULL : str_c(text));

	return kept.p ? kept.p : "";
}

/* Where the next complaint goes; NULL where the list is full. */
static struct config_error *place_for(struct config_errors *errors, bool warning)
{
	if (errors->count < CONFIG_ERRORS_MAX)
		return &errors->list[errors->count++];
	for (size_t i = errors->count; !warning && i > 0; i--)
		if (errors->list[i - 1].warning)
			return &errors->list[i - 1];
	return NULL;
}

static struct config_error *begin(struct complaints *c, struct place_in at, bool warning)
{
	struct config_error *error = place_for(c->errors, warning);

	if (!warning)
		c->errors->errors++;
	if (error)
		*error = (struct config_error){.line = at.line, .column = at.column, .warning = warning};
	return error;
}

__attribute__((format(printf, 3, 0), format(printf, 4, 0))) static void end(struct complaints *c,
                                                                            struct config_error *error, const char *en,
                                                                            const char *ja, va_list arguments)
{
	va_list again;

	va_copy(again, arguments);
	error->text.en = format(c->arena, en, arguments);
	error->text.ja = format(c->arena, ja, again);
	va_end(again);
}

void complain(struct complaints *c, struct place_in at, const char *en, const char *ja, ...)
{
	struct config_error *error = begin(c, at, false);
	va_list arguments;

	va_start(arguments, ja);
	if (error)
		end(c, error, en, ja, arguments);
	va_end(arguments);
}

void complain_warning(struct complaints *c, struct place_in at, const char *en, const char *ja, ...)
{
	struct config_error *error = begin(c, at, true);
	va_list arguments;

	va_start(arguments, ja);
	if (error)
		end(c, error, en, ja, arguments);
	va_end(arguments);
}

void complain_text(struct complaints *c, struct place_in at, struct text text)
{
	complain(c, at, "%s%.0s", "%.0s%s", text.en, text.ja);
}
