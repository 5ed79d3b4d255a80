/*
 * carrier: the file carriers.tsv in memory and the index over it; see
 * carrier.h. A line of it is read in carrier_row.c.
 */
#include "monitor/pii/carrier.h"

#include <stdlib.h>

#include "ctlog/base/mem.h"
#include "monitor/pii/carrier_row.h"

static const char carriers_tsv[] =
#include "monitor/pii/carriers.tsv.h"
    ;

/* Room for all lines with half of it empty; a power of two. */
#define SLOTS 1024
#define PATTERNS 32
/* Attributes are below 2.5.4, extensions below 2.5.29, the most of them. */
#define ATTR_ARC 4
#define EXT_ARC 29

/* One line, to be found by its octets. A pattern "2.5.*.4" is found by the
 * octets before the star and the last one. */
struct slot {
	uint8_t len; /* of key; 0 = free */
	uint8_t key[CARRIER_KEY];
	uint8_t table;
	bool pattern;
	union {
		const struct carrier *carrier;
		const struct ext_carrier *ext;
		enum cert_class class;
	};
};

struct carriers {
	struct slot slot[SLOTS], pattern[PATTERNS];
	unsigned num, num_patterns;
	/* Those by their last octet; NULL: look it up. */
	const struct carrier *usual_attr[128];
	const struct ext_carrier *usual_ext[128];
	/* What the slots point to, and its texts: room for all lines. */
	struct carrier *carrier;
	struct ext_carrier *ext;
	char *text;
	size_t num_carriers, num_exts, text_len, text_cap;
};

static unsigned
slot_hash(enum carrier_table table, struct span key)
{
	uint32_t h = 2166136261u + table;

	for (size_t i = 0; i < key.len; i++)
		h = (h ^ key.p[i]) * 16777619u;
	return h % SLOTS;
}

/* Two texts as one string that stays. */
static const char *
keep_text(struct carriers *c, const char *front, struct span s)
{
	char *q = c->text + c->text_len;
	size_t len = strlen(front);

	ASSERT(c->text_cap - c->text_len > len + s.len);
	memcpy(q, front, len);
	memcpy(q + len, s.p, s.len);
	q[len + s.len] = '\0';
	c->text_len += len + s.len + 1;
	return q;
}

/* --- lines ------------------------------------------------------------------ */

/* In front of a label; attributes of GeneralNames stand in a directoryName. */
#define FRONTS(general)                                                        \
	{                                                                      \
		"subject.", "issuer.", "san." general, "ian." general, "aki.", \
		    "sda.", "request.", "ext."                                 \
	}
static const char *const fronts[2][WHERES] = {
    FRONTS("directoryName."), FRONTS("")};

static const struct carrier *
keep_carrier(struct carriers *c, const struct carrier_row *row)
{
	struct carrier *out = &c->carrier[c->num_carriers++];

	out->how = (enum how)row->how;
	out->kind = row->kind;
	out->issuer = row->issuer;
	out->note = row->note.len ? keep_text(c, "", row->note) : NULL;
	for (int i = 0; i < WHERES; i++)
		out->label[i] = keep_text(
		    c, fronts[row->table == TABLE_OTHER][i], row->label);
	return out;
}

/* The place that some extensions are: their label is its name. */
static enum where
place_of(const struct carrier_row *row)
{
	return row->how == EXT_AKI                     ? IN_AKI
	       : row->how == EXT_SDA                   ? IN_SDA
	       : row->how == EXT_NAMES && !row->issuer ? IN_SAN
	       : row->how == EXT_NAMES                 ? IN_IAN
						       : IN_EXT;
}

static const struct ext_carrier *
keep_ext(struct carriers *c, const struct carrier_row *row)
{
	struct ext_carrier *out = &c->ext[c->num_exts++];

	out->how = (enum ext_how)row->how;
	out->side = row->issuer ? SIDE_ISSUER : SIDE_SUBJECT;
	out->where = place_of(row);
	out->kind = row->kind;
	out->label =
	    keep_text(c, out->where == IN_EXT ? "ext." : "", row->label);
	out->note = row->note.len ? keep_text(c, "", row->note) : NULL;
	return out;
}

