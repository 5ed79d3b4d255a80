/*
 * What is done about alerts: taken note of, muted, sent again. Who is told
 * then, and who is not; what is erased; what becomes of a mute. Deliveries that
 * were given up.
 */
#include "tests/store/disk.h"
#include "tests/store/ledger.h"

static const uint8_t *
id_of(struct fixture *fx, size_t i)
{
	static uint8_t id[16];

	memcpy(id, list_exposures(fx, NULL).list[i].id, sizeof(id));
	return id;
}

static struct alert_at
nth(struct fixture *fx, size_t i)
{
	return (struct alert_at){"acme", id_of(fx, i)};
}

/* Jane with one exposure; the stretch was read to 10. */
static struct stretch
begin(struct fixture *fx)
{
	struct stretch t = claim(fx, &log_a, 0);

	import_one(fx, an_email("acme", "jane"));
	step_hit(fx, &t, 10, a_hit(fx, "jane", 1, 1));
	return t;
}

static struct ledger_muting
mute(struct fixture *fx, size_t i, bool not_me)
{
	struct ledger_muting m = {.at = nth(fx, i), .not_me = not_me};

	OK(fx, LEDGER(fx)->mute(fx->s, &m, &ops, &fx->e));
	return m;
}

static size_t
resend(struct fixture *fx, struct ledger_resend r)
{
	r.hold_ms = HOLD;
	OK(fx, LEDGER(fx)->resend(fx->s, &r, &ops, &fx->e));
	return r.num;
}

static void
resend_fails(struct fixture *fx, enum status want, struct ledger_resend r)
{
	FAILS(fx, want, LEDGER(fx)->resend(fx->s, &r, &ops, &fx->e));
	assert_int_equal(r.num, 0);
}

static void
see_num(void *arg, const struct ledger_exposure *x)
{
	size_t *num = arg;

	++*num;
	assert_true(x->acked_ms == 0 && x->muted_ms == 0);
}

static size_t
num_open(struct fixture *fx)
{
	const struct ledger_exposures q = {.tenant = "acme", .open = true};
	size_t num = 0;

	OK(fx, LEDGER(fx)->exposures(fx->s, &q, see_num, &num, &fx->e));
	return num;
}

struct marks {
	int64_t acked_ms, muted_ms;
};

static void
see_marks(void *arg, const struct ledger_exposure *x)
{
	struct marks *m = arg;

	*m = (struct marks){x->acked_ms, x->muted_ms};
}

static struct marks
marks(struct fixture *fx, size_t i)
{
	const struct ledger_exposures q = {.id = id_of(fx, i)};
	struct marks m = {-1, -1};

	OK(fx, LEDGER(fx)->exposures(fx->s, &q, see_marks, &m, &fx->e));
	return m;
}

static void
kill_all(struct fixture *fx, const char *sink)
{
	struct outbox o = due(fx, INT64_MAX);

	for (size_t i = 0; i < o.num; i++)
		if (sink == NULL || strcmp(o.rows[i].sink, sink) == 0)
			settle(fx, o.rows[i].id, SETTLE_DEAD);
	outbox_fini(&o);
}

/* --- taken note of ----------------------------------------------------------- */

static void
test_ack(void **state)
{
	struct fixture *fx = *state;
	struct record_at jane = {"acme", "jane"};
	struct stretch t = begin(fx);
	struct alert_at at = nth(fx, 0), no = {"other", at.id};
	uint8_t none[16] = {7};

	assert_int_equal(num_due(fx, NOW + HOLD), 3);
	assert_int_equal(num_open(fx), 1);
	FAILS(fx, ST_MISSING, LEDGER(fx)->ack(fx->s, &no, &ops, &fx->e));
	no = (struct alert_at){NULL, none};
	FAILS(fx, ST_MISSING, LEDGER(fx)->ack(fx->s, &no, &ops, &fx->e));
	OK(fx, LEDGER(fx)->ack(fx->s, &at, &ops, &fx->e));
	OK(fx, LEDGER(fx)->ack(fx->s, &at, &ops, &fx->e));
	assert_int_equal(num_audit(fx, "acked"), 1);
	assert_true(happened(fx, &jane, "acked"));
	assert_int_equal(num_open(fx), 0);
	assert_int_equal(marks(fx, 0).acked_ms, NOW);
	assert_int_equal(marks(fx, 0).muted_ms, 0);
	assert_int_equal(num_due(fx, NOW + HOLD), 0);
	/* A copy of it elsewhere tells nobody either. */
	step_hit(fx, &t, 20, a_hit(fx, "jane", 1, 11));
	assert_int_equal(num_due(fx, NOW + HOLD), 0);
	/* Another certificate does. */
	step_hit(fx, &t, 30, a_hit(fx, "jane", 3, 21));
	assert_int_equal(num_due(fx, NOW + HOLD), 3);
	assert_int_equal(num_open(fx), 1);
}

