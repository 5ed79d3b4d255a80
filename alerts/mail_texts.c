/* mail_texts: the templates of mails by language and name, their words, dates
 * and numbers; see mail_private.h. Another language is another folder with the
 * same files, and its part of the table. */
#include <string.h>
#include <time.h>

#include "alerts/mail_private.h"
#include "ctlog/base/err.h"

static const struct {
	const char *lang, *name, *text;
} texts[] = {
    {
	"en",
	"exposure",
#include "alerts/mail/en/exposure.txt.h"
    },
    {
	"en",
	"digest",
#include "alerts/mail/en/digest.txt.h"
    },
    {
	"en",
	"digest-group",
#include "alerts/mail/en/digest-group.txt.h"
    },
    {
	"en",
	"digest-end",
#include "alerts/mail/en/digest-end.txt.h"
    },
    {
	"en",
	"follow-up",
#include "alerts/mail/en/follow-up.txt.h"
    },
    {
	"en",
	"event",
#include "alerts/mail/en/event.txt.h"
    },
    {
	"en",
	"words",
#include "alerts/mail/en/words.txt.h"
    },
    {
	"de",
	"exposure",
#include "alerts/mail/de/exposure.txt.h"
    },
    {
	"de",
	"digest",
#include "alerts/mail/de/digest.txt.h"
    },
    {
	"de",
	"digest-group",
#include "alerts/mail/de/digest-group.txt.h"
    },
    {
	"de",
	"digest-end",
#include "alerts/mail/de/digest-end.txt.h"
    },
    {
	"de",
	"follow-up",
#include "alerts/mail/de/follow-up.txt.h"
    },
    {
	"de",
	"event",
#include "alerts/mail/de/event.txt.h"
    },
    {
	"de",
	"words",
#include "alerts/mail/de/words.txt.h"
    },
};

static const char *
find(const char *lang, const char *name)
{
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (strcmp(texts[i].lang, lang) == 0 &&
		    strcmp(texts[i].name, name) == 0)
			return texts[i].text;
	return NULL;
}

bool
mail_speaks(const char *lang)
{
	return find(lang, "words") != NULL;
}

const char *
mail_text(const char *lang, const char *name)
{
	const char *text = find(lang, name);

	ASSERT(text != NULL);
	return text;
}

/* --- words ----------------------------------------------------------------- */

bool
mail_word(
    struct span *out, const char *lang, const char *prefix, const char *name)
{
	return form_word(out, span_str(mail_text(lang, "words")), prefix, name);
}

struct span
mail_own_word(const char *lang, const char *prefix, const char *name)
{
	struct span word;

	ASSERT(mail_word(&word, lang, prefix, name));
	return word;
}

void
mail_replace(
    struct buf *out, struct span word, const char *name, struct span value)
{
	struct buf hole = {0};
	size_t i = 0;

	buf_fmt(&hole, "{%s}", name);
	while (i < word.len) {
		if (span_starts(span_from(word, i), buf_span(&hole))) {
			buf_span_add(out, value);
			i += hole.len;
		} else {
			buf_char(out, (char)word.p[i++]);
		}
	}
	buf_fini(&hole);
}

/* --- dates and numbers ------------------------------------------------------- */

/* The nth of words separated by blanks. */
static struct span
nth(struct span words, int n)
{
	while (n-- > 0)
		words = span_from(words, span_chr(words, ' ') + 1);
	return span_cut(words, 0, span_chr(words, ' '));
}

void
mail_date(struct buf *out, const char *lang, int64_t ms)
{
	struct span form = mail_own_word(lang, NULL, "date");
	time_t t = (time_t)(ms / 1000);
	struct tm tm;

	if (ms == INT64_MIN || gmtime_r(&t, &tm) == NULL) {
		buf_span_add(out, mail_own_word(lang, NULL, "not-known"));
		return;
	}
	for (size_t i = 0; i < form.len; i++)
		if (form.p[i] == 'D')
			buf_fmt(out, "%d", tm.tm_mday);
		else if (form.p[i] == 'M')
			buf_span_add(
			    out, nth(mail_own_word(lang, NULL, "months"),
				     tm.tm_mon));
		else if (form.p[i] == 'Y')
			buf_fmt(out, "%d", tm.tm_year + 1900);
		else
			buf_char(out, (char)form.p[i]);
}

void
mail_number(struct buf *out, const char *lang, uint64_t n)
{
	struct span sep = mail_own_word(lang, NULL, "thousands");

	if (n >= 1000) {
		mail_number(out, lang, n / 1000);
		buf_span_add(out, sep);
		buf_fmt(out, "%03u", (unsigned)(n % 1000));
	} else {
		buf_fmt(out, "%u", (unsigned)n);
	}
}

void
mail_count(struct buf *out, const char *lang, const char *prefix, uint64_t n)
{
	struct buf number = {0};

	mail_number(&number, lang, n);
	mail_replace(out, mail_own_word(lang, prefix, n == 1 ? "one" : "more"),
	    "n", buf_span(&number));
	buf_fini(&number);
}
