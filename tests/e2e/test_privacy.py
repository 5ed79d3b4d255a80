"""People who asked for nothing: whatever a log holds of them, and whatever
happens while it is read, nothing of it is kept or said (reference pii.md 7).

The canaries are words that stand in certificates and nowhere else.
"""
import base64
import os
import signal
import sqlite3

from tests.fakelog import der
from tests.pii.build import certificate, directory_attributes, raw

from .canaries import WORKER_DEPTH, about, disguises, family, found_in, \
    left_behind
from .helpers import descendants, wait_until
from .planted import PERSONAL, expected_ids, jane_spec
from .test_quarantine import BINARY, MORTAL, deadly

# Each is looked for alone; spaces, accents and signs are between them.
CANARIES = ["quokkamail", "wombatmail", "numbatgiven", "bilbysurname",
            "potoroocommon", "dingologin", "quollupn", "19710203",
            "L01X7QUOKKA", "4930990071717", "echidnastreet", "possumpw",
            "wallabynick", "boodieuri", "kowarisip"]


def stranger(number):
    """Everything that a certificate can say of a person."""
    return certificate(
        [["C", "DE"], ["GN", "Numbatgiven"], ["SN", "Bilbysurname"],
         ["CN", "Potoroocommon Bilbysurname"],
         ["emailAddress", "quokkamail@numbatgiven.example"],
         ["serialNumber", "PNODE-L01X7QUOKKA"],
         ["street", "Echidnastreet 7"], ["pseudonym", "Wallabynick"],
         ["telephoneNumber", "+4930990071717", "PrintableString"]],
        serial=0x70000000 + number, eku=["emailProtection", "clientAuth"],
        sans=[["rfc822", "Wombatmail@Example.COM"],
              ["upn", "quollupn@corp.example.test"],
              ["uri", "https://dingologin:possumpw@www.example.com/"],
              ["uri", "mailto:boodieuri@example.com"],
              ["uri", "sip:kowarisip@example.com"]],
        extra=[("2.5.29.9", directory_attributes([
            ("1.3.6.1.5.5.7.9.1", raw(0x18, b"19710203120000Z"))]))])


def unreadable():
    """No certificate at all, with an address in it."""
    return der.octets(b"Wombatmail@Example.COM Numbatgiven Bilbysurname")


def der_spec(body):
    """An entry of these bytes."""
    return {"der": base64.b64encode(body).decode()}


def beside_jane(number):
    """Jane's certificate, with others in it."""
    return dict(PERSONAL, plants=["acme/jane"], serial="7b%04x" % number,
                subject=[["CN", "Potoroocommon Bilbysurname"]],
                sans=[["rfc822", "wombatmail@example.com"],
                      ["rfc822", "jane.roe@example.com"]])


def entries(first, dies):
    """A log's worth of them."""
    specs = [{"filler": 40}]
    for i in range(first, first + 6):
        specs += [der_spec(stranger(i)), beside_jane(i), {"filler": 30},
                  der_spec(unreadable())]
    if dies:
        specs.append(dict(deadly(first), subject=[
            ["GN", "Numbatgiven"], ["SN", "Bilbysurname"]]))
    return specs


def canaries_in(content):
    """Those that stand there, in any case and disguise."""
    return found_in(content, CANARIES)


def kept_from_dumps(pid):
    """No core file is written; if one were, the memory that certificates are
    in would not be in it."""
    limits = about(pid, "limits").splitlines()
    maps = about(pid, "smaps").split(b"VmFlags:")
    if not limits or len(maps) < 2:
        return True    # it is gone
    core, = (line for line in limits if line.startswith(b"Max core file"))
    shared = [before for before in zip(maps, maps[1:])
              if b"/dev/zero" in before[0]]
    return core.split()[4:6] == [b"0", b"0"] and shared and all(
        b" dd" in flags.split(b"\n")[0] for _, flags in shared)


def test_canaries_are_known():
    """What is looked for would be found."""
    body = stranger(1)
    assert canaries_in(body) == CANARIES
    for keep in (base64.b64encode, base64.b16encode):
        assert canaries_in(keep(body)) == CANARIES
    assert len(disguises("quokkamail")) > 5


def test_scan_forgets(work, server):
    """A scan without a store: alerts, progress and summary."""
    log = server.new_log(entries(0, False))
    result = work.backfill(log, "static").expect(0)
    assert sorted(result.ids) == sorted(expected_ids(log.truth()))
    assert result.summary["quarantined"] == 6
    assert not canaries_in((result.out + result.err).encode())
    assert not left_behind(work.path, CANARIES)


def quarantined(work):
    """How many entries are there."""
    with sqlite3.connect("file:%s?mode=ro" % (work.path / "indelible.db"),
                         uri=True) as store:
        return store.execute("SELECT count(*) FROM quarantine").fetchone()[0]


def test_service_forgets(work, server):
    """The service at its most talkative, while workers and it itself die:
    store with journal, ledger, diagnostics, processes, status."""
    work.binary = MORTAL or BINARY
    log = server.new_log(entries(0, MORTAL), page=64)
    work.prepare([(log, "rfc6962")])
    for turn in (1, 2, 3):
        monitor = work.start("monitor", "-c", work.config_file, "-v")
        work.wait_for_ids(expected_ids(log.truth()), monitor)
        workers = wait_until(
            lambda: descendants(monitor.pid, WORKER_DEPTH), "workers")
        os.kill(workers[0], signal.SIGKILL)
        log.append(entries(100 * turn, MORTAL))
        work.wait_for_ids(expected_ids(log.truth()), monitor)
        wait_until(lambda: quarantined(work) >= 6 * (turn + 1), "quarantine")
        for pid in family(monitor):
            assert not canaries_in(about(pid, "environ"))
            assert not canaries_in(about(pid, "cmdline"))
            wait_until(lambda pid=pid: kept_from_dumps(pid), "its limits")
        for command in (["status", "--json"], ["status", "--counters"],
                        ["verify", "--json"], ["records", "list"]):
            said = work.with_config(*command)
            assert not canaries_in((said.out + said.err).encode())
        assert not left_behind(work.path, CANARIES)
        if turn < 3:
            monitor.crash()
        else:
            monitor.stop()
    assert not left_behind(work.path, CANARIES)
    assert len(set(work.ids())) == len(expected_ids(log.truth()))
