/*
 * tree: certificates as trees of TLVs, for mutations that keep them readable:
 * nodes are moved, doubled, dropped, given other tags, other values, other
 * depths, and written back with lengths that fit (or lie, when that is the
 * mutation). OCTET STRINGs and BIT STRINGs that hold TLVs are nodes too.
 * Deterministic: the same seed makes the same of the same bytes.
 */
#ifndef TESTS_FUZZ_TREE_H
#define TESTS_FUZZ_TREE_H

#include "ctlog/x509/der.h"

#define TREE_NODES 8192
#define TREE_ROOM (1u << 20)
#define TREE_DEPTH 96

enum lie { LIE_NONE, LIE_LENGTH, LIE_INDEFINITE, LIE_LONG };

struct node {
	uint8_t id[6];
	uint8_t id_len;    /* 0: bytes that are no TLV, in value */
	uint8_t lie;       /* enum lie */
	int8_t off;        /* LIE_LENGTH: how much */
	bool parent;       /* of the nodes from `first` on; no value */
	bool bits;         /* a BIT STRING: one more octet in front */
	int first, next;   /* -1 = none */
	struct span value; /* of no parent */
	size_t len;        /* of the contents, when written */
};

struct tree {
	struct node node[TREE_NODES];
	int num, root; /* root: a parent without a tag */
	uint64_t dice;
	uint8_t room[TREE_ROOM]; /* new values */
	size_t used;
};

static inline uint32_t
tree_dice(struct tree *t, uint32_t n)
{
	t->dice ^= t->dice << 13;
	t->dice ^= t->dice >> 7;
	t->dice ^= t->dice << 17;
	return n > 0 ? (uint32_t)(t->dice >> 20) % n : 0;
}

static inline int
node_new(struct tree *t)
{
	if (t->num == TREE_NODES)
		return -1;
	t->node[t->num] = (struct node){.first = -1, .next = -1};
	return t->num++;
}

/* Where the link to the k-th child of p is kept. */
static inline int *
node_link(struct tree *t, int p, uint32_t k)
{
	int *link = &t->node[p].first;

	while (k-- > 0 && *link >= 0)
		link = &t->node[*link].next;
	return link;
}

static inline uint32_t
node_children(const struct tree *t, int p)
{
	uint32_t n = 0;

	for (int i = t->node[p].first; i >= 0; i = t->node[i].next)
		n++;
	return n;
}

/* --- reading ---------------------------------------------------------------
 */

static inline void tree_read(struct tree *t, int p, struct span s, int depth);

/* Whether the contents are nodes of their own. */
static inline struct span
node_inside(struct node *n, const struct der *d)
{
	struct span s = d->value;

	if (der_is_constructed(d))
		return s;
	if (d->id == DER_BIT_STRING && s.len > 1 && s.p[0] == 0) {
		n->bits = true;
		s = span_from(s, 1);
	} else if (d->id != DER_OCTET_STRING) {
		return span_of(NULL, 0);
	}
	if (s.len > 1 && (s.p[0] == DER_SEQUENCE || s.p[0] < 0x20) &&
	    der_is_well_formed(s))
		return s;
	n->bits = false;
	return span_of(NULL, 0);
}

static inline int
node_read(struct tree *t, const struct der *d, int depth)
{
	int at = node_new(t);
	struct node *n = &t->node[at < 0 ? 0 : at];
	struct span inside;

	if (at < 0)
		return -1;
	n->id_len = 1;
	n->id[0] = d->whole.p[0];
	if ((d->id & 0x1f) == 0x1f)
		while (n->id_len < 6) {
			n->id[n->id_len] = d->whole.p[n->id_len];
			if ((n->id[n->id_len++] & 0x80) == 0)
				break;
		}
	inside = node_inside(n, d);
	n->value = d->value;
	if (inside.p == NULL || depth == TREE_DEPTH)
		return at;
	n->parent = true;
	tree_read(t, at, inside, depth + 1);
	return at;
}

/* All TLVs of s become children of p; what is none, a node without tag. */
static inline void
tree_read(struct tree *t, int p, struct span s, int depth)
{
	int *link = node_link(t, p, UINT32_MAX), at;
	struct der d;

	while (s.len > 0) {
		if (der_next(&d, &s)) {
			at = node_read(t, &d, depth);
		} else {
			at = node_new(t);
			if (at >= 0)
				t->node[at].value = s;
			s = span_of(NULL, 0);
		}
		if (at < 0)
			return;
		*link = at;
		link = &t->node[at].next;
	}
}

