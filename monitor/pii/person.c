/* person: see person.h. The points are those of reference pii.md 4.5. */
#include "monitor/pii/person_points.h"

#include <arpa/inet.h>

#include "monitor/pii/normal.h"
#include "monitor/pii/shape.h"
#include "monitor/pii/shape_text.h"

#define NAME_POINTS 50
#define POSSIBLE_POINTS 25

const char *
verdict_name(enum verdict v)
{
	static const char *const names[] = {"name", "possible", "number",
	    "pseudonym", "group", "organization", "host", "email", "ip", "uri",
	    "opaque", "other"};

	return (unsigned)v < sizeof(names) / sizeof(names[0]) ? names[v] : "?";
}

void
points(struct judge *j, int n, const char *reason)
{
	j->out->score += n;
	if (j->num_reasons < FINDING_REASONS - 1)
		j->out->reason[j->num_reasons++] = reason;
}

static void
decide(struct judge *j, enum verdict v, const char *reason)
{
	j->out->verdict = v;
	points(j, 0, reason);
}

/* --- surely something else ------------------------------------------------------ */

static bool
is_hex(uint8_t c)
{
	return c - (unsigned)'0' < 10 || (c | 0x20u) - 'a' < 6;
}

static bool
is_ip(struct span s)
{
	char text[INET6_ADDRSTRLEN];
	uint8_t b[16];

	if (s.len == 0 || s.len >= sizeof(text))
		return false;
	memcpy(text, s.p, s.len);
	text[s.len] = '\0';
	return inet_pton(AF_INET, text, b) == 1 ||
	       inet_pton(AF_INET6, text, b) == 1;
}

static bool
is_uri(struct span s)
{
	return s.len > 4 && (memmem(s.p, s.len, "://", 3) != NULL ||
				strncasecmp((const char *)s.p, "urn:", 4) == 0);
}

/* One long word of letters and digits: an identifier, a hash, a key. */
static bool
is_opaque(struct span s)
{
	size_t digits = 0, hex = 0;

	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] == ' ' || s.p[i] >= 0x80)
			return false;
		digits += s.p[i] - (unsigned)'0' < 10;
		hex += is_hex(s.p[i]) || s.p[i] == '-' || s.p[i] == ':';
	}
	return s.len >= 12 && (digits >= 3 || (hex == s.len && digits > 0));
}

static bool
is_email(struct span s)
{
	size_t at = span_chr(s, '@');

	return at > 0 && at + 1 < s.len && span_chr(s, ' ') == s.len;
}

static bool
judge_reject(struct judge *j)
{
	struct span s = j->text;

	if (is_email(s))
		decide(j, PERSON_EMAIL, "an address");
	else if (is_ip(s))
		decide(j, PERSON_IP, "an IP address");
	else if (is_uri(s))
		decide(j, PERSON_URI, "a URI");
	else if (j->in->ca)
		decide(j, PERSON_OTHER, "the certificate is a CA's");
	else if (is_opaque(s))
		decide(j, PERSON_OPAQUE, "an identifier");
	else if (person_is_host(j->in->tlds, s))
		decide(j, PERSON_HOST, "a host name");
	else
		return false;
	return true;
}

/* --- words ------------------------------------------------------------------------ */

static bool
is_separator(uint8_t c)
{
	return c == ' ' || c == ',' || c == '\t' || c == '\n';
}

/* A word of which nothing is left when it is folded (soft hyphens) is none. */
static void
token_add(struct judge *j, struct span token)
{
	struct span folded = normal_fold(j->arena, token);

	if (folded.len == 0)
		return;
	j->token[j->num] = token;
	j->folded[j->num++] = folded;
}

static void
tokens_make(struct judge *j, struct span s)
{
	size_t at = 0, end;

	j->num = 0;
	for (; at < s.len && j->num < JUDGE_TOKENS; at = end) {
		while (at < s.len && is_separator(s.p[at]))
			at++;
		for (end = at; end < s.len && !is_separator(s.p[end]);)
			end++;
		if (end == at)
			break;
		token_add(j, span_cut(s, at, end - at));
	}
}

