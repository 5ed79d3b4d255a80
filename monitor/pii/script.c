/* script: see script.h. The table is cut down from Unicode's Scripts.txt. */
#include "monitor/pii/script.h"

#include <utf8proc.h>

#include "ctlog/base/text.h"

struct range {
	uint32_t first, last;
	enum script script;
};

static const struct range ranges[] = {
    {0x41, 0x5a, SCRIPT_LATIN},
    {0x61, 0x7a, SCRIPT_LATIN},
    {0xaa, 0xaa, SCRIPT_LATIN},
    {0xba, 0xba, SCRIPT_LATIN},
    {0xc0, 0xd6, SCRIPT_LATIN},
    {0xd8, 0xf6, SCRIPT_LATIN},
    {0xf8, 0x2b8, SCRIPT_LATIN},
    {0x370, 0x373, SCRIPT_GREEK},
    {0x376, 0x377, SCRIPT_GREEK},
    {0x37b, 0x37d, SCRIPT_GREEK},
    {0x37f, 0x37f, SCRIPT_GREEK},
    {0x386, 0x386, SCRIPT_GREEK},
    {0x388, 0x3ff, SCRIPT_GREEK},
    {0x400, 0x482, SCRIPT_CYRILLIC},
    {0x48a, 0x52f, SCRIPT_CYRILLIC},
    {0x5d0, 0x5f2, SCRIPT_HEBREW},
    {0x620, 0x63f, SCRIPT_ARABIC},
    {0x641, 0x64a, SCRIPT_ARABIC},
    {0x66e, 0x66f, SCRIPT_ARABIC},
    {0x671, 0x6d3, SCRIPT_ARABIC},
    {0x6fa, 0x6fc, SCRIPT_ARABIC},
    {0x750, 0x77f, SCRIPT_ARABIC},
    {0x8a0, 0x8c9, SCRIPT_ARABIC},
    {0x1100, 0x11ff, SCRIPT_HANGUL},
    {0x1c80, 0x1c88, SCRIPT_CYRILLIC},
    {0x1d00, 0x1d25, SCRIPT_LATIN},
    {0x1d6b, 0x1d77, SCRIPT_LATIN},
    {0x1d79, 0x1dbe, SCRIPT_LATIN},
    {0x1e00, 0x1eff, SCRIPT_LATIN},
    {0x1f00, 0x1ffe, SCRIPT_GREEK},
    {0x2c60, 0x2c7f, SCRIPT_LATIN},
    {0x2de0, 0x2dff, SCRIPT_CYRILLIC},
    {0x2e80, 0x2fd5, SCRIPT_HAN},
    {0x3005, 0x3007, SCRIPT_HAN},
    {0x3021, 0x3029, SCRIPT_HAN},
    {0x3041, 0x3096, SCRIPT_KANA},
    {0x309d, 0x309f, SCRIPT_KANA},
    {0x30a1, 0x30fa, SCRIPT_KANA},
    {0x30fc, 0x30ff, SCRIPT_KANA},
    {0x3131, 0x318e, SCRIPT_HANGUL},
    {0x31f0, 0x31ff, SCRIPT_KANA},
    {0x3400, 0x4dbf, SCRIPT_HAN},
    {0x4e00, 0x9fff, SCRIPT_HAN},
    {0xa640, 0xa69d, SCRIPT_CYRILLIC},
    {0xa722, 0xa7ff, SCRIPT_LATIN},
    {0xa960, 0xa97c, SCRIPT_HANGUL},
    {0xab30, 0xab6f, SCRIPT_LATIN},
    {0xac00, 0xd7fb, SCRIPT_HANGUL},
    {0xf900, 0xfad9, SCRIPT_HAN},
    {0xfb00, 0xfb06, SCRIPT_LATIN},
    {0xfb1d, 0xfb4f, SCRIPT_HEBREW},
    {0xfb50, 0xfdff, SCRIPT_ARABIC},
    {0xfe70, 0xfefc, SCRIPT_ARABIC},
    {0xff21, 0xff3a, SCRIPT_LATIN},
    {0xff41, 0xff5a, SCRIPT_LATIN},
    {0xff66, 0xff9d, SCRIPT_KANA},
    {0xffa0, 0xffdc, SCRIPT_HANGUL},
    {0x20000, 0x323af, SCRIPT_HAN},
};

/* Letters outside the table belong to some other alphabet. */
static enum script
script_rest(uint32_t ch)
{
	utf8proc_category_t c = utf8proc_category((utf8proc_int32_t)ch);

	return c >= UTF8PROC_CATEGORY_LU && c <= UTF8PROC_CATEGORY_LO
		   ? SCRIPT_OTHER
		   : SCRIPT_COMMON;
}

enum script
script_of(uint32_t ch)
{
	size_t lo = 0, hi = sizeof(ranges) / sizeof(ranges[0]);

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (ch > ranges[mid].last)
			lo = mid + 1;
		else if (ch < ranges[mid].first)
			hi = mid;
		else
			return ranges[mid].script;
	}
	return ch < 0x80 ? SCRIPT_COMMON : script_rest(ch);
}

unsigned
script_set(struct span utf8)
{
	unsigned set = 0;

	for (size_t at = 0; at < utf8.len;)
		set |= 1u << script_of(text_utf8_next(utf8, &at));
	return set;
}

/* A character that ends a word; accents do not. */
static bool
script_breaks(uint32_t ch)
{
	utf8proc_category_t c = utf8proc_category((utf8proc_int32_t)ch);

	return c != UTF8PROC_CATEGORY_MN && c != UTF8PROC_CATEGORY_MC &&
	       c != UTF8PROC_CATEGORY_CF;
}

bool
script_confusable(struct span utf8)
{
	const unsigned alike =
	    1u << SCRIPT_LATIN | 1u << SCRIPT_GREEK | 1u << SCRIPT_CYRILLIC;
	unsigned word = 0;

	if (text_is_ascii(utf8))
		return false;
	for (size_t at = 0; at < utf8.len;) {
		uint32_t ch = text_utf8_next(utf8, &at);
		enum script s = script_of(ch);

		if (s != SCRIPT_COMMON)
			word |= 1u << s & alike;
		else if (script_breaks(ch))
			word = 0;
		if (word & (word - 1))
			return true;
	}
	return false;
}
