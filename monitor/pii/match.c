/*
 * match: the findings of a certificate looked up in the index; see match.h.
 * Here: addresses, their domains, and the list of hits. Names are in
 * match_name.c.
 */
#include "monitor/pii/match_run.h"

#include "ctlog/base/mem.h"
#include "monitor/pii/normal.h"

/* One finding: canonical, its relaxed forms, tokens with four bytes for one
 * of each, in two readings. */
#define ROOM (32 * LIMIT_VALUE)
#define DOMAIN_MAX 253 /* RFC 1035 2.3.4 */

/* What a probe asks for: a policy (enum email_policy) or a domain. */
enum asks { ASK_EMAIL, ASK_DOMAIN = 4, ASK_SUBDOMAIN };

struct seen {
	uint32_t epoch; /* of the certificate that wrote this slot */
	uint32_t no, hit;
	uint32_t finding; /* the last that counted */
};
#define SEEN_SIZE 64
#define SEEN_SPREAD 0x9e3779b1u /* 2^32 / golden ratio */

/* --- hits ------------------------------------------------------------------ */

static struct seen *
seen_slot(struct matcher *m, uint32_t no)
{
	uint32_t at = no * SEEN_SPREAD;

	for (;; at++) {
		struct seen *s = &m->seen[at & (m->seen_size - 1)];

		if (s->epoch != m->epoch || s->no == no)
			return s;
	}
}

/* Twice the room, keeping what this certificate has written. */
static void
seen_grow(struct matcher *m)
{
	struct seen *old = m->seen;
	uint32_t size = m->seen_size;

	m->seen_size *= 2;
	m->seen = mem_new(m->seen_size, sizeof(*m->seen));
	for (uint32_t i = 0; i < size; i++)
		if (old[i].epoch == m->epoch)
			*seen_slot(m, old[i].no) = old[i];
	free(old);
}

static void
seen_clear(struct matcher *m)
{
	if (++m->epoch != 0)
		return;
	memset(m->seen, 0, m->seen_size * sizeof(*m->seen));
	m->epoch = 1;
}

void
hit_reason(struct match_hit *h, const char *reason)
{
	for (size_t i = 0; i + 1 < MATCH_REASONS; i++) {
		if (h->reason[i] != NULL)
			continue;
		h->reason[i] = reason;
		return;
	}
}

void
hit_add(struct matcher *m, const struct match_hit *h)
{
	struct seen *s = seen_slot(m, h->no);
	struct match_hit *best;
	uint32_t count;

	if (s->epoch != m->epoch) {
		*s = (struct seen){
		    m->epoch, h->no, (uint32_t)m->num_hits++, h->finding};
		buf_add(m->out, h, sizeof(*h));
		if (m->num_hits * 2 > m->seen_size)
			seen_grow(m);
		return;
	}
	best = (struct match_hit *)(void *)(m->out->p + m->hits_at) + s->hit;
	best->count += s->finding != h->finding;
	s->finding = h->finding;
	count = best->count;
	if (h->score > best->score)
		*best = *h;
	best->count = count;
}

/* --- addresses ------------------------------------------------------------- */

struct probe *
probe_new(struct matcher *m, unsigned what)
{
	struct probe *p = &m->probe[m->num_probes];

	if (m->num_probes == PROBES)
		return NULL;
	m->num_probes++;
	p->what = what;
	return p;
}

void
probe_ready(struct matcher *m, const struct probe *p)
{
	index_prefetch(m->set, p->key);
}

static void
probe_email(struct matcher *m, struct span address, unsigned policy)
{
	struct probe *p = probe_new(m, ASK_EMAIL + policy);

	if (p == NULL)
		return;
	if (policy != 0)
		address = normal_email_relaxed(&m->arena, address, policy);
	key_email(m->keyer, p->key, address, policy);
	probe_ready(m, p);
}

bool
domain_walkable(struct span domain)
{
	return domain.len > 0 && domain.len <= DOMAIN_MAX && domain.p[0] != '[';
}

struct span
domain_above(struct span domain)
{
	return span_from(domain, span_chr(domain, '.') + 1);
}

/* The domain and all above it but the top one, which no record can have. */
static void
probe_domains(struct matcher *m, struct span domain)
{
	unsigned what = ASK_DOMAIN;

	if (!domain_walkable(domain))
		return;
	for (; span_chr(domain, '.') < domain.len;
	     domain = domain_above(domain)) {
		struct probe *p = probe_new(m, what);

		if (p == NULL)
			return;
		key_domain(m->keyer, p->key, domain);
		probe_ready(m, p);
		what = ASK_SUBDOMAIN;
	}
}

static void
probe_address(struct matcher *m, struct span address, enum pii_side side)
{
	unsigned holds = m->holds;

	if (holds & INDEX_EMAIL)
		probe_email(m, address, 0);
	for (unsigned policy = 1; policy <= BLOB_POLICY; policy++)
		if (side == SIDE_SUBJECT && holds & INDEX_EMAIL << policy &&
		    key_policy(address, policy) == policy)
			probe_email(m, address, policy);
	if (holds & INDEX_DOMAIN)
		probe_domains(m, normal_email_domain(address));
}

static const char *
reason_equal(const struct finding *f)
{
	const char *dot = f->carrier ? strrchr(f->carrier, '.') : NULL;

	if (f->kind == PII_UPN)
		return "user principal name equals the record";
	if (f->kind == PII_JID)
		return "messaging address equals the record";
	if (dot != NULL && strcmp(dot, ".rfc822Name") == 0)
		return "rfc822Name equals the record";
	return "e-mail address equals the record";
}

