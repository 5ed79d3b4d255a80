/*
 * record_csv: records as CSV (RFC 4180) with a header row of dotted paths,
 * read; see record.h. Lists are split by '|', an empty cell is a key that is
 * not there. A row that makes no sense ends with its first line, so that one
 * forgotten quotation mark does not swallow the rest of the file.
 */
#include "ctlog/base/limits.h"
#include "ctlog/base/mem.h"
#include "ctlog/base/text.h"
#include "monitor/pii/record_draft.h"

#define COLUMNS_MAX 64

struct csv {
	struct span left; /* of the file */
	size_t line;      /* on which `left` begins, from 1 */
};

/* One row: its cells without quotation marks, in `text`. */
struct row {
	struct buf text;
	size_t end[COLUMNS_MAX]; /* where each cell ends in `text` */
	size_t num, line;
	const char *no; /* what is wrong with it */
};

static struct span
cell(const struct row *r, size_t i)
{
	size_t start = i == 0 ? 0 : r->end[i - 1];

	return span_cut(buf_span(&r->text), start, r->end[i] - start);
}

/* --- rows -------------------------------------------------------------------
 */

/* A quoted cell, the mark at s.p[0]. Returns where it ends; 0: it does not. */
static size_t
quoted(struct buf *out, struct span s)
{
	size_t at = 1, n;

	for (;;) {
		n = span_chr(span_from(s, at), '"');
		if (at + n >= s.len)
			return 0;
		buf_span_add(out, span_cut(s, at, n));
		at += n + 1;
		if (at >= s.len || s.p[at] != '"')
			return at;
		buf_char(out, '"');
		at++;
	}
}

static size_t
unquoted(struct row *r, struct span s)
{
	size_t n = 0;

	while (n < s.len && s.p[n] != ',' && s.p[n] != '\n' && s.p[n] != '"' &&
	       !(s.p[n] == '\r' && n + 1 < s.len && s.p[n + 1] == '\n'))
		n++;
	if (n < s.len && s.p[n] == '"')
		r->no = "a quotation mark within a cell; put the cell into "
			"quotation marks and double the one in it";
	buf_span_add(&r->text, span_cut(s, 0, n));
	return n;
}

/* The length of the line end at the front of s; the end of the file is one. */
static bool
is_end(struct span s, size_t *len)
{
	*len = 0;
	if (s.len > 0 && s.p[0] == '\n')
		*len = 1;
	else if (s.len > 1 && s.p[0] == '\r' && s.p[1] == '\n')
		*len = 2;
	return s.len == 0 || *len > 0;
}

/* One cell and what follows it. Returns the bytes read; *last: a line end. */
static size_t
cell_read(struct row *r, struct span s, bool *last)
{
	size_t at, len;

	if (s.len > 0 && s.p[0] == '"') {
		at = quoted(&r->text, s);
		if (at == 0)
			r->no = "a quotation mark is not closed";
	} else {
		at = unquoted(r, s);
	}
	if (r->no != NULL)
		return at;
	if (r->num == COLUMNS_MAX)
		r->no = "more cells than a record has keys";
	else
		r->end[r->num++] = r->text.len;
	*last = is_end(span_from(s, at), &len);
	if (!*last && s.p[at] != ',' && r->no == NULL)
		r->no = "text behind a closed quotation mark; double the marks "
			"within a cell";
	return at + (*last ? len : 1);
}

static size_t
count_lines(struct span s)
{
	size_t n = 0, at;

	while ((at = span_chr(s, '\n')) < s.len) {
		n++;
		s = span_from(s, at + 1);
	}
	return n;
}

/* The next row; false at the end of the file. */
static bool
row_next(struct csv *c, struct row *r)
{
	struct span s = span_cut(c->left, 0, LIMIT_RECORD_LINE + 1);
	size_t at = 0, len;
	bool last = false;

	if (c->left.len == 0)
		return false;
	buf_clear(&r->text);
	r->num = 0;
	r->no = NULL;
	r->line = c->line;
	while (!last && r->no == NULL)
		at += cell_read(r, span_from(s, at), &last);
	if (r->no == NULL && at > LIMIT_RECORD_LINE)
		r->no = "the row is longer than 65536 bytes";
	if (r->no != NULL) {
		len = span_chr(c->left, '\n');
		at = len < c->left.len ? len + 1 : len;
	}
	c->line += count_lines(span_cut(c->left, 0, at));
	c->left = span_from(c->left, at);
	return true;
}

