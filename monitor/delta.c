/* delta: see delta.h. */
#include "monitor/delta.h"

#include "ctlog/base/mem.h"

struct delta_item {
	int64_t row;
	enum record_kind kind;
	size_t keys_at, keys_len, blob_at, blob_len;
};

void
delta_init(struct delta *d, const struct rows *main)
{
	*d = (struct delta){.main = main};
}

void
delta_change(void *arg, int64_t row, enum record_kind kind, struct span keys,
    struct span blob)
{
	struct delta *d = arg;

	if ((d->num_items & (d->num_items - 1)) == 0)
		d->items = mem_grow(d->items,
		    d->num_items ? 2 * d->num_items : 1, sizeof(*d->items));
	d->items[d->num_items++] = (struct delta_item){
	    row, kind, d->keys.len, keys.len, d->blobs.len, blob.len};
	buf_span_add(&d->keys, keys);
	buf_span_add(&d->blobs, blob);
}

static enum status
item_add(struct delta *d, struct match_build *b, const struct delta_item *i)
{
	struct span keys =
	    span_cut(buf_span(&d->keys), i->keys_at, i->keys_len);
	struct span blob =
	    span_cut(buf_span(&d->blobs), i->blob_at, i->blob_len);
	uint32_t no;

	if (rows_find(d->main, i->row, &no)) {
		d->num_dropped++;
		if (match_build_drop(b, no) != ST_OK)
			return ST_LIMIT;
	}
	if (i->keys_len == 0)
		return ST_OK;
	no = d->main->num + d->rows.num;
	rows_add(&d->rows, i->row);
	return match_build_add(b, no, i->kind, keys, blob);
}

enum status
delta_build(struct delta *d, void *region, size_t cap, uint64_t generation,
    struct err *e)
{
	struct match_size size = {d->num_items, d->keys.len / LIMIT_STORE_KEY,
	    d->blobs.len, d->num_items};
	struct match_build *b = NULL;
	enum status st = ST_OK;

	if (d->main->num + d->num_items < UINT32_MAX &&
	    match_region_len(&size) <= cap)
		b = match_build_start(region, cap, generation, &size);
	if (b == NULL)
		return err_set(e, ST_LIMIT,
		    "%zu changed records do not fit beside the match index",
		    d->num_items);
	for (size_t i = 0; st == ST_OK && i < d->num_items; i++)
		st = item_add(d, b, &d->items[i]);
	match_build_finish(b);
	return st == ST_OK ? st
			   : err_set(e, st,
				 "a changed record in the store "
				 "does not fit the match index");
}

void
delta_fini(struct delta *d)
{
	free(d->items);
	rows_fini(&d->rows);
	buf_fini(&d->keys);
	buf_fini(&d->blobs);
	*d = (struct delta){0};
}
