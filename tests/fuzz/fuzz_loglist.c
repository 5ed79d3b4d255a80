/* fuzz_loglist: a list that is taken is complete; one that is refused is
 * empty and says why. */
#include <stdlib.h>

#include "ctlog/base/err.h"
#include "ctlog/base/limits.h"
#include "ctlog/base/text.h"
#include "ctlog/wire/loglist.h"
#include "ctlog/wire/logurl.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_url(const char *url)
{
	struct span s = span_str(url), host, bare;

	ASSERT(s.len > 0 && s.p[s.len - 1] == '/');
	ASSERT(logurl_split(s, &host, &bare) && host.len > 0);
}

static void
check_log(const struct loglist_log *g)
{
	ASSERT(g->operator_name[0] != '\0' && g->description != NULL);
	ASSERT(hash_eq(logkey_id(g->key), &g->log_id));
	ASSERT(loglist_state_name(g->state) != NULL && g->mmd_s != 0);
	check_url(g->url);
	ASSERT(g->tiled == (g->submission != NULL));
	ASSERT(g->tiled == (g->origin != NULL));
	if (g->tiled)
		check_url(g->submission);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct loglist l;
	struct err e = {""};

	if (loglist_parse(&l, span_of(data, size), &e) == ST_OK) {
		ASSERT(l.num > 0 && l.num + l.num_skipped <= LIMIT_LOGS);
		ASSERT(l.version != NULL);
		for (size_t i = 0; i < l.num; i++)
			check_log(&l.log[i]);
		loglist_fini(&l);
	} else {
		ASSERT(text_is_utf8(span_str(e.text)) && e.text[0] != '\0');
		ASSERT(strpbrk(e.text, "\n\r\t\x1b") == NULL);
	}
	ASSERT(l.num == 0 && l.log == NULL && l.version == NULL);
	return 0;
}
