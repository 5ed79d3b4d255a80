/*
 * http_session: TLS sessions, kept for each host, so that a new connection to
 * it resumes the last one's instead of beginning with certificates again. What
 * one host sends is never offered to, nor kept in the place of, another's
 * (a cache of libcurl's has 8 places). For http.c only.
 */
#ifndef MONITOR_HTTP_SESSION_H
#define MONITOR_HTTP_SESSION_H

/* Hosts that are remembered; beyond that, those not used for longest go. */
#define HTTP_SESSION_HOSTS 256

struct sessions;
struct session;

struct sessions *sessions_new(void);
/* All sessions are given back before. */
void sessions_free(struct sessions *all);

/* Those of this origin, for a transfer; until it is given back. */
struct session *session_take(struct sessions *all, const char *origin);
void session_give(struct sessions *all, struct session *s);
/* A CURLSH. */
void *session_share(const struct session *s);

#endif