/* --- all together ----------------------------------------------------------------- */

static struct span
tokens_join(struct judge *j)
{
	size_t len = 0, n = 0;
	uint8_t *q;

	for (unsigned i = 0; i < j->num; i++)
		len += j->token[i].len + 1;
	q = len > 0 ? arena_get(j->arena, len) : NULL;
	for (unsigned i = 0; q != NULL && i < j->num; i++) {
		memcpy(q + n, j->token[i].p, j->token[i].len);
		n += j->token[i].len;
		q[n++] = ' ';
	}
	return n > 0 ? span_of(q, n - 1) : span_of(NULL, 0);
}

/* Behind a comma: not "Jr.", "PhD, MBA", "Inc.", "France". */
static bool
are_given(struct judge *j, struct span behind)
{
	tokens_make(j, behind);
	return j->num > 0 && !all_titles(j) &&
	       (kinds_of(j, 0, 1) & WORD_ORG) == 0 &&
	       (kinds_of(j, 0, j->num) & WORD_PLACE) == 0;
}

static void
judge_name(struct judge *j, struct span text)
{
	struct span name;
	bool swapped;

	name = shape_reorder(j->arena, text, &swapped);
	swapped =
	    swapped && are_given(j, span_from(text, span_chr(text, ',') + 1));
	tokens_make(j, swapped ? name : text);
	if (swapped)
		points(j, 30, "surname, given name");
	strip_titles(j);
	strip_sole(j);
	name = tokens_join(j);
	points_all(j, name);
	j->out->name = name;
	if (j->out->score >= NAME_POINTS)
		j->out->verdict = PERSON_NAME;
	else if (j->out->score >= POSSIBLE_POINTS)
		j->out->verdict = PERSON_POSSIBLE;
}

static void
take_shape(struct person *out, const struct shape *s)
{
	out->number = s->number;
	out->number_reason = s->number_reason;
	out->also = s->also;
	out->account = s->account;
}

void
person_bare(struct person *out, const struct words *w, struct arena *a,
    struct span text)
{
	const struct person_in in = {.text = text};
	struct person all;
	struct judge j = {.out = &all, .words = w, .arena = a, .in = &in};
	struct shape s;
	unsigned num;

	*out = all = (struct person){.verdict = PERSON_OTHER};
	text = strip_purpose(&j, normal_text(a, text));
	s = shape_find(a, text);
	take_shape(out, &s);
	if (s.kind == SHAPE_NAME)
		text = s.name;
	out->name = text;
	tokens_make(&j, text);
	num = j.num;
	if (num == JUDGE_TOKENS)
		return;
	strip_titles(&j);
	if (j.num < num)
		out->name = tokens_join(&j);
}

/* False when the shape says all there is to say. */
static bool
judge_shape(struct judge *j, const struct shape *s, struct span *text)
{
	static const enum verdict verdicts[] = {[SHAPE_NUMBER] = PERSON_NUMBER,
	    [SHAPE_ORG] = PERSON_ORG,
	    [SHAPE_PSEUDONYM] = PERSON_PSEUDONYM,
	    [SHAPE_GROUP] = PERSON_GROUP};

	if (s->kind == SHAPE_NONE)
		return true;
	take_shape(j->out, s);
	if (s->kind != SHAPE_NAME) {
		j->out->name = s->name;
		decide(j, verdicts[s->kind], s->reason);
		return false;
	}
	points(j, s->points, s->reason);
	*text = s->name;
	return true;
}

void
person_judge(struct person *out, const struct words *w, struct arena *a,
    const struct person_in *in)
{
	struct judge j = {.out = out, .words = w, .arena = a, .in = in};
	struct span text;
	struct shape s;

	*out = (struct person){.verdict = PERSON_OTHER};
	j.text = normal_text(a, in->text);
	text = strip_purpose(&j, j.text);
	s = shape_find(a, text);
	if (!judge_shape(&j, &s, &text))
		return;
	if (s.kind == SHAPE_NONE && judge_reject(&j))
		return;
	if (in->ca)
		decide(&j, PERSON_OTHER, "the certificate is a CA's");
	else
		judge_name(&j, text);
}
