/*
 * compile_name: name records made into keys and blob; see match.h and blob.h.
 *
 * A name is a set of words without order (reference pii.md 5.2). Its keys:
 *	K1  all words
 *	K2  the first given name with all surnames
 *	K3  each given name with each surname
 *	K4  the first given name's initial with all surnames; too weak to alert
 *	    by itself, so the matcher wants a domain or an organisation as well
 * Words have up to BLOB_VARIANTS spellings without accents: the forms of
 * normal.h, and those of the word as few write it (kjær as kjer). Each key is
 * made for KEY_SPELLINGS combinations of them at most. Aliases, and names in Han,
 * kana or Hangul written without a blank, have K1 only.
 */
#include "ctlog/base/mem.h"
#include "ctlog/base/text.h"
#include "monitor/pii/compile.h"
#include "monitor/pii/keys.h"
#include "monitor/pii/normal.h"
#include "monitor/pii/script.h"

#define KEY_SPELLINGS 16
#define KEYS_MAX 128
#define ROOM (80 * LIMIT_VALUE)
#define FORMS 4 /* of a word: with and without digraph, elided or not */

struct group { /* a word of the name */
	unsigned role;
	unsigned num; /* spellings */
	struct span spelling[BLOB_VARIANTS];
};

struct name { /* a record being compiled */
	struct compiled *out;
	struct keyer *keyer;
	struct arena arena;
	unsigned num_sets;
	/* The set in hand: its tokens, and its words. */
	unsigned num_tokens;
	struct span token[2 * NAME_TOKENS];
	unsigned num;
	struct group group[NAME_TOKENS];
};

/* --- words ----------------------------------------------------------------- */

/* The canonical form of all strings, joined by blanks. */
static struct span
canonical(
    struct arena *a, const struct strings *given, const struct strings *surname)
{
	struct buf text = {0};
	struct span s;

	for (size_t i = 0; i < given->num; i++)
		buf_fmt(&text, "%s ", given->list[i]);
	for (size_t i = 0; i < surname->num; i++)
		buf_fmt(&text, "%s ", surname->list[i]);
	s = text.len < LIMIT_VALUE ? normal_name(a, buf_span(&text))
				   : span_of(NULL, 0);
	buf_fini(&text);
	return s;
}

static bool
among(const struct span *list, unsigned num, struct span s)
{
	for (unsigned i = 0; i < num; i++)
		if (span_eq(list[i], s))
			return true;
	return false;
}

/* The text as few write it, with one letter for ß, æ and œ (reference pii.md
 * 5.1); empty when there is none of these. */
static struct span
rare(struct arena *a, struct span text)
{
	static const struct {
		const char *letter;
		char plain;
	} table[] = {{"\u00df", 's'}, {"\u1e9e", 's'}, {"\u00e6", 'e'},
	    {"\u00c6", 'e'}, {"\u0153", 'e'}, {"\u0152", 'e'}};
	uint8_t *q = text_is_ascii(text) ? NULL : arena_get(a, text.len);
	size_t n = 0, changed = 0, at = 0;

	while (q != NULL && at < text.len) {
		q[n] = text.p[at];
		for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
			if (!span_starts(
				span_from(text, at), span_str(table[i].letter)))
				continue;
			q[n] = (uint8_t)table[i].plain;
			at += strlen(table[i].letter) - 1;
			changed++;
			break;
		}
		n++;
		at++;
	}
	return changed > 0 ? span_of(q, n) : span_of(NULL, 0);
}

static void
spellings_add(struct name *n, struct group *g, struct span word)
{
	struct span token;

	for (int form = 0; form < FORMS && g->num < BLOB_VARIANTS; form++)
		if (normal_name_tokens(&n->arena, &token, 1, word, form) == 1 &&
		    !among(g->spelling, g->num, token))
			g->spelling[g->num++] = token;
}

/* A word, and as few write it, with its spellings; one that stands there
 * already gets the role. */