static inline void
tree_start(struct tree *t, uint64_t seed)
{
	t->num = 0;
	t->used = 0;
	t->dice = seed * 0x9e3779b97f4a7c15u + 0x1234567;
	if (t->dice == 0)
		t->dice = 1;
	tree_dice(t, 1);
	t->root = node_new(t);
	t->node[t->root].parent = true;
}

/* --- writing ---------------------------------------------------------------
 */

static inline size_t
node_head_len(const struct node *n)
{
	size_t octets = 0;

	if (n->id_len == 0)
		return 0;
	if (n->lie == LIE_LONG)
		return n->id_len + 1u + 6u;
	if (n->lie == LIE_INDEFINITE)
		return n->id_len + 1u;
	for (size_t v = n->len; n->len >= 0x80 && v > 0; v >>= 8)
		octets++;
	return n->id_len + 1 + octets;
}

/* Length of the node as written. */
static inline size_t
node_measure(struct tree *t, int at)
{
	struct node *n = &t->node[at];

	n->len = n->parent ? n->bits : n->value.len;
	for (int i = n->first; i >= 0 && n->parent; i = t->node[i].next)
		n->len += node_measure(t, i);
	return node_head_len(n) + n->len + (n->lie == LIE_INDEFINITE ? 2 : 0);
}

static inline uint8_t *
node_head(const struct node *n, uint8_t *p)
{
	size_t octets = node_head_len(n) - n->id_len;
	size_t len = n->len;

	if (n->id_len == 0)
		return p;
	memcpy(p, n->id, n->id_len);
	p += n->id_len;
	if (n->lie == LIE_INDEFINITE) {
		*p++ = 0x80;
		return p;
	}
	if (n->lie == LIE_LENGTH)
		len = (int64_t)len + n->off < 0 ? 0 : len + (size_t)n->off;
	if (octets > 1)
		*p++ = (uint8_t)(0x80 | (octets - 1));
	for (size_t i = octets > 1 ? octets - 1 : 1; i-- > 0;)
		*p++ = (uint8_t)(len >> 8 * i);
	return p;
}

static inline uint8_t *
node_write(const struct tree *t, int at, uint8_t *p)
{
	const struct node *n = &t->node[at];

	p = node_head(n, p);
	if (n->parent && n->bits)
		*p++ = 0;
	for (int i = n->first; i >= 0 && n->parent; i = t->node[i].next)
		p = node_write(t, i, p);
	if (!n->parent && n->value.len > 0) {
		memcpy(p, n->value.p, n->value.len);
		p += n->value.len;
	}
	if (n->lie == LIE_INDEFINITE) {
		*p++ = 0;
		*p++ = 0;
	}
	return p;
}

/* Its length; 0 when it does not fit. */
static inline size_t
tree_write(struct tree *t, uint8_t *out, size_t max)
{
	size_t len = node_measure(t, t->root);

	if (len > max)
		return 0;
	node_write(t, t->root, out);
	return len;
}

/* --- changing --------------------------------------------------------------
 */

/* A node by chance, by the link to it; NULL when there is none. */
static inline int *
tree_pick(struct tree *t)
{
	int p = t->root;
	int *link = NULL;

	for (int depth = 0; depth < TREE_DEPTH; depth++) {
		uint32_t n = node_children(t, p);

		if (n == 0)
			break;
		link = node_link(t, p, tree_dice(t, n));
		if (!t->node[*link].parent || tree_dice(t, 6) == 0)
			break;
		p = *link;
	}
	return link;
}

/* A leaf by chance. */
static inline struct node *
tree_pick_leaf(struct tree *t)
{
	for (int i = 0; i < 8; i++) {
		int *link = tree_pick(t);

		if (link != NULL && !t->node[*link].parent &&
		    t->node[*link].id_len > 0)
			return &t->node[*link];
	}
	return NULL;
}

/* A copy of a node of `from` (perhaps the same tree) and all below it. */
static inline int
node_copy(struct tree *t, const struct tree *from, int at, int depth)
{
	int copy = node_new(t), last = -1;

	if (copy < 0)
		return -1;
	t->node[copy] = from->node[at];
	t->node[copy].first = t->node[copy].next = -1;
	for (int i = from->node[at].first; i >= 0 && depth < TREE_DEPTH;
	     i = from->node[i].next) {
		int child = node_copy(t, from, i, depth + 1);

		if (child < 0)
			break;
		if (last < 0)
			t->node[copy].first = child;
		else
			t->node[last].next = child;
		last = child;
	}
	return copy;
}

