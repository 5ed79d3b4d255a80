/*
 * yaml: see yaml.h. The scanning is libfyaml's; the tree is ours, because its
 * builder keeps neither all mistakes nor our limits. Before it sees the text,
 * what makes it slow or big is refused (measured with 0.7.12: a directive of
 * 100 kB takes 10 s, a megabyte of "[" takes 338 MB).
 */
#include "config/yaml.h"

#include <libfyaml.h>

#include "ctlog/base/limits.h"
#include "ctlog/base/text.h"

#define DEPTH_MAX 16
#define LINE_MAX_BYTES 16384
#define BRACKETS_MAX 16384

struct build {
	struct arena *arena;
	struct mistakes *m;
	struct node *root, *key; /* key: waits for its value */
	struct node *open[DEPTH_MAX];
	unsigned depth, documents;
	bool stop;
	struct buf text; /* of the scalar in hand */
};

/* --- before the parser ------------------------------------------------------
 */

static bool
refuse_text(struct mistakes *m, size_t at, const char *what)
{
	mistake_add(m, (struct place){at, 1}, "%s", what);
	return false;
}

static bool
is_control(uint32_t ch)
{
	return (ch < 0x20 && ch != '\n' && ch != '\t') ||
	       (ch >= 0x7f && ch < 0xa0) || ch == 0xfeff;
}

static bool
text_check(struct mistakes *m)
{
	struct span s = buf_span(&m->source);
	size_t line = 0, brackets = 0, start;
	uint32_t ch;

	if (text_utf8_len(s) < s.len)
		return refuse_text(m, text_utf8_len(s),
		    "this is not UTF-8; save the file as UTF-8");
	for (size_t at = 0; at < s.len;) {
		start = at;
		ch = text_utf8_next(s, &at);
		if (ch == '\n')
			line = at;
		if (is_control(ch))
			return refuse_text(
			    m, start, "a control character; remove it");
		if (ch == '%' && start == line)
			return refuse_text(m, start,
			    "directives are not allowed; remove this line");
		if (at - line > LINE_MAX_BYTES)
			return refuse_text(
			    m, line, "a line of more than 16 KiB; break it up");
		brackets += ch == '[' || ch == '{';
		if (brackets > BRACKETS_MAX)
			return refuse_text(
			    m, start, "more brackets than any configuration");
	}
	return true;
}

/* --- building ---------------------------------------------------------------
 */

static struct place
mark_place(const struct fy_mark *from, const struct fy_mark *to)
{
	struct place p = {0, 1};

	if (from == NULL || from->input_pos == (size_t)-1)
		return p;
	p.at = from->input_pos;
	if (to != NULL && to->input_pos != (size_t)-1 &&
	    to->input_pos > p.at + 1)
		p.len = to->input_pos - p.at;
	return p;
}

static struct place
token_place(struct fy_token *t)
{
	return mark_place(fy_token_start_mark(t), fy_token_end_mark(t));
}

static void
build_stop(struct build *b, struct place at, const char *what)
{
	mistake_add(b->m, at, "%s", what);
	b->stop = true;
}

static struct node *
build_node(struct build *b, enum node_kind kind, struct place at)
{
	struct node *n = arena_get(b->arena, sizeof(*n));

	if (n == NULL) {
		build_stop(b, at, "the file is too big from here on");
		return NULL;
	}
	*n = (struct node){.kind = kind, .at = at};
	return n;
}

/* Hang a node where it belongs: the root, a list, a key or its value. */
static void
build_put(struct build *b, struct node *n)
{
	struct node *in = b->depth ? b->open[b->depth - 1] : NULL;

	if (in == NULL) {
		b->root = n;
		return;
	}
	if (in->kind == NODE_MAP && b->key == NULL) {
		if (n->kind != NODE_SCALAR)
			build_stop(b, n->at, "a key must be plain text");
		b->stop |= n->refused;
		b->key = n;
		return;
	}
	n->key = b->key;
	b->key = NULL;
	if (in->last != NULL)
		in->last->next = n;
	else
		in->first = n;
	in->last = n;
}