/* What was unproven goes, but that somebody knows of it stays. */
static void
test_ack_rewound(void **state)
{
	struct fixture *fx = *state;
	struct stretch t = begin(fx);
	struct alert_at at = nth(fx, 0);
	struct store_rewound back = {.now_ms = NOW};

	OK(fx, LEDGER(fx)->ack(fx->s, &at, &ops, &fx->e));
	OK(fx, fx->api->rewind(fx->s, &t, &back, &fx->e));
	assert_int_equal(back.retracted, 0);
	assert_int_equal(back.delivered, 1);
	t = claim(fx, &log_a, 0);
	step_hit(fx, &t, 10, a_hit(fx, "jane", 1, 1));
	assert_int_equal(num_due(fx, NOW + HOLD), 0);
	assert_int_equal(marks(fx, 0).acked_ms, NOW);
}

/* --- muted --------------------------------------------------------------------- */

struct seen_mutes {
	size_t num;
	struct ledger_mute list[8];
};

static void
see_mute(void *arg, const struct ledger_mute *m)
{
	struct seen_mutes *l = arg;

	assert_true(l->num < 8);
	assert_string_equal(m->tenant, "acme");
	assert_string_equal(m->record, "jane");
	l->list[l->num++] = *m;
}

static struct seen_mutes
list_mutes(struct fixture *fx, const char *tenant)
{
	const struct ledger_exposures q = {.tenant = tenant};
	struct seen_mutes l = {0};

	OK(fx, LEDGER(fx)->mutes(fx->s, &q, see_mute, &l, &fx->e));
	return l;
}

static void
test_mute(void **state)
{
	struct fixture *fx = *state;
	struct record_at jane = {"acme", "jane"};
	struct stretch t = begin(fx);
	struct ledger_muting m = mute(fx, 0, false);
	struct alert_at by = {"acme", m.id}, other = {"other", m.id};

	mute(fx, 0, false);
	assert_int_equal(num_audit(fx, "muted"), 1);
	assert_true(happened(fx, &jane, "muted"));
	assert_int_equal(list_mutes(fx, NULL).num, 1);
	assert_int_equal(list_mutes(fx, "acme").list[0].since_ms, NOW);
	assert_int_equal(list_mutes(fx, "other").num, 0);
	assert_int_equal(num_due(fx, NOW + HOLD), 0);
	/* A renewal is kept, and not told. */
	assert_int_equal(
	    step_hit(fx, &t, 20, a_hit(fx, "jane", 3, 11)).new_exposures, 1);
	assert_int_equal(num_due(fx, NOW + HOLD), 0);
	assert_int_equal(marks(fx, 1).muted_ms, NOW);
	assert_int_equal(num_open(fx), 0);
	resend_fails(fx, ST_USAGE, (struct ledger_resend){nth(fx, 0)});
	FAILS(fx, ST_MISSING, LEDGER(fx)->unmute(fx->s, &other, &ops, &fx->e));
	OK(fx, LEDGER(fx)->unmute(fx->s, &by, &ops, &fx->e));
	FAILS(fx, ST_MISSING, LEDGER(fx)->unmute(fx->s, &by, &ops, &fx->e));
	by = nth(fx, 0);
	OK(fx, LEDGER(fx)->unmute(fx->s, &by, &ops, &fx->e));
	assert_int_equal(num_audit(fx, "unmuted"), 1);
	assert_int_equal(list_mutes(fx, NULL).num, 0);
	step_hit(fx, &t, 30, a_hit(fx, "jane", 5, 21));
	assert_int_equal(num_due(fx, NOW + HOLD), 3);
	assert_int_equal(num_open(fx), 3);
}

