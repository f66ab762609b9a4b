#include "cli/key_name.h"
#include "dns/idna.h"

#define DOMAINKEY "._domainkey"

static enum exit_code refuse_domain(struct ui *ui, struct str domain)
{
	ui_error(ui, NOWHERE,
	         TEXT(ui, "%.*s: not a domain name – write it like example.com",
	              "%.*s: ドメイン名ではありません – example.com の形で書いてください"),
	         STR_ARG(domain));
	return EXIT_USAGE;
}

static struct str without_final_dot(struct str name)
{
	return name.n > 1 && name.p[name.n - 1] == '.' ? str_head(name, name.n - 1) : name;
}

static enum exit_code read_domain(struct ui *ui, struct arena *arena, struct str domain, const char **out)
{
	struct str given = without_final_dot(domain), ascii;
	int error = dns_name_to_ascii(arena, given, &ascii);

	if (error)
		return ui_failed(ui, NOWHERE, error);
	if (!dns_name_is_host(ascii, true, false))
		return refuse_domain(ui, domain);
	ascii = arena_str(arena, ascii); /* terminated */
	*out = ascii.p;
	return ascii.p ? EXIT_FINE : ui_failed(ui, NOWHERE, arena_error(arena));
}

static enum exit_code read_selector(struct ui *ui, struct arena *arena, struct str selector, const char **out)
{
	if (!dns_name_is_host(selector, true, false)) {
		ui_error(ui, NOWHERE,
		         TEXT(ui, "%.*s: not a selector – use letters, digits, “-” and dots, like s2026",
		              "%.*s: セレクターではありません – s2026 のように英数字、「-」、ドットで書いてください"),
		         STR_ARG(selector));
		return EXIT_USAGE;
	}
	selector = arena_str(arena, selector);
	*out = selector.p;
	return selector.p ? EXIT_FINE : ui_failed(ui, NOWHERE, arena_error(arena));
}

/* Where "._domainkey" stands at the end of a label of the name; its size where it does not. */
static size_t find_domainkey(struct str name)
{
	for (size_t i = 0; i < name.n; i++) {
		struct str rest = str_skip(name, i);

		if (str_ihas_prefix(rest, STR(DOMAINKEY)) &&
		    (rest.n == strlen(DOMAINKEY) || rest.p[strlen(DOMAINKEY)] == '.'))
			return i;
	}
	return name.n;
}

enum exit_code key_name_read(struct ui *ui, struct arena *arena, const char *domain, const char *selector,
                             const char **domain_out, const char **selector_out)
{
	struct str name = without_final_dot(str_c(selector)), of_domain = str_c(domain), behind;
	enum exit_code code;

	*domain_out = *selector_out = NULL;
	if (!domain && !selector)
		return EXIT_FINE;
	behind = str_skip(name, find_domainkey(name) + strlen(DOMAINKEY) + 1);
	name = str_head(name, find_domainkey(name));
	if (behind.n && !domain)
		of_domain = behind;
	if (!of_domain.p || !selector) {
		ui_error(ui, NOWHERE,
		         TEXT(ui, "domain and selector belong together – give both",
		              "ドメインとセレクターは組で指定します – 両方指定してください"));
		return EXIT_USAGE;
	}
	code = read_domain(ui, arena, of_domain, domain_out);
	if (code == EXIT_FINE && behind.n && !str_ieq(behind, str_c(*domain_out))) {
		ui_error(ui, NOWHERE,
		         TEXT(ui, "the selector names the domain %.*s, but %s was given too – give one of them",
		              "セレクターにはドメイン %.*s が含まれていますが、%s も指定されています – "
		              "どちらかにしてください"),
		         STR_ARG(behind), *domain_out);
		return EXIT_USAGE;
	}
	return code == EXIT_FINE ? read_selector(ui, arena, name, selector_out) : code;
}