static void
build_open(struct build *b, enum node_kind kind, struct place at)
{
	struct node *n = build_node(b, kind, at);

	if (n == NULL)
		return;
	if (b->depth == DEPTH_MAX) {
		build_stop(b, at, "nested more deeply than any key here is");
		return;
	}
	build_put(b, n);
	if (!b->stop)
		b->open[b->depth++] = n;
}

static bool
has_control(struct span s)
{
	for (size_t at = 0; at < s.len;) {
		uint32_t ch = text_utf8_next(s, &at);

		if (is_control(ch) || ch == '\n' || ch == '\t')
			return true;
	}
	return false;
}

/* The place of a scalar with its quotation marks; the parser's marks leave
 * them out. */
static struct place
scalar_place(struct fy_token *t, bool quoted)
{
	struct place p = token_place(t);

	if (quoted && p.at > 0) {
		p.at--;
		p.len = fy_token_end_mark(t)->input_pos + 1 - p.at;
	}
	return p;
}

/* What a scalar says. In pieces, because asked for the whole the parser leaks
 * when there are more than a few of them (0.7.12). */
static struct span
scalar_text(struct build *b, struct fy_token *t)
{
	struct fy_token_iter *it = fy_token_iter_create(t);
	const struct fy_iter_chunk *c = NULL;
	int bad = 0;

	ASSERT(it != NULL);
	buf_clear(&b->text);
	while ((c = fy_token_iter_chunk_next(it, c, &bad)) != NULL)
		buf_add(&b->text, c->str, c->len);
	fy_token_iter_destroy(it);
	return buf_span(&b->text);
}

static void
build_scalar(struct build *b, struct fy_token *t)
{
	struct place at = {b->key ? b->key->at.at + b->key->at.len : 0, 1};
	enum fy_scalar_style style = FYSS_PLAIN;
	struct span s = {0}, copy;
	struct node *n;

	if (t != NULL) {
		style = fy_scalar_token_get_style(t);
		s = scalar_text(b, t);
		at = scalar_place(t,
		    style == FYSS_SINGLE_QUOTED || style == FYSS_DOUBLE_QUOTED);
	}
	n = build_node(b, NODE_SCALAR, at);
	if (n == NULL)
		return;
	n->plain = style == FYSS_PLAIN;
	n->text = "";
	if (!text_is_utf8(s) || has_control(s)) {
		mistake_add(b->m, at,
		    "text is one line of UTF-8 without "
		    "control characters");
		n->refused = true;
	} else if (s.len > 0) {
		buf_char(&b->text, '\0');
		copy = arena_copy(b->arena, buf_span(&b->text));
		if (copy.p == NULL)
			build_stop(b, at, "the file is too big from here on");
		else
			n->text = (const char *)copy.p;
	}
	build_put(b, n);
}

/* The place of an anchor, alias or tag with its sign, which the parser's marks
 * leave out. */
static struct place
sign_place(const struct build *b, struct fy_token *t)
{
	struct place p = token_place(t);
	const uint8_t *s = b->m->source.p;

	while (
	    p.at > 0 && p.at <= b->m->source.len &&
	    (s[p.at - 1] == '&' || s[p.at - 1] == '*' || s[p.at - 1] == '!')) {
		p.at--;
		p.len++;
	}
	return p;
}

static void
build_alias(struct build *b, struct fy_token *t)
{
	struct node *n = build_node(b, NODE_SCALAR, sign_place(b, t));

	if (n == NULL)
		return;
	mistake_add(b->m, n->at, "aliases are not allowed; write it out");
	n->refused = true;
	n->text = "";
	build_put(b, n);
}

/* Anchors and tags, which stand before a node. */
static void
build_decoration(struct build *b, struct fy_event *e)
{
	struct fy_token *t = fy_event_get_anchor_token(e);

	if (t != NULL)
		mistake_add(b->m, sign_place(b, t),
		    "anchors are not allowed; write it out");
	t = fy_event_get_tag_token(e);
	if (t != NULL)
		mistake_add(b->m, sign_place(b, t),
		    "tags are not allowed; quotation marks make text");
}

