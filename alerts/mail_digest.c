/* mail_digest: many exposures of a record in one mail; see mail_private.h.
 * However many there are, the mail stays one that is read. */
#include <stdlib.h>
#include <string.h>

#include "alerts/advice.h"
#include "alerts/digest.h"
#include "alerts/mail_private.h"
#include "ctlog/base/err.h"
#include "ctlog/base/mem.h"
#include "ctlog/base/text.h"

/* Lines of one severity; the rest is counted. */
#define LINES_MAX 15u

/* Exposures that say the same: renewals, signatures of one signer. */
struct group {
	const struct exposure *x; /* the first */
	size_t at;                /* in the message's list */
	size_t num;
	int64_t first_ms, last_ms;
	bool proven, listed;
};

struct groups {
	struct group *list;
	size_t num;
};

/* --- grouping ------------------------------------------------------------------ */

static struct group
group_of(struct digest_group of, size_t at)
{
	struct group g = {.x = of.list[0], .at = at, .num = of.num};

	g.first_ms = g.last_ms = mail_since(g.x);
	g.proven = true;
	for (size_t i = 0; i < of.num; i++) {
		int64_t since = mail_since(of.list[i]);

		if (since < g.first_ms)
			g.first_ms = since;
		if (since > g.last_ms)
			g.last_ms = since;
		g.proven &= mail_is_proven(of.list[i]);
	}
	return g;
}

/* The gravest first, of these the most, else as they came. */
static int
by_severity(const void *a, const void *b)
{
	const struct group *g = a, *h = b;

	if (g->x->severity != h->x->severity)
		return g->x->severity > h->x->severity ? -1 : 1;
	if (g->num != h->num)
		return g->num > h->num ? -1 : 1;
	return g->at < h->at ? -1 : 1;
}

static bool
begins(const struct groups *g, size_t i)
{
	return i == 0 || g->list[i].x->severity != g->list[i - 1].x->severity;
}

static void
groups_make(struct groups *out, const struct message *m)
{
	size_t line = 0;

	out->num = 0;
	out->list = mem_new(m->num_list, sizeof(*out->list));
	for (size_t at = 0; at < m->num_list; at += out->list[out->num++].num)
		out->list[out->num] =
		    group_of(digest_group(m->list + at, m->num_list - at), at);
	qsort(out->list, out->num, sizeof(*out->list), by_severity);
	for (size_t i = 0; i < out->num; i++) {
		line = begins(out, i) ? 0 : line + 1;
		out->list[i].listed = line < LINES_MAX;
	}
}

/* --- saying it ------------------------------------------------------------------- */

/* "1,000 certificates with the same data, 3 March to 20 November 2026" */
static void
put_signed(struct form_fields *f, const char *lang, const struct group *g)
{
	struct buf from = {0}, to = {0}, n = {0}, a = {0}, b = {0};
	const char *form = "more";

	mail_date(&from, lang, g->first_ms);
	mail_date(&to, lang, g->last_ms);
	mail_number(&n, lang, g->num);
	if (g->num == 1)
		form = "one";
	else if (span_eq(buf_span(&from), buf_span(&to)))
		form = "day";
	mail_replace(
	    &a, mail_own_word(lang, "signed", form), "n", buf_span(&n));
	mail_replace(&b, buf_span(&a), "from", buf_span(&from));
	buf_clear(&a);
	mail_replace(&a, buf_span(&b), "date", buf_span(&from));
	mail_replace(form_new(f, "signed"), buf_span(&a), "to", buf_span(&to));
	buf_fini(&from);
	buf_fini(&to);
	buf_fini(&n);
	buf_fini(&a);
	buf_fini(&b);
}

static void
say_group(struct mail_body *out, const struct mail *mail, const struct group *g,
    bool first)
{
	struct form_fields f = {0};
	struct buf *unproven;

	mail_fill_finding(&f, mail, g->x);
	mail_put_flag(&f, "first", first);
	mail_put(&f, "severity_head",
	    mail_own_word(mail->lang, "head", severity_name(g->x->severity)));
	put_signed(&f, mail->lang, g);
	unproven = form_new(&f, "unproven");
	if (!g->proven) {
		buf_char(unproven, ' ');
		buf_span_add(
		    unproven, mail_own_word(mail->lang, NULL, "unproven"));
	}
	mail_say(out, mail, "digest-group", &f);
	form_fini(&f);
}

static void
say_begin(struct mail_body *out, const struct mail *mail)
{
	const struct message *m = mail->m;
	struct form_fields f = {0};

	mail_fill_ends(&f, mail);
	mail_put(&f, "record", span_str(m->list[0]->record_id));
	mail_count(
	    form_new(&f, "findings"), mail->lang, "findings", m->num_list);
	mail_say(out, mail, "digest", &f);
	form_fini(&f);
}

/* What all of them call for, the best first. */
static void
put_advice(struct form_fields *f, const char *lang, const struct groups *g)
{
	static const char *const names[ADVICE_MAX] = {
	    "do1", "do2", "do3", "do4", "do5", "do6", "do7", "do8"};
	const struct advice *advice[ADVICE_MAX];
	bool wanted[NUM_ADVICES] = {false};
	size_t n = 0;

	for (size_t i = 0; i < g->num; i++)
		for (size_t k = alert_advice(advice, g->list[i].x); k > 0; k--)
			wanted[advice[k - 1] - advices] = true;
	for (size_t i = 0; i < NUM_ADVICES && n < ADVICE_MAX; i++)
		if (wanted[i])
			mail_put(f, names[n++],
			    mail_own_word(lang, "advice", advices[i].name));
	while (n < ADVICE_MAX)
		form_new(f, names[n++]);
}

static void
put_ids(struct form_fields *f, const struct groups *g)
{
	struct buf ids = {0};

	for (size_t i = 0; i < g->num; i++) {
		if (!g->list[i].listed)
			continue;
		if (ids.len > 0)
			buf_char(&ids, '\n');
		text_hex(&ids, span_of(g->list[i].x->id, 16));
	}
	mail_put_own(f, "ids", buf_span(&ids));
	buf_fini(&ids);
}

static void
say_end(struct mail_body *out, const struct mail *mail, const struct groups *g)
{
	struct form_fields f = {0};
	bool names = false, proven = true, odd = false;
	size_t left = 0;
	struct buf *more;

	for (size_t i = 0; i < g->num; i++) {
		left += g->list[i].listed ? 0 : g->list[i].num;
		names |= mail_is_name(g->list[i].x);
		proven &= g->list[i].proven || !g->list[i].listed;
		odd |= g->list[i].listed && mail_is_odd(g->list[i].x);
	}
	mail_fill_ends(&f, mail);
	put_advice(&f, mail->lang, g);
	put_ids(&f, g);
	mail_put_flag(&f, "mistaken", names);
	mail_put_flag(&f, "unproven_any", !proven);
	mail_put_flag(&f, "odd", odd);
	more = form_new(&f, "left");
	if (left > 0)
		mail_count(more, mail->lang, "left", left);
	mail_say(out, mail, "digest-end", &f);
	form_fini(&f);
}

void
mail_digest(struct mail_body *out, const struct mail *mail)
{
	struct groups g;

	ASSERT(mail->m->num_list > 0);
	groups_make(&g, mail->m);
	say_begin(out, mail);
	for (size_t i = 0; i < g.num; i++)
		if (g.list[i].listed)
			say_group(out, mail, &g.list[i], begins(&g, i));
	say_end(out, mail, &g);
	free(g.list);
}
