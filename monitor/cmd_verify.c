/*
 * cmd_verify: prove again, from the store alone, that what was read is what
 * the logs signed: the signatures of the heads that are kept, and that the
 * root of what was read is a head's.
 *
 * A stretch that ends between two heads was tied to one by proofs that are not
 * kept; those are told apart. The audit trail is proven whole, too.
 */
#include <inttypes.h>
#include <stdio.h>

#include "ctlog/base/limits.h"
#include "ctlog/base/text.h"
#include "monitor/cmd.h"
#include "monitor/opts.h"
#include "monitor/reparse.h"
#include "monitor/survey.h"

enum { O_CONFIG, O_JSON, O_REPARSE };
static const struct opt table[] = {
    [O_CONFIG] = {"config", 'c', "FILE", "the configuration"},
    [O_JSON] = {"json", 0, NULL, "JSON Lines instead of text"},
    [O_REPARSE] = {"reparse", 0, NULL, "read the entries in quarantine again"},
    {0},
};

/* A person is told so many places of entries in quarantine for one reason. */
#define PLACES 10

/* Of a stretch, or of a head's signature. */
enum found {
	F_NOTHING,  /* there is nothing to verify */
	F_VERIFIED, /* by a signed head, here and now */
	F_NO_KEY,   /* the root is the head's; its signature was not checked */
	F_EARLIER,  /* proven when it was read */
	F_MISMATCH,
	F_DAMAGED
};
static const struct {
	const char *name;
	int rc;
} found[] = {
    [F_NOTHING] = {"nothing", EX_OK},
    [F_VERIFIED] = {"verified", EX_OK},
    [F_NO_KEY] = {"no-key", EX_OK},
    [F_EARLIER] = {"proven-when-read", EX_OK},
    [F_MISMATCH] = {"mismatch", EX_PROTOCOL},
    [F_DAMAGED] = {"damaged", EX_DATAERR},
};

struct checked {
	enum found found;
	const struct store_head *head; /* that it was compared with */
	struct err why;
};

/* --- heads ---------------------------------------------------------------- */

static void
head_verify(
    struct checked *out, const struct survey_log *l, const struct store_head *h)
{
	struct head got;
	enum status st;

	*out = (struct checked){.head = h};
	if (h->raw.len == 0)
		return;
	out->found = F_NO_KEY;
	if (l->want == NULL)
		return;
	st = head_parse_stored(&got, l->want->key, h->raw, &out->why);
	out->found = st == ST_OK ? F_VERIFIED : F_MISMATCH;
	if (st == ST_BAD || st == ST_LIMIT)
		out->found = F_DAMAGED;
	if (st == ST_OK &&
	    (got.size != h->size || !hash_eq(&got.root, &h->root) ||
		(int64_t)got.timestamp != h->timestamp_ms)) {
		out->found = F_MISMATCH;
		err_set(&out->why, ST_MISMATCH,
		    "the stored head is not the one that was signed");
	}
}

/* --- stretches ------------------------------------------------------------ */

/* A head of just what was proven. */
static const struct checked *
head_of(const struct checked heads[2], const struct stretch *s)
{
	for (int i = 0; i < 2; i++)
		if (heads[i].found != F_NOTHING &&
		    heads[i].head->size == s->proven)
			return &heads[i];
	return NULL;
}

/* heads: newest and proven. A tree begins at 0, also for a stretch that does
 * not: what lies before it was proven when it was begun. */
static void
stretch_verify(struct checked *out, const struct stretch *s,
    const struct checked heads[2], struct hasher *h)
{
	const struct checked *head = head_of(heads, s);
	struct hash root;

	*out = (struct checked){.found = F_NOTHING};
	if (s->proven == s->begin)
		return;
	out->found = F_EARLIER;
	if (head == NULL || s->tree_proven.begin != 0)
		return;
	*out = *head;
	if (head->found != F_VERIFIED && head->found != F_NO_KEY)
		return;
	range_root(&s->tree_proven, h, &root);
	if (hash_eq(&root, &head->head->root))
		return;
	out->found = F_MISMATCH;
	err_set(&out->why, ST_MISMATCH,
	    "the root of the entries read is not the root that the log signed");
}

/* --- telling -------------------------------------------------------------- */

static void
detail_json(struct buf *out, const struct checked *v)
{
	buf_fmt(out, "\"result\":\"%s\"", found[v->found].name);
	if (v->found == F_MISMATCH || v->found == F_DAMAGED) {
		buf_str(out, ",\"detail\":");
		text_json(out, span_str(v->why.text));
	}
	buf_str(out, ",\"head\":");
	if (v->head != NULL)
		survey_head_json(out, v->head);
	else
		buf_str(out, "null");
}

static void
stretch_json(struct buf *out, const struct stretch *s, const struct checked *v)
{
	buf_fmt(out,
	    "{\"job\":%" PRId64 ",\"job_id\":\"%" PRId64 "\",\"begin\":%" PRIu64
	    ",\"proven\":%" PRIu64 ",",
	    s->job, s->job, s->begin, s->proven);
	if (s->scan != 0)
		buf_fmt(out, "\"part_of\":\"%" PRId64 "\",", s->scan);
	detail_json(out, v);
	buf_char(out, '}');
}

