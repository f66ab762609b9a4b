/* The verifier (RFC 6376 section 6; RULES V1 to V33), through the public interface. Messages are signed here, by
 * tests/support/forge.c, and then changed. */
#include "dkim/mail.h"
#include "support/case.h"

static const struct row {
	const char *name;
	const char *field;      /* NULL: USUAL */
	const char *message;    /* NULL: MAIL */
	const char *find, *put; /* in the sealed message the first `find` becomes `put` */
	enum forge_key key;
	const char *record; /* "%s" is the key's p=; NULL: its record */
	const char *record2;
	enum inkan_dns_failure failure; /* instead of a record */
	const char *key_name;           /* NULL: KEY_NAME */
	unsigned flags, skew;
	int64_t now; /* 0: NOW */
	enum dkim_fault_id fault;
} rows[] = {
	{"V28 an intact message passes"},

	/* ---- the field: V2, V3 ---- */
	{"V2 tag names are case-sensitive", SIGNATURE("V=1; " RELAXED)},
	{"V2 a required tag in the wrong case is missing",
         "DKIM-Signature: v=1; A=rsa-sha256; " RELAXED "bh=@bh@; b=@b@", .fault = DKIM_FAULT_MISSING_TAG},
	{"V2 a duplicate tag spoils the list", SIGNATURE("d=example.com; " RELAXED), .fault = DKIM_FAULT_DUPLICATE_TAG},
	{"V2 a duplicate unknown tag spoils the list", SIGNATURE("x1=a; x1=a; " RELAXED),
         .fault = DKIM_FAULT_DUPLICATE_TAG},
	{"V2 unknown tags are ignored", SIGNATURE("xyz=1; z_9=; " RELAXED)},
	{"V2 unknown tags are hashed", SIGNATURE("xyz=1; " RELAXED), .find = "xyz=1", .put = "xyz=2",
         .fault = DKIM_FAULT_HEADER_CHANGED},
	{"V2 white space round tags",
         "DKIM-Signature:\r\n v = 1 ;\r\n\ta\t= rsa-sha256\r\n ; c = relaxed/relaxed ; d = "
         "example.com ; s = s1 ; h = from : to\r\n\t; bh = @bh@ ; b = @b@"},
	{"V2 a trailing semicolon is fine", SIGNATURE(RELAXED) ";"},
	{"V2 a trailing semicolon and white space are fine", SIGNATURE(RELAXED) " ; \r\n\t"},
	{"V2 two semicolons are not", SIGNATURE("; " RELAXED), .fault = DKIM_FAULT_TAG_LIST},
	{"V2 a tag without = is no tag", SIGNATURE("nonsense; " RELAXED), .fault = DKIM_FAULT_TAG_LIST},
	{"V2 an empty field", "DKIM-Signature:", .fault = DKIM_FAULT_TAG_LIST},
	{"V2 a control character in a value", SIGNATURE("x=1\x01; " RELAXED), .fault = DKIM_FAULT_TAG_LIST},
	{"V3 v= missing", "DKIM-Signature: a=rsa-sha256; " RELAXED "bh=@bh@; b=@b@", .fault = DKIM_FAULT_MISSING_TAG},
	{"V3 v= is 2", "DKIM-Signature: v=2; a=rsa-sha256; " RELAXED "bh=@bh@; b=@b@", .fault = DKIM_FAULT_VERSION},
	{"V3 v= is 01", "DKIM-Signature: v=01; a=rsa-sha256; " RELAXED "bh=@bh@; b=@b@", .fault = DKIM_FAULT_VERSION},
	{"V3 v= is 0.5", "DKIM-Signature: v=0.5; a=rsa-sha256; " RELAXED "bh=@bh@; b=@b@", .fault = DKIM_FAULT_VERSION},
	{"V3 v= is empty", "DKIM-Signature: v=; a=rsa-sha256; " RELAXED "bh=@bh@; b=@b@", .fault = DKIM_FAULT_VERSION},
	{"V3 v= is 0.5, archives allowed", "DKIM-Signature: v=0.5; a=rsa-sha256; " RELAXED "bh=@bh@; b=@b@",
         .flags = INKAN_ALLOW_LEGACY},
	{"V3 v= may stand last", "DKIM-Signature: a=rsa-sha256; " RELAXED "bh=@bh@; b=@b@; v=1"},
	{"V3 a= missing", "DKIM-Signature: v=1; " RELAXED "bh=@bh@; b=@b@", .fault = DKIM_FAULT_MISSING_TAG},
	{"V3 b= missing", "DKIM-Signature: v=1; a=rsa-sha256; " RELAXED "bh=@bh@", .fault = DKIM_FAULT_MISSING_TAG},
	{"V3 bh= missing", "DKIM-Signature: v=1; a=rsa-sha256; " RELAXED "b=@b@", .fault = DKIM_FAULT_MISSING_TAG},
	{"V3 d= missing", SIGNATURE("s=s1; " NAMES), .fault = DKIM_FAULT_MISSING_TAG},
	{"V3 s= missing", SIGNATURE("d=example.com; " NAMES), .fault = DKIM_FAULT_MISSING_TAG},
	{"V3 h= missing", SIGNATURE("d=example.com; s=s1; "), .fault = DKIM_FAULT_MISSING_TAG},

	/* ---- h=: V4, V25, V26 ---- */
	{"V4 From not in h=", SIGNATURE("c=relaxed; d=example.com; s=s1; h=to:subject; "),
         .fault = DKIM_FAULT_FROM_UNSIGNED},
	{"V4 h= empty", SIGNATURE("c=relaxed; d=example.com; s=s1; h=; "), .fault = DKIM_FAULT_FROM_UNSIGNED},
	{"V4 From in any case", SIGNATURE("d=example.com; s=s1; h=To:FROM; ")},
	{"V4 a name that only begins with From", SIGNATURE("d=example.com; s=s1; h=From2:To; "),
         .fault = DKIM_FAULT_FROM_UNSIGNED},
	{"V25 repeats are taken from the bottom up", SIGNATURE("d=example.com; s=s1; h=from:x:x; "),
         "From: a@example.com\r\nX: top\r\nX: bottom\r\n\r\nbody\r\n", "X: top\r\nX: bottom", "X: bottom\r\nX: top",
         .fault = DKIM_FAULT_HEADER_CHANGED},
	{"V25 the bottom instance is signed, not the top one", SIGNATURE("d=example.com; s=s1; h=from:x; "),
         "From: a@example.com\r\nX: top\r\nX: bottom\r\n\r\nbody\r\n", "X: top", "X: other"},
	{"V25 exhausted names are the null input", SIGNATURE("d=example.com; s=s1; h=from:from:x:x:x:nothing; "),
         "From: a@example.com\r\nX: one\r\n\r\nbody\r\n"},
	{"V25 a field added where a name was exhausted", SIGNATURE("d=example.com; s=s1; h=from:from; "), NULL,
         "From:", "From: eve@example.com\r\nFrom:", .fault = DKIM_FAULT_HEADER_CHANGED},
	{"V26 white space round the colons of h=",
         SIGNATURE("d=example.com; s=s1; h = from\t:\r\n to :subject:\r\n\tdate ; ")},

	/* ---- d=, s=, i=: V5 ---- */
	{"V5 no i=", USUAL},
	{"V5 i= at d=", SIGNATURE("i=hanako@example.com; " RELAXED)},
	{"V5 i= below d=", SIGNATURE("i=hanako@mail.example.com; " RELAXED)},
	{"V5 i= without local part", SIGNATURE("i=@example.com; " RELAXED)},
	{"V5 i= in another case", SIGNATURE("i=@EXAMPLE.com; " RELAXED)},
	{"V5 i= above d=", SIGNATURE("i=@com; " RELAXED), .fault = DKIM_FAULT_AUID},
	{"V5 i= elsewhere", SIGNATURE("i=@example.org; " RELAXED), .fault = DKIM_FAULT_AUID},
	{"V5 i= whose name only ends alike", SIGNATURE("i=@notexample.com; " RELAXED), .fault = DKIM_FAULT_AUID},
	{"V5 i= without @", SIGNATURE("i=example.com; " RELAXED), .fault = DKIM_FAULT_AUID},
	{"V5 i= empty", SIGNATURE("i=; " RELAXED), .fault = DKIM_FAULT_AUID},
	{"V5 i= is quoted-printable", SIGNATURE("i=hana=20ko=3B=40=65xample.com; " RELAXED)},
	{"V5 i= folded", SIGNATURE("i=hana\r\n\tko@example\r\n .com; " RELAXED)},
	{"V5 i= with a NUL", SIGNATURE("i=x@=00.example.com; " RELAXED), .fault = DKIM_FAULT_AUID},
	{"V5 i= with a space in its domain", SIGNATURE("i=x@a=20b.example.com; " RELAXED), .fault = DKIM_FAULT_AUID},
	{"V5 i= with an empty label", SIGNATURE("i=x@.example.com; " RELAXED), .fault = DKIM_FAULT_AUID},
	{"V5 d= in upper case", SIGNATURE("d=EXAMPLE.com; s=S1; " NAMES)},
	{"d= is no host name", SIGNATURE("d=exa mple.com; s=s1; " NAMES), .fault = DKIM_FAULT_DOMAIN},
	{"d= with a comment in it", SIGNATURE("d=example.com(.example.net; s=s1; " NAMES), .fault = DKIM_FAULT_DOMAIN},
	{"d= with @", SIGNATURE("d=a@example.com; s=s1; " NAMES), .fault = DKIM_FAULT_DOMAIN},
	{"d= with a final dot", SIGNATURE("d=example.com.; s=s1; " NAMES), .fault = DKIM_FAULT_DOMAIN},
	{"d= empty", SIGNATURE("d=; s=s1; " NAMES), .fault = DKIM_FAULT_DOMAIN},
	{"d= is malformed UTF-8", SIGNATURE("d=\xff.example.com; s=s1; " NAMES), .fault = DKIM_FAULT_TAG_LIST},
	{"s= empty", SIGNATURE("d=example.com; s=; " NAMES), .fault = DKIM_FAULT_SELECTOR},
	{"s= with an empty label", SIGNATURE("d=example.com; s=a..b; " NAMES), .fault = DKIM_FAULT_SELECTOR},
	{"s= of several labels", SIGNATURE("d=example.com; s=2026.Nov; " NAMES),
         .key_name = "2026.nov._domainkey.example.com"},
	{"d= as U-label is asked for as A-label (RFC 8616)", SIGNATURE("d=例え.example; s=s1; i=@例え.example; " NAMES),
         .key_name = "s1._domainkey.xn--r8jz45g.example"},
	{"s= as U-label is asked for as A-label (RFC 8616)", SIGNATURE("d=example.com; s=鍵; " NAMES),
         .key_name = "xn--5y4a._domainkey.example.com"},
	{"d= as A-label, i= as U-label (RFC 8616)",
         SIGNATURE("d=xn--r8jz45g.example; s=s1; i=花子@例え.example; " NAMES),
         .key_name = "s1._domainkey.xn--r8jz45g.example"},
	{"d= that is no U-label", SIGNATURE("d=\xe2\x80\xae.example; s=s1; " NAMES), .fault = DKIM_FAULT_DOMAIN},
	{"d= with an ideographic full stop", SIGNATURE("d=mail。example.com; s=s1; " NAMES),
         .fault = DKIM_FAULT_DOMAIN},
	{"d= in full-width letters", SIGNATURE("d=ｅｘａｍｐｌｅ.com; s=s1; " NAMES), .fault = DKIM_FAULT_DOMAIN},
	{"s= that is no U-label", SIGNATURE("d=example.com; s=\xe2\x80\xae; " NAMES), .fault = DKIM_FAULT_SELECTOR},

	/* ---- times: V6 ---- */
	{"V6 not yet expired", SIGNATURE("x=1800000000; " RELAXED)},
	{"V6 expired within the skew", SIGNATURE("x=1800000000; " RELAXED), .now = NOW + 300},
	{"V6 expired beyond the skew", SIGNATURE("x=1800000000; " RELAXED), .now = NOW + 301,
         .fault = DKIM_FAULT_EXPIRED},
	{"V6 expired within a skew of 10", SIGNATURE("x=1800000000; " RELAXED), .now = NOW + 10, .skew = 10},
	{"V6 expired beyond a skew of 10", SIGNATURE("x=1800000000; " RELAXED), .now = NOW + 11, .skew = 10,
         .fault = DKIM_FAULT_EXPIRED},
	{"V6 without a time nothing expires", SIGNATURE("x=1; t=0; " RELAXED), .now = INKAN_TIME_NONE},
	{"V6 x= before t=", SIGNATURE("t=1800000000; x=1799999999; " RELAXED), .fault = DKIM_FAULT_EXPIRATION_ORDER},
	{"V6 x= equal to t=", SIGNATURE("t=1800000000; x=1800000000; " RELAXED), .fault = DKIM_FAULT_EXPIRATION_ORDER},
	{"V6 x= one second after t=", SIGNATURE("t=1800000000; x=1800000001; " RELAXED)},
	{"V6 t= in the future within the skew", SIGNATURE("t=1800000300; " RELAXED)},
	{"V6 t= in the future beyond the skew", SIGNATURE("t=1800000301; " RELAXED), .fault = DKIM_FAULT_FUTURE},
	{"V6 x= of 12 digits", SIGNATURE("x=999999999999; " RELAXED)},
	{"V6 x= of 76 digits",
         SIGNATURE("x=9999999999999999999999999999999999999999999999999999999999999999999999999999; " RELAXED)},
	{"V6 x= of 77 digits",
         SIGNATURE("x=99999999999999999999999999999999999999999999999999999999999999999999999999999; " RELAXED),
         .fault = DKIM_FAULT_TIME_SYNTAX},
	{"V6 x= is no number", SIGNATURE("x=tomorrow; " RELAXED), .fault = DKIM_FAULT_TIME_SYNTAX},
	{"V6 x= is negative", SIGNATURE("x=-1; " RELAXED), .fault = DKIM_FAULT_TIME_SYNTAX},
	{"V6 t= is empty", SIGNATURE("t=; " RELAXED), .fault = DKIM_FAULT_TIME_SYNTAX},
	{"V6 a clock at the end of time", SIGNATURE("t=1; x=9999999999; " RELAXED), .now = INT64_MAX,
         .fault = DKIM_FAULT_EXPIRED},
	{"V6 a clock before the beginning of time", SIGNATURE("t=1; " RELAXED), .now = INT64_MIN + 1,
         .fault = DKIM_FAULT_FUTURE},

	/* ---- algorithms: V7, V8 ---- */
	{"V7 rsa-sha1 is refused", SHA1, .fault = DKIM_FAULT_SHA1},
	{"V7 rsa-sha1 with allowed archives", SHA1, .flags = INKAN_ALLOW_LEGACY},
	{"V7 rsa-sha1, changed, with allowed archives", SHA1, .find = "Estimate", .put = "estimate",
         .flags = INKAN_ALLOW_LEGACY, .fault = DKIM_FAULT_HEADER_CHANGED},
	{"V7 an unknown algorithm is ignored", "DKIM-Signature: v=1; a=rsa-sha512; " RELAXED "bh=@bh@; b=@b@",
         .fault = DKIM_FAULT_ALGORITHM},
	{"V7 an empty algorithm is ignored", "DKIM-Signature: v=1; a=; " RELAXED "bh=@bh@; b=@b@",
         .fault = DKIM_FAULT_ALGORITHM},
	{"V7 the algorithm in upper case", "DKIM-Signature: v=1; a=RSA-SHA256; " RELAXED "bh=@bh@; b=@b@"},
	{"V8 c= unknown for the header", SIGNATURE("c=nowsp/simple; d=example.com; s=s1; " NAMES),
         .fault = DKIM_FAULT_CANONICALIZATION},
	{"V8 c= unknown for the body", SIGNATURE("c=simple/nowsp; d=example.com; s=s1; " NAMES),
         .fault = DKIM_FAULT_CANONICALIZATION},
	{"V8 c= with an empty body form", SIGNATURE("c=relaxed/; d=example.com; s=s1; " NAMES),
         .fault = DKIM_FAULT_CANONICALIZATION},
	{"V8 c= empty", SIGNATURE("c=; d=example.com; s=s1; " NAMES), .fault = DKIM_FAULT_CANONICALIZATION},
	{"V8 c= of three words", SIGNATURE("c=simple/simple/simple; d=example.com; s=s1; " NAMES),
         .fault = DKIM_FAULT_CANONICALIZATION},
	{"V8 q= is dns/txt", SIGNATURE("q=dns/txt; " RELAXED)},
	{"V8 q= is dns/txt among others", SIGNATURE("q=http/get : DNS/TXT ; " RELAXED)},
	{"V8 q= as old drafts wrote it", SIGNATURE("q=dns; " RELAXED)},
	{"V8 q= unknown", SIGNATURE("q=http/get; " RELAXED), .fault = DKIM_FAULT_QUERY_METHOD},
	{"V8 q= empty", SIGNATURE("q=; " RELAXED), .fault = DKIM_FAULT_QUERY_METHOD},
	{"V8 q= that only begins with dns/txt", SIGNATURE("q=dns/txt2; " RELAXED), .fault = DKIM_FAULT_QUERY_METHOD},

	/* ---- l=: V9 ---- */
	{"V9 l= of the whole body", SIGNATURE("l=26; " RELAXED)},
	{"V9 l= larger than the body is permerror", SIGNATURE("l=27; " RELAXED),
         .fault = DKIM_FAULT_LENGTH_BEYOND_BODY},
	{"V9 l= smaller than the body is policy", SIGNATURE("l=25; " RELAXED), .fault = DKIM_FAULT_PARTIAL_BODY},
	{"V9 l= smaller than the body, allowed", SIGNATURE("l=25; " RELAXED), .flags = INKAN_ALLOW_PARTIAL_BODY},
	{"V9 text appended beyond l= is policy", SIGNATURE("l=26; " RELAXED), MAIL, "see  below. \r\n\r\n\r\n",
         "see  below. \r\nClick here!\r\n", .fault = DKIM_FAULT_PARTIAL_BODY},
	{"V9 l= of a changed body is fail", SIGNATURE("l=25; " RELAXED), .find = "Dear", .put = "dear",
         .fault = DKIM_FAULT_BODY_CHANGED},
	{"V9 l= of a body cut short is permerror", SIGNATURE("l=26; " RELAXED), .find = "see  below. \r\n", .put = "",
         .fault = DKIM_FAULT_LENGTH_BEYOND_BODY},
	{"V9 l= of 0", SIGNATURE("l=0; " RELAXED), .fault = DKIM_FAULT_PARTIAL_BODY},
	{"V9 l= of 0, allowed", SIGNATURE("l=0; " RELAXED), .flags = INKAN_ALLOW_PARTIAL_BODY},
	{"V9 l= of 0 and an empty body", SIGNATURE("l=0; " RELAXED), HEAD "\r\n"},
	{"V9 l= under simple counts other octets", SIGNATURE("l=28; d=example.com; s=s1; " NAMES)},
	{"V9 l= of one too many under simple", SIGNATURE("l=29; d=example.com; s=s1; " NAMES),
         .fault = DKIM_FAULT_LENGTH_BEYOND_BODY},
	{"V9 l= with leading zeros", SIGNATURE("l=000026; " RELAXED)},
	{"V9 l= of 76 digits",
         SIGNATURE("l=9999999999999999999999999999999999999999999999999999999999999999999999999999; " RELAXED),
         .fault = DKIM_FAULT_LENGTH_BEYOND_BODY},
	{"V9 l= of 77 digits",
         SIGNATURE("l=99999999999999999999999999999999999999999999999999999999999999999999999999999; " RELAXED),
         .fault = DKIM_FAULT_LENGTH_SYNTAX},
	{"V9 l= of 2^64", SIGNATURE("l=18446744073709551616; " RELAXED), .fault = DKIM_FAULT_LENGTH_BEYOND_BODY},
	{"V9 l= is no number", SIGNATURE("l=all; " RELAXED), .fault = DKIM_FAULT_LENGTH_SYNTAX},
	{"V9 l= is negative", SIGNATURE("l=-1; " RELAXED), .fault = DKIM_FAULT_LENGTH_SYNTAX},
	{"V9 l= is empty", SIGNATURE("l=; " RELAXED), .fault = DKIM_FAULT_LENGTH_SYNTAX},

	/* ---- asking for the key: V10 to V12 ---- */
	{"V10 the name does not exist", .failure = INKAN_DNS_NXDOMAIN, .fault = DKIM_FAULT_KEY_MISSING},
	{"V10 the name has no TXT", .failure = INKAN_DNS_NODATA, .fault = DKIM_FAULT_KEY_MISSING},
	{"V10 SERVFAIL is temporary", .failure = INKAN_DNS_SERVFAIL, .fault = DKIM_FAULT_DNS_SERVFAIL},
	{"V10 a timeout is temporary", .failure = INKAN_DNS_TIMEOUT, .fault = DKIM_FAULT_DNS_TIMEOUT},
	{"V10 a bogus answer is temporary", .failure = INKAN_DNS_BOGUS, .fault = DKIM_FAULT_DNS_BOGUS},
	{"V10 a temporary trouble outranks rsa-sha1", SHA1, .failure = INKAN_DNS_TIMEOUT,
         .fault = DKIM_FAULT_DNS_TIMEOUT},
	{"V10 a temporary trouble outranks a changed body", .find = "Dear", .put = "dear",
         .failure = INKAN_DNS_SERVFAIL, .fault = DKIM_FAULT_DNS_SERVFAIL},
	{"V11 the second record is the key", .record = "v=DKIM1; p=AAAA", .record2 = "v=DKIM1; p=%s"},
	{"V11 records that look like no key are passed over", .record = "some-site-verification=1234",
         .record2 = "v=DKIM1; p=%s"},
	{"V11 a DMARC record beside the key", .record = "v=DMARC1; p=none", .record2 = "v=DKIM1; p=%s"},
	{"V11 a DMARC record beside the key of a changed message", .record = "v=DMARC1; p=none",
         .record2 = "v=DKIM1; p=%s", .find = "Estimate", .put = "estimate", .fault = DKIM_FAULT_HEADER_CHANGED},
	{"V11 no record looks like a key: the first speaks", .record = "v=spf1 -all", .record2 = "hello",
         .fault = DKIM_FAULT_KEY_VERSION},
	{"V12 white space inside the key", .record = "v=DKIM1; k=rsa;\t p= %s "},

	/* ---- the record: V13 to V19 ---- */
	{"V13 v= missing", .record = "p=%s"},
	{"V13 v= not first", .record = "p=%s; v=DKIM1", .fault = DKIM_FAULT_KEY_VERSION},
	{"V13 v= in lower case", .record = "v=dkim1; p=%s", .fault = DKIM_FAULT_KEY_VERSION},
	{"V13 v= of another kind", .record = "v=DKIM2; p=%s", .fault = DKIM_FAULT_KEY_VERSION},
	{"V13 wildcard junk", .record = "v=spf1 include:example.net -all", .fault = DKIM_FAULT_KEY_VERSION},
	{"V13 junk that is no list", .record = "hello world", .fault = DKIM_FAULT_KEY_TAG_LIST},
	{"V13 an empty record", .record = "", .fault = DKIM_FAULT_KEY_TAG_LIST},
	{"V14 k= missing is rsa", .record = "v=DKIM1; p=%s"},
	{"V14 k= unknown", .record = "v=DKIM1; k=dsa; p=%s", .fault = DKIM_FAULT_KEY_TYPE},
	{"V14 k= does not fit a=", ED25519, .key = FORGE_ED25519, .record = "v=DKIM1; k=rsa; p=%s",
         .fault = DKIM_FAULT_KEY_ENCODING},
	{"V14 an RSA key for a=ed25519-sha256", ED25519, .record = "v=DKIM1; p=%s", .fault = DKIM_FAULT_KEY_ALGORITHM},
	{"V14 an Ed25519 key for a=rsa-sha256", .key = FORGE_ED25519, .fault = DKIM_FAULT_KEY_ALGORITHM},
	{"V15 p= missing", .record = "v=DKIM1; k=rsa", .fault = DKIM_FAULT_KEY_NO_P},
	{"V15 p= empty is a revoked key", .record = "v=DKIM1; p=", .fault = DKIM_FAULT_KEY_REVOKED},
	{"V15 p= of white space is a revoked key", .record = "v=DKIM1; p= \t; t=y", .fault = DKIM_FAULT_KEY_REVOKED},
	{"V15 p= is no base64", .record = "v=DKIM1; p=%s*", .fault = DKIM_FAULT_KEY_BASE64},
	{"V15 p= is cut off", .record = "v=DKIM1; p=MIIBIjANBgkq", .fault = DKIM_FAULT_KEY_ENCODING},
	{"V16 h= lists sha256", .record = "v=DKIM1; h=sha1:sha256; p=%s"},
	{"V16 h= lacks sha256", .record = "v=DKIM1; h=sha1; p=%s", .fault = DKIM_FAULT_KEY_HASH},
	{"V16 h= lacks sha1", SHA1, .flags = INKAN_ALLOW_LEGACY, .record = "v=DKIM1; h=sha256; p=%s",
         .fault = DKIM_FAULT_KEY_HASH},
	{"V16 s= is email", .record = "v=DKIM1; s=tlsrpt : email; p=%s"},
	{"V16 s= is *", .record = "v=DKIM1; s=*; p=%s"},
	{"V16 s= is something else", .record = "v=DKIM1; s=tlsrpt; p=%s", .fault = DKIM_FAULT_KEY_SERVICE},
	{"V16 t=s, i= at d=", SIGNATURE("i=a@EXAMPLE.com; " RELAXED), .record = "v=DKIM1; t=s; p=%s"},
	{"V16 t=s, i= below d=", SIGNATURE("i=a@mail.example.com; " RELAXED), .record = "v=DKIM1; t=y:s; p=%s",
         .fault = DKIM_FAULT_KEY_STRICT},
	{"V16 t=s, no i=", .record = "v=DKIM1; t=s; p=%s"},
	{"V16 g= and n= are ignored", .record = "v=DKIM1; g=nobody; n=notes; p=%s"},
	{"V18 RSA of 1023 bits", .key = FORGE_RSA1023, .fault = DKIM_FAULT_KEY_TOO_SHORT},
	{"V18 RSA of 1024 bits", .key = FORGE_RSA1024},
	{"V18 RSA of 2048 bits", .key = FORGE_RSA2048},
	{"V18 RSA of 4096 bits", .key = FORGE_RSA4096},
	{"V18 RSA of 512 bits with allowed archives", .key = FORGE_RSA512, .flags = INKAN_ALLOW_LEGACY},
	{"V18 RSA of 512 bits", .key = FORGE_RSA512, .fault = DKIM_FAULT_KEY_TOO_SHORT},
	{"V19 Ed25519", ED25519, .key = FORGE_ED25519},
	{"V19 Ed25519 key of 31 octets", ED25519, .key = FORGE_ED25519,
         .record = "v=DKIM1; k=ed25519; p=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==",
         .fault = DKIM_FAULT_KEY_ENCODING},
	{"V19 Ed25519 key of small order", ED25519, .key = FORGE_ED25519,
         .record = "v=DKIM1; k=ed25519; p=AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", .fault = DKIM_FAULT_KEY_WEAK},
	{"V19 the key of somebody else (Ed25519)", ED25519, .key = FORGE_ED25519_OTHER,
         .record = "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=",
         .fault = DKIM_FAULT_HEADER_CHANGED},

	/* ---- canonical forms: V20 to V24 ---- */
	{"V20 empty body under simple", SIGNATURE("d=example.com; s=s1; " NAMES), HEAD "\r\n"},
	{"V20 no body at all under simple", SIGNATURE("d=example.com; s=s1; " NAMES), HEAD},
	{"V20 lines appended at the end under simple", SIGNATURE("d=example.com; s=s1; " NAMES), MAIL, "below. \r\n",
         "below. \r\n\r\n\r\n\r\n"},
	{"V20 a space at a line's end under simple", SIGNATURE("d=example.com; s=s1; " NAMES), MAIL, "Dear Taro,",
         "Dear Taro, ", .fault = DKIM_FAULT_BODY_CHANGED},
	{"V21 empty body under relaxed", USUAL, HEAD "\r\n"},
	{"V21 a body of white space under relaxed equals an empty one", USUAL, HEAD "\r\n", "\r\n\r\n",
         "\r\n\r\n \t\r\n\t\r\n"},
	{"V21 runs and ends of white space under relaxed", USUAL, MAIL, "see  below. \r\n",
         "see \t below.\t\t\r\n \r\n"},
	{"V21 a missing last CRLF under relaxed", USUAL, HEAD "\r\ntext\r\n", "text\r\n", "text"},
	{"V21 white space where there was none under relaxed", USUAL, MAIL, "below", "be low",
         .fault = DKIM_FAULT_BODY_CHANGED},
	{"V22 a vertical tab is no white space", USUAL, MAIL, "below. ", "below.\v", .fault = DKIM_FAULT_BODY_CHANGED},
	{"V22 a no-break space is no white space", USUAL, MAIL, "Dear Taro", "Dear\xc2\xa0Taro",
         .fault = DKIM_FAULT_BODY_CHANGED},
	{"V22 a form feed in the header is no white space", USUAL, MAIL, "Subject: Estimate", "Subject: Estimate\f",
         .fault = DKIM_FAULT_HEADER_CHANGED},
	{"V23 a field in another dress under relaxed", USUAL, MAIL, "Subject: Estimate",
         "SUBJECT \t:\r\n\t Estimate \t"},
	{"V23 the signature field in another dress under relaxed", USUAL, MAIL, "DKIM-Signature: v=1; ",
         "dkim-signature :\r\n\tv=1;\r\n  "},
	{"V24 the name's case under simple", SIGNATURE("d=example.com; s=s1; " NAMES), MAIL,
         "Subject:", "SUBJECT:", .fault = DKIM_FAULT_HEADER_CHANGED},
	{"V24 folding under simple", SIGNATURE("d=example.com; s=s1; " NAMES), MAIL, "+0900", "\r\n +0900",
         .fault = DKIM_FAULT_HEADER_CHANGED},
	{"V24 the signature field's folding under simple", SIGNATURE("d=example.com; s=s1; " NAMES), MAIL,
         "v=1; a=", "v=1;\r\n a=", .fault = DKIM_FAULT_HEADER_CHANGED},
	{"c= of one word means simple for the body", SIGNATURE("c=relaxed; d=example.com; s=s1; " NAMES), MAIL,
         "see  below", "see below", .fault = DKIM_FAULT_BODY_CHANGED},
	{"c= of one word is the header's form", SIGNATURE("c=relaxed; d=example.com; s=s1; " NAMES), MAIL,
         "Subject: ", "SUBJECT:"},
	{"c= absent means simple/simple", SIGNATURE("d=example.com; s=s1; " NAMES)},
	{"c= in another case", SIGNATURE("c=Simple/RELAXED; d=example.com; s=s1; " NAMES)},

	/* ---- b= and bh=: V27 ---- */
	{"V27 white space everywhere in b=", SIGNATURE(RELAXED) ";", MAIL, "; b=", "; b= \r\n\t\r\n "},
	{"V27 an octet in b= that is not base64", USUAL, MAIL, "; b=", "; b=!", .fault = DKIM_FAULT_SIGNATURE_SYNTAX},
	{"V27 an octet in bh= that is not base64", USUAL, MAIL, "; bh=", "; bh=-",
         .fault = DKIM_FAULT_BODY_HASH_SYNTAX},
	{"b= empty", "DKIM-Signature: v=1; a=rsa-sha256; " RELAXED "bh=@bh@; b=", .fault = DKIM_FAULT_SIGNATURE_SYNTAX},
	{"b= of white space", "DKIM-Signature: v=1; a=rsa-sha256; " RELAXED "bh=@bh@; b= \r\n ; ",
         .fault = DKIM_FAULT_SIGNATURE_SYNTAX},
	{"bh= empty", "DKIM-Signature: v=1; a=rsa-sha256; " RELAXED "bh=; b=@b@", .fault = DKIM_FAULT_BODY_HASH_SYNTAX},
	{"bh= too short", "DKIM-Signature: v=1; a=rsa-sha256; " RELAXED "bh=AAAA; b=@b@",
         .fault = DKIM_FAULT_BODY_HASH_SYNTAX},
	{"bh= of SHA-1 for rsa-sha256",
         "DKIM-Signature: v=1; a=rsa-sha256; " RELAXED "bh=AAAAAAAAAAAAAAAAAAAAAAAAAAA=; b=@b@",
         .fault = DKIM_FAULT_BODY_HASH_SYNTAX},
	{"S17 b= in the middle of the field", "DKIM-Signature: v=1; a=rsa-sha256; b= @b@ \r\n\t; " RELAXED "bh=@bh@"},
	{"S17 b= in the middle of the field under simple",
         "DKIM-Signature: v=1; a=rsa-sha256;\r\n b=\t@b@ \r\n ; d=example.com; s=s1; " NAMES "bh=@bh@ "},
	{"S17 b= first in the field", "DKIM-Signature: b=@b@; v=1; a=rsa-sha256; " RELAXED "bh=@bh@"},
	{"S17 a tag whose name begins with b before b=",
         "DKIM-Signature: v=1; a=rsa-sha256; bb=x; bh=@bh@; B=b=; b=@b@; " RELAXED "b1=y"},
	{"S17 text behind b= is hashed", "DKIM-Signature: v=1; a=rsa-sha256; b=@b@; " RELAXED "bh=@bh@", MAIL, "s=s1",
         "s=S1", .fault = DKIM_FAULT_HEADER_CHANGED},

	/* ---- what changed: V33 ---- */
	{"V33 a changed body is fail", USUAL, MAIL, "below", "above", .fault = DKIM_FAULT_BODY_CHANGED},
	{"V33 a changed header is fail", USUAL, MAIL, "Subject: E", "Subject: e", .fault = DKIM_FAULT_HEADER_CHANGED},
	{"V33 another key is fail", .record = "v=DKIM1; p=(other)", .fault = DKIM_FAULT_OTHER_KEY},
	{"V33 damaged octets of b= are fail", USUAL, MAIL, "; b=", "; b=AAAA", .fault = DKIM_FAULT_OTHER_KEY},
	{"V33 an unsigned field may change", USUAL, MAIL, "Message-ID: <1", "Message-ID: <2"},
	{"V31 d= is a top-level domain", SIGNATURE("d=example; s=s1; " NAMES), .fault = DKIM_FAULT_PUBLIC_SUFFIX},
	{"V29 a bare LF appended stays one", USUAL, MAIL, "below. \r\n", "below. \n\r\n",
         .fault = DKIM_FAULT_BODY_CHANGED},
	{"V29 a bare CR stays one", USUAL, MAIL, "below. \r\n", "below. \r\r\n", .fault = DKIM_FAULT_BODY_CHANGED},
};

