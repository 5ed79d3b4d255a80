/* http_session: see http_session.h. Not here: what is resumed, and whether the
 * certificate was good then: libcurl compares the options of a transfer. */
#include "monitor/http_session.h"

#include <curl/curl.h>
#include <string.h>
#include <sys/queue.h>

#include "ctlog/base/err.h"
#include "ctlog/base/mem.h"

TAILQ_HEAD(session_list, session);

struct session {
	TAILQ_ENTRY(session) link;
	char *origin;
	CURLSH *share;
	unsigned users;
};

struct sessions {
	struct session_list list; /* used last comes last */
	unsigned num;
};

struct sessions *
sessions_new(void)
{
	struct sessions *all = NEW(struct sessions);

	TAILQ_INIT(&all->list);
	return all;
}

static void
session_free(struct sessions *all, struct session *s)
{
	CURLSHcode rc = curl_share_cleanup(s->share);

	ASSERT(rc == CURLSHE_OK);
	TAILQ_REMOVE(&all->list, s, link);
	all->num--;
	free(s->origin);
	free(s);
}

void
sessions_free(struct sessions *all)
{
	if (all == NULL)
		return;
	while (!TAILQ_EMPTY(&all->list))
		session_free(all, TAILQ_FIRST(&all->list));
	free(all);
}

/* Make room for one more; those in use stay. */
static void
sessions_trim(struct sessions *all)
{
	struct session *s, *next;

	for (s = TAILQ_FIRST(&all->list); s != NULL; s = next) {
		next = TAILQ_NEXT(s, link);
		if (all->num < HTTP_SESSION_HOSTS)
			return;
		if (s->users == 0)
			session_free(all, s);
	}
}

static struct session *
session_new(struct sessions *all, const char *origin)
{
	struct session *s = NEW(struct session);
	CURLSHcode rc;

	sessions_trim(all);
	s->origin = mem_str(origin);
	s->share = curl_share_init();
	ASSERT(s->share != NULL);
	rc = curl_share_setopt(
	    s->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
	ASSERT(rc == CURLSHE_OK);
	all->num++;
	return s;
}

static struct session *
session_find(struct sessions *all, const char *origin)
{
	struct session *s;

	TAILQ_FOREACH_REVERSE(s, &all->list, session_list, link)
	if (strcmp(s->origin, origin) == 0)
		return s;
	return NULL;
}

struct session *
session_take(struct sessions *all, const char *origin)
{
	struct session *s = session_find(all, origin);

	if (s == NULL)
		s = session_new(all, origin);
	else
		TAILQ_REMOVE(&all->list, s, link);
	TAILQ_INSERT_TAIL(&all->list, s, link);
	s->users++;
	return s;
}

void
session_give(struct sessions *all, struct session *s)
{
	ASSERT(s->users > 0);
	s->users--;
	if (all->num > HTTP_SESSION_HOSTS)
		sessions_trim(all);
}

void *
session_share(const struct session *s)
{
	return s->share;
}