/* What says something else is told; so is what says it of somebody else. */
static void
test_mute_others(void **state)
{
	struct fixture *fx = *state;
	struct stretch t = begin(fx);
	struct store_hit hit = a_hit(fx, "jane", 3, 11);

	import_one(fx, an_email("acme", "john"));
	mute(fx, 0, false);
	free(hit.x.match.value);
	hit.x.match.value = mem_str("jane.roe@example.org");
	step_hit(fx, &t, 20, hit);
	assert_int_equal(num_due(fx, NOW + HOLD), 3);
	step_hit(fx, &t, 30, a_hit(fx, "john", 5, 21));
	assert_int_equal(num_due(fx, NOW + HOLD), 6);
}

static void
test_not_me(void **state)
{
	struct fixture *fx = *state;
	struct record_at jane = {"acme", "jane"};
	struct stretch t = begin(fx);
	struct ledger_muting m;
	struct store_committed done;
	struct store_hit hit = a_hit(fx, "jane", 3, 11);
	struct buf kept;
	uint8_t id[16];

	hit.entry = span_str("the entry as it was read");
	step_hit(fx, &t, 20, hit);
	deliver(fx, "all", NOW + HOLD);
	kept = value_of(fx, "SELECT entry FROM evidence WHERE ix = 11");
	memcpy(id, id_of(fx, 1), sizeof(id));
	assert_true(disk_has(fx, span_of(id, sizeof(id))));
	mute(fx, 0, false); /* thought about it */
	m = mute(fx, 0, true);
	assert_int_equal(list_exposures(fx, NULL).num, 0);
	assert_int_equal(ask_db(fx->path, "SELECT count(*) FROM outbox"), 0);
	assert_int_equal(ask_db(fx->path, "SELECT count(*) FROM sighting"), 0);
	assert_int_equal(ask_db(fx->path, "SELECT count(*) FROM evidence"), 0);
	assert_false(disk_has(fx, buf_span(&kept)));
	buf_fini(&kept);
	assert_false(disk_has(fx, span_of(id, sizeof(id))));
	assert_true(list_mutes(fx, NULL).list[0].not_me);
	assert_true(happened(fx, &jane, "not-me"));
	FAILS(fx, ST_MISSING, LEDGER(fx)->mute(fx->s, &m, &ops, &fx->e));
	done = step_hit(fx, &t, 30, a_hit(fx, "jane", 5, 21));
	assert_int_equal(done.dropped, 1);
	assert_int_equal(done.new_exposures, 0);
	assert_int_equal(list_exposures(fx, NULL).num, 0);
	fixture_again(fx);
	t = claim(fx, &log_a, 0);
	done = step_hit(fx, &t, 40, a_hit(fx, "jane", 7, 31));
	assert_int_equal(done.dropped, 1);
	m.at.id = m.id;
	OK(fx, LEDGER(fx)->unmute(fx->s, &m.at, &ops, &fx->e));
	step_hit(fx, &t, 50, a_hit(fx, "jane", 9, 41));
	assert_int_equal(list_exposures(fx, NULL).num, 1);
	check_audit(fx, 4); /* and that she was registered */
}

/* Exposures that are older than what mutes go by. */
static void
test_mute_old(void **state)
{
	struct fixture *fx = *state;
	struct stretch t = begin(fx);
	sqlite3 *db;

	step_hit(fx, &t, 20, a_hit(fx, "jane", 3, 11));
	fixture_close(fx);
	assert_int_equal(sqlite3_open(fx->path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "UPDATE exposure SET same = NULL",
			     NULL, NULL, NULL),
	    SQLITE_OK);
	sqlite3_close(db);
	fixture_open(fx);
	mute(fx, 1, true);
	assert_int_equal(list_exposures(fx, NULL).num, 0);
}

