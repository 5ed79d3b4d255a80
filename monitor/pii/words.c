/* words: see words.h. */
#include "monitor/pii/words.h"

#include <stdlib.h>

#include "ctlog/base/err.h"
#include "ctlog/base/mem.h"
#include "ctlog/base/text.h"
#include "monitor/pii/script.h"

/* Room for all words with half of it empty; a power of two. */
#define SLOTS 4096
#define WORD_MAX 72
#define INNER 256

static const char org_txt[] =
#include "words/org.txt.h"
    ;
static const char sole_txt[] =
#include "words/sole.txt.h"
    ;
static const char institution_txt[] =
#include "words/institution.txt.h"
    ;
static const char role_txt[] =
#include "words/role.txt.h"
    ;
static const char title_txt[] =
#include "words/title.txt.h"
    ;
static const char generation_txt[] =
#include "words/generation.txt.h"
    ;
static const char purpose_txt[] =
#include "words/purpose.txt.h"
    ;

static const char place_txt[] =
#include "words/place.txt.h"
    ;

static const struct {
	enum word_kind kind;
	const char *text;
} files[] = {
    {WORD_ORG, org_txt},
    {WORD_SOLE, sole_txt},
    {WORD_INSTITUTION, institution_txt},
    {WORD_ROLE, role_txt},
    {WORD_TITLE, title_txt},
    {WORD_GENERATION, generation_txt},
    {WORD_PURPOSE, purpose_txt},
    {WORD_PLACE, place_txt},
};

struct words {
	unsigned num, num_inner;
	uint16_t inner[INNER]; /* slots of words that need no blanks */
	struct word {
		uint8_t len; /* 0 = free */
		uint8_t text[WORD_MAX];
		unsigned kinds;
	} slot[SLOTS];
};

/* Without what does not count; 0 when it is too long for a word. */
static size_t
squeeze(uint8_t out[WORD_MAX], struct span s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] == ' ' || s.p[i] == '.' || s.p[i] == '-')
			continue;
		if (n == WORD_MAX)
			return 0;
		out[n++] = s.p[i];
	}
	return n;
}

static size_t
slot_of(const struct words *w, const uint8_t *text, size_t len)
{
	uint32_t h = 2166136261u;
	size_t i;

	for (i = 0; i < len; i++)
		h = (h ^ text[i]) * 16777619u;
	i = h & (SLOTS - 1);
	while (w->slot[i].len != 0 &&
	       (w->slot[i].len != len || memcmp(w->slot[i].text, text, len)))
		i = (i + 1) & (SLOTS - 1);
	return i;
}

/* Han, kana and Hangul are written without blanks: a form of companies or a
 * word of offices may stand anywhere in a text. */
static bool
is_inner(struct span word, enum word_kind kind)
{
	const unsigned east =
	    1u << SCRIPT_HAN | 1u << SCRIPT_KANA | 1u << SCRIPT_HANGUL;

	return kind & (WORD_ORG | WORD_INSTITUTION | WORD_ROLE) &&
	       script_set(word) & east;
}

static void
words_add(struct words *w, struct span word, enum word_kind kind)
{
	uint8_t text[WORD_MAX];
	size_t len = squeeze(text, word);
	struct word *to;

	ASSERT(len > 0 && w->num < SLOTS / 2);
	to = &w->slot[slot_of(w, text, len)];
	if (to->len == 0 && is_inner(word, kind)) {
		ASSERT(w->num_inner < INNER);
		w->inner[w->num_inner++] = (uint16_t)(to - w->slot);
	}
	w->num += to->len == 0;
	to->len = (uint8_t)len;
	to->kinds |= kind;
	memcpy(to->text, text, len);
}

struct words *
words_new(void)
{
	struct words *w = NEW(struct words);

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		struct span rest = span_str(files[i].text), line;

		while (rest.len > 0) {
			line = span_cut(rest, 0, span_chr(rest, '\n'));
			rest = span_from(rest, line.len + 1);
			if (line.len > 0 && line.p[0] != '#')
				words_add(w, line, files[i].kind);
		}
	}
	return w;
}

void
words_free(struct words *w)
{
	free(w);
}

unsigned
words_kind(const struct words *w, struct span folded)
{
	uint8_t text[WORD_MAX];
	size_t len = squeeze(text, folded);

	return len > 0 ? w->slot[slot_of(w, text, len)].kinds : 0;
}

unsigned
words_within(const struct words *w, struct span text)
{
	unsigned kinds = 0;

	if (text_is_ascii(text))
		return 0;
	for (unsigned i = 0; i < w->num_inner; i++) {
		const struct word *word = &w->slot[w->inner[i]];

		if (memmem(text.p, text.len, word->text, word->len) != NULL)
			kinds |= word->kinds;
	}
	return kinds;
}
