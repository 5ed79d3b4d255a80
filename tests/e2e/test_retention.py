"""retention: what the running service forgets, and that it is gone."""
import json
import sqlite3

from .helpers import wait_until
from .planted import expected_ids, jane_spec

DAY = 86400000


def ask(work, sql, *values):
    """One value out of the store; a change of it when there is none."""
    with sqlite3.connect(work.path / "indelible.db") as store:
        row = store.execute(sql, values).fetchone()
    store.close()
    return row[0] if row else None


def on_disk(work, text):
    """Whether a file of the store has these bytes."""
    return any(text in path.read_bytes()
               for path in work.path.glob("indelible.db*"))


def test_the_service_forgets(work, server):
    """Hits, what was sent, records that nobody confirmed: each after its
    time, at the next start, and out of the files."""
    log = server.new_log([{"filler": 5}, jane_spec(), {"filler": 5}])
    work.prepare([(log, "static")], retention={
        "hits": "9d", "messages": "3d", "pending_records": "5d"})
    work.with_config("records", "import", work.write("new.jsonl", json.dumps({
        "id": "late", "tenant": "acme", "kind": "email",
        "value": "jane.late@example.com", "consent": {}}) + "\n")).expect(0)
    monitor = work.monitor()
    ids = expected_ids(log.truth())
    assert ids
    work.wait_for_ids(ids, monitor)
    wait_until(lambda: ask(work, "SELECT count(*) FROM outbox WHERE state = 1")
               == len(ids), "the settling")
    monitor.stop()

    # Sent four days ago, found eight days ago: the delivery goes.
    ask(work, "UPDATE outbox SET settled_ms = settled_ms - ?", 4 * DAY)
    ask(work, "UPDATE exposure SET time_ms = time_ms - ?", 8 * DAY)
    monitor = work.monitor()
    wait_until(lambda: ask(work, "SELECT count(*) FROM outbox") == 0,
               "the deliveries to go")
    assert ask(work, "SELECT count(*) FROM exposure") == len(ids)
    assert ask(work, "SELECT state FROM record WHERE name = 'late'") == 0
    monitor.stop()
    assert sorted(work.ids()) == sorted(ids)

    # Ten days ago, and never confirmed for six.
    sealed = ask(work, "SELECT sealed FROM exposure")
    key = ask(work, "SELECT wrapped FROM record_key JOIN record"
              " ON id = record WHERE name = 'late'")
    assert on_disk(work, sealed) and on_disk(work, key)
    ask(work, "UPDATE exposure SET time_ms = time_ms - ?", 2 * DAY)
    ask(work, "UPDATE record SET changed_ms = changed_ms - ?"
        " WHERE state = 0", 6 * DAY)
    monitor = work.monitor()
    wait_until(lambda: ask(work, "SELECT count(*) FROM exposure") == 0,
               "the exposures to go")
    wait_until(lambda: ask(
        work, "SELECT state FROM record WHERE name = 'late'") == 5,
        "the record to go")
    monitor.stop()
    assert not on_disk(work, sealed) and not on_disk(work, key)
    assert sorted(work.ids()) == sorted(ids)
    assert ask(work, "SELECT count(*) FROM audit WHERE what = 'erased'") == 1
    work.with_config("verify").expect(0)
