/*
 * Tests of consent by mail: which letters are sent when, and what the links in
 * them do: once, in time, for their own record, and nothing else.
 */
#include "ctlog/base/sha256.h"
#include "tests/store/ledger.h"

/* A token, made of a number. */
struct key {
	uint8_t token[LEDGER_TOKEN], hash[32];
};

static struct key
a_key(uint8_t n)
{
	struct key k;
	struct sha256_text text = {
	    {NULL, 0}, span_of(k.token, sizeof(k.token)), k.hash};

	memset(k.token, n, sizeof(k.token));
	sha256_run(sha256_engine(), &sha256_initial, &text, 1);
	return k;
}

static struct ledger_letters
letters(struct fixture *fx, int64_t now_ms)
{
	struct ledger_letters l;

	OK(fx, LEDGER(fx)->letters(fx->s, now_ms, 100, &l, &fx->e));
	return l;
}

static size_t
num_letters(struct fixture *fx, int64_t now_ms)
{
	struct ledger_letters l = letters(fx, now_ms);
	size_t num = l.num;

	ledger_letters_fini(&l);
	return num;
}

static void
settle_letter(struct fixture *fx, int64_t id, enum settle how, int64_t due_ms)
{
	struct store_settle x = {
	    .row = id, .how = how, .now_ms = NOW, .due_ms = due_ms};

	OK(fx, LEDGER(fx)->letter_settle(fx->s, &x, &fx->e));
}

/* Send the one letter that is due, with this token in it. */
static void
send_one(struct fixture *fx, const struct key *k, int64_t now_ms)
{
	struct ledger_letters l = letters(fx, now_ms);

	assert_int_equal(l.num, 1);
	OK(fx, LEDGER(fx)->letter_begin(
		   fx->s, l.list[0].id, k->hash, now_ms, &fx->e));
	settle_letter(fx, l.list[0].id, SETTLE_DELIVERED, 0);
	ledger_letters_fini(&l);
}

static bool
use(struct fixture *fx, const struct key *k, enum token_act act, int64_t now_ms)
{
	const struct actor who = {"person", now_ms};
	struct ledger_use x = {.token = k->token, .act = act};

	OK(fx, LEDGER(fx)->token_use(fx->s, &x, &who, &fx->e));
	return x.did;
}

static enum record_state
state_of(struct fixture *fx, const char *tenant, const char *id)
{
	struct record_at at = {tenant, id};
	struct record_row x;
	enum record_state state;

	OK(fx, LEDGER(fx)->get(fx->s, &x, &at, NULL, &fx->e));
	state = x.r.state;
	record_fini(&x.r);
	return state;
}

/* --- which are sent ---------------------------------------------------------- */

static void
test_wanted(void **state)
{
	struct fixture *fx = *state;
	struct key k = a_key(1);
	struct ledger_letters l;
	struct record domain = unconfirmed("acme", "dom");

	domain.kind = RECORD_DOMAIN;
	import_one(fx, domain);
	import_one(fx, an_email("acme", "agreed"));
	import_one(fx, a_name("acme", "name", NULL));
	assert_int_equal(num_letters(fx, NOW), 0);
	import_one(fx, unconfirmed("acme", "jane"));
	fixture_again(fx);
	l = letters(fx, NOW);
	assert_int_equal(l.num, 1);
	assert_string_equal(l.list[0].to, "jane.roe.jane@example.net");
	assert_string_equal(l.list[0].of.tenant, "acme");
	assert_string_equal(l.list[0].of.id, "jane");
	assert_int_equal(l.list[0].attempts, 0);
	/* Withdrawn meanwhile. */
	set_state(fx, "jane", RECORD_WITHDRAWN);
	FAILS(fx, ST_STALE,
	    LEDGER(fx)->letter_begin(fx->s, l.list[0].id, k.hash, NOW, &fx->e));
	ledger_letters_fini(&l);
	assert_int_equal(num_letters(fx, NOW), 0);
	assert_false(use(fx, &k, TOKEN_CONFIRM, NOW));
}

