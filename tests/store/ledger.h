/* ledger: what the tests of the opt-in ledger have in common. */
#ifndef TESTS_STORE_LEDGER_H
#define TESTS_STORE_LEDGER_H

#include "monitor/store/ledger.h"
#include "tests/store/fixture.h"

#define LEDGER(fx) ((fx)->api->ledger)

static const struct actor ops = {"token ops", NOW};

/* A record that nobody has agreed to yet. */
static inline struct record
unconfirmed(const char *tenant, const char *id)
{
	struct record r = an_email(tenant, id);

	free(r.method);
	free(r.evidence);
	r.method = r.evidence = NULL;
	r.consent_ms = 0;
	return r;
}

/* A name that belongs to an address; identity NULL: to nobody. */
static inline struct record
a_name(const char *tenant, const char *id, const char *identity)
{
	struct record r = {.id = mem_str(id),
	    .tenant = mem_str(tenant),
	    .kind = RECORD_NAME,
	    .identity = identity != NULL ? mem_str(identity) : NULL};

	r.given.list = strings_of("Jane", &r.given.num);
	r.surname.list = strings_of(id, &r.surname.num);
	return r;
}

static inline void
see_marked(void *arg, const struct ledger_exposure *x)
{
	see_exposure(arg, x->x);
}

struct seen_history {
	size_t num;
	struct {
		int64_t time_ms;
		char what[32], who[32], detail[128];
	} list[32];
};

static inline void
see_history(void *arg, const struct ledger_event *ev)
{
	struct seen_history *h = arg;
	size_t i = h->num++;

	assert_true(i < 32);
	h->list[i].time_ms = ev->time_ms;
	snprintf(h->list[i].what, 32, "%s", ev->what);
	snprintf(h->list[i].who, 32, "%s", ev->who);
	snprintf(
	    h->list[i].detail, 128, "%s", ev->detail != NULL ? ev->detail : "");
}

static inline struct seen_history
list_history(struct fixture *fx, const struct record_at *at)
{
	struct seen_history h = {0};

	OK(fx, LEDGER(fx)->history(fx->s, at, see_history, &h, &fx->e));
	return h;
}

static inline bool
happened(struct fixture *fx, const struct record_at *at, const char *what)
{
	struct seen_history h = list_history(fx, at);

	for (size_t i = 0; i < h.num; i++)
		if (strcmp(h.list[i].what, what) == 0)
			return true;
	return false;
}

struct seen_audit {
	size_t num;
	struct {
		uint64_t no;
		int64_t time_ms;
		char who[32], what[32], tenant[32], id[32];
		uint8_t hash[32];
	} list[64];
};

static inline void
see_audit(void *arg, const struct ledger_audit *x)
{
	struct seen_audit *a = arg;
	size_t i = a->num++;

	assert_true(i < 64);
	a->list[i].no = x->no;
	a->list[i].time_ms = x->time_ms;
	snprintf(a->list[i].who, 32, "%s", x->who);
	snprintf(a->list[i].what, 32, "%s", x->what);
	snprintf(a->list[i].tenant, 32, "%s", x->tenant ? x->tenant : "-");
	snprintf(a->list[i].id, 32, "%s", x->id ? x->id : "-");
	memcpy(a->list[i].hash, x->hash, 32);
}

/* Rows of the trail that say so. */
static inline size_t
num_audit(struct fixture *fx, const char *what)
{
	struct seen_audit a = {0};
	size_t num = 0;

	OK(fx, LEDGER(fx)->audit(
		   fx->s, &(struct ledger_page){0, 64}, see_audit, &a, &fx->e));
	for (size_t i = 0; i < a.num; i++)
		num += strcmp(a.list[i].what, what) == 0;
	return num;
}

/* The trail is whole and has so many rows. */
static inline void
check_audit(struct fixture *fx, uint64_t want)
{
	uint64_t num;
	uint8_t head[32];

	OK(fx, LEDGER(fx)->audit_check(fx->s, &num, head, &fx->e));
	assert_int_equal(num, want);
}

#endif