static void
group_add(struct name *n, struct span word, struct span other, unsigned role)
{
	struct group g = {.role = role};

	spellings_add(n, &g, word);
	spellings_add(n, &g, other);
	for (unsigned i = 0; i < n->num; i++) {
		if (!span_eq(n->group[i].spelling[0], g.spelling[0]))
			continue;
		n->group[i].role |= role;
		return;
	}
	ASSERT(n->num < NAME_TOKENS);
	n->group[n->num++] = g;
}

/* The word in front, which *left is without then. */
static struct span
word_next(struct span *left)
{
	struct span word = span_cut(*left, 0, span_chr(*left, ' '));

	word = span_cut(word, 0, span_chr(word, '-'));
	*left = span_from(*left, word.len);
	return word;
}

/* The words of a canonical part of the name, and as few write it, that are
 * among the tokens: those of the whole name without its particles. */
static void
part_add(struct name *n, struct span part, struct span other, unsigned role)
{
	while (part.len > 0) {
		struct span word = word_next(&part), twin = word_next(&other);
		struct span token;

		if (normal_name_tokens(&n->arena, &token, 1, word, 0) == 1 &&
		    among(n->token, n->num_tokens, token))
			group_add(n, word, twin, role);
		if (part.len > 0 && part.p[0] == ' ')
			role &= ~(unsigned)ROLE_FIRST;
		part = span_from(part, 1);
		other = span_from(other, 1);
	}
}

static void
parts_add(struct name *n, const struct strings *parts, unsigned role)
{
	for (size_t i = 0; i < parts->num; i++) {
		struct span text = span_str(parts->list[i]);
		struct span part = normal_name(&n->arena, text);
		struct span other =
		    normal_name(&n->arena, rare(&n->arena, text));

		part_add(n, part, other, role);
		role &= ~(unsigned)ROLE_FIRST;
	}
}

/* The words that have this role, a bit each. */
static uint32_t
with_role(const struct name *n, unsigned role)
{
	uint32_t which = 0;

	for (unsigned i = 0; i < n->num; i++)
		if (n->group[i].role & role)
			which |= 1u << i;
	return which;
}

/* The set in hand becomes that of these strings; false when no word is left,
 * or more are than one name has. */
static bool
set_start(struct name *n, const struct strings *given,
    const struct strings *surname, unsigned role)
{
	arena_clear(&n->arena);
	n->num = 0;
	n->num_tokens = normal_name_tokens(&n->arena, n->token, 2 * NAME_TOKENS,
	    canonical(&n->arena, given, surname), 0);
	if (n->num_tokens == 0 || n->num_tokens > NAME_TOKENS)
		return false;
	parts_add(n, given, role & (ROLE_GIVEN | ROLE_FIRST));
	if (n->num > 0 && with_role(n, ROLE_FIRST) == 0)
		n->group[0].role |= role & ROLE_FIRST;
	parts_add(n, surname, role & ROLE_SURNAME);
	return n->num > 0;
}

/* --- keys ------------------------------------------------------------------ */

static bool
key_known(const struct buf *keys, const uint8_t key[32])
{
	for (size_t i = 0; i < keys->len; i += LIMIT_STORE_KEY)
		if (memcmp(keys->p + i, key, LIMIT_STORE_KEY) == 0)
			return true;
	return false;
}

/* The key of the words in `which` (a bit each), the k-th of their spellings;
 * `more` is one more token, or empty. */
static void
key_add(struct name *n, uint32_t which, unsigned k, struct span more)
{
	struct span tokens[NAME_TOKENS + 1];
	uint8_t key[LIMIT_STORE_KEY];
	unsigned num = 0;

	for (unsigned i = 0; i < n->num; i++) {
		const struct group *g = &n->group[i];

		if ((which >> i & 1) == 0)
			continue;
		tokens[num++] = g->spelling[k % g->num];
		k /= g->num;
	}
	if (more.len > 0)
		tokens[num++] = more;
	if (key_name(n->keyer, key, tokens, num) &&
	    !key_known(&n->out->keys, key) &&
	    n->out->keys.len < KEYS_MAX * LIMIT_STORE_KEY)
		buf_add(&n->out->keys, key, LIMIT_STORE_KEY);
}

