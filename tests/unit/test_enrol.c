/* Tests of enrol beside a ledger of its own, whose answers come when they are
 * let: what an end in between leaves. Letters that arrive:
 * tests/e2e/test_enrol.py. */
#include "monitor/enrol.h"

#include <stdatomic.h>
#include <unistd.h>

#include "ctlog/base/mem.h"
#include "monitor/store/ledger.h"
#include "monitor/tail.h"
#include "tests/unit/support.h"

static struct {
	_Atomic bool held; /* no answer yet */
	int begun, settled;
	struct store_settle how;
} ledger;

static enum status
letters(struct store *s, int64_t now, size_t limit, struct ledger_letters *out,
    struct err *e)
{
	(void)s, (void)now, (void)limit, (void)e;
	while (ledger.held)
		usleep(1000);
	out->list = NEW(struct ledger_letter);
	out->num = 1;
	out->list[0] = (struct ledger_letter){.id = 7,
	    .of = {mem_str("acme"), mem_str("jane")},
	    .to = mem_str("jane.roe@example.com")};
	return ST_OK;
}

static enum status
letter_begin(struct store *s, int64_t id, const uint8_t hash[32], int64_t now,
    struct err *e)
{
	(void)s, (void)hash, (void)now, (void)e;
	ledger.begun += id == 7;
	return ST_OK;
}

static enum status
letter_settle(struct store *s, const struct store_settle *how, struct err *e)
{
	(void)s, (void)e;
	ledger.settled++;
	ledger.how = *how;
	return ST_OK;
}

static void
store_close(struct store *s)
{
	free(s);
}

static const struct ledger_api ledger_api = {.letters = letters,
    .letter_begin = letter_begin,
    .letter_settle = letter_settle};
static const struct store_api api = {
    .close = store_close, .ledger = &ledger_api};

static void
drain(struct ev_loop *loop, struct writer *w)
{
	ev_ref(loop);
	while (writer_pending(w) > 0)
		ev_run(loop, EVRUN_ONCE);
	ev_unref(loop);
}

/* The end comes while the store looks for letters: what it then begins was
 * not sent, and is due again at once. */
static void
test_end(void **state)
{
	char url[] = "https://people.example/", server[] = "smtp://127.0.0.1:1",
	     from[] = "ct@example.com";
	struct conf_sink sink = {
	    .type = CONF_MAIL, .server = server, .from = from};
	struct config c = {
	    .alerts = {.num_sinks = 1, .sinks = &sink}, .public = {.url = url}};
	struct ev_loop *loop = ev_loop_new(0);
	struct store_base *store = NEW(struct store_base);
	struct writer *w;
	struct enrol *en;

	(void)state;
	store->api = &api;
	w = writer_new(loop, (struct store *)store);
	en = enrol_new(loop, w, &c);
	ledger.held = true;
	enrol_tick(en);
	enrol_stop(en);
	ledger.held = false;
	drain(loop, w);
	assert_int_equal(ledger.begun, 1);
	assert_int_equal(ledger.settled, 1);
	assert_int_equal(ledger.how.row, 7);
	assert_int_equal(ledger.how.how, SETTLE_RETRY);
	assert_true(ledger.how.due_ms <= now_ms());
	enrol_tick(en);
	assert_int_equal(writer_pending(w), 0);
	writer_free(w);
	enrol_free(en);
	ev_loop_destroy(loop);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
