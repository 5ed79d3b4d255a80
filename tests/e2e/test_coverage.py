"""What was looked at for whom: the service and backfills leave it behind in
the store, as the index had it that each entry was matched with."""
from .helpers import wait_until
from .planted import JANE, between
from .test_keys import tables

LATE = dict(JANE, id="acme/late", value="late.comer@example.com")


def checked(work, record):
    """The entries that were looked at for a record, by the store."""
    rows = tables(work, """
        SELECT m.from_at, lead(m.from_at, 1, s.read_to) OVER
            (PARTITION BY m.stretch ORDER BY m.from_at), m.generation >=
            (SELECT active_gen FROM record WHERE name = '%s')
            AND m.generation > 0
        FROM mark m JOIN stretch s ON s.id = m.stretch""" % record)
    return {entry for begin, end, good in rows if good
            for entry in range(begin, end)}


def read_all(work, log, size):
    """Run the service until so much of the log is read and proven."""
    process = work.monitor()
    wait_until(lambda: tables(
        work, "SELECT min(proven_to) FROM stretch WHERE job = 0")[0][0]
        == size, "entry %d" % size)
    process.stop()


def test_late_comers(work, server):
    """From where on a record was watched, and what a backfill adds."""
    log = server.new_log(between(5), page=16)
    first = log.describe()["size"]
    work.prepare([(log, "static")], records=[JANE])
    read_all(work, log, first)
    assert checked(work, JANE["id"]) == set(range(first))
    work.with_config("records", "import",
                     work.records([LATE], name="late.jsonl")).expect(0)
    assert checked(work, LATE["id"]) == set()
    log.grow(40)
    read_all(work, log, first + 40)
    assert checked(work, JANE["id"]) == set(range(first + 40))
    assert checked(work, LATE["id"]) == set(range(first, first + 40))
    work.with_config("backfill", "--to", 30, "--quiet").expect(0)
    assert checked(work, LATE["id"]) == \
        set(range(30)) | set(range(first, first + 40))
    work.with_config("backfill", "--newest-first", "--quiet").expect(0)
    assert checked(work, LATE["id"]) == set(range(first + 40))
    marks, = tables(work, "SELECT count(*) FROM mark")[0]
    assert marks < 8


def test_one_index(work, server):
    """As long as no record changes there is one mark, of the index's
    generation."""
    log = server.new_log(between(5), page=16)
    size = log.describe()["size"]
    work.prepare([(log, "rfc6962")], records=[JANE, LATE])
    read_all(work, log, size)
    generation, = tables(work, "SELECT generation FROM store")[0]
    assert tables(work, "SELECT from_at, generation FROM mark") == \
        [(0, generation)]


def test_unreadable(work, server):
    """An entry that could not be read was looked at for nobody."""
    log = server.new_log([{"filler": 20}, {"malformed": "garbage"},
                          {"filler": 20}], page=16)
    work.prepare([(log, "static")], records=[JANE])
    read_all(work, log, 41)
    away = {row[0] for row in tables(work, "SELECT ix FROM quarantine")}
    assert away == {20}
    assert checked(work, JANE["id"]) == set(range(41)) - away