/* An e-mail record under one of its keys. */
static bool
judge_email(struct match_hit *h, const struct finding *f, const struct probe *p,
    struct span blob)
{
	static const char *const rule[] = {"email-strict", "email-plus",
	    "email-gmail-dots", "email-plus-gmail-dots"};
	static const char *const reason[] = {NULL,
	    "equals the record without the +tag (-tag at Yahoo)",
	    "equals the record without dots, which Gmail ignores",
	    "equals the record without +tag and dots, which Gmail ignores"};
	unsigned policy = p->what - ASK_EMAIL, flags = blob_flags(blob);

	if (policy != 0 && policy != (flags & BLOB_POLICY))
		return false;
	h->rule = rule[policy];
	h->score = 100;
	hit_reason(h, policy == 0 ? reason_equal(f) : reason[policy]);
	if (policy == 0 && flags & BLOB_ALIAS &&
	    !span_starts(span_of(p->key, sizeof(p->key)), span_from(blob, 1))) {
		h->rule = "email-idna2003";
		h->score = 80;
		h->reason[0] = "domain equals the record's as IDNA 2003 "
			       "mapped it; today it is another domain";
	}
	return true;
}

static bool
judge_domain(struct match_hit *h, const struct finding *f,
    const struct probe *p, struct span blob)
{
	struct rd r = rd_of(span_from(blob, 1));
	bool below = p->what == ASK_SUBDOMAIN;

	if ((rd_u16(&r) >> f->kind & 1) == 0)
		return false;
	if (below && (blob_flags(blob) & BLOB_SUBDOMAINS) == 0)
		return false;
	h->rule = below ? "domain-subdomain" : "domain";
	h->score = 100;
	hit_reason(h, below ? "domain is below the record's"
			    : "domain equals the record");
	return true;
}

/* A record found by a probe for an address. */
static void
judge(struct matcher *m, uint32_t finding, const struct probe *p,
    const struct index_record *r)
{
	const struct finding *f = &m->f->list[finding];
	enum record_kind kind =
	    p->what < ASK_DOMAIN ? RECORD_EMAIL : RECORD_DOMAIN;
	struct match_hit h = {.no = r->no, .finding = finding, .count = 1};

	m->judged++;
	if (r->kind != kind)
		return;
	if (kind == RECORD_EMAIL ? !judge_email(&h, f, p, r->blob)
				 : !judge_domain(&h, f, p, r->blob))
		return;
	if (f->confidence == CONF_FREE_TEXT)
		hit_reason(&h, "found in free text");
	if (f->side == SIDE_ISSUER)
		hit_reason(&h, "in the issuer's part: the CA's own data");
	hit_add(m, &h);
}

static void
match_address(struct matcher *m, uint32_t finding, struct span address)
{
	const struct finding *f = &m->f->list[finding];
	struct index_record r;
	bool any = false;

	if (address.len == 0 ||
	    (f->side == m->missed_side && span_eq(address, m->missed)))
		return;
	m->num_probes = 0;
	arena_clear(&m->arena);
	probe_address(m, address, f->side);
	for (unsigned i = 0; i < m->num_probes; i++) {
		const struct probe *p = &m->probe[i];
		struct index_cursor at = index_lookup(m->set, p->key);

		while (m->judged < JUDGED_MAX && index_found(&at, &r)) {
			judge(m, finding, p, &r);
			any = true;
		}
	}
	if (any)
		return;
	m->missed = address;
	m->missed_side = f->side;
}

/* --- the whole ------------------------------------------------------------- */

static void
match_finding(struct matcher *m, uint32_t i)
{
	const struct finding *f = &m->f->list[i];

	switch (f->kind) {
	case PII_EMAIL:
	case PII_UPN:
	case PII_JID:
		match_address(m, i, f->canonical);
		match_address(m, i, f->alt);
		break;
	case PII_NAME:
	case PII_PSEUDONYM:
		if (f->side == SIDE_SUBJECT && m->holds & INDEX_NAME)
			match_name(m, i);
		break;
	default:
		break;
	}
}

size_t
match_run(struct matcher *m, const struct match_set *set,
    const struct findings *f, unsigned threshold, struct buf *out)
{
	ASSERT(out->len % sizeof(struct match_hit) == 0);
	m->set = set;
	m->holds = index_set_holds(set);
	m->f = f;
	m->threshold = threshold;
	m->out = out;
	m->hits_at = out->len;
	m->num_hits = 0;
	m->tags.made = false;
	m->judged = 0;
	m->missed = m->missed_name = span_of(NULL, 0);
	seen_clear(m);
	for (uint32_t i = 0; i < f->num; i++)
		match_finding(m, i);
	return m->num_hits;
}

bool
match_overrun(const struct matcher *m)
{
	return m->judged >= JUDGED_MAX;
}

struct matcher *
matcher_new(const uint8_t key[INDEX_KEY_LEN])
{
	struct matcher *m = NEW(struct matcher);

	m->keyer = keyer_new(key);
	m->arena = arena_of(mem_new(ROOM, 1), ROOM);
	m->seen_size = SEEN_SIZE;
	m->seen = mem_new(SEEN_SIZE, sizeof(*m->seen));
	return m;
}

void
matcher_free(struct matcher *m)
{
	if (m == NULL)
		return;
	keyer_free(m->keyer);
	buf_fini(&m->tags.domains);
	buf_fini(&m->tags.countries);
	buf_fini(&m->tags.emails);
	free(m->arena.base);
	free(m->seen);
	free(m);
}