/* The same import again asks nobody again; another address is asked. */
static void
test_again(void **state)
{
	struct fixture *fx = *state;
	struct key k = a_key(1), other = a_key(2);
	struct record r;

	import_one(fx, unconfirmed("acme", "jane"));
	send_one(fx, &k, NOW);
	import_one(fx, unconfirmed("acme", "jane"));
	assert_int_equal(num_letters(fx, NOW + 2 * DAY), 0);
	r = unconfirmed("acme", "jane");
	free(r.value);
	r.value = mem_str("second@example.net");
	import_one(fx, r);
	/* The link that went to the first address proves nothing any more. */
	assert_false(use(fx, &k, TOKEN_CONFIRM, NOW));
	send_one(fx, &other, NOW);
	assert_true(use(fx, &other, TOKEN_CONFIRM, NOW));
	/* A correction is confirmed anew, even by the same consent. */
	r = unconfirmed("acme", "jane");
	free(r.value);
	r.value = mem_str("third@example.net");
	import_one(fx, r);
	assert_int_equal(state_of(fx, "acme", "jane"), RECORD_PENDING);
	assert_int_equal(num_letters(fx, NOW), 1);
}

/* A thousand registrations of one mailbox, in many tenants and spellings. */
static void
test_bombing(void **state)
{
	enum { MANY = 1000 };
	static const char *const spelt[] = {"jane.roe@gmail.com",
	    "Jane.Roe@Gmail.com", "janeroe@gmail.com", "jane.roe+%d@gmail.com",
	    "\"jane.roe+%d\"@gmail.com", "\"jane\\.roe\\+%d\"@gmail.com"};
	struct fixture *fx = *state;
	struct record *list = mem_new(MANY, sizeof(*list));
	struct store_import io;
	struct key k;
	char id[16], value[64];
	size_t sent = 0;

	for (int i = 0; i < MANY; i++) {
		snprintf(id, sizeof(id), "r%d", i);
		list[i] = unconfirmed(i % 2 ? "acme" : "zoo", id);
		free(list[i].value);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		snprintf(value, sizeof(value), spelt[i % 6], i);
#pragma GCC diagnostic pop
		list[i].value = mem_str(value);
	}
	OK(fx, import_all(fx, &io, list, MANY));
	free(list);
	/* Whoever stands behind them does not wait. */
	for (int i = 0; i < 2; i++) {
		struct ledger_letters l = letters(fx, NOW);

		assert_int_equal(l.num, 1);
		assert_int_equal(l.more, i == 0);
		ledger_letters_fini(&l);
	}
	for (int day = 0; day < 6; day++)
		for (int hour = 0; hour < 24; hour++) {
			int64_t now = NOW + day * DAY + hour * (DAY / 24);
			struct ledger_letters l = letters(fx, now);

			for (size_t i = 0; i < l.num; i++) {
				k = a_key((uint8_t)(10 + sent));
				OK(fx, LEDGER(fx)->letter_begin(fx->s,
					   l.list[i].id, k.hash, now, &fx->e));
				settle_letter(
				    fx, l.list[i].id, SETTLE_DELIVERED, 0);
				sent++;
			}
			ledger_letters_fini(&l);
			if (day == 0)
				assert_int_equal(sent, 1);
		}
	assert_int_equal(sent, 3);
	/* An answer to one makes the next possible, after its day. */
	assert_true(use(fx, &k, TOKEN_CONFIRM, NOW + 3 * DAY));
	import_one(fx, unconfirmed("acme", "other"));
	{
		struct record r = unconfirmed("acme", "more");

		free(r.value);
		r.value = mem_str("jane.roe@gmail.com");
		import_one(fx, r);
	}
	assert_int_equal(num_letters(fx, NOW + 4 * DAY), 2);
}

/* What did not arrive does not count; what was begun does, also after a
 * crash. */