static void
build_event(struct build *b, struct fy_event *e)
{
	struct fy_token *t = fy_event_get_token(e);
	struct place at = mark_place(fy_event_start_mark(e), NULL);

	if (e->type != FYET_ALIAS)
		build_decoration(b, e);
	switch (e->type) {
	case FYET_DOCUMENT_START:
		if (b->documents++ > 0)
			build_stop(b, at,
			    "one document only; remove what "
			    "follows");
		break;
	case FYET_MAPPING_START:
		build_open(b, NODE_MAP, at);
		break;
	case FYET_SEQUENCE_START:
		build_open(b, NODE_LIST, at);
		break;
	case FYET_MAPPING_END:
	case FYET_SEQUENCE_END:
		ASSERT(b->depth > 0);
		b->depth--;
		break;
	case FYET_SCALAR:
		build_scalar(b, t);
		break;
	case FYET_ALIAS:
		build_alias(b, t);
		break;
	default:
		break;
	}
}

/* --- the parser -------------------------------------------------------------
 */

/* It would write to stderr otherwise. */
static void
diag_nowhere(struct fy_diag *d, void *user, const char *text, size_t len)
{
	(void)d;
	(void)user;
	(void)text;
	(void)len;
}

static struct fy_diag *
diag_new(void)
{
	struct fy_diag_cfg cfg;
	struct fy_diag *d;

	fy_diag_cfg_default(&cfg);
	cfg.fp = NULL;
	cfg.output_fn = diag_nowhere;
	d = fy_diag_create(&cfg);
	ASSERT(d != NULL);
	fy_diag_set_collect_errors(d, true);
	return d;
}

/* "${" in front of or at this place: YAML reads the bracket as a map's. */
static bool
is_variable(const struct mistakes *m, size_t at)
{
	return at > 0 && at < m->source.len && m->source.p[at - 1] == '$' &&
	       m->source.p[at] == '{';
}

/* What the parser complained about, as a mistake of ours. */
static void
diag_take(struct build *b, struct fy_diag *d)
{
	struct fy_diag_error *x;
	struct place at = {0, 1};
	void *it = NULL;

	while ((x = fy_diag_errors_iterate(d, &it)) != NULL) {
		if (x->line > 0 && x->column > 0)
			at.at = mistakes_offset(
			    b->m, (unsigned)x->line, (unsigned)x->column);
		build_stop(b, at,
		    is_variable(b->m, at.at)
			? "within { } or [ ], write it in quotation marks: "
			  "\"${...}\""
			: QUOTE(span_str(x->msg)));
	}
	if (!b->stop)
		build_stop(b, at, "this is not YAML");
}

static void
build_run(struct build *b, struct fy_parser *p, struct fy_diag *d)
{
	struct fy_event *e;

	while (!b->stop && (e = fy_parser_parse(p)) != NULL) {
		build_event(b, e);
		fy_parser_event_free(p, e);
	}
	if (!b->stop && fy_parser_get_stream_error(p))
		diag_take(b, d);
}

const struct node *
yaml_read(struct arena *a, struct mistakes *m)
{
	struct build b = {.arena = a, .m = m};
	struct fy_parse_cfg cfg = {
	    .flags = FYPCF_DEFAULT_VERSION_1_2 | FYPCF_JSON_NONE};
	struct fy_parser *p;
	struct fy_diag *d;

	if (!text_check(m))
		return NULL;
	d = diag_new();
	cfg.diag = d;
	p = fy_parser_create(&cfg);
	ASSERT(p != NULL);
	if (fy_parser_set_string(p, buf_cstr(&m->source), m->source.len) == 0)
		build_run(&b, p, d);
	else
		diag_take(&b, d);
	fy_parser_destroy(p);
	fy_diag_destroy(d);
	buf_fini(&b.text);
	if (b.stop)
		return NULL;
	if (b.root == NULL)
		b.root = build_node(&b, NODE_MAP, (struct place){0, 1});
	return b.root;
}

const char *
yaml_version(void)
{
	return fy_library_version();
}
