/* match_grade: see match_grade.h. */
#include "monitor/pii/match_grade.h"

#include "monitor/pii/keys.h"

/* A word of the record, and how the reading has it. */
struct word {
	unsigned role;
	uint32_t initial;
	struct span spellings;
	bool whole, initialled;
};

struct spelling { /* one set of a blob */
	unsigned num;
	struct word word[NAME_TOKENS];
	unsigned foreign; /* tokens of the reading that are no word of it */
	bool beside;      /* something else that costs nothing */
	bool patronymic;  /* there was one */
	bool cut;         /* a word stands there cut */
};

static bool
spelling_read(struct spelling *s, struct rd *r)
{
	*s = (struct spelling){.num = rd_u8(r)};
	if (s->num > NAME_TOKENS)
		return false;
	for (unsigned i = 0; i < s->num; i++) {
		unsigned head = rd_u8(r);

		s->word[i].role = head >> 4;
		s->word[i].initial = rd_u32(r);
		s->word[i].spellings = rd_bytes(r, (size_t)12 * (head & 15));
	}
	return rd_ok(r);
}

/* The word that has this tag among its spellings, or this prefix. */
static struct word *
word_find(struct spelling *s, uint64_t tag, uint32_t prefix)
{
	for (unsigned i = 0; i < s->num; i++) {
		struct rd r = rd_of(s->word[i].spellings);

		while (rd_left(&r) > 0) {
			bool whole = rd_u64(&r) == tag;
			bool start = rd_u32(&r) == prefix && prefix != 0;

			if (whole || (start && !s->word[i].whole))
				return &s->word[i];
		}
	}
	return NULL;
}

static struct word *
word_initialled(struct spelling *s, uint32_t initial)
{
	for (unsigned i = 0; i < s->num; i++)
		if (!s->word[i].whole && s->word[i].role & ROLE_GIVEN &&
		    s->word[i].initial == initial)
			return &s->word[i];
	return NULL;
}

static bool
ends(struct span s, const char *tail)
{
	size_t n = strlen(tail);

	return s.len > n && memcmp(s.p + s.len - n, tail, n) == 0;
}

/* A father's name beside the given one, as Russians and Ukrainians have it. */
static bool
is_patronymic(struct span token)
{
	static const char *const tails[] = {"ович", "евич", "йович", "ич",
	    "овна", "евна", "ична", "івна", "ївна", "ovich", "evich", "ovych",
	    "yovych", "ovna", "evna", "ichna", "ivna"};

	for (size_t i = 0; i < sizeof(tails) / sizeof(tails[0]); i++)
		if (num_chars(token) >= 5 && ends(token, tails[i]))
			return true;
	return false;
}

/* A token of the reading that is no whole word of the record. */
static void
compare_rest(struct spelling *s, const struct reading *t, unsigned i)
{
	struct word *w = NULL;

	if (num_chars(t->token[i]) == 1) {
		w = word_initialled(s, t->initial[i]);
		if (w != NULL)
			w->initialled = true;
		s->beside = true;
		return;
	}
	if (t->cut == i)
		w = word_find(s, 0, t->prefix);
	if (w != NULL) {
		w->whole = s->cut = true;
		return;
	}
	if (is_patronymic(t->token[i]) && !s->patronymic)
		s->patronymic = s->beside = true;
	else
		s->foreign++;
}

static void
compare(struct spelling *s, const struct reading *t)
{
	uint32_t rest = 0;

	for (unsigned i = 0; i < t->num; i++) {
		struct word *w = word_find(s, t->tag[i], 0);

		if (w != NULL)
			w->whole = true;
		else
			rest |= 1u << i;
	}
	for (unsigned i = 0; i < t->num; i++)
		if (rest >> i & 1)
			compare_rest(s, t, i);
}

/* Words with this role: *all of them, and how many stand in the reading. */
static unsigned
count(const struct spelling *s, unsigned role, unsigned *all)
{
	unsigned n = 0;

	*all = 0;
	for (unsigned i = 0; i < s->num; i++) {
		if (role != 0 && (s->word[i].role & role) == 0)
			continue;
		++*all;
		n += s->word[i].whole;
	}
	return n;
}

/* How well the reading has the parts of a name with given names and surnames,
 * when it has not all of it. */
static struct grade
grade_parts(const struct spelling *s)
{
	unsigned firsts, givens, surnames;
	unsigned first = count(s, ROLE_FIRST, &firsts);
	unsigned given = count(s, ROLE_GIVEN, &givens);
	unsigned surname = count(s, ROLE_SURNAME, &surnames);
	bool initial = false;

	for (unsigned i = 0; i < s->num; i++)
		initial |=
		    s->word[i].initialled && s->word[i].role & ROLE_FIRST;
	if (firsts > 0 && first == firsts && surnames > 0 &&
	    surname == surnames)
		return (struct grade){.points = POINTS_SUBSET,
		    .rule = "name-subset",
		    .why = "first given name and all surnames equal"};
	if (given > 0 && surname > 0)
		return (struct grade){.points = POINTS_PAIR,
		    .rule = "name-pair",
		    .why = "a given name and a surname equal"};
	if (initial && surnames > 0 && surname == surnames)
		return (struct grade){.points = POINTS_INITIAL,
		    .rule = "name-initial",
		    .why = "initial of the given name and all surnames equal",
		    .weak = true};
	return (struct grade){0};
}

static struct grade
grade_spelling(const struct spelling *s)
{
	struct grade g = {0};
	unsigned all, whole = count(s, 0, &all);
	bool alias = all > 0 && s->word[0].role == 0;
	bool more = s->beside || s->foreign > 0;

	if (all == 0 || (whole < all && alias))
		return g;
	if (whole < all) {
		g = grade_parts(s);
	} else {
		g.points = more || s->cut ? POINTS_SUBSET : POINTS_FULL;
		g.rule = more || s->cut ? "name-subset" : "name-full";
		g.why = more ? "the whole name stands there, with more"
			     : "all given names and surnames equal";
	}
	if (alias) {
		g.rule = "name-alias";
		g.why = more ? "an alias stands there, with more"
			     : "equals an alias of the record";
		g.alone = all <= 2;
	}
	g.foreign = s->foreign;
	g.cut = s->cut;
	return g;
}

int
grade_points(const struct grade *g)
{
	return g->points + POINTS_FOREIGN * (int)g->foreign;
}

bool
grade_record(struct grade *best, struct rd *blob, const struct reading *t)
{
	unsigned num = rd_u8(blob);
	struct spelling s;

	*best = (struct grade){0};
	for (unsigned i = 0; i < num; i++) {
		struct grade g;

		if (!spelling_read(&s, blob))
			return false;
		compare(&s, t);
		g = grade_spelling(&s);
		if (g.rule != NULL &&
		    (best->rule == NULL ||
			grade_points(&g) > grade_points(best)))
			*best = g;
	}
	return best->rule != NULL;
}
