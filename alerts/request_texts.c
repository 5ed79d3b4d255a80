/* request_texts: the texts of letters by language and name, and words for what
 * has short names elsewhere; see request_private.h. Another language is another
 * folder with the same files, and its part of the table. */
#include <string.h>

#include "alerts/request_private.h"

const char request_langs[] = "en, de";

static const struct {
	const char *lang, *name, *text;
} texts[] = {
    {
	"en",
	"ca",
#include "alerts/requests/en/ca.txt.h"
    },
    {
	"en",
	"identrust",
#include "alerts/requests/en/identrust.txt.h"
    },
    {
	"en",
	"problem-report",
#include "alerts/requests/en/problem-report.txt.h"
    },
    {
	"en",
	"sectigo",
#include "alerts/requests/en/sectigo.txt.h"
    },
    {
	"en",
	"words",
#include "alerts/requests/en/words.txt.h"
    },
    {
	"de",
	"ca",
#include "alerts/requests/de/ca.txt.h"
    },
    {
	"de",
	"identrust",
#include "alerts/requests/de/identrust.txt.h"
    },
    {
	"de",
	"problem-report",
#include "alerts/requests/de/problem-report.txt.h"
    },
    {
	"de",
	"sectigo",
#include "alerts/requests/de/sectigo.txt.h"
    },
    {
	"de",
	"words",
#include "alerts/requests/de/words.txt.h"
    },
};

const char *
request_text(const char *lang, const char *name)
{
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (strcmp(texts[i].lang, lang) == 0 &&
		    strcmp(texts[i].name, name) == 0)
			return texts[i].text;
	return NULL;
}

bool
request_speaks(const char *lang)
{
	return request_text(lang, "words") != NULL;
}

struct span
request_word(const char *lang, const char *prefix, const char *name)
{
	struct span found = span_str(name);

	form_word(&found, span_str(request_text(lang, "words")), prefix, name);
	return found;
}
