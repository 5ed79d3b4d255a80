/* proof_share: see proof_share.h. */
#include "monitor/proof_share.h"

void
share_forget(struct proof_share *s)
{
	s->head = (struct head){0};
	for (unsigned i = 0; i < SHARE_TILES; i++)
		buf_clear(&s->tile[i].url);
}

void
share_fini(struct proof_share *s)
{
	buf_fini(&s->head_raw);
	for (unsigned i = 0; i < SHARE_TILES; i++) {
		buf_fini(&s->tile[i].url);
		buf_fini(&s->tile[i].body);
	}
	*s = (struct proof_share){.loop = s->loop};
}

void
share_head_put(struct proof_share *s, const struct head *h, struct span raw)
{
	s->head = *h;
	s->num_heads++;
	buf_clear(&s->head_raw);
	buf_span_add(&s->head_raw, raw);
}

void
share_tile_put(struct proof_share *s, const char *url, struct span body)
{
	struct share_tile *t = &s->tile[s->next];

	if (body.len == 0 || body.len > SHARE_TILE_MAX ||
	    share_tile_get(s, url) != NULL)
		return;
	buf_clear(&t->url);
	buf_clear(&t->body);
	buf_str(&t->url, url);
	buf_span_add(&t->body, body);
	s->next = (s->next + 1) % SHARE_TILES;
}

const struct buf *
share_tile_get(const struct proof_share *s, const char *url)
{
	for (unsigned i = 0; i < SHARE_TILES; i++)
		if (span_eq_str(buf_span(&s->tile[i].url), url))
			return &s->tile[i].body;
	return NULL;
}