/* ---- running a row ---- */

static void run_row(const void *row)
{
	const struct row *r = row;
	struct inkan_message_options options;
	char room[2][2000];
	const char *key_name = r->key_name ? r->key_name : KEY_NAME;
	struct zone_row zone[2] = {{key_name, NULL, r->failure}, {"unused", NULL, INKAN_DNS_NXDOMAIN}};
	struct buf sealed, changed;
	struct judged j;

	if (!r->failure)
		zone[0].text =
			make_record(room[0], sizeof room[0], r->record ? r->record : forge_record(r->key), r->key);
	if (r->record2)
		zone[1] = (struct zone_row){key_name, make_record(room[1], sizeof room[1], r->record2, r->key), 0};
	buf_init(&sealed, 100000);
	buf_init(&changed, 100000);
	forge(&sealed, r->field ? r->field : USUAL, r->key, str_c(r->message ? r->message : MAIL));
	put_changed(&changed, buf_str(&sealed), r->find, r->put);

	inkan_message_options_init(&options);
	options.now = r->now ? r->now : NOW;
	options.flags = r->flags;
	options.clock_skew = r->skew;
	judge(&j, &options, buf_str(&changed), zone, 2);
	assert_int_equal(j.count, 1);
	assert_fault(&j.results[0], r->fault);
	judged_release(&j);
	buf_release(&sealed);
	buf_release(&changed);
}