static inline uint8_t *
tree_room(struct tree *t, size_t len)
{
	if (len > TREE_ROOM - t->used)
		return NULL;
	t->used += len;
	return t->room + t->used - len;
}

static inline void
change_swap(struct tree *t)
{
	int *link = tree_pick(t), *other;
	int a, b, next;

	if (link == NULL || t->node[*link].next < 0)
		return;
	/* With a brother further on. */
	other = &t->node[*link].next;
	while (t->node[*other].next >= 0 && tree_dice(t, 3) > 0)
		other = &t->node[*other].next;
	a = *link;
	b = *other;
	if (other == &t->node[a].next) {
		t->node[a].next = t->node[b].next;
		t->node[b].next = a;
		*link = b;
		return;
	}
	*link = b;
	*other = a;
	next = t->node[a].next;
	t->node[a].next = t->node[b].next;
	t->node[b].next = next;
}

static inline void
change_double(struct tree *t)
{
	int *link = tree_pick(t);
	uint32_t times = tree_dice(t, 20) == 0 ? 40 : 1;

	for (; link != NULL && times > 0; times--) {
		int copy = node_copy(t, t, *link, 0);

		if (copy < 0)
			return;
		t->node[copy].next = t->node[*link].next;
		t->node[*link].next = copy;
	}
}

static inline void
change_drop(struct tree *t)
{
	int *link = tree_pick(t);

	if (link != NULL)
		*link = t->node[*link].next;
}

/* Tags as they stand in certificates, and some that never do. */
static inline void
change_tag(struct tree *t)
{
	static const uint8_t strings[] = {0x0c, 0x12, 0x13, 0x14, 0x15, 0x16,
	    0x19, 0x1a, 0x1b, 0x1c, 0x1e, 0x2c, 0x36, 0x3e};
	static const uint8_t others[] = {0x01, 0x02, 0x03, 0x04, 0x05, 0x06,
	    0x0a, 0x10, 0x17, 0x18, 0x23, 0x24, 0x30, 0x31, 0x80, 0x81, 0x82,
	    0x86, 0x87, 0x88, 0xa0, 0xa1, 0xa3, 0xa4, 0xff};
	int *link = tree_pick(t);
	struct node *n = link ? &t->node[*link] : NULL;

	if (n == NULL || n->id_len == 0)
		return;
	n->id_len = 1;
	if (!n->parent && tree_dice(t, 3) > 0)
		n->id[0] = strings[tree_dice(t, sizeof(strings))];
	else
		n->id[0] = others[tree_dice(t, sizeof(others))];
}

/* The ASCII of a value in another string type. */
static inline void
change_type(struct tree *t)
{
	struct node *n = tree_pick_leaf(t);
	size_t wide = tree_dice(t, 2) ? 2 : 4;
	uint8_t *p;

	if (n == NULL || n->value.len == 0 || n->value.len > 1000)
		return;
	p = tree_room(t, n->value.len * wide);
	if (p == NULL)
		return;
	memset(p, 0, n->value.len * wide);
	for (size_t i = 0; i < n->value.len; i++)
		p[i * wide + wide - 1] = n->value.p[i];
	n->value = span_of(p, n->value.len * wide - tree_dice(t, 2));
	n->id_len = 1;
	n->id[0] = wide == 2 ? DER_BMP_STRING : DER_UNIVERSAL_STRING;
}

/* Longer or shorter, at any place; what is added repeats what is there. */
static inline void
change_size(struct tree *t)
{
	static const uint32_t sizes[] = {1, 2, 8, 64, 300, 5000};
	struct node *n = tree_pick_leaf(t);
	size_t len, at;
	uint8_t *p;

	if (n == NULL)
		return;
	if (tree_dice(t, 2) == 0 && n->value.len > 0) {
		n->value =
		    span_cut(n->value, 0, tree_dice(t, (uint32_t)n->value.len));
		return;
	}
	len = n->value.len + 1 + tree_dice(t, sizes[tree_dice(t, 6)]);
	at = tree_dice(t, (uint32_t)n->value.len + 1);
	p = tree_room(t, len);
	for (size_t i = 0; p != NULL && i < len; i++)
		p[i] = n->value.len == 0 ? 'x'
		       : i < at          ? n->value.p[i]
					 : n->value.p[(i - at) % n->value.len];
	if (p != NULL)
		n->value = span_of(p, len);
}

