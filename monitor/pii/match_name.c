/*
 * match_name: names looked up in the index, and judged by what the record's
 * blob and the rest of the certificate say (reference pii.md 5.2 and 5.5).
 * A find by key is a hint only: every word is compared again by its tag.
 */
#include "ctlog/base/text.h"
#include "monitor/pii/common.h"
#include "monitor/pii/match_grade.h"
#include "monitor/pii/match_run.h"
#include "monitor/pii/script.h"

/* Of so many words all pairs are looked up; of more, only the whole and the
 * whole without one. */
#define PAIRS_MAX 8
/* X.520 cuts a name here. */
#define CUT_CHARS 64
#define CUT_WORD 3
/* A pseudonym that is somebody's name goes to the digest, not further. */
#define PSEUDONYM_MAX 60

/* --- qualifiers ------------------------------------------------------------ */

struct qualified {
	int points;
	bool any, strong;
	uint64_t email; /* tag of a known address of the person, or 0 */
};

/* A list of tags of a record. */
struct tags {
	unsigned num;
	uint64_t list[BLOB_QUALIFIERS];
};

static void
tags_read(struct tags *out, struct rd *blob)
{
	out->num = rd_u8(blob);
	if (out->num > BLOB_QUALIFIERS)
		blob->bad = true;
	for (unsigned i = 0; i < out->num && rd_ok(blob); i++)
		out->list[i] = rd_u64(blob);
	if (!rd_ok(blob))
		out->num = 0;
}

static bool
tags_have(const struct tags *t, uint64_t tag)
{
	for (unsigned i = 0; i < t->num; i++)
		if (t->list[i] == tag && tag != 0)
			return true;
	return false;
}

static bool
is_among(const struct buf *sorted, uint64_t tag)
{
	size_t low = 0, high = sorted->len / sizeof(tag);
	uint64_t at;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		memcpy(&at, sorted->p + mid * sizeof(at), sizeof(at));
		if (at == tag)
			return tag != 0;
		if (at < tag)
			low = mid + 1;
		else
			high = mid;
	}
	return false;
}

/* The first of a record's tags that the certificate has too; 0: none. */
static uint64_t
tags_meet(const struct tags *t, const struct buf *sorted)
{
	for (unsigned i = 0; i < t->num; i++)
		if (is_among(sorted, t->list[i]))
			return t->list[i];
	return 0;
}

static void
qualify(struct qualified *q, struct match_hit *h, int points, const char *why)
{
	q->points += points;
	q->any = true;
	q->strong |= points >= POINTS_ORG;
	hit_reason(h, why);
}

static void
qualify_org(struct qualified *q, struct match_hit *h, struct rd *blob,
    const struct cert_tags *t)
{
	struct tags mine;

	tags_read(&mine, blob);
	if (tags_have(&mine, t->org_id))
		qualify(q, h, POINTS_ORG_ID, "organisation identifier equal");
	if (tags_have(&mine, t->org))
		qualify(q, h, POINTS_ORG, "organisation equal");
}

static void
qualify_country(struct qualified *q, struct match_hit *h, struct rd *blob,
    const struct cert_tags *t)
{
	struct tags mine;

	tags_read(&mine, blob);
	if (tags_meet(&mine, &t->countries) != 0) {
		qualify(q, h, POINTS_COUNTRY, "country equal");
	} else if (mine.num > 0 && t->has_country) {
		q->points += POINTS_OTHER_COUNTRY;
		hit_reason(h, "another country");
	}
}

static struct qualified
qualifiers(struct match_hit *h, struct rd *blob, const struct cert_tags *t)
{
	struct qualified q = {0};
	struct tags mine;

	tags_read(&mine, blob);
	if (tags_meet(&mine, &t->domains) != 0)
		qualify(&q, h, POINTS_DOMAIN,
		    "an address in the record's domain beside it");
	qualify_org(&q, h, blob, t);
	qualify_country(&q, h, blob, t);
	tags_read(&mine, blob);
	if (tags_have(&mine, t->locality))
		qualify(&q, h, POINTS_LOCALITY, "locality equal");
	if (rd_left(blob) > 0) {
		tags_read(&mine, blob);
		q.email = tags_meet(&mine, &t->emails);
	}
	return q;
}

/* --- judgement ------------------------------------------------------------- */

static int
confidence_points(struct match_hit *h, enum pii_confidence c)
{
	switch (c) {
	case CONF_STRUCTURED:
		hit_reason(h, "in fields that are made for names");
		return POINTS_STRUCTURED;
	case CONF_NAME:
		hit_reason(h, "in a field that holds a name here");
		return POINTS_NAME;
	default:
		hit_reason(h, "in a field that may hold a name");
		return POINTS_POSSIBLE;
	}
}