/* With the record its mutes go. */
static void
test_mute_ends(void **state)
{
	struct fixture *fx = *state;

	begin(fx);
	mute(fx, 0, false);
	set_state(fx, "jane", RECORD_PAUSED);
	assert_int_equal(list_mutes(fx, NULL).num, 1);
	set_state(fx, "jane", RECORD_WITHDRAWN);
	assert_int_equal(list_mutes(fx, NULL).num, 0);
	mute(fx, 0, false);
	set_state(fx, "jane", RECORD_ERASED);
	assert_int_equal(list_mutes(fx, NULL).num, 0);
}

/* --- sent again ----------------------------------------------------------------- */

static void
test_resend(void **state)
{
	struct fixture *fx = *state;
	struct record_at jane = {"acme", "jane"};
	struct ledger_resend one;
	struct stretch t = begin(fx);
	struct outbox o;

	one = (struct ledger_resend){nth(fx, 0)};
	/* What waits for its proof goes on to wait. */
	assert_int_equal(resend(fx, one), 0);
	assert_int_equal(num_due(fx, NOW), 0);
	step_plain(fx, &t, 20, 20);
	kill_all(fx, "also");
	deliver(fx, "all", NOW);
	deliver(fx, "acme", NOW);
	assert_int_equal(num_due(fx, INT64_MAX), 0);
	one.sink = "all";
	assert_int_equal(resend(fx, one), 1);
	o = due(fx, NOW);
	assert_int_equal(o.num, 1);
	assert_string_equal(o.rows[0].sink, "all");
	assert_int_equal(o.rows[0].attempts, 0);
	assert_memory_equal(o.rows[0].event_id, one.at.id, 16);
	outbox_fini(&o);
	one.sink = "nowhere";
	resend_fails(fx, ST_MISSING, one);
	one.sink = NULL;
	assert_int_equal(resend(fx, one), 3);
	assert_int_equal(num_due(fx, NOW), 3);
	assert_int_equal(num_audit(fx, "resent"), 2);
	assert_true(happened(fx, &jane, "resent"));
	one.at.tenant = "other";
	resend_fails(fx, ST_MISSING, one);
}

/* A sink that is newer than the alert has it, too, and one that was acked. */
static void
test_resend_newer(void **state)
{
	static const struct store_sink two[] = {
	    {(char *)(uintptr_t) "new", {0, NULL}},
	    {(char *)(uintptr_t) "acme", {1, acme_only}}};
	struct fixture *fx = *state;
	struct stretch t = begin(fx);
	struct alert_at at = nth(fx, 0);

	step_plain(fx, &t, 20, 20);
	OK(fx, LEDGER(fx)->ack(fx->s, &at, &ops, &fx->e));
	fixture_close(fx);
	fx->conf.sinks = two;
	fx->conf.num_sinks = 2;
	fixture_open(fx);
	assert_int_equal(
	    resend(fx, (struct ledger_resend){nth(fx, 0), "new"}), 1);
	assert_int_equal(ask_db(fx->path, "SELECT count(*) FROM outbox"), 1);
	assert_int_equal(resend(fx, (struct ledger_resend){nth(fx, 0)}), 2);
	assert_int_equal(num_due(fx, NOW), 2);
}

/* Somebody had it, or may have had it, without a proof: that stays known. */
static void
test_told_unproven(void **state)
{
	struct fixture *fx = *state;
	struct stretch t = begin(fx);
	struct alert_at at = nth(fx, 0);
	struct store_rewound back = {.now_ms = NOW};

	deliver(fx, "all", NOW + HOLD);
	assert_int_equal(resend(fx, (struct ledger_resend){at}), 1);
	assert_int_equal(
	    ask_db(fx->path, "SELECT count(*) FROM outbox WHERE state = 0"
			     " AND begun_ms IS NOT NULL AND sink = 'all'"),
	    1);
	OK(fx, LEDGER(fx)->ack(fx->s, &at, &ops, &fx->e));
	assert_int_equal(ask_db(fx->path, "SELECT count(*) FROM outbox"), 1);
	assert_int_equal(num_due(fx, NOW + DAY), 0);
	OK(fx, fx->api->rewind(fx->s, &t, &back, &fx->e));
	assert_int_equal(back.delivered, 1);
}