/* The number that key_add takes for the spelling `v` of every word. */
static unsigned
uniform(const struct name *n, uint32_t which, unsigned v)
{
	unsigned k = 0, weight = 1;

	for (unsigned i = 0; i < n->num; i++) {
		const struct group *g = &n->group[i];

		if ((which >> i & 1) == 0)
			continue;
		k += weight * (v < g->num ? v : g->num - 1);
		weight *= g->num;
	}
	return k;
}

/* All spellings when they are few; else those that change every word alike,
 * and the first ones. */
static void
keys_add(struct name *n, uint32_t which, struct span more)
{
	unsigned all = 1;

	for (unsigned i = 0; i < n->num; i++)
		if (which >> i & 1 && all <= KEY_SPELLINGS)
			all *= n->group[i].num;
	for (unsigned v = 0; all > KEY_SPELLINGS && v < BLOB_VARIANTS; v++)
		key_add(n, which, uniform(n, which, v), more);
	if (all > KEY_SPELLINGS)
		all = KEY_SPELLINGS - BLOB_VARIANTS;
	for (unsigned k = 0; k < all; k++)
		key_add(n, which, k, more);
}

static void
keys_main(struct name *n)
{
	uint32_t given = with_role(n, ROLE_GIVEN);
	uint32_t first = with_role(n, ROLE_FIRST);
	uint32_t surname = with_role(n, ROLE_SURNAME);
	struct span none = span_of(NULL, 0), initial;
	size_t len = 0;

	keys_add(n, given | surname, none);
	if (given == 0 || surname == 0)
		return;
	keys_add(n, first | surname, none);
	for (unsigned i = 0; i < n->num; i++)
		for (unsigned j = 0; j < n->num; j++)
			if (given >> i & 1 && surname >> j & 1 && i != j)
				keys_add(n, 1u << i | 1u << j, none);
	initial = n->group[__builtin_ctz(first)].spelling[0];
	text_utf8_next(initial, &len);
	keys_add(n, surname, span_cut(initial, 0, len));
}

/* --- blob ------------------------------------------------------------------ */

static void
set_write(struct name *n)
{
	struct buf *blob = &n->out->blob;

	buf_uint(blob, n->num, 1);
	for (unsigned i = 0; i < n->num; i++) {
		const struct group *g = &n->group[i];

		buf_uint(blob, g->role << 4 | g->num, 1);
		buf_uint(blob, tag_initial(n->keyer, g->spelling[0]), 4);
		for (unsigned k = 0; k < g->num; k++) {
			buf_uint(blob, tag_token(n->keyer, g->spelling[k]), 8);
			buf_uint(blob, tag_prefix(n->keyer, g->spelling[k]), 4);
		}
	}
	n->num_sets++;
}

/* Another spelling of the whole name; `role` is that of its words. */
static enum status
alias_add(struct name *n, const char *alias, unsigned role, struct err *e)
{
	struct strings one = {1, (char *[]){(char *)(uintptr_t)alias}};
	struct strings none = {0};

	if (n->num_sets == BLOB_SETS)
		return err_set(
		    e, ST_LIMIT, "more than %d spellings of a name", BLOB_SETS);
	if (!set_start(n, &one, &none, 0))
		return err_set(e, ST_BAD,
		    "an alias has no word in it, or more than %d", NAME_TOKENS);
	for (unsigned i = 0; i < n->num; i++)
		n->group[i].role = role;
	keys_add(n, (1u << n->num) - 1, span_of(NULL, 0));
	set_write(n);
	return ST_OK;
}

static void
join(struct buf *out, const struct strings *parts)
{
	for (size_t i = 0; i < parts->num; i++)
		buf_str(out, parts->list[i]);
}