static void
reading_tag(struct matcher *m, struct reading *t)
{
	if (t->tagged)
		return;
	t->tagged = true;
	t->prefix = 0;
	for (unsigned i = 0; i < t->num; i++) {
		size_t chars = num_chars(t->token[i]);

		t->tag[i] = tag_token(m->keyer, t->token[i]);
		t->initial[i] =
		    chars == 1 ? tag_initial(m->keyer, t->token[i]) : 0;
		if (t->cut == i && chars >= CUT_WORD)
			t->prefix = tag_prefix(m->keyer, t->token[i]);
	}
}

/* The person's own address stands beside the name: that is what was found. */
static void
known_address(struct matcher *m, struct match_hit *h, uint64_t tag)
{
	h->finding = match_email_of(m, tag);
	h->rule = "name-email";
	h->score = 100;
	hit_reason(h, "a known address of this person beside the name");
	hit_add(m, h);
}

/* It has two words, and both are such as very many people have. With a second
 * given name or surname it is much rarer; one of each out of more counts for
 * less as it is. */
static bool
is_common(const struct reading *t)
{
	unsigned words = 0;

	for (unsigned i = 0; i < t->num; i++) {
		if (num_chars(t->token[i]) == 1)
			continue;
		if (!common_word(t->token[i]))
			return false;
		words++;
	}
	return words == 2;
}

/* The finding's words, the record's, and what stands beside them: a hit? */
static void
judge(struct matcher *m, struct reading *t, const struct index_record *r)
{
	const struct finding *f = &m->f->list[t->finding];
	struct match_hit h = {.no = r->no, .finding = t->finding, .count = 1};
	struct rd blob = rd_of(span_from(r->blob, 1));
	unsigned flags = blob_flags(r->blob);
	bool pseudonym = f->kind == PII_PSEUDONYM;
	struct qualified q;
	struct grade g;
	int score;

	m->judged++;
	reading_tag(m, t);
	if (r->kind != RECORD_NAME || !grade_record(&g, &blob, t))
		return;
	if (pseudonym && g.points < POINTS_FULL)
		return;
	h.rule = pseudonym ? "name-pseudonym" : g.rule;
	hit_reason(&h, g.why);
	score = grade_points(&g) + confidence_points(&h, f->confidence);
	q = qualifiers(&h, &blob, match_tags(m));
	score += q.points;
	if (!rd_ok(&blob))
		return;
	if (q.email != 0 && !pseudonym) {
		known_address(m, &h, q.email);
		return;
	}
	if (g.points >= POINTS_SUBSET && is_common(t)) {
		score += POINTS_COMMON;
		hit_reason(&h, "a name that many people have");
	}
	if (g.foreign > 0)
		hit_reason(&h, "words that are not in the record");
	if (g.cut)
		hit_reason(&h, "the last word may be cut");
	if (g.weak && !q.strong)
		return;
	if (!q.any &&
	    (flags & BLOB_REQUIRE || g.alone || f->confidence >= CONF_POSSIBLE))
		return;
	if (pseudonym && score > PSEUDONYM_MAX)
		score = PSEUDONYM_MAX;
	h.score = (uint8_t)(score < 0 ? 0 : score > 100 ? 100 : score);
	if (h.score >= m->threshold)
		hit_add(m, &h);
}

/* --- looking up ------------------------------------------------------------ */

/* The set of the tokens in `which`, a bit each. */
static void
probe_set(struct matcher *m, const struct reading *t, uint32_t which)
{
	struct span token[NAME_TOKENS];
	struct probe *p = probe_new(m, 0);
	unsigned num = 0;

	if (p == NULL)
		return;
	for (unsigned i = 0; i < t->num; i++)
		if (which >> i & 1)
			token[num++] = t->token[i];
	if (key_name(m->keyer, p->key, token, num))
		probe_ready(m, p);
	else
		m->num_probes--;
}

/* All of n words; all but one; each two of them. */
static void
probe_sets(struct matcher *m, const struct reading *t)
{
	unsigned n = t->num;
	uint32_t all = (1u << n) - 1;

	probe_set(m, t, all);
	for (unsigned i = 0; n > 2 && i < n; i++)
		probe_set(m, t, all & ~(1u << i));
	if (n <= 3 || n > PAIRS_MAX)
		return;
	for (unsigned i = 0; i < n; i++)
		for (unsigned k = 0; k < i; k++)
			probe_set(m, t, 1u << i | 1u << k);
}

