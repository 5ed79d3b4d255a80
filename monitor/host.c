/* host: see host.h. Not here: sockets, URLs, clocks. */
#include "monitor/host.h"

#include "ctlog/base/err.h"
#include "ctlog/base/limits.h"
#include "ctlog/base/mem.h"
#include "monitor/budget.h"

TAILQ_HEAD(turns, turn);

/* Whose hosts these are. */
struct owner {
	struct budget budget;
	int num_hosts, num_queued;
};

struct host {
	TAILQ_ENTRY(host) link;
	struct hosts *of;
	struct owner *owner;
	struct turns queue;
	char *origin, *site, *operator_name;
	int num_queued, running;
	int64_t base_ms;
	int64_t until;   /* not asked before */
	uint64_t epoch;  /* faults since ever that made it wait */
	unsigned faults; /* in a row */
};

TAILQ_HEAD(host_list, host);

struct hosts {
	struct host_list list; /* whose turn it is comes first */
	int total, per_host, running;
	uint64_t random;
};

/* splitmix64: good enough for jitter, and a test can seed it. */
static uint64_t
hosts_random(struct hosts *hs)
{
	uint64_t z = hs->random += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

/* From lo to hi, both included. */
static int64_t
hosts_between(struct hosts *hs, int64_t lo, int64_t hi)
{
	return lo + (int64_t)(hosts_random(hs) % (uint64_t)(hi - lo + 1));
}

struct hosts *
hosts_new(int total, int per_host, uint64_t seed)
{
	struct hosts *hs = NEW(struct hosts);

	ASSERT(total > 0 && per_host > 0);
	TAILQ_INIT(&hs->list);
	hs->total = total;
	hs->per_host = per_host;
	hs->random = seed;
	return hs;
}

static void
owner_leave(struct owner *o)
{
	if (--o->num_hosts == 0)
		free(o);
}

static void
host_free(struct host *h)
{
	ASSERT(TAILQ_EMPTY(&h->queue) && h->running == 0);
	TAILQ_REMOVE(&h->of->list, h, link);
	owner_leave(h->owner);
	free(h->origin);
	free(h->site);
	free(h->operator_name);
	free(h);
}

void
hosts_free(struct hosts *hs)
{
	if (hs == NULL)
		return;
	while (!TAILQ_EMPTY(&hs->list))
		host_free(TAILQ_FIRST(&hs->list));
	free(hs);
}

/* Nothing about it is worth remembering. */
static bool
host_is_idle(const struct host *h, int64_t now)
{
	return TAILQ_EMPTY(&h->queue) && h->running == 0 && h->faults == 0 &&
	       h->until <= now &&
	       (h->owner->num_hosts > 1 ||
		   budget_is_free(&h->owner->budget, now));
}

/* A host in fault that nobody has asked for this long is forgotten too. */
#define FORGET_MS (2 * 1000ll * LIMIT_RETRY_MAX_S)

static bool
host_is_lost(const struct host *h, int64_t now)
{
	return TAILQ_EMPTY(&h->queue) && h->running == 0 &&
	       now - h->until > FORGET_MS;
}

/* Log lists come and go for years, so hosts do not pile up for ever. */
static void
hosts_sweep(struct hosts *hs, int64_t now)
{
	struct host *h, *next;

	for (h = TAILQ_FIRST(&hs->list); h != NULL; h = next) {
		next = TAILQ_NEXT(h, link);
		if (host_is_idle(h, now) || host_is_lost(h, now))
			host_free(h);
	}
}

struct host *
hosts_find(const struct hosts *hs, const char *origin)
{
	struct host *h;

	TAILQ_FOREACH(h, &hs->list, link)
	if (strcmp(h->origin, origin) == 0)
		return h;
	return NULL;
}

const struct host *
hosts_each(const struct hosts *hs, const struct host *after)
{
	return after == NULL ? TAILQ_FIRST(&hs->list) : TAILQ_NEXT(after, link);
}

/* --- whose they are -------------------------------------------------------- */

static bool
are_akin(const struct host *a, const struct host *b)
{
	return strcmp(a->site, b->site) == 0 ||
	       (a->operator_name[0] != '\0' &&
		   strcmp(a->operator_name, b->operator_name) == 0);
}

/* All hosts of `from` are `to`'s from now on; of two budgets under complaint
 * the tighter one counts. */
static void
owner_merge(struct hosts *hs, struct owner *to, struct owner *from)
{
	struct host *h;
	int n = from->num_hosts;

	budget_join(&to->budget, &from->budget);
	to->num_queued += from->num_queued;
	to->num_hosts += n;
	TAILQ_FOREACH(h, &hs->list, link)
	if (h->owner == from)
		h->owner = to;
	free(from);
}

/* Names come with logs, so a host may turn out to be another one's kin. */
static void
host_find_kin(struct host *h)
{
	struct host *other;

	TAILQ_FOREACH(other, &h->of->list, link)
	if (other->owner != h->owner && are_akin(h, other))
		owner_merge(h->of, other->owner, h->owner);
}

static void
host_name(struct host *h, const char *operator_name)
{
	if (operator_name == NULL || operator_name[0] == '\0' ||
	    h->operator_name[0] != '\0')
		return;
	free(h->operator_name);
	h->operator_name = mem_str(operator_name);
	host_find_kin(h);
}

static struct host *
host_new(struct hosts *hs, const struct host_id *id, int64_t now)
{
	struct host *h = NEW(struct host);

	h->of = hs;
	TAILQ_INIT(&h->queue);
	h->origin = mem_str(id->origin);
	h->site = mem_str(id->site);
	h->operator_name = mem_str("");
	h->base_ms = id->loopback ? HOST_BASE_LOOPBACK_MS : HOST_BASE_MS;
	h->until = now;
	h->owner = NEW(struct owner);
	h->owner->num_hosts = 1;
	TAILQ_INSERT_TAIL(&hs->list, h, link);
	host_find_kin(h);
	return h;
}

struct host *
hosts_get(struct hosts *hs, const struct host_id *id, int64_t now)
{
	struct host *h = hosts_find(hs, id->origin);

	if (h == NULL) {
		hosts_sweep(hs, now);
		h = host_new(hs, id, now);
	}
	host_name(h, id->operator_name);
	return h;
}

/* --- turns ----------------------------------------------------------------- */

void
host_queue(struct host *h, struct turn *t)
{
	ASSERT(t->host == NULL);
	t->host = h;
	t->running = false;
	TAILQ_INSERT_TAIL(&h->queue, t, link);
	h->num_queued++;
	h->owner->num_queued++;
}

static void
host_unqueue(struct host *h, struct turn *t)
{
	TAILQ_REMOVE(&h->queue, t, link);
	h->num_queued--;
	h->owner->num_queued--;
}

/* A turn waits and there is room for it, whatever the clock says. */
static bool
host_has_room(const struct host *h)
{
	int room = h->faults > 0 ? 1 : h->of->per_host;

	return !TAILQ_EMPTY(&h->queue) && h->running < room;
}

/* How long its wishes and its operator's budget make it wait; -1: until a call
 * of the operator's ends. */
static int64_t
host_start_ms(const struct host *h, int64_t now)
{
	int64_t ms = budget_wait_ms(&h->owner->budget, now);
	int64_t own = host_wait_ms(h, now);

	return ms >= 0 && ms < own ? own : ms;
}

static struct turn *
host_start(struct host *h, int64_t now)
{
	struct hosts *hs = h->of;
	struct turn *t = TAILQ_FIRST(&h->queue);

	host_unqueue(h, t);
	budget_start(&h->owner->budget, now);
	t->running = true;
	t->epoch = h->epoch;
	t->started = now;
	h->running++;
	hs->running++;
	TAILQ_REMOVE(&hs->list, h, link);
	TAILQ_INSERT_TAIL(&hs->list, h, link);
	return t;
}

struct turn *
hosts_next(struct hosts *hs, int64_t now)
{
	struct host *h;

	if (hs->running >= hs->total)
		return NULL;
	TAILQ_FOREACH(h, &hs->list, link)
	if (host_has_room(h) && host_start_ms(h, now) == 0)
		return host_start(h, now);
	return NULL;
}

int64_t
hosts_wait_ms(const struct hosts *hs, int64_t now)
{
	const struct host *h;
	int64_t ms, least = -1;

	if (hs->running >= hs->total)
		return -1;
	TAILQ_FOREACH(h, &hs->list, link)
	{
		if (!host_has_room(h))
			continue;
		ms = host_start_ms(h, now);
		if (ms >= 0 && (least < 0 || ms < least))
			least = ms;
	}
	return least;
}

static void
host_leave(struct turn *t)
{
	struct host *h = t->host;

	ASSERT(h != NULL && t->running);
	budget_end(&h->owner->budget);
	h->running--;
	h->of->running--;
	t->host = NULL;
	t->running = false;
}

/* What faults in a row cost without a Retry-After. */
static int64_t
host_backoff_ms(struct host *h)
{
	unsigned n = h->faults > 0 ? h->faults - 1 : 0;

	if (n > HOST_DOUBLINGS)
		n = HOST_DOUBLINGS;
	return hosts_between(h->of, h->base_ms / 10, h->base_ms << n);
}

/* The server's wish, and a little more so that not all come at once. */
static int64_t
host_patience_ms(struct host *h, int64_t retry_ms)
{
	return retry_ms + hosts_between(h->of, 0, h->base_ms / 4);
}

static void
host_wait_until(struct host *h, int64_t until)
{
	if (until > h->until)
		h->until = until;
}

void
host_end(struct turn *t, enum host_end how, int64_t retry_ms, int64_t now)
{
	struct host *h = t->host;
	struct budget *b = &h->owner->budget;
	bool current = t->epoch == h->epoch;

	if (how == HOST_FINE)
		budget_good(b, t->started, now);
	else if (how == HOST_THROTTLED)
		budget_halve(b, t->started, now);
	host_leave(t);
	if (how == HOST_FINE && current)
		h->faults = 0;
	if (how == HOST_FINE || how == HOST_DROPPED)
		return;
	if (current) {
		h->faults++;
		h->epoch++;
	}
	if (retry_ms > 0)
		host_wait_until(h, now + host_patience_ms(h, retry_ms));
	else if (current)
		host_wait_until(h, now + host_backoff_ms(h));
}

void
host_drop(struct turn *t)
{
	if (t->host == NULL)
		return;
	if (t->running) {
		host_leave(t);
		return;
	}
	host_unqueue(t->host, t);
	t->host = NULL;
}

int64_t
host_wait_ms(const struct host *h, int64_t now)
{
	return h->until > now ? h->until - now : 0;
}

bool
host_is_in_fault(const struct host *h)
{
	return h->faults > 0;
}

int64_t
host_queue_ms(const struct host *h, int64_t now)
{
	const struct owner *o = h->owner;

	return budget_queue_ms(&o->budget, o->num_queued, now);
}

double
host_rate(const struct host *h, int64_t now)
{
	const struct budget *b = &h->owner->budget;

	return budget_is_free(b, now) ? 0.0 : b->rate;
}

const char *
host_origin(const struct host *h)
{
	return h->origin;
}

const char *
host_operator(const struct host *h)
{
	return h->operator_name;
}

unsigned
host_num_waiting(const struct host *h)
{
	return (unsigned)h->num_queued;
}

unsigned
host_num_running(const struct host *h)
{
	return (unsigned)h->running;
}

/* Decimal digits in seconds, at most the longest patience; -1 otherwise. */
static int64_t
retry_seconds(struct span value)
{
	int64_t s = 0;

	if (value.len == 0)
		return -1;
	for (size_t i = 0; i < value.len; i++) {
		if (value.p[i] < '0' || value.p[i] > '9')
			return -1;
		s = s * 10 + (value.p[i] - '0');
		if (s > LIMIT_RETRY_MAX_S)
			s = LIMIT_RETRY_MAX_S;
	}
	return s;
}

int64_t
host_retry_ms(struct span value, int64_t date_ms, int64_t server_ms)
{
	const int64_t min = LIMIT_RETRY_MIN_S * 1000ll;
	const int64_t max = LIMIT_RETRY_MAX_S * 1000ll;
	int64_t ms = retry_seconds(value);

	if (ms >= 0)
		ms *= 1000;
	else if (date_ms >= 0)
		ms = date_ms - server_ms;
	else
		return 0;
	return ms < min ? min : ms > max ? max : ms;
}