static void
test_resend_states(void **state)
{
	struct fixture *fx = *state;
	struct ledger_resend one, all = {.at = {"acme", NULL}};
	struct stretch t = begin(fx);
	struct store_rewound back = {.now_ms = NOW};

	one = (struct ledger_resend){nth(fx, 0)};
	kill_all(fx, NULL);
	set_state(fx, "jane", RECORD_PAUSED);
	assert_int_equal(resend(fx, one), 3);
	assert_int_equal(num_due(fx, NOW + DAY), 0);
	set_state(fx, "jane", RECORD_ACTIVE);
	assert_int_equal(num_due(fx, NOW), 3);
	deliver(fx, "all", NOW);
	kill_all(fx, NULL);
	OK(fx, fx->api->rewind(fx->s, &t, &back, &fx->e));
	resend_fails(fx, ST_USAGE, one);
	assert_int_equal(resend(fx, all), 0);
	set_state(fx, "jane", RECORD_WITHDRAWN);
	resend_fails(fx, ST_USAGE, one);
}

/* --- digests ---------------------------------------------------------------------- */

/* Two of Jane's exposures, in one digest that was handed out already. */
static struct outbox
begin_digest(struct fixture *fx)
{
	static const struct store_sink people[] = {
	    {.name = (char *)(uintptr_t) "people",
		.digests = true,
		.cadence = {[SEV_MEDIUM] = CADENCE_DAILY}}};
	struct stretch t;
	struct outbox o;

	fixture_close(fx);
	fx->conf.sinks = people;
	fx->conf.num_sinks = 1;
	fixture_open(fx);
	t = begin(fx);
	step_hit(fx, &t, 20, a_hit(fx, "jane", 3, 11));
	step_plain(fx, &t, 30, 30);
	o = due(fx, NOW + 8 * DAY);
	assert_int_equal(o.num, 2);
	assert_true(o.rows[0].digest != 0);
	assert_int_equal(o.rows[0].digest, o.rows[1].digest);
	return o;
}

/* It leaves the digest, which stays what it is. */
static void
test_ack_digest(void **state)
{
	struct fixture *fx = *state;
	struct outbox was = begin_digest(fx), is;
	struct alert_at at = nth(fx, 0);

	OK(fx, LEDGER(fx)->ack(fx->s, &at, &ops, &fx->e));
	is = due(fx, NOW + 8 * DAY);
	assert_int_equal(is.num, 1);
	assert_int_equal(is.rows[0].id, was.rows[1].id);
	assert_memory_equal(is.rows[0].digest_id, was.rows[0].digest_id, 16);
	outbox_fini(&is);
	outbox_fini(&was);
	mute(fx, 1, false);
	assert_int_equal(num_due(fx, NOW + 30 * DAY), 0);
}

/* A digest that was given up is the same message again; one of it that
 * somebody wants by itself goes by itself. */
static void
test_resend_digest(void **state)
{
	struct fixture *fx = *state;
	struct outbox was = begin_digest(fx), is;

	kill_all(fx, NULL);
	assert_int_equal(num_due(fx, NOW + 30 * DAY), 0);
	assert_int_equal(resend(fx, (struct ledger_resend){{"acme"}}), 2);
	is = due(fx, NOW);
	assert_int_equal(is.num, 2);
	for (size_t i = 0; i < 2; i++)
		assert_memory_equal(
		    is.rows[i].digest_id, was.rows[i].digest_id, 16);
	outbox_fini(&is);
	assert_int_equal(resend(fx, (struct ledger_resend){nth(fx, 0)}), 1);
	is = due(fx, NOW);
	assert_int_equal(is.num, 2);
	assert_true((is.rows[0].digest == 0) != (is.rows[1].digest == 0));
	outbox_fini(&is);
	outbox_fini(&was);
}

/* --- mails ------------------------------------------------------------------------ */