/* Every fault is the outcome of a row above or of a case below that says so here. */
static void every_fault(const void *row)
{
	static const enum dkim_fault_id elsewhere[] = {
		DKIM_FAULT_FIELD_SIZE,          /* one octet too many in a field */
		DKIM_FAULT_TOO_MANY_NAMES,      /* 1,000 names in h=, and one more */
		DKIM_FAULT_TOO_MANY_SIGNATURES, /* V1 */
		DKIM_FAULT_DNS_LOOP,            /* V10 CNAMEs */
		DKIM_FAULT_KEY_SIZE,            /* a record of 8192 octets, and one more */
		DKIM_FAULT_KEY_TOO_LONG,        /* V18 RSA of 8192 bits, and one more */
	};
	bool reached[DKIM_FAULT_COUNT] = {false};

	(void)row;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		reached[rows[i].fault] = true;
	for (size_t i = 0; i < sizeof elsewhere / sizeof *elsewhere; i++) {
		assert_false(reached[elsewhere[i]]);
		reached[elsewhere[i]] = true;
	}
	for (int id = 0; id < DKIM_FAULT_COUNT; id++)
		if (!reached[id])
			fail_msg("no case for \"%s\"", dkim_fault((enum dkim_fault_id)id)->reason);
}

int main(void)
{
	struct test_list list = {0};

	TEST_TABLE(&list, rows, run_row);
	test_add(&list, "every fault has a case", every_fault, NULL);
	return test_run(&list, "dkim/verify");
}
