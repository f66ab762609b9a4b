#include "core/near.h"

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

size_t word_distance(struct str a, struct str b)
{
	size_t rows[3][WORD_MAX + 1]; /* of the Damerau-Levenshtein table: the last two and the current one */

	if (a.n > WORD_MAX || b.n > WORD_MAX)
		return SIZE_MAX;
	for (size_t k = 0; k <= b.n; k++)
		rows[0][k] = k;
	for (size_t i = 1; i <= a.n; i++) {
		size_t *now = rows[i % 3], *last = rows[(i + 2) % 3], *before = rows[(i + 1) % 3];

		now[0] = i;
		for (size_t k = 1; k <= b.n; k++) {
			now[k] = least(least(last[k] + 1, now[k - 1] + 1), last[k - 1] + (a.p[i - 1] != b.p[k - 1]));
			if (i > 1 && k > 1 && a.p[i - 1] == b.p[k - 2] && a.p[i - 2] == b.p[k - 1])
				now[k] = least(now[k], before[k - 2] + 1);
		}
	}
	return rows[a.n % 3][b.n];
}

bool word_is_near(struct str word, struct str meant)
{
	size_t longer = word.n > meant.n ? word.n : meant.n;

	return (word.n >= 2 && str_has_prefix(meant, word)) || word_distance(word, meant) <= (longer + 2) / 3;
}