/* What was found, for a person, from "..." on. */
static void
found_text(struct buf *out, const struct checked *v)
{
	char when[TEXT_TIME];

	if (v->found == F_MISMATCH)
		buf_fmt(out, "MISMATCH: %s", v->why.text);
	else if (v->found == F_DAMAGED)
		buf_fmt(out, "DAMAGED: %s", v->why.text);
	else if (v->found == F_EARLIER)
		buf_str(out, "proven when it was read; the store keeps no "
			     "head of this size");
	else
		buf_fmt(out, "%s head of %" PRIu64 " entries signed %s%s",
		    v->found == F_VERIFIED ? "verified by the"
					   : "agrees with the",
		    v->head->size, text_time(when, v->head->timestamp_ms),
		    v->found == F_NO_KEY ? "; signature not checked: no key"
					 : "");
}

static void
stretch_text(struct buf *out, const struct stretch *s, const struct checked *v)
{
	buf_str(out, "  ");
	survey_job(out, s);
	if (v->found == F_NOTHING) {
		buf_fmt(out, ": nothing proven yet from %" PRIu64 " on\n",
		    s->begin);
		return;
	}
	buf_fmt(out, ": [%" PRIu64 ", %" PRIu64 ") ", s->begin, s->proven);
	found_text(out, v);
	buf_char(out, '\n');
}

static void
head_text(struct buf *out, const char *name, const struct checked *v)
{
	char when[TEXT_TIME];

	buf_fmt(out, "  %s head: ", name);
	if (v->found == F_NOTHING)
		buf_str(out, "none");
	else
		buf_fmt(out, "%" PRIu64 " entries, signed %s: ", v->head->size,
		    text_time(when, v->head->timestamp_ms));
	if (v->found == F_VERIFIED)
		buf_str(out, "signature verified");
	else if (v->found == F_NO_KEY)
		buf_str(out, "signature not checked: no key");
	else if (v->found != F_NOTHING)
		found_text(out, v);
	buf_char(out, '\n');
}

static void
quarantine_json(struct buf *out, const struct survey_log *l)
{
	buf_str(out, ",\"quarantined\":[");
	for (size_t i = 0; i < l->num_quarantined; i++) {
		buf_str(out, i ? ",{\"reason\":" : "{\"reason\":");
		text_json(out, span_str(l->quarantined[i].reason));
		buf_fmt(out, ",\"entries\":%zu,\"indexes\":[",
		    l->quarantined[i].num);
		for (size_t k = 0; k < l->quarantined[i].num; k++)
			buf_fmt(out, "%s%" PRIu64, k > 0 ? "," : "",
			    l->quarantined[i].at[k]);
		buf_str(out, "]}");
	}
	buf_str(out, "]");
}

/* The first ones. */
static void
places_text(struct buf *out, const struct survey_sum *sum)
{
	size_t num = sum->num < PLACES ? sum->num : PLACES;

	buf_str(out, "    at ");
	for (size_t i = 0; i < num; i++)
		buf_fmt(out, "%s%" PRIu64, i > 0 ? ", " : "", sum->at[i]);
	if (sum->num > num)
		buf_fmt(out, " and %zu more (--json has all)", sum->num - num);
	buf_char(out, '\n');
}

static void
unproven_text(struct buf *out, const struct survey_log *l)
{
	struct survey_part *p;
	size_t num = survey_unproven(l, &p);

	if (num > 0) {
		buf_str(out, "  unproven: ");
		survey_parts_text(out, p, num);
		buf_str(out, "; read, but not proven\n");
	}
	free(p);
}

static void
quarantine_text(struct buf *out, const struct survey_log *l)
{
	for (size_t i = 0; i < l->num_quarantined; i++) {
		buf_fmt(out,
		    "  quarantine: %zu entr%s: ", l->quarantined[i].num,
		    l->quarantined[i].num == 1 ? "y" : "ies");
		text_line(out, span_str(l->quarantined[i].reason), LIMIT_QUOTE);
		buf_char(out, '\n');
		places_text(out, &l->quarantined[i]);
	}
}

struct verify {
	bool json;
	struct hasher *hasher;
	int rc; /* 76 before 65 before 0 */
};

static void
judge(struct verify *y, const struct checked *v)
{
	if (found[v->found].rc > y->rc)
		y->rc = found[v->found].rc;
}

static void
stretches_say(struct verify *y, struct buf *out, const struct survey_log *l,
    const struct checked heads[2])
{
	struct checked v;

	for (size_t i = 0; i < l->num; i++) {
		stretch_verify(&v, &l->stretches[i], heads, y->hasher);
		judge(y, &v);
		if (y->json && i > 0)
			buf_char(out, ',');
		(y->json ? stretch_json : stretch_text)(
		    out, &l->stretches[i], &v);
	}
}