/* Who wants no mail gets none by this either. */
static void
test_resend_never(void **state)
{
	static const struct store_sink mail[] = {
	    {.name = (char *)(uintptr_t) "mail", .to_record = true}};
	struct fixture *fx = *state;
	struct stretch t;
	sqlite3 *db;

	fixture_close(fx);
	fx->conf.sinks = mail;
	fx->conf.num_sinks = 1;
	fixture_open(fx);
	t = begin(fx);
	step_plain(fx, &t, 20, 20);
	kill_all(fx, NULL);
	assert_int_equal(resend(fx, (struct ledger_resend){{"acme"}}), 1);
	assert_int_equal(resend(fx, (struct ledger_resend){nth(fx, 0)}), 1);
	kill_all(fx, NULL);
	fixture_close(fx);
	assert_int_equal(sqlite3_open(fx->path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db,
			     "INSERT INTO suppress SELECT address, 1"
			     " FROM outbox",
			     NULL, NULL, NULL),
	    SQLITE_OK);
	sqlite3_close(db);
	fixture_open(fx);
	assert_int_equal(resend(fx, (struct ledger_resend){{"acme"}}), 0);
	assert_int_equal(resend(fx, (struct ledger_resend){nth(fx, 0)}), 0);
	assert_int_equal(num_due(fx, NOW + DAY), 0);
}

/* --- given up -------------------------------------------------------------------- */

struct seen_dead {
	size_t num;
	struct {
		int64_t row;
		char what[32], sink[16], record[16], error[64];
		unsigned attempts;
	} list[16];
};

static void
see_dead(void *arg, const struct ledger_dead *d)
{
	struct seen_dead *l = arg;
	size_t i = l->num++;

	assert_true(i < 16);
	l->list[i].row = d->row;
	l->list[i].attempts = d->attempts;
	snprintf(l->list[i].what, 32, "%s", d->what);
	snprintf(l->list[i].sink, 16, "%s", d->sink);
	snprintf(l->list[i].record, 16, "%s", d->record ? d->record : "-");
	snprintf(l->list[i].error, 64, "%s", d->error ? d->error : "-");
}

static struct seen_dead
list_dead(struct fixture *fx, struct ledger_dead_query q)
{
	struct seen_dead l = {0};

	OK(fx, LEDGER(fx)->dead(fx->s, &q, see_dead, &l, &fx->e));
	return l;
}

static void
test_dead(void **state)
{
	struct fixture *fx = *state;
	const struct event ev = {.id = {9},
	    .type = "delivery.failed",
	    .subject = "soc",
	    .time_ms = NOW,
	    .data = span_str("{}")};
	struct stretch t = begin(fx);
	struct seen_dead l;

	import_one(fx, an_email("acme", "john"));
	step_hit(fx, &t, 20, a_hit(fx, "john", 3, 11));
	OK(fx, fx->api->event_add(fx->s, &ev, &fx->e));
	assert_int_equal(list_dead(fx, (struct ledger_dead_query){0}).num, 0);
	kill_all(fx, NULL);
	l = list_dead(fx, (struct ledger_dead_query){0});
	assert_int_equal(l.num, 8);
	assert_int_equal(l.list[0].attempts, 1);
	assert_string_equal(l.list[0].what, "exposure");
	assert_string_equal(l.list[0].record, "jane");
	assert_string_equal(l.list[0].error, "550 roe.bounced@example.org");
	assert_string_equal(l.list[7].what, "delivery.failed");
	assert_string_equal(l.list[7].record, "-");
	l = list_dead(
	    fx, (struct ledger_dead_query){.after = l.list[5].row, .limit = 1});
	assert_int_equal(l.num, 1);
	l = list_dead(fx, (struct ledger_dead_query){"acme", "all"});
	assert_int_equal(l.num, 2);
	assert_int_equal(
	    list_dead(fx, (struct ledger_dead_query){"other"}).num, 0);
}