/* A name that is written without a blank in its own script. */
static enum status
joined_add(struct name *n, const struct strings *a, const struct strings *b,
    struct err *e)
{
	const unsigned dense =
	    1u << SCRIPT_HAN | 1u << SCRIPT_KANA | 1u << SCRIPT_HANGUL;
	struct buf text = {0};
	enum status st = ST_OK;
	unsigned set = 0;

	join(&text, a);
	join(&text, b);
	if (text_is_utf8(buf_span(&text)))
		set = script_set(buf_span(&text));
	if (a->num > 0 && b->num > 0 && set & dense &&
	    (set & ~(dense | 1u << SCRIPT_COMMON)) == 0)
		st = alias_add(n, buf_cstr(&text), ROLE_JOINED, e);
	buf_fini(&text);
	return st;
}

static void
tag_write(struct buf *out, size_t count_at, uint64_t tag)
{
	if (tag == 0)
		return;
	buf_uint(out, tag, 8);
	out->p[count_at]++;
}

static uint64_t
tag_qualifier(struct name *n, enum qualifier q, struct span value)
{
	uint64_t tag;

	arena_clear(&n->arena);
	switch (q) {
	case QUAL_DOMAIN:
		return tag_domain(n->keyer, normal_domain(&n->arena, value));
	case QUAL_ORG:
		tag = tag_organization_id(n->keyer, value);
		return tag ? tag : tag_organization(n->keyer, &n->arena, value);
	case QUAL_EMAIL:
		return tag_email(n->keyer, normal_email(&n->arena, value));
	case QUAL_COUNTRY:
		return tag_country(n->keyer, &n->arena, value);
	default:
		return tag_locality(n->keyer, &n->arena, value);
	}
}

static enum status
qualifiers_write(struct name *n, const struct record *r, struct err *e)
{
	const struct strings *list[QUALS] = {&r->domains, &r->organizations,
	    &r->countries, &r->localities, &r->emails};

	for (enum qualifier q = 0; q < QUALS; q++) {
		size_t count_at = n->out->blob.len;

		if (list[q]->num > BLOB_QUALIFIERS)
			return err_set(e, ST_LIMIT,
			    "more than %d qualifiers of one sort",
			    BLOB_QUALIFIERS);
		buf_uint(&n->out->blob, 0, 1);
		for (size_t i = 0; i < list[q]->num; i++)
			tag_write(&n->out->blob, count_at,
			    tag_qualifier(n, q, span_str(list[q]->list[i])));
	}
	return ST_OK;
}

static enum status
name_run(struct name *n, const struct record *r, struct err *e)
{
	struct buf *blob = &n->out->blob;
	size_t sets_at;
	enum status st;

	buf_uint(blob, blob_head(r->require_qualifier ? BLOB_REQUIRE : 0), 1);
	sets_at = blob->len;
	buf_uint(blob, 0, 1);
	if (!set_start(n, &r->given, &r->surname,
		ROLE_GIVEN | ROLE_FIRST | ROLE_SURNAME))
		return err_set(e, ST_BAD,
		    "the value is not a name of 1 to %d words", NAME_TOKENS);
	keys_main(n);
	set_write(n);
	st = joined_add(n, &r->surname, &r->given, e);
	if (st == ST_OK)
		st = joined_add(n, &r->given, &r->surname, e);
	for (size_t i = 0; i < r->aliases.num && st == ST_OK; i++)
		st = alias_add(n, r->aliases.list[i], 0, e);
	if (st != ST_OK)
		return st;
	blob->p[sets_at] = (uint8_t)n->num_sets;
	return qualifiers_write(n, r, e);
}

enum status
compile_name(struct compiled *out, const struct record *r, struct keyer *k,
    struct err *e)
{
	void *room = mem_grow(NULL, ROOM, 1);
	struct name n = {.out = out, .keyer = k, .arena = arena_of(room, ROOM)};
	enum status st = name_run(&n, r, e);

	free(room);
	return st;
}
