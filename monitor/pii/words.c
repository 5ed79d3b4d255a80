/* words: see words.h. */
#include "monitor/pii/words.h"

#include <stdlib.h>

#include "ctlog/base/err.h"
#include "ctlog/base/mem.h"
#include "ctlog/base/text.h"

/* Room for all words with half of it empty; a power of two. */
#define SLOTS 4096
#define WORD_MAX 48

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
static const char mailbox_txt[] =
#include "words/mailbox.txt.h"
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
    {WORD_MAILBOX, mailbox_txt},
};

struct words {
	unsigned num;
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

static void
words_add(struct words *w, struct span word, enum word_kind kind)
{
	uint8_t text[WORD_MAX];
	size_t len = squeeze(text, word);
	struct word *to;

	ASSERT(len > 0 && w->num < SLOTS / 2);
	to = &w->slot[slot_of(w, text, len)];
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

bool
words_cjk_org(struct span folded)
{
	static const char *const forms[] = {"株式会社", "有限会社", "合同会社",
	    "社団法人", "財団法人", "公司", "集团", "주식회사", "유한회사",
	    "(주)", "大学", "银行", "銀行", "医院", "病院", "法院", "政府",
	    "대학교", "은행", "병원"};

	if (text_is_ascii(folded))
		return false;
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		if (memmem(folded.p, folded.len, forms[i], strlen(forms[i])))
			return true;
	return false;
}
