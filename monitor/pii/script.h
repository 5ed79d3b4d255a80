/*
 * script: the writing system of a character, as far as matching needs it:
 * which tokens may lose their accents, which words mix look-alike alphabets.
 */
#ifndef MONITOR_PII_SCRIPT_H
#define MONITOR_PII_SCRIPT_H

#include "ctlog/base/span.h"

enum script {
	SCRIPT_COMMON, /* digits, punctuation, marks: of no alphabet */
	SCRIPT_LATIN,
	SCRIPT_GREEK,
	SCRIPT_CYRILLIC,
	SCRIPT_HEBREW,
	SCRIPT_ARABIC,
	SCRIPT_HAN,
	SCRIPT_KANA,
	SCRIPT_HANGUL,
	SCRIPT_OTHER
};

enum script script_of(uint32_t ch);

/* The scripts of all characters of well-formed UTF-8: 1 << enum script. */
unsigned script_set(struct span utf8);

/* A word of the text mixes Latin with Cyrillic or Greek, or these two. */
bool script_confusable(struct span utf8);

#endif
