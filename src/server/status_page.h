/* The status page: figures since the start, health, the last messages. One HTML document without scripts or references to anything
 * outside; nothing of a message but escaped text. */
#pragma once

#include "core/text.h"
#include "server/recent.h"
#include "server/role.h"

/* The one style sheet, allowed by its hash (a test computes it). */
#define STATUS_PAGE_STYLE                                                                                        \
	"body{font:15px/1.5 system-ui,sans-serif;margin:2em auto;max-width:72em;padding:0 1em;color:#222;"       \
	"background:#fff}h1{font-size:1.4em}h2{font-size:1.1em;margin-top:1.6em}table{border-collapse:collapse}" \
	"td,th{padding:.15em .8em .15em 0;text-align:left;vertical-align:top}td.n{text-align:right}"             \
	"tr+tr{border-top:1px solid #ddd}.good{color:#176b2c}.bad{color:#b00020;font-weight:600}"                \
	".groups{display:flex;flex-wrap:wrap;gap:0 3em}.wide{overflow-x:auto}"
#define STATUS_PAGE_STYLE_HASH "sha256-wxxZxvCAmQQ4sLSt/3tO4M1MommJ8buVWcHJ5/dk82s="
#define STATUS_PAGE_CSP                                                                                     \
	"default-src 'none'; style-src '" STATUS_PAGE_STYLE_HASH "'; base-uri 'none'; form-action 'none'; " \
	"frame-ancestors 'none'"

/* By the value of an Accept-Language field (RFC 9110 section 12.5.4): Japanese where it is liked better than English. */
enum language status_language(struct str accept_language);

void status_page(const struct service *service, struct recent *recent, enum language language, struct buf *out);