static void
reading_run(struct matcher *m, struct reading *t)
{
	struct index_record r;

	if (t->num == 0)
		return;
	m->num_probes = 0;
	probe_sets(m, t);
	for (unsigned i = 0; i < m->num_probes; i++) {
		struct index_cursor at = index_lookup(m->set, m->probe[i].key);

		while (m->judged < JUDGED_MAX && index_found(&at, &r))
			judge(m, t, &r);
	}
}

/* The words of a name in Han, kana or Hangul as one, in this order and, when
 * they are two, in the other. */
static void
joined_run(struct matcher *m, struct reading *t, struct span name)
{
	const unsigned dense =
	    1u << SCRIPT_HAN | 1u << SCRIPT_KANA | 1u << SCRIPT_HANGUL;
	unsigned set = script_set(name);
	size_t gap = span_chr(name, ' '), n = 0;
	uint8_t *q;

	if (gap == name.len || (set & dense) == 0 ||
	    (set & ~(dense | 1u << SCRIPT_COMMON)) != 0)
		return;
	q = arena_get(&m->arena, 2 * name.len);
	if (q == NULL)
		return;
	for (size_t i = 0; i < name.len; i++)
		if (name.p[i] != ' ')
			q[n++] = name.p[i];
	t->num = 1;
	t->cut = NAME_TOKENS;
	t->token[0] = span_of(q, n);
	t->tagged = false;
	reading_run(m, t);
	if (n + 1 != name.len)
		return;
	memcpy(q + n, q, gap);
	t->token[0] = span_of(q + gap, n);
	t->tagged = false;
	reading_run(m, t);
}

/* The token that the value ends with, when the value is as long as X.520 lets
 * it be; NAME_TOKENS: there is none. */
static unsigned
cut_token(struct matcher *m, const struct reading *t, int form)
{
	struct span value = m->f->list[t->finding].value, name, last;
	size_t at;

	if (num_chars(value) != CUT_CHARS)
		return NAME_TOKENS;
	name = normal_name(&m->arena, value);
	at = name.len;
	while (at > 0 && name.p[at - 1] != ' ' && name.p[at - 1] != '-')
		at--;
	name = span_from(name, at);
	if (normal_name_tokens(&m->arena, &last, 1, name, form) == 1)
		for (unsigned i = 0; i < t->num; i++)
			if (span_eq(t->token[i], last))
				return i;
	return NAME_TOKENS;
}

static bool
same_tokens(const struct reading *a, const struct reading *b)
{
	if (a->num != b->num)
		return false;
	for (unsigned i = 0; i < a->num; i++)
		if (!span_eq(a->token[i], b->token[i]))
			return false;
	return true;
}

/* One letter between blanks: "Maria E Roe". */
static bool
has_lone_letter(struct span name)
{
	for (size_t i = 0; i < name.len; i++) {
		if (i > 0 && name.p[i - 1] != ' ')
			continue;
		while (i + 1 < name.len && (name.p[i + 1] & 0xc0) == 0x80)
			i++;
		if (i + 1 == name.len || name.p[i + 1] == ' ')
			return true;
	}
	return false;
}

static void
reading_of(struct matcher *m, struct reading *t, struct span name, int form)
{
	t->tagged = false;
	t->num =
	    normal_name_tokens(&m->arena, t->token, NAME_TOKENS, name, form);
	t->cut = cut_token(m, t, form);
}

/* A name; with what may be an initial or a particle ("y") as the former too;
 * and when it has letters beyond ASCII also with their digraphs. */
static void
match_text(struct matcher *m, uint32_t finding, struct span name)
{
	struct reading t = {.finding = finding}, other = t;
	uint32_t judged = m->judged;

	if (span_eq(name, m->missed_name))
		return;
	arena_clear(&m->arena);
	reading_of(m, &t, name, 0);
	reading_run(m, &t);
	if (has_lone_letter(name)) {
		reading_of(m, &other, name, NAME_INITIALS);
		if (!same_tokens(&t, &other))
			reading_run(m, &other);
	}
	if (text_is_ascii(name)) {
		if (m->judged == judged)
			m->missed_name = name;
		return;
	}
	reading_of(m, &other, name, 1);
	if (!same_tokens(&t, &other))
		reading_run(m, &other);
	joined_run(m, &other, name);
}

void
match_name(struct matcher *m, uint32_t finding)
{
	const struct finding *f = &m->f->list[finding];

	if (m->judged < JUDGED_MAX)
		match_text(m, finding, f->canonical);
	if (m->judged < JUDGED_MAX && f->alt.len > 0)
		match_text(m, finding, f->alt);
}
