/* base64: both modes against a slow decoder written after the words of RFC 4648 and RFC 6376; what is decoded strictly is
 * encoded to the same text; any octets come back from their text, folded or not. */
#include <assert.h>
#include <stdlib.h>

#include "core/base64.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int value_of(char c)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = c ? strchr(alphabet, c) : NULL;

	return at ? (int)(at - alphabet) : -1;
}

/* One bit after the other. */
static bool naive_decode(struct str text, enum base64_mode mode, unsigned char *out, size_t *size_out)
{
	size_t symbols = 0, pads = 0, size = 0;
	unsigned bits = 0, held = 0;

	for (size_t i = 0; i < text.n; i++) {
		int value = value_of(text.p[i]);

		if (mode == BASE64_FWS && is_fws_char(text.p[i]))
			continue;
		if (text.p[i] == '=') {
			pads++;
			continue;
		}
		if (value < 0 || pads)
			return false;
		symbols++;
		bits = bits << 6 | (unsigned)value;
		held += 6;
		if (held >= 8) {
			held -= 8;
			out[size++] = (unsigned char)(bits >> held);
			bits &= (1u << held) - 1;
		}
	}
	if (symbols % 4 == 1 || pads > 2 || (pads && (symbols + pads) % 4))
		return false;
	if (mode == BASE64_STRICT && ((symbols + pads) % 4 || bits))
		return false;
	*size_out = size;
	return true;
}

static void check_decode(struct str text, enum base64_mode mode)
{
	size_t capacity = base64_decoded_max(text.n), size = 0, naive_size = 0, position = text.n + 1;
	unsigned char *out = malloc(capacity), *naive = malloc(capacity);

	if (!out || !naive)
		abort();
	bool ok = base64_decode(text, mode, out, &size, &position);

	assert(ok == naive_decode(text, mode, naive, &naive_size));
	assert(ok ? position == text.n + 1 : position <= text.n);
	assert(!ok || (size == naive_size && memcmp(out, naive, size) == 0));
	/* what stands before the position is not to blame */
	if (!ok && position < text.n && mode == BASE64_FWS) {
		struct str before = str_head(text, position);

		assert(base64_decode(before, mode, out, &size, &position) || position == before.n);
	}
	if (ok && mode == BASE64_STRICT) {
		struct buf encoded;

		buf_init(&encoded, text.n + 1);
		base64_encode(&encoded, out, size);
		assert(buf_error(&encoded) == INKAN_OK && str_eq(buf_str(&encoded), text));
		buf_release(&encoded);
	}
	free(out);
	free(naive);
}

static void check_round_trip(const uint8_t *data, size_t size)
{
	size_t decoded_size = 0;
	/* room for the folded text, which is the longest */
	unsigned char *out = malloc(base64_decoded_max(4 * base64_encoded_size(size) + 4));
	struct buf text, folded;

	if (!out)
		abort();
	buf_init(&text, base64_encoded_size(size));
	base64_encode(&text, data, size);
	assert(buf_error(&text) == INKAN_OK && text.n == base64_encoded_size(size));
	assert(base64_decode(buf_str(&text), BASE64_STRICT, out, &decoded_size, NULL));
	assert(decoded_size == size && (size == 0 || memcmp(out, data, size) == 0));

	buf_init(&folded, 4 * text.n + 4);
	for (size_t i = 0; i < text.n; i++) {
		buf_put_char(&folded, text.p[i]);
		if (size && data[i % size] & 1)
			buf_put_c(&folded, "\r\n\t");
	}
	assert(base64_decode(buf_str(&folded), BASE64_FWS, out, &decoded_size, NULL));
	assert(decoded_size == size && (size == 0 || memcmp(out, data, size) == 0));
	buf_release(&folded);
	buf_release(&text);
	free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = {(const char *)data, size};

	check_decode(text, BASE64_STRICT);
	check_decode(text, BASE64_FWS);
	check_round_trip(data, size);
	return 0;
}