static void
test_tries(void **state)
{
	struct fixture *fx = *state;
	struct key one = a_key(1), two = a_key(2);
	struct ledger_letters l;
	int64_t id;

	import_one(fx, unconfirmed("acme", "jane"));
	l = letters(fx, NOW);
	id = l.list[0].id;
	ledger_letters_fini(&l);
	OK(fx, LEDGER(fx)->letter_begin(fx->s, id, one.hash, NOW, &fx->e));
	FAILS(fx, ST_STALE,
	    LEDGER(fx)->letter_begin(fx->s, id, two.hash, NOW + 1, &fx->e));
	settle_letter(fx, id, SETTLE_RETRY, NOW + 60000);
	assert_int_equal(num_letters(fx, NOW + 59999), 0);
	l = letters(fx, NOW + 60000);
	assert_int_equal(l.num, 1);
	assert_int_equal(l.list[0].attempts, 1);
	ledger_letters_fini(&l);
	OK(fx,
	    LEDGER(fx)->letter_begin(fx->s, id, two.hash, NOW + 60000, &fx->e));
	fixture_again(fx);
	assert_int_equal(num_letters(fx, NOW + 60001), 0);
	assert_int_equal(num_letters(fx, NOW + DAY), 0);
	assert_int_equal(num_letters(fx, NOW + 60000 + DAY), 1);
	/* The mail may have arrived all the same. */
	assert_true(use(fx, &one, TOKEN_CONFIRM, NOW + 70000));
	assert_int_equal(num_letters(fx, NOW + 2 * DAY), 0);
	assert_int_equal(num_audit(fx, "asked"), 2);
}

/* --- what links do -------------------------------------------------------------- */

static void
test_confirm(void **state)
{
	struct fixture *fx = *state;
	struct record_at at = {"acme", "jane"};
	struct record_at john = {"acme", "john"};
	struct key k = a_key(1), foreign = a_key(9);
	struct ledger_use of = {k.token, TOKEN_CONFIRM, &john, false};
	struct record_row x;

	import_one(fx, unconfirmed("acme", "jane"));
	import_one(fx, an_email("acme", "john"));
	send_one(fx, &k, NOW);
	assert_false(use(fx, &foreign, TOKEN_CONFIRM, NOW));
	assert_false(use(fx, &k, TOKEN_UNSUBSCRIBE, NOW));
	OK(fx, LEDGER(fx)->token_use(fx->s, &of, &ops, &fx->e));
	assert_false(of.did);
	assert_int_equal(state_of(fx, "acme", "jane"), RECORD_PENDING);
	assert_true(use(fx, &k, TOKEN_CONFIRM, NOW + 5));
	assert_false(use(fx, &k, TOKEN_CONFIRM, NOW + 6));
	assert_false(use(fx, &k, TOKEN_NEVER, NOW + 6));
	OK(fx, LEDGER(fx)->get(fx->s, &x, &at, &ops, &fx->e));
	assert_int_equal(x.r.state, RECORD_ACTIVE);
	assert_int_equal(x.active_ms, NOW + 5);
	assert_string_equal(x.r.method, "mail");
	assert_int_equal(x.r.consent_ms, NOW + 5);
	assert_non_null(strstr(x.r.evidence, "2026-05-28"));
	record_fini(&x.r);
	assert_true(happened(fx, &at, "asked"));
	assert_true(happened(fx, &at, "confirmed"));
	/* It was used: after a withdrawal it brings nothing back. */
	set_state(fx, "jane", RECORD_WITHDRAWN);
	assert_false(use(fx, &k, TOKEN_CONFIRM, NOW + 7));
	assert_int_equal(state_of(fx, "acme", "jane"), RECORD_WITHDRAWN);
}

static void
test_late(void **state)
{
	struct fixture *fx = *state;
	struct key k = a_key(1);

	import_one(fx, unconfirmed("acme", "jane"));
	send_one(fx, &k, NOW);
	assert_false(use(fx, &k, TOKEN_CONFIRM, NOW + LEDGER_TOKEN_MS));
	assert_false(use(fx, &k, TOKEN_NEVER, NOW + LEDGER_TOKEN_MS));
	assert_true(use(fx, &k, TOKEN_CONFIRM, NOW + LEDGER_TOKEN_MS - 1));
}

/* "Never again" of a letter: the record is gone, and so is every later one. */
static void
test_never(void **state)
{
	struct fixture *fx = *state;
	struct key k = a_key(1);
	struct record r;

	import_one(fx, unconfirmed("acme", "jane"));
	send_one(fx, &k, NOW);
	assert_true(use(fx, &k, TOKEN_NEVER, NOW));
	assert_int_equal(state_of(fx, "acme", "jane"), RECORD_ERASED);
	assert_false(use(fx, &k, TOKEN_NEVER, NOW));
	r = unconfirmed("zoo", "hers");
	free(r.value);
	r.value = mem_str("Jane.Roe.Jane+x@EXAMPLE.net");
	import_one(fx, r);
	assert_int_equal(num_letters(fx, NOW + 30 * DAY), 0);
	assert_int_equal(num_audit(fx, "never again"), 1);
	assert_int_equal(state_of(fx, "zoo", "hers"), RECORD_PENDING);
}

