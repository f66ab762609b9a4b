/* What the tests of this room share: a crypto, keys from tests/data/crypto, tables in text files, hexadecimal. */
#pragma once

#include <stdio.h>
#include <stdlib.h>

#include "core/base64.h"
#include "crypto/crypto.h"
#include "support/case.h"
#include "support/data.h"

static struct crypto *crypto;

/* For text in memory of its own, from test_read_file() or from_hex(). */
static inline void text_free(struct str text)
{
	free((void *)(uintptr_t)text.p);
}

/* A private key of tests/data/crypto by its file name without ".pem". */
static inline struct private_key *load_key(struct str name)
{
	struct private_key *k;
	char path[200];

	snprintf(path, sizeof(path), "tests/data/crypto/%.*s.pem", STR_ARG(name));
	struct str pem = test_read_file(test_source_path(path));

	assert_int_equal(private_key_from_pem(crypto, pem, &k, NULL), INKAN_OK);
	text_free(pem);
	return k;
}

static inline struct public_key *load_public_key(struct str name)
{
	struct private_key *private_half = load_key(name);
	struct public_key *k;

	assert_int_equal(private_key_public(crypto, private_half, &k), INKAN_OK);
	private_key_free(private_half);
	return k;
}

/* In memory of exactly the size, so that the address sanitizer sees reads behind it. Released by text_free(). */
static inline struct str from_hex(struct str hex)
{
	unsigned char *p = malloc(hex.n / 2 ? hex.n / 2 : 1);
	size_t n;

	assert_non_null(p);
	assert_true(hex_decode(hex, p, &n));
	return str_from((char *)p, n);
}

static inline struct digest_value digest_from_hex(struct str hex)
{
	struct digest_value digest;

	assert_true(hex.n <= 2 * sizeof(digest.octets));
	assert_true(hex_decode(hex, digest.octets, &digest.n));
	return digest;
}

enum { CELLS_MAX = 8 };

/* A line of a text file: cells separated by " | ". */
struct line {
	const char *name; /* the first cell, terminated */
	struct str cells[CELLS_MAX];
};

struct lines {
	struct str text;
	struct line *lines;
	size_t n;
};

/* Lines that begin with # are left out. */
static inline struct lines lines_load(const char *path)
{
	struct lines file = {.text = test_read_file(test_source_path(path))};
	struct str rest = file.text;

	while (rest.n) {
		struct str text = str_split(&rest, '\n');
		struct line line = {.name = text.p};

		if (text.n == 0 || text.p[0] == '#')
			continue;
		for (size_t i = 0; i < CELLS_MAX && text.p; i++) {
			size_t at = str_search(text, STR(" | "));

			line.cells[i] = str_head(text, at);
			text = at < text.n ? str_skip(text, at + 3) : STR_NULL;
		}
		*(char *)(uintptr_t)(line.name + line.cells[0].n) = '\0';
		file.lines = realloc(file.lines, (file.n + 1) * sizeof(*file.lines));
		assert_non_null(file.lines);
		file.lines[file.n++] = line;
	}
	assert_true(file.n > 0);
	return file;
}

static inline void lines_free(struct lines *file)
{
	free(file->lines);
	text_free(file->text);
}
