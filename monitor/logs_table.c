/*
 * logs_table: the logs of a view in columns, under a header. What else is said
 * of lists and logs: logs_view.c.
 */
#include <stdio.h>

#include "ctlog/base/mem.h"
#include "ctlog/base/text.h"
#include "monitor/logs_view.h"

enum { STATE, API, FOLLOWED, NAME, URL, LISTS, NUM_COLUMNS };
static const char *const names[] = {
    [STATE] = "STATE",
    [API] = "API",
    [FOLLOWED] = "FOLLOWED",
    [NAME] = "NAME",
    [URL] = "URL",
    [LISTS] = "LISTS",
};

struct row {
	struct buf cell[NUM_COLUMNS];
};

static void
row_header(struct row *r)
{
	for (unsigned i = 0; i < NUM_COLUMNS; i++)
		buf_str(&r->cell[i], names[i]);
}

static void
row_log(
    struct row *r, const struct logs_view *v, const struct directory_log *at)
{
	const struct loglist_log *l = at->log;

	buf_str(&r->cell[STATE], loglist_state_name(at->state));
	buf_str(&r->cell[API], logs_view_api(v, l));
	buf_str(&r->cell[FOLLOWED],
	    logs_view_follows(v, &l->log_id) ? "yes" : "no");
	text_line(&r->cell[NAME], span_str(l->description), 128);
	text_line(&r->cell[URL], span_str(l->url), LIMIT_URL);
	logs_view_lists(&r->cell[LISTS], v, at);
}

static void
row_say(const struct row *r, const struct logs_view *v, const size_t *width)
{
	for (unsigned i = 0; i < NUM_COLUMNS; i++) {
		const struct buf *b = &r->cell[i];

		if (i == FOLLOWED && v->wants == NULL)
			continue;
		fwrite(b->p, 1, b->len, stdout);
		if (i != LISTS)
			printf("%*s", (int)(width[i] - b->len) + 2, "");
	}
	putchar('\n');
}

void
logs_table(const struct logs_view *v)
{
	size_t num = v->all.num + 1, width[NUM_COLUMNS] = {0};
	struct row *rows = mem_new(num, sizeof(*rows));

	row_header(&rows[0]);
	for (size_t i = 1; i < num; i++)
		row_log(&rows[i], v, &v->all.log[i - 1]);
	for (size_t i = 0; i < num; i++)
		for (unsigned c = 0; c < NUM_COLUMNS; c++)
			if (rows[i].cell[c].len > width[c])
				width[c] = rows[i].cell[c].len;
	for (size_t i = 0; i < num; i++) {
		row_say(&rows[i], v, width);
		for (unsigned c = 0; c < NUM_COLUMNS; c++)
			buf_fini(&rows[i].cell[c]);
	}
	free(rows);
}
