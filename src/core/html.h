/* Text in HTML: what would be markup is not. Good inside elements and inside quoted attributes. */
#pragma once

#include "core/buf.h"

void html_put(struct buf *out, struct str text);
