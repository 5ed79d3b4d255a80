/*
 * enrol: see enrol.h. A round asks the store for a few letters and begins them
 * there, sends them, and settles each when its mail has come to an end; then
 * the next round. A letter that was begun and not settled (a crash, a stop)
 * may have been sent: the ledger counts it so.
 */
#include "monitor/enrol.h"

#include <openssl/evp.h>
#include <openssl/rand.h>
#include <string.h>

#include "alerts/confirm.h"
#include "ctlog/base/mem.h"
#include "ctlog/base/text.h"
#include "monitor/diag.h"
#include "monitor/smtp.h"
#include "monitor/store/ledger.h"
#include "monitor/tail.h"

/* Letters of a round: as many as smtp sends at a time. */
#define ROUND 4u
/* How often the store is asked when nobody has said that it should be. */
#define EVERY_MS 60000ll

#define TOKEN_TEXT 44 /* of base64url, with a NUL */

/* One letter on its way. */
struct sending {
	struct task settle; /* first */
	struct enrol *enrol;
	struct ledger_letter letter; /* its texts belong to the round */
	char token[TOKEN_TEXT], id[33];
	struct store_settle how;
	struct err why;
	bool begun;
};

struct enrol {
	struct task look; /* first */
	struct writer *writer;
	const struct config *config;
	const struct conf_sink *sink;
	struct smtp *smtp; /* NULL: nothing can be sent */
	bool sends;        /* for the store thread: there is one */
	bool stopped;
	int64_t next_ms; /* when to ask the store again */
	bool busy, kicked;
	bool failing, said; /* what the operator knows */
	struct ledger_letters letters;
	struct sending list[ROUND];
	size_t num, left; /* of this round: begun, not settled */
};

const char *
enrol_missing(const struct config *c)
{
	if (c->public.url == NULL)
		return "public.url is not set";
	return config_mail(c) == NULL ? "there is no sink of type mail" : NULL;
}

/* --- a round: on the store thread ------------------------------------------ */

static const struct ledger_api *
ledger_of(struct store *s)
{
	return ((struct store_base *)s)->api->ledger;
}

/* Token and mark of a mail: nobody can guess the one, the other tells
 * nothing. */
static void
sending_mint(struct sending *g, uint8_t hash[32])
{
	uint8_t token[LEDGER_TOKEN], mark[16];
	struct buf text = {0}, hex = {0};

	ASSERT(RAND_priv_bytes(token, sizeof(token)) == 1);
	ASSERT(RAND_bytes(mark, sizeof(mark)) == 1);
	ASSERT(EVP_Digest(
		   token, sizeof(token), hash, NULL, EVP_sha256(), NULL) == 1);
	text_base64url(&text, span_of(token, sizeof(token)));
	memcpy(g->token, text.p, TOKEN_TEXT - 1);
	text_hex(&hex, span_of(mark, sizeof(mark)));
	memcpy(g->id, hex.p, 32);
	mem_wipe(token, sizeof(token));
	mem_wipe(text.p, text.len);
	buf_fini(&text);
	buf_fini(&hex);
}

static enum status
round_begin(struct enrol *e, struct store *s)
{
	enum status st = ST_OK;
	uint8_t hash[32];

	for (size_t i = 0; i < e->letters.num && st == ST_OK; i++) {
		struct sending *g = &e->list[e->num];

		*g = (struct sending){.enrol = e, .letter = e->letters.list[i]};
		sending_mint(g, hash);
		st = ledger_of(s)->letter_begin(
		    s, g->letter.id, hash, now_ms(), &e->look.err);
		if (st == ST_OK)
			e->num++;
		else if (st == ST_STALE)
			st = ST_OK;
	}
	return st;
}

static void
look_run(struct task *task, struct store *s)
{
	struct enrol *e = (struct enrol *)task;

	task->status = ST_OK;
	if (ledger_of(s) == NULL)
		return;
	task->status =
	    ledger_of(s)->letters(s, now_ms(), ROUND, &e->letters, &task->err);
	if (task->status == ST_OK && e->sends)
		task->status = round_begin(e, s);
}

/* --- settling --------------------------------------------------------------- */

/* Until the next attempt; false: that was the last. */
static bool
backoff(int64_t *ms, unsigned attempt)
{
	static const int minutes[] = {1, 5, 30, 120, 300, 600, 840, 1200, 1440};

	if (attempt >= sizeof(minutes) / sizeof(minutes[0]))
		return false;
	*ms = minutes[attempt] * 60000ll;
	return true;
}

static void
settle_run(struct task *task, struct store *s)
{
	struct sending *g = (struct sending *)task;

	task->status = ledger_of(s)->letter_settle(s, &g->how, &task->err);
}

static void
round_end(struct enrol *e)
{
	bool more = e->num > 0 || (e->letters.more && e->look.status == ST_OK);

	ledger_letters_fini(&e->letters);
	e->letters = (struct ledger_letters){0};
	mem_wipe(e->list, sizeof(e->list));
	e->num = e->left = 0;
	e->busy = false;
	if (more)
		enrol_kick(e);
	if (e->kicked)
		enrol_tick(e);
}

