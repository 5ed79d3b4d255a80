/*
 * chars_tables: the character sets that chars.c reads besides Unicode. Data
 * only.
 */
#ifndef CTLOG_X509_CHARS_TABLES_H
#define CTLOG_X509_CHARS_TABLES_H

#include <stdint.h>

/* Windows-1252, 0x80 to 0x9f; the five unassigned stay controls. */
static const uint16_t cp1252[32] = {0x20ac, 0x81, 0x201a, 0x192, 0x201e, 0x2026,
    0x2020, 0x2021, 0x2c6, 0x2030, 0x160, 0x2039, 0x152, 0x8d, 0x17d, 0x8f,
    0x90, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014, 0x2dc, 0x2122,
    0x161, 0x203a, 0x153, 0x9d, 0x17e, 0x178};

/* ISO 6937 (T.61 with the later additions), 0xa0 to 0xff; 0 = unassigned. */
static const uint16_t iso6937[96] = {
    /* a0 */ 0xa0, 0xa1, 0xa2, 0xa3, 0x24, 0xa5, 0x23, 0xa7, 0xa4, 0x2018,
    0x201c, 0xab, 0x2190, 0x2191, 0x2192, 0x2193,
    /* b0 */ 0xb0, 0xb1, 0xb2, 0xb3, 0xd7, 0xb5, 0xb6, 0xb7, 0xf7, 0x2019,
    0x201d, 0xbb, 0xbc, 0xbd, 0xbe, 0xbf,
    /* c0: the accents, see iso6937_accent */ 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0,
    /* d0 */ 0x2015, 0xb9, 0xae, 0xa9, 0x2122, 0x266a, 0xac, 0xa6, 0, 0, 0, 0,
    0x215b, 0x215c, 0x215d, 0x215e,
    /* e0 */ 0x2126, 0xc6, 0x110, 0xaa, 0x126, 0, 0x132, 0x13f, 0x141, 0xd8,
    0x152, 0xba, 0xde, 0x166, 0x14a, 0x149,
    /* f0 */ 0x138, 0xe6, 0x111, 0xf0, 0x127, 0x131, 0x133, 0x140, 0x142, 0xf8,
    0x153, 0xdf, 0xfe, 0x167, 0x14b, 0xad};

/* Combining characters for 0xc0 to 0xcf, written before their letter. */
static const uint16_t iso6937_accent[16] = {0, 0x300, 0x301, 0x302, 0x303,
    0x304, 0x306, 0x307, 0x308, 0, 0x30a, 0x327, 0, 0x30b, 0x328, 0x30c};

/* Names of HTML 2.0's entities; those above 0xa0 in the order of Latin-1. */
static const char *const html_latin1[96] = {"nbsp", "iexcl", "cent", "pound",
    "curren", "yen", "brvbar", "sect", "uml", "copy", "ordf", "laquo", "not",
    "shy", "reg", "macr", "deg", "plusmn", "sup2", "sup3", "acute", "micro",
    "para", "middot", "cedil", "sup1", "ordm", "raquo", "frac14", "frac12",
    "frac34", "iquest", "Agrave", "Aacute", "Acirc", "Atilde", "Auml", "Aring",
    "AElig", "Ccedil", "Egrave", "Eacute", "Ecirc", "Euml", "Igrave", "Iacute",
    "Icirc", "Iuml", "ETH", "Ntilde", "Ograve", "Oacute", "Ocirc", "Otilde",
    "Ouml", "times", "Oslash", "Ugrave", "Uacute", "Ucirc", "Uuml", "Yacute",
    "THORN", "szlig", "agrave", "aacute", "acirc", "atilde", "auml", "aring",
    "aelig", "ccedil", "egrave", "eacute", "ecirc", "euml", "igrave", "iacute",
    "icirc", "iuml", "eth", "ntilde", "ograve", "oacute", "ocirc", "otilde",
    "ouml", "divide", "oslash", "ugrave", "uacute", "ucirc", "uuml", "yacute",
    "thorn", "yuml"};

struct html_name {
	const char *name;
	uint16_t ch;
};
static const struct html_name html_other[] = {{"amp", '&'}, {"lt", '<'},
    {"gt", '>'}, {"quot", '"'}, {"apos", '\''}, {"commat", '@'},
    {"period", '.'}, {"OElig", 0x152}, {"oelig", 0x153}, {"Scaron", 0x160},
    {"scaron", 0x161}, {"Yuml", 0x178}, {"rsquo", 0x2019}, {"lsquo", 0x2018},
    {"ndash", 0x2013}, {"mdash", 0x2014}};

#endif
