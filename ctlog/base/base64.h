/*
 * base64: the two ways of decoding under text_unbase64() (text.h), which are
 * compared with each other in the tests. Nothing else calls them.
 */
#ifndef CTLOG_BASE_BASE64_H
#define CTLOG_BASE_BASE64_H

#include <sys/types.h>

#include "ctlog/base/span.h"

/* As text_unbase64(), by tables. */
ssize_t base64_plain(uint8_t *out, struct span in);

/* Decode from the left by vector instructions: the number of digits decoded,
 * a multiple of 32, three bytes for each four. It stops at what is no digit,
 * before the end, and at once where the processor has no such instructions. */
size_t base64_native(uint8_t *out, struct span in);

#endif