/* Where the line belongs; NULL when there is another with its octets. */
static struct slot *
slot_for(struct carriers *c, const struct carrier_row *row)
{
	struct span key = span_of(row->key, row->key_len);
	struct slot *s, *end = &c->pattern[c->num_patterns];
	unsigned at = slot_hash(row->table, key);

	if (row->pattern) {
		ASSERT(c->num_patterns < PATTERNS);
		for (s = c->pattern; s < end; s++)
			if (s->table == row->table &&
			    span_eq(span_of(s->key, s->len), key))
				return NULL;
		c->num_patterns++;
		return end;
	}
	ASSERT(c->num < SLOTS / 2);
	c->num++;
	for (; (s = &c->slot[at])->len > 0; at = (at + 1) % SLOTS)
		if (s->table == row->table &&
		    span_eq(span_of(s->key, s->len), key))
			return NULL;
	return s;
}

/* Below 2.5.ARC, in one octet. */
static inline bool
is_usual(struct span oid, uint8_t arc)
{
	return oid.len == 3 && oid.p[0] == 0x55 && oid.p[1] == arc &&
	       oid.p[2] < 128;
}

static enum status
add(struct carriers *c, struct span line, struct err *e)
{
	struct carrier_row row;
	struct slot *s;
	struct span key;
	enum status st = carrier_row_read(&row, line, e);

	if (st != ST_OK)
		return st;
	key = span_of(row.key, row.key_len);
	s = slot_for(c, &row);
	if (s == NULL)
		return err_set(e, ST_BAD, "there twice");
	s->len = row.key_len;
	memcpy(s->key, row.key, row.key_len);
	s->table = (uint8_t)row.table;
	s->pattern = row.pattern;
	if (row.table == TABLE_EXT)
		s->ext = keep_ext(c, &row);
	else if (row.table == TABLE_ATTR || row.table == TABLE_OTHER)
		s->carrier = keep_carrier(c, &row);
	else
		s->class = (enum cert_class)row.how;
	if (row.table == TABLE_ATTR && !row.pattern && is_usual(key, ATTR_ARC))
		c->usual_attr[key.p[2]] = s->carrier;
	if (row.table == TABLE_EXT && !row.pattern && is_usual(key, EXT_ARC))
		c->usual_ext[key.p[2]] = s->ext;
	return ST_OK;
}

static struct carriers *
make_room(struct span text)
{
	struct carriers *c = NEW(struct carriers);
	size_t lines = 1;

	for (size_t i = 0; i < text.len; i++)
		lines += text.p[i] == '\n';
	c->carrier = mem_new(lines, sizeof(*c->carrier));
	c->ext = mem_new(lines, sizeof(*c->ext));
	/* Behind each front: label, "directoryName.", the end. */
	c->text_cap = (text.len + 32 * lines) * WHERES;
	c->text = mem_new(1, c->text_cap);
	return c;
}

struct carriers *
carriers_read(struct span text, struct err *e)
{
	struct carriers *c = make_room(text);

	for (unsigned no = 1; text.len > 0; no++) {
		struct span line = span_cut(text, 0, span_chr(text, '\n'));

		text = span_from(text, line.len + 1);
		if (line.len == 0 || line.p[0] == '#' ||
		    add(c, line, e) == ST_OK)
			continue;
		err_prefix(e, "carriers.tsv:%u", no);
		carriers_free(c);
		return NULL;
	}
	return c;
}

struct carriers *
carriers_new(void)
{
	struct err e;
	struct carriers *c = carriers_read(span_str(carriers_tsv), &e);

	if (c == NULL)
		err_assert(e.text, __FILE__, __LINE__);
	return c;
}

void
carriers_free(struct carriers *c)
{
	if (c == NULL)
		return;
	free(c->carrier);
	free(c->ext);
	free(c->text);
	free(c);
}

/* --- look-ups ----------------------------------------------------------------- */

static const struct slot *
find_pattern(
    const struct carriers *c, enum carrier_table table, struct span oid)
{
	const struct slot *end = &c->pattern[c->num_patterns];

	for (const struct slot *s = c->pattern; s < end; s++)
		if (s->table == table && oid.len > s->len &&
		    memcmp(oid.p, s->key, s->len - 1u) == 0 &&
		    oid.p[oid.len - 1] == s->key[s->len - 1] &&
		    oid.p[oid.len - 2] < 0x80)
			return s;
	return NULL;
}

