/* Sample messages of lab/messages that the program carries in itself, so that the laboratory needs no files. The sources
 * are made by scripts/embed when the program is built. */
#pragma once

#include <stddef.h>

/* attachment-pdf.eml: an estimate in Japanese with a PDF, CRLF line ends */
extern const unsigned char lab_attachment_pdf[];
extern const size_t lab_attachment_pdf_size;