static inline void
change_bytes(struct tree *t)
{
	struct node *n = tree_pick_leaf(t);
	uint32_t times = 1 + tree_dice(t, 4);
	uint8_t *p;

	if (n == NULL || n->value.len == 0)
		return;
	p = tree_room(t, n->value.len);
	if (p == NULL)
		return;
	memcpy(p, n->value.p, n->value.len);
	while (times-- > 0)
		p[tree_dice(t, (uint32_t)n->value.len)] =
		    (uint8_t)tree_dice(t, 256);
	n->value = span_of(p, n->value.len);
}

/* Values that somebody looks for, and octets of object identifiers. */
static inline void
change_value(struct tree *t)
{
	static const char *const values[] = {"jane.roe@example.com", "Jane Roe",
	    "Roe, Jane", "\xc3\x83\xc2\xa9", "J\xc8urgen", "a@b", "@", "%40",
	    "mailto:jane%2eroe@example.com", "PNOES-12345678Z",
	    "DOE.JOHN.Q.1234567890", "MARIA ROE:12345678909",
	    "\xed\x99\x8d\xea\xb8\xb8\xeb\x8f\x99()0011041202012281110003",
	    "051@\xe5\xbc\xa0\xe4\xb8\x89@110101199003074514@1", "&#x40;",
	    "x@\xef\xbc\x8e", "1234567890@mil", "\x55\x04\x03", "\x55\x04\x2a",
	    "\x55\x04\x04", "\x55\x1d\x11", "\x55\x1d\x09", "\x55\x1d\x12",
	    "\x55\x1d\x20", "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x01",
	    "\x2b\x06\x01\x04\x01\x82\x37\x14\x02\x03"};
	struct node *n = tree_pick_leaf(t);

	if (n != NULL)
		n->value = span_str(
		    values[tree_dice(t, sizeof(values) / sizeof(values[0]))]);
}

/* The node at *link inside of another. */
static inline void
change_wrap(struct tree *t)
{
	static const uint8_t around[] = {
	    DER_SEQUENCE, DER_SET, DER_OCTET_STRING, 0xa0, 0xa4, 0x2c};
	uint32_t times = tree_dice(t, 8) ? 1 : 1 + tree_dice(t, 40);
	int *link = tree_pick(t);
	uint8_t id = around[tree_dice(t, sizeof(around))];

	for (; link != NULL && times > 0; times--) {
		int at = node_new(t);

		if (at < 0)
			return;
		t->node[at].id[0] = id;
		t->node[at].id_len = 1;
		t->node[at].parent = true;
		t->node[at].first = *link;
		t->node[at].next = t->node[*link].next;
		t->node[*link].next = -1;
		*link = at;
	}
}

static inline void
change_length(struct tree *t)
{
	static const int8_t offs[] = {-100, -2, -1, 1, 2, 100};
	int *link = tree_pick(t);
	struct node *n = link ? &t->node[*link] : NULL;

	if (n == NULL)
		return;
	n->lie = (uint8_t)(LIE_LENGTH + tree_dice(t, 3));
	n->off = offs[tree_dice(t, sizeof(offs))];
}

/* A node of the other takes the place of one of ours, or stands behind it. */
static inline void
tree_splice(struct tree *t, struct tree *other)
{
	int *link = tree_pick(t), *from = tree_pick(other);
	int copy;

	if (link == NULL || from == NULL)
		return;
	copy = node_copy(t, other, *from, 0);
	if (copy < 0)
		return;
	if (tree_dice(t, 2) == 0) {
		t->node[copy].next = t->node[*link].next;
		*link = copy;
	} else {
		t->node[copy].next = t->node[*link].next;
		t->node[*link].next = copy;
	}
}

typedef void tree_change(struct tree *t);

static inline void
tree_mutate(struct tree *t)
{
	static tree_change *const all[] = {change_swap, change_double,
	    change_drop, change_tag, change_tag, change_type, change_size,
	    change_bytes, change_value, change_value, change_wrap,
	    change_length};
	uint32_t times = 1 + tree_dice(t, 4);

	while (times-- > 0)
		all[tree_dice(t, sizeof(all) / sizeof(all[0]))](t);
}

#endif