static void
test_resend_dead(void **state)
{
	struct fixture *fx = *state;
	const struct event ev = {.id = {9},
	    .type = "log.stale",
	    .subject = "a",
	    .time_ms = NOW,
	    .data = span_str("{}")};
	struct stretch t = begin(fx);
	struct store_counts n;
	struct alert_at at;

	import_one(fx, an_email("acme", "john"));
	import_one(fx, an_email("acme", "ann"));
	step_hit(fx, &t, 20, a_hit(fx, "john", 3, 11));
	step_hit(fx, &t, 30, a_hit(fx, "ann", 5, 21));
	OK(fx, fx->api->event_add(fx->s, &ev, &fx->e));
	kill_all(fx, NULL);
	OK(fx, fx->api->counts(fx->s, &n, &fx->e));
	assert_int_equal(n.dead, 11);
	at = nth(fx, 2);
	OK(fx, LEDGER(fx)->ack(fx->s, &at, &ops, &fx->e));
	OK(fx, fx->api->counts(fx->s, &n, &fx->e));
	assert_int_equal(n.dead, 8);
	set_state(fx, "john", RECORD_PAUSED);
	assert_int_equal(resend(fx, (struct ledger_resend){{"other"}}), 0);
	assert_int_equal(
	    resend(fx, (struct ledger_resend){{"acme"}, "also"}), 2);
	assert_int_equal(num_due(fx, NOW), 1);
	assert_int_equal(resend(fx, (struct ledger_resend){{"acme"}}), 4);
	assert_int_equal(num_due(fx, NOW), 3);
	assert_int_equal(resend(fx, (struct ledger_resend){{NULL}}), 2);
	assert_int_equal(num_due(fx, NOW), 5);
	assert_int_equal(resend(fx, (struct ledger_resend){{NULL}}), 0);
	assert_int_equal(list_dead(fx, (struct ledger_dead_query){0}).num, 0);
	assert_int_equal(num_audit(fx, "resent"), 5);
	set_state(fx, "john", RECORD_ACTIVE);
	assert_int_equal(num_due(fx, NOW), 8);
}

/* Sinks that are gone, or do not serve it by now, are not written to. */
static void
test_resend_gone(void **state)
{
	static const struct store_sink one[] = {
	    {(char *)(uintptr_t) "also", {0, NULL}}};
	struct fixture *fx = *state;

	begin(fx);
	kill_all(fx, NULL);
	fixture_close(fx);
	fx->conf.sinks = one;
	fx->conf.num_sinks = 1;
	fixture_open(fx);
	assert_int_equal(resend(fx, (struct ledger_resend){{NULL}}), 1);
	assert_int_equal(num_due(fx, NOW), 1);
}

static void
reopen_with(struct fixture *fx, const struct store_sink *sinks, size_t num)
{
	fixture_close(fx);
	fx->conf.sinks = sinks;
	fx->conf.num_sinks = num;
	fixture_open(fx);
}

static char *others[] = {(char *)(uintptr_t) "other"};

/* A canary goes again to every sink; other events do not to a tenant's. */
static void
test_resend_canary(void **state)
{
	static const struct store_sink sinks[] = {
	    {.name = (char *)(uintptr_t) "one", .tenants = {1, others}},
	    {.name = (char *)(uintptr_t) "mail", .to_record = true},
	    {.name = (char *)(uintptr_t) "all"}};
	struct event ev = {.id = {9},
	    .type = "canary",
	    .subject = "a",
	    .time_ms = NOW,
	    .data = span_str("{}")};
	struct fixture *fx = *state;

	reopen_with(fx, sinks, 3);
	OK(fx, fx->api->event_add(fx->s, &ev, &fx->e));
	ev.id[0] = 8;
	ev.type = "log.stale";
	OK(fx, fx->api->event_add(fx->s, &ev, &fx->e));
	assert_int_equal(num_due(fx, NOW), 4);
	kill_all(fx, NULL);
	assert_int_equal(num_due(fx, NOW), 0);
	assert_int_equal(resend(fx, (struct ledger_resend){{NULL}}), 4);
	assert_int_equal(num_due(fx, NOW), 4);
}