static void
heads_json(struct buf *out, const struct checked heads[2])
{
	buf_str(out, ",\"newest\":{");
	detail_json(out, &heads[0]);
	buf_str(out, "},\"proven\":{");
	detail_json(out, &heads[1]);
	buf_str(out, "},\"stretches\":[");
}

static void
log_say(struct verify *y, const struct survey_log *l)
{
	struct buf out = {0};
	struct checked heads[2];

	head_verify(&heads[0], l, &l->log.newest);
	head_verify(&heads[1], l, &l->log.proven);
	judge(y, &heads[0]);
	judge(y, &heads[1]);
	if (y->json) {
		buf_str(&out, "{\"type\":\"log\",");
		survey_json(&out, l);
		heads_json(&out, heads);
	} else {
		text_line(&out, span_str(l->log.name), LIMIT_QUOTE);
		buf_char(&out, '\n');
		head_text(&out, "newest", &heads[0]);
		head_text(&out, "proven", &heads[1]);
	}
	stretches_say(y, &out, l, heads);
	if (y->json) {
		buf_char(&out, ']');
		survey_unproven_json(&out, l);
		quarantine_json(&out, l);
		buf_str(&out, "}\n");
	} else {
		unproven_text(&out, l);
		quarantine_text(&out, l);
	}
	fwrite(out.p, 1, out.len, stdout);
	buf_fini(&out);
}

static void
audit_json(struct buf *out, const struct survey *v, enum found f)
{
	buf_fmt(out, "{\"type\":\"audit\",\"result\":\"%s\",\"rows\":%" PRIu64,
	    found[f].name, v->audit.rows);
	if (v->audit.whole) {
		buf_str(out, ",\"head\":\"");
		text_hex(out, span_of(v->audit.head, sizeof(v->audit.head)));
		buf_str(out, "\"}\n");
	} else {
		buf_str(out, ",\"detail\":");
		text_json(out, span_str(v->audit.why.text));
		buf_str(out, "}\n");
	}
}

/* Who keeps number and head elsewhere sees also when the end is cut off. */
static void
audit_text(struct buf *out, const struct survey *v)
{
	if (!v->audit.whole) {
		buf_fmt(out, "audit trail\n  DAMAGED: %s\n", v->audit.why.text);
		return;
	}
	buf_fmt(out, "audit trail\n  %" PRIu64 " row%s: whole, head ",
	    v->audit.rows, v->audit.rows == 1 ? "" : "s");
	text_hex(out, span_of(v->audit.head, sizeof(v->audit.head)));
	buf_char(out, '\n');
}

static void
audit_say(struct verify *y, const struct survey *v)
{
	struct checked c = {.found = v->audit.whole ? F_VERIFIED : F_DAMAGED};
	struct buf out = {0};

	if (!v->audit.checked)
		return;
	judge(y, &c);
	if (y->json)
		audit_json(&out, v, c.found);
	else
		audit_text(&out, v);
	fwrite(out.p, 1, out.len, stdout);
	buf_fini(&out);
}

static int
verify_run(struct verify *y, const struct config *c)
{
	struct survey s;
	size_t num = 0;
	int rc = survey_read(&s, c, true);

	y->hasher = hasher_new();
	for (size_t i = 0; i < s.num && rc == EX_OK; i++)
		if (s.logs[i].stored) {
			log_say(y, &s.logs[i]);
			num++;
		}
	if (rc == EX_OK && num == 0 && !y->json)
		printf("the store knows no log yet: nothing to verify\n");
	if (rc == EX_OK)
		audit_say(y, &s);
	hasher_free(y->hasher);
	survey_fini(&s);
	return rc == EX_OK ? y->rc : rc;
}

int
cmd_verify(int argc, char **argv)
{
	struct opts o = {
	    .usage = "indelible verify [-c FILE] [--json] [--reparse]",
	    .about = "Proves again, from the store and without a network, that "
		     "what was read of each\nlog is what the log signed; also "
		     "beside a running service. The logs' keys are\nthose of "
		     "the configuration. With --reparse the entries that could "
		     "not be read\nbefore are read again, and their alerts go "
		     "into the store: not beside a service.",
	    .table = table,
	    .argc = argc,
	    .argv = argv};
	struct verify y = {0};
	const char *file = NULL;
	bool reparse = false;
	struct config c;
	int n, rc;

	while ((n = opts_next(&o)) >= 0) {
		if (n == O_CONFIG)
			file = o.value;
		y.json |= n == O_JSON;
		reparse |= n == O_REPARSE;
	}
	if (n != OPTS_END || !opts_at_most(&o, 0))
		return n == OPTS_HELP ? EX_OK : EX_USAGE;
	rc = cmd_config_read(&c, file);
	if (rc != EX_OK)
		return rc;
	rc = reparse ? reparse_run(&c, y.json) : verify_run(&y, &c);
	config_fini(&c);
	return rc;
}
