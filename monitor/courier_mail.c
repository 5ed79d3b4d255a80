/*
 * courier_mail: a mail of a round: to whom, with which link that ends it, and
 * its way to the server. What it says is the sink's (alerts/mail.c).
 */
#include "ctlog/base/mem.h"
#include "ctlog/base/text.h"
#include "monitor/courier_private.h"

/* The message borrows it. */
void
mail_link(struct mail_link *k, struct message *m, const struct outbox_row *row)
{
	if (row->to != NULL)
		smtp_address(&k->to, row->to);
	m->to = buf_cstr(&k->to);
	if (!row->has_unsubscribe)
		return;
	text_base64url(
	    &k->token, span_of(row->unsubscribe, sizeof(row->unsubscribe)));
	m->unsubscribe = buf_cstr(&k->token);
}

void
mail_link_fini(struct mail_link *k)
{
	mem_wipe(k->to.p, k->to.cap);
	mem_wipe(k->token.p, k->token.cap);
	buf_fini(&k->to);
	buf_fini(&k->token);
}

/* Who puts mails of strangers off (greylisting) wants them minutes later. */
#define LATER_MS 60000

/* What the server says of one mail is an answer; the rest is no connection, or
 * a refusal of us. */
static void
mail_on_done(void *arg, enum status status, int code, const struct err *why)
{
	bool answered = status == ST_AGAIN || status == ST_BAD;
	const struct outcome o = {.status = answered ? ST_OK : status,
	    .code = code,
	    .retry_after_ms = status == ST_AGAIN ? LATER_MS : 0,
	    .cut = status == ST_STALE};

	carried_done(arg, &o, why);
}

void
carry_mail(struct carried *p)
{
	const struct lane *l = p->round->lane;
	struct smtp_mail mail = {.server = l->conf,
	    .to = p->parcel.to.len > 0 ? buf_cstr(&p->parcel.to) : l->conf->to,
	    .message = buf_span(&p->parcel.body),
	    .done = mail_on_done,
	    .arg = p};

	if (p->parcel.body.len == 0)
		mail.to = NULL; /* a canary */
	smtp_send(l->smtp, &mail);
}
