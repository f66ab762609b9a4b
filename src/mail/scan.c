#include "mail/scan.h"

static size_t relaxed_plain(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '\t')
			return i;
		if (s.p[i] == ' ' && (i + 1 == s.n || is_wsp(s.p[i + 1]) || s.p[i + 1] == '\r'))
			return i;
	}
	return s.n;
}

static size_t unpaired_plain(struct str s, bool after_cr)
{
	for (size_t i = 0; i < s.n; i++) {
		if ((s.p[i] == '\n') != after_cr)
			return i;
		after_cr = s.p[i] == '\r';
	}
	return s.n;
}

static const struct scanner plain = {"plain", relaxed_plain, unpaired_plain};

const struct scanner *scan_select(void)
{
	return &plain;
}
