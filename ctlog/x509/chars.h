/*
 * chars: any ASN.1 string, as issuers really write them, to UTF-8 (reference
 * pii.md 3.1). The declared type is a hint: wrong encodings, swapped bytes,
 * text encoded twice and HTML entities are undone and reported as flags.
 * Nothing here fails; plain ASCII costs one pass and no memory.
 */
#ifndef CTLOG_X509_CHARS_H
#define CTLOG_X509_CHARS_H

#include "ctlog/x509/der.h"

/* What was odd about a value; the first bits of enum pii_flag. */
enum chars_flag {
	CHARS_BAD_UTF8 = 1 << 0,     /* UTF8String that is none */
	CHARS_BAD_ENCODING = 1 << 1, /* bytes above 127 in an ASCII type */
	CHARS_T61_UTF8 = 1 << 2,
	CHARS_T61_ISO6937 = 1 << 3,
	CHARS_T61_LATIN1 = 1 << 4,
	CHARS_ODD_LENGTH = 1 << 5,
	CHARS_SWAPPED = 1 << 6,    /* little-endian */
	CHARS_MIS_TAGGED = 1 << 7, /* text of another type than declared */
	CHARS_BER = 1 << 8,        /* constructed */
	CHARS_NUL = 1 << 9,
	CHARS_MOJIBAKE = 1 << 10,
	CHARS_HTML_ENTITY = 1 << 11,
	CHARS_CONTROL = 1 << 12,   /* controls, terminal escapes: removed */
	CHARS_IGNORABLE = 1 << 13, /* invisible characters: kept */
	CHARS_TRUNCATED = 1 << 14, /* its length left the parent */
	CHARS_OVERSIZE = 1 << 15   /* cut at LIMIT_VALUE bytes of UTF-8 */
};

#define CHARS_CANDIDATES 3

/* Readings of one value, the best first; none when it is no text. */
struct chars {
	uint32_t flags;
	unsigned num;
	unsigned behind; /* those from here on stand behind a NUL */
	struct span cand[CHARS_CANDIDATES];
};

void chars_decode(struct chars *out, struct arena *a, const struct der *value);

/* Contents octets that stand in no TLV, as if their type were `tag`. */
void chars_decode_bytes(
    struct chars *out, struct arena *a, struct span bytes, uint32_t tag);

/* Printable text that nobody would take for a number or a key: UTF-8 without
 * controls. For OCTET STRINGs and bytes of unknown meaning. */
bool chars_is_text(struct span s);

#endif