/* --- records ----------------------------------------------------------------
 */

struct table {
	const struct field *column[COLUMNS_MAX];
	size_t num;
};

static bool
has_column(const struct table *t, const char *path)
{
	for (size_t i = 0; i < t->num; i++)
		if (strcmp(t->column[i]->path, path) == 0)
			return true;
	return false;
}

/* The header row; false and mistakes when it is none. */
static bool
header_read(struct table *t, struct reading *in, const struct row *r)
{
	struct draft d = draft_of(in, r->line);

	if (r->no != NULL)
		draft_bad(&d, "%s", r->no);
	t->num = r->no ? 0 : r->num;
	if (t->num == 1 && span_chr(cell(r, 0), ';') < cell(r, 0).len) {
		draft_bad(&d, "the columns are split by semicolons; write "
			      "commas between them");
		t->num = 0;
	}
	for (size_t i = 0; i < t->num; i++) {
		t->column[i] = field_find(cell(r, i));
		if (t->column[i] == NULL)
			draft_bad(&d,
			    "column %zu is no key of a record; the first row "
			    "names the columns (id, tenant, kind, value, "
			    "consent.at, ...)",
			    i + 1);
		for (size_t k = 0; k < i; k++)
			if (t->column[i] && t->column[k] == t->column[i])
				draft_bad(&d,
				    "column %zu: '%s' stands here "
				    "twice",
				    i + 1, t->column[i]->path);
	}
	for (size_t i = 0; !d.bad && i < 2; i++)
		if (!has_column(t, i == 0 ? "id" : "kind"))
			draft_bad(&d,
			    "the first row names the columns, and "
			    "has no '%s'",
			    i == 0 ? "id" : "kind");
	if (d.bad)
		in->lines_bad++;
	return !d.bad;
}

static void
list_read(struct draft *d, const struct field *f, struct span s)
{
	size_t n;

	draft_list(d, f);
	for (;;) {
		n = span_chr(s, '|');
		draft_item(d, f, span_cut(s, 0, n));
		if (n == s.len)
			return;
		s = span_from(s, n + 1);
	}
}

static void
cell_take(struct draft *d, const struct field *f, struct span s)
{
	bool is_true = span_eq_str(s, "true");

	if (s.len == 0)
		return;
	if (f->type == FIELD_LIST || f->type == FIELD_KINDS)
		list_read(d, f, s);
	else if (f->type != FIELD_BOOL && f->type != FIELD_BIT)
		draft_text(d, f, s);
	else if (is_true || span_eq_str(s, "false"))
		draft_bool(d, f, is_true);
	else
		draft_bad(d, "%s: %s is wanted", f->path, field_wanted(f));
}

static void
row_take(struct reading *in, const struct table *t, const struct row *r)
{
	struct draft d = draft_of(in, r->line);

	if (r->no != NULL)
		draft_bad(&d, "%s", r->no);
	else if (r->num != t->num)
		draft_bad(&d,
		    "%zu cells, but the header row has %zu; see to "
		    "commas and quotation marks",
		    r->num, t->num);
	for (size_t i = 0; !d.bad && i < r->num; i++)
		cell_take(&d, t->column[i], cell(r, i));
	draft_end(&d);
}

void
record_csv_read(struct reading *in, struct span file)
{
	struct csv c = {.left = file, .line = 1};
	struct row *r = NEW(struct row);
	struct table t;

	if (row_next(&c, r) && header_read(&t, in, r))
		while (row_next(&c, r))
			if (r->no != NULL || r->num != 1 || r->end[0] != 0)
				row_take(in, &t, r);
	buf_fini(&r->text);
	free(r);
}