/* Those that are due: how many their sinks do not take by now. */
static size_t
num_astray(struct fixture *fx)
{
	struct outbox o = due(fx, NOW + DAY);
	size_t n = 0;

	for (size_t i = 0; i < o.num; i++)
		n += o.rows[i].astray;
	outbox_fini(&o);
	return n;
}

/* A sink writes to other people, or to nobody but them, by now: what was made
 * before is for nobody, and is not sent again; the alert is. */
static void
test_astray(void **state)
{
	static const struct store_sink
	    was[] = {{.name = (char *)(uintptr_t) "mail", .to_record = true},
		{.name = (char *)(uintptr_t) "desk"},
		{.name = (char *)(uintptr_t) "acme"}},
	    is[] = {{.name = (char *)(uintptr_t) "mail"},
		{.name = (char *)(uintptr_t) "desk", .to_record = true},
		{.name = (char *)(uintptr_t) "acme", .tenants = {1, others}}};
	struct fixture *fx = *state;
	struct stretch t;

	reopen_with(fx, was, 3);
	t = begin(fx);
	step_plain(fx, &t, 20, 20);
	assert_int_equal(num_due(fx, NOW + DAY), 3);
	assert_int_equal(num_astray(fx), 0);
	reopen_with(fx, is, 3);
	assert_int_equal(num_due(fx, NOW + DAY), 3);
	assert_int_equal(num_astray(fx), 3);
	kill_all(fx, NULL);
	assert_int_equal(resend(fx, (struct ledger_resend){{NULL}}), 0);
	assert_int_equal(resend(fx, (struct ledger_resend){nth(fx, 0)}), 2);
	assert_int_equal(num_due(fx, NOW + DAY), 2);
	assert_int_equal(num_astray(fx), 0);
}

/* --- copies -------------------------------------------------------------------- */

/* What was taken note of or muted after a backup stays so; what was unmuted,
 * too. */
static void
test_restored(void **state)
{
	struct fixture *fx = *state;
	struct stretch t = begin(fx);
	struct store_hit hit = a_hit(fx, "jane", 3, 11);
	struct ledger_restored r;
	struct ledger_muting m;
	struct alert_at at;
	char backup[160];

	free(hit.x.match.value);
	hit.x.match.value = mem_str("jane.roe@example.org");
	step_hit(fx, &t, 20, hit);
	mute(fx, 1, false);
	snprintf(backup, sizeof(backup), "%s/copy.db", fx->dir);
	OK(fx, LEDGER(fx)->backup(fx->s, backup, &fx->e));
	m = mute(fx, 0, true);
	at = nth(fx, 0);
	OK(fx, LEDGER(fx)->unmute(fx->s, &at, &ops, &fx->e));
	OK(fx, LEDGER(fx)->ack(fx->s, &at, &ops, &fx->e));
	fixture_close(fx);
	OK(fx, fx->api->ledger->restore(&fx->conf, backup, &ops, &r, &fx->e));
	free(r.before);
	fixture_open(fx);
	assert_int_equal(list_mutes(fx, NULL).num, 1);
	assert_memory_equal(list_mutes(fx, NULL).list[0].id, m.id, 16);
	assert_int_equal(list_exposures(fx, NULL).num, 1);
	assert_int_equal(marks(fx, 0).acked_ms, NOW);
	assert_int_equal(marks(fx, 0).muted_ms, 0);
	assert_int_equal(num_due(fx, NOW + HOLD), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    SQLITE(test_ack),
	    SQLITE(test_ack_rewound),
	    SQLITE(test_mute),
	    SQLITE(test_mute_others),
	    SQLITE(test_not_me),
	    SQLITE(test_mute_old),
	    SQLITE(test_mute_ends),
	    SQLITE(test_resend),
	    SQLITE(test_resend_newer),
	    SQLITE(test_told_unproven),
	    SQLITE(test_resend_states),
	    SQLITE(test_ack_digest),
	    SQLITE(test_resend_digest),
	    SQLITE(test_resend_never),
	    SQLITE(test_dead),
	    SQLITE(test_resend_dead),
	    SQLITE(test_resend_gone),
	    SQLITE(test_resend_canary),
	    SQLITE(test_astray),
	    SQLITE(test_restored),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