static void
settle_done(struct task *task)
{
	struct sending *g = (struct sending *)task;
	struct enrol *e = g->enrol;

	if (task->status != ST_OK)
		diag_error("what became of a letter could not be stored: %s",
		    task->err.text);
	if (--e->left == 0)
		round_end(e);
}

/* Once for each time of trouble; a refused mail is not one. */
static void
tell(struct enrol *e, enum status st, const struct err *why)
{
	if (st == ST_BAD)
		diag_warn("a letter is given up: %s", why->text);
	else if (st != ST_OK && !e->failing)
		diag_warn("a letter is tried again later: %s", why->text);
	else if (st == ST_OK && e->failing)
		diag_info("letters are sent again");
	if (st != ST_BAD)
		e->failing = st != ST_OK;
}

static void
settle(struct sending *g)
{
	g->settle.run = settle_run;
	g->settle.done = settle_done;
	writer_submit(g->enrol->writer, &g->settle);
}

static void
sending_on_done(void *arg, enum status st, int code, const struct err *why)
{
	struct sending *g = arg;
	struct enrol *e = g->enrol;
	int64_t wait_ms = 0;

	(void)code;
	tell(e, st, why);
	g->why = *why;
	g->how = (struct store_settle){.row = g->letter.id,
	    .how = SETTLE_DELIVERED,
	    .now_ms = now_ms(),
	    .error = st == ST_OK ? NULL : g->why.text};
	if (st != ST_OK)
		g->how.how =
		    st != ST_BAD && backoff(&wait_ms, g->letter.attempts)
			? SETTLE_RETRY
			: SETTLE_DEAD;
	if (g->how.how == SETTLE_RETRY) {
		g->how.due_ms = g->how.now_ms + wait_ms;
		if (g->how.due_ms < e->next_ms)
			e->next_ms = g->how.due_ms;
	}
	settle(g);
}

/* --- sending ---------------------------------------------------------------- */

static void
sending_start(struct enrol *e, struct sending *g)
{
	struct buf to = {0}, text = {0};
	struct smtp_mail mail = {
	    .server = e->sink, .done = sending_on_done, .arg = g};
	struct confirm c = {.from = e->sink->from,
	    .contact = e->config->contact,
	    .url = e->config->public.url,
	    .token = g->token,
	    .id = g->id,
	    .now_ms = now_ms(),
	    .pending_ms = e->config->retention.pending_records_ms,
	    .hits_ms = e->config->retention.hits_ms};

	smtp_address(&to, g->letter.to);
	c.to = mail.to = buf_cstr(&to);
	confirm_write(&text, &c);
	mail.message = buf_span(&text);
	smtp_send(e->smtp, &mail);
	mem_wipe(text.p, text.len);
	mem_wipe(to.p, to.len);
	buf_fini(&text);
	buf_fini(&to);
}

/* It was begun, and the end came before it was sent: for the next start. */
static void
sending_put_back(struct sending *g)
{
	int64_t now = now_ms();

	g->how = (struct store_settle){.row = g->letter.id,
	    .how = SETTLE_RETRY,
	    .now_ms = now,
	    .due_ms = now};
	settle(g);
}

static void
look_done(struct task *task)
{
	struct enrol *e = (struct enrol *)task;
	const char *missing = enrol_missing(e->config);

	if (task->status != ST_OK)
		diag_warn("letters cannot be read from the store: %s",
		    task->err.text);
	if (e->letters.num > 0 && missing != NULL && !e->said) {
		diag_warn("records wait for a confirmation that nobody is "
			  "asked for: %s",
		    missing);
		e->said = true;
	}
	e->left = e->num;
	for (size_t i = 0; i < e->num; i++)
		if (e->stopped)
			sending_put_back(&e->list[i]);
		else
			sending_start(e, &e->list[i]);
	if (e->num == 0)
		round_end(e);
}

/* --- the object ------------------------------------------------------------- */

struct enrol *
enrol_new(struct ev_loop *loop, struct writer *w, const struct config *c)
{
	struct enrol *e = NEW(struct enrol);

	e->writer = w;
	e->config = c;
	e->sink = config_mail(c);
	if (enrol_missing(c) == NULL)
		e->smtp = smtp_new(loop, c->fetch.ca_file);
	e->look.run = look_run;
	e->look.done = look_done;
	return e;
}

void
enrol_kick(struct enrol *e)
{
	e->kicked = true;
}

void
enrol_tick(struct enrol *e)
{
	int64_t now = now_ms();

	if (e->stopped || e->busy)
		return;
	/* A clock that was set back by far does not put it off. */
	if (!e->kicked && now < e->next_ms && e->next_ms - now <= EVERY_MS)
		return;
	e->next_ms = now + EVERY_MS;
	e->busy = true;
	e->kicked = false;
	e->sends = e->smtp != NULL;
	writer_submit(e->writer, &e->look);
}

void
enrol_stop(struct enrol *e)
{
	smtp_free(e->smtp);
	e->smtp = NULL;
	e->stopped = true;
}

void
enrol_free(struct enrol *e)
{
	if (e == NULL)
		return;
	ledger_letters_fini(&e->letters); /* of mails that were cut off */
	mem_wipe(e, sizeof(*e));
	free(e);
}