static const struct slot *
find(const struct carriers *c, enum carrier_table table, struct span oid)
{
	unsigned at = slot_hash(table, oid);

	for (; c->slot[at].len > 0; at = (at + 1) % SLOTS) {
		const struct slot *s = &c->slot[at];

		if (s->len == oid.len && s->table == table &&
		    memcmp(s->key, oid.p, oid.len) == 0)
			return s;
	}
	return c->num_patterns > 0 ? find_pattern(c, table, oid) : NULL;
}

const struct carrier *
carrier_attr(const struct carriers *c, struct span oid)
{
	const struct slot *s;

	if (is_usual(oid, ATTR_ARC) && c->usual_attr[oid.p[2]] != NULL)
		return c->usual_attr[oid.p[2]];
	s = find(c, TABLE_ATTR, oid);
	return s ? s->carrier : NULL;
}

const struct carrier *
carrier_other_name(const struct carriers *c, struct span oid)
{
	const struct slot *s = find(c, TABLE_OTHER, oid);

	return s ? s->carrier : NULL;
}

const struct ext_carrier *
carrier_ext(const struct carriers *c, struct span oid)
{
	const struct slot *s;

	if (is_usual(oid, EXT_ARC) && c->usual_ext[oid.p[2]] != NULL)
		return c->usual_ext[oid.p[2]];
	s = find(c, TABLE_EXT, oid);
	return s ? s->ext : NULL;
}

enum cert_class
carrier_class(const struct carriers *c, struct span oid)
{
	const struct slot *s = find(c, TABLE_CLASS, oid);

	return s ? s->class : CLASSES;
}

enum cert_class
carrier_template(const struct carriers *c, struct span name)
{
	const struct slot *s = find(c, TABLE_TEMPLATE, name);

	return s ? s->class : CLASSES;
}

const char *
carrier_unknown(enum where where)
{
	static const char *const unknown[WHERES] = {"subject.unknown",
	    "issuer.unknown", "san.directoryName.unknown",
	    "ian.directoryName.unknown", "aki.unknown", "sda.unknown",
	    "request.unknown", "ext.unknown"};

	return unknown[where];
}

#define FORMS(w)                                                               \
	{                                                                      \
		w ".otherName", w ".rfc822Name", w ".dNSName",                 \
		    w ".x400Address", w ".directoryName", w ".ediPartyName",   \
		    w ".uniformResourceIdentifier", w ".iPAddress",            \
		    w ".registeredID", w ".unknown"                            \
	}

const char *
carrier_general_name(enum where where, unsigned form)
{
	static const char *const forms[][10] = {
	    FORMS("san"), FORMS("ian"), FORMS("aki"), FORMS("ext")};
	unsigned i = where == IN_SAN   ? 0
		     : where == IN_IAN ? 1
		     : where == IN_AKI ? 2
				       : 3;

	ASSERT(form < 10);
	return forms[i][form];
}

#define FORMS_NUM 10u
#define FORM_WHERES 4u
static const enum where form_wheres[FORM_WHERES] = {
    IN_SAN, IN_IAN, IN_AKI, IN_EXT};

/* What is no carrier of a table, and stands by itself. */
#define ROOTS 3
static const char *const roots[ROOTS] = {
    "bytes", "issuerUniqueID", "subjectUniqueID"};

size_t
carrier_labels(const struct carriers *c)
{
	return c->num_carriers * WHERES + c->num_exts +
	       FORM_WHERES * FORMS_NUM + WHERES + ROOTS;
}

const char *
carrier_label(const struct carriers *c, size_t n)
{
	const size_t num_carriers = c->num_carriers * WHERES;

	ASSERT(n < carrier_labels(c));
	if (n < num_carriers)
		return c->carrier[n / WHERES].label[n % WHERES];
	n -= num_carriers;
	if (n < c->num_exts)
		return c->ext[n].label;
	n -= c->num_exts;
	if (n < FORM_WHERES * FORMS_NUM)
		return carrier_general_name(
		    form_wheres[n / FORMS_NUM], (unsigned)(n % FORMS_NUM));
	n -= FORM_WHERES * FORMS_NUM;
	return n < WHERES ? carrier_unknown((enum where)n) : roots[n - WHERES];
}