static struct key
unsubscribe_key(struct fixture *fx, const char *id)
{
	struct record_at at = {"acme", id};
	struct key k = {0};

	OK(fx, LEDGER(fx)->unsubscribe_token(fx->s, &at, k.token, &fx->e));
	return k;
}

static void
test_unsubscribe(void **state)
{
	struct fixture *fx = *state;
	struct record_at at = {"acme", "nobody"};
	struct stretch t = claim(fx, &log_a, 0);
	struct key k, again, other;

	import_one(fx, an_email("acme", "jane"));
	import_one(fx, an_email("acme", "john"));
	import_one(fx, a_name("acme", "n1", "jane"));
	step_hit(fx, &t, 10, a_hit(fx, "jane", 1, 1));
	k = unsubscribe_key(fx, "jane");
	fixture_again(fx);
	again = unsubscribe_key(fx, "jane");
	other = unsubscribe_key(fx, "john");
	assert_memory_equal(k.token, again.token, LEDGER_TOKEN);
	assert_memory_not_equal(k.token, other.token, LEDGER_TOKEN);
	FAILS(fx, ST_MISSING,
	    LEDGER(fx)->unsubscribe_token(fx->s, &at, k.token, &fx->e));
	assert_false(use(fx, &again, TOKEN_CONFIRM, NOW));
	assert_int_equal(num_due(fx, NOW + HOLD), 3);
	assert_true(use(fx, &again, TOKEN_UNSUBSCRIBE, NOW + 1000 * DAY));
	assert_int_equal(num_due(fx, NOW + HOLD), 0);
	assert_int_equal(state_of(fx, "acme", "jane"), RECORD_WITHDRAWN);
	assert_int_equal(state_of(fx, "acme", "n1"), RECORD_WITHDRAWN);
	assert_int_equal(state_of(fx, "acme", "john"), RECORD_ACTIVE);
	assert_false(use(fx, &again, TOKEN_UNSUBSCRIBE, NOW));
	/* Never again, by the same link, afterwards. */
	assert_true(use(fx, &again, TOKEN_NEVER, NOW));
	assert_false(use(fx, &again, TOKEN_NEVER, NOW));
	{
		struct record r = unconfirmed("acme", "two");

		free(r.value);
		r.value = mem_str("jane.roe.jane@example.net");
		import_one(fx, r);
	}
	assert_int_equal(num_letters(fx, NOW), 0);
	set_state(fx, "jane", RECORD_ERASED);
	assert_false(use(fx, &again, TOKEN_UNSUBSCRIBE, NOW));
}

/* Of a name: its address is the identity's. */
static void
test_never_by_name(void **state)
{
	struct fixture *fx = *state;
	struct key k;
	struct record r;

	import_one(fx, an_email("acme", "jane"));
	import_one(fx, a_name("acme", "n1", "jane"));
	k = unsubscribe_key(fx, "n1");
	assert_true(use(fx, &k, TOKEN_NEVER, NOW));
	assert_int_equal(state_of(fx, "acme", "n1"), RECORD_WITHDRAWN);
	assert_int_equal(state_of(fx, "acme", "jane"), RECORD_ACTIVE);
	r = unconfirmed("zoo", "other");
	free(r.value);
	r.value = mem_str("jane.roe.jane@example.net");
	import_one(fx, r);
	assert_int_equal(num_letters(fx, NOW), 0);
}

/* With the address the names are confirmed. */
static void
test_names(void **state)
{
	struct fixture *fx = *state;
	struct key k = a_key(1);

	import_one(fx, unconfirmed("acme", "jane"));
	import_one(fx, a_name("acme", "n1", "jane"));
	send_one(fx, &k, NOW);
	assert_true(use(fx, &k, TOKEN_CONFIRM, NOW));
	assert_int_equal(state_of(fx, "acme", "n1"), RECORD_ACTIVE);
	check_audit(fx, 5);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    SQLITE(test_wanted),
	    SQLITE(test_again),
	    SQLITE(test_bombing),
	    SQLITE(test_tries),
	    SQLITE(test_confirm),
	    SQLITE(test_late),
	    SQLITE(test_never),
	    SQLITE(test_unsubscribe),
	    SQLITE(test_never_by_name),
	    SQLITE(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
