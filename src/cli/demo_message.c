#include "cli/demo_message.h"

#include <time.h>

#include "cli/lab_message.h"

#define DOMAIN_OF_SAMPLE STR("example.jp")
#define PDF_PART STR("Content-Type: application/pdf")
#define SHARE "https://share.example.net/f/7Qm2xT"

enum { DATE_SIZE = 40 };

void demo_put_date(struct buf *out, unix_time now)
{
	char text[DATE_SIZE];
	time_t t = (time_t)now;
	struct tm fields;

	gmtime_r(&t, &fields);
	strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S +0000", &fields);
	buf_put_c(out, text);
}

/* The octets of the field at the front, with its line end. */
static struct str take_field(struct str *header)
{
	struct str start = *header;
	size_t n = 0;

	do {
		n += str_split(header, '\n').n + 1;
	} while (header->n && is_wsp(header->p[0]));
	return str_head(start, n);
}

static void put_with_our_domain(struct buf *out, struct str field)
{
	while (field.n) {
		size_t at = str_search(field, DOMAIN_OF_SAMPLE);

		buf_put(out, str_head(field, at));
		if (at < field.n)
			buf_put_c(out, DEMO_DOMAIN);
		field = str_skip(field, at + DOMAIN_OF_SAMPLE.n);
	}
}

void demo_message(struct buf *out, unsigned number, unix_time now)
{
	struct str sample = str_from((const char *)lab_attachment_pdf, lab_attachment_pdf_size);
	size_t end = str_search(sample, STR("\r\n\r\n")) + 2;
	struct str header = str_head(sample, end);

	while (header.n) {
		struct str field = take_field(&header);

		if (str_has_prefix(field, STR("Received:")))
			continue;
		if (str_has_prefix(field, STR("Date:"))) {
			buf_put_c(out, "Date: ");
			demo_put_date(out, now);
			buf_put_c(out, "\r\n");
		} else if (str_has_prefix(field, STR("Message-ID:"))) {
			buf_printf(out, "Message-ID: <%lld.%u@" DEMO_DOMAIN ">\r\n", (long long)now, number);
		} else {
			put_with_our_domain(out, field);
		}
	}
	buf_put(out, str_skip(sample, end));
}

void demo_message_without_attachment(struct buf *out, struct str message)
{
	size_t part = str_search(message, PDF_PART);
	struct str rest = str_skip(message, part);

	buf_put(out, str_head(message, part));
	buf_put_c(out, "Content-Type: text/plain; charset=us-ascii\r\n\r\n"
	               "The attachment was moved to a share: " SHARE "\r\n");
	buf_put(out, str_skip(rest, str_search(rest, STR("\r\n--"))));
}

void demo_received(struct buf *out, const char *host, const char *ip, const char *by, const char *id, unix_time now)
{
	buf_printf(out, "Received: from %s (%s [%s])\r\n\tby %s with ESMTP id %s\r\n\tfor <" DEMO_RECIPIENT ">; ", host,
	           host, ip, by, id);
	demo_put_date(out, now);
	buf_put_c(out, "\r\n");
}
