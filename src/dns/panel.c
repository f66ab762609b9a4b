/* How the panels of DNS providers want what is typed into them (S2-41, S3-36, S3-37): data with dates, by the providers' own pages.
 * A provider whose pages do not say it all is not here. */
#include "dns/record_set.h"

#define REVIEWED "2026-11-22"

/* clang-format off */
static const struct panel_style styles[] = {
	/* id, name, absolute names, final dot, quotes, splits itself, seconds of a unit of the TTL */
	{"bind", "Zone file (BIND, Knot DNS, NSD)", true, true, true, false, 1, REVIEWED},
	{"route53", "Amazon Route 53", false, false, true, false, 1, REVIEWED},
	{"cloudflare", "Cloudflare", false, false, true, true, 1, REVIEWED},
	{"google-cloud", "Google Cloud DNS", false, true, true, false, 1, REVIEWED},
	{"azure", "Azure DNS", false, false, false, true, 3600, REVIEWED},
	{"godaddy", "GoDaddy", false, false, false, true, 1, REVIEWED},
	{"namecheap", "Namecheap", false, false, false, true, 60, REVIEWED},
	{"dnsmadeeasy", "DNS Made Easy", false, true, true, false, 1, REVIEWED},
	{"windows", "Windows DNS Manager", false, false, false, false, 1, REVIEWED},
	{0},
};
/* clang-format on */

const struct panel_style *panel_styles(void)
{
	return styles;
}

const struct panel_style *panel_style_find(struct str id)
{
	for (const struct panel_style *style = styles; style->id; style++)
		if (str_eq(id, str_c(style->id)))
			return style;
	return NULL;
}
