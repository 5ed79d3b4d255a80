"""Nothing passes raw of what was given up: what mail servers and receivers
have answered; and of what is done with alerts."""
import contextlib
import socketserver
import sqlite3
import threading

from .helpers import loopback_url, wait_until
from .injection import PAYLOADS, entries, harmless, mark
from .planted import expected_ids
from .test_injection import Rude, Verdicts, usable, watched

LONG = b"x" * 1000


class RudeMail(socketserver.ThreadingTCPServer):
    """A mail server that refuses all, each recipient with a payload: them, the
    sender, or us, by turns."""

    daemon_threads = True
    request_queue_size = 128

    class Handler(socketserver.StreamRequestHandler):
        """One connection."""

        def handle(self):
            self.request.settimeout(10)
            with contextlib.suppress(OSError):
                self._talk()

        def _talk(self):
            self.wfile.write(b"220 mail.example\r\n")
            for line in self.rfile:
                verb = line[:4].upper()
                if verb == b"QUIT":
                    return
                self.wfile.write(self.server.refusal(line)
                                 if verb in (b"MAIL", b"RCPT")
                                 else b"250 mail.example\r\n")

    def __init__(self):
        super().__init__(("127.0.0.1", 0), self.Handler)
        self.url = "smtp://127.0.0.1:%d" % self.server_address[1]
        self.refused = 0
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def refusal(self, line):
        """The number stands in both addresses."""
        number = int(line.partition(b"<d")[2][:3])
        to = line[:4].upper() == b"RCPT"
        if not to and number % 3 != 0:
            return b"250 ok\r\n"
        self.refused += 1
        value = PAYLOADS[number].value.encode()
        code = b"550 5.1.1 " if number % 2 else b"450 4.7."
        return code + value + (LONG if number % 5 == 0 else b"") + b"\r\n"


def mail_sinks(rude):
    """One for each payload."""
    return [{"name": "mail%d" % number, "tenants": ["t"], "digest": False,
             "mail": {"server": rude.url, "to": "d%03d@mail.example" % number,
                      "from": "d%03d@us.example" % number}}
            for number in range(len(PAYLOADS))]


def room_sinks(rude):
    """The same, with answers of HTTP."""
    for number, payload in enumerate(PAYLOADS):
        text = payload.value.encode() + (LONG if number % 5 == 0 else b"")
        rude.answers.append(
            b"HTTP/1.1 500 " + text + b"\r\nRetry-After: " + text +
            b"\r\nLocation: " + text + b"\r\n\r\n" + text)
    return [{"name": "room%d" % number, "tenants": ["t"], "digest": False,
             "chat": {"url": loopback_url(rude.port, "/%d" % number)}}
            for number in range(len(PAYLOADS))]


def ask(work, query):
    """A number out of the store."""
    with contextlib.closing(sqlite3.connect(
            "file:%s?mode=ro" % (work.path / "indelible.db"),
            uri=True)) as store:
        return store.execute(query).fetchone()[0]


TOLD = "SELECT count(*) FROM outbox WHERE sink <> 'ledger' AND "


def give_up(work, service, num):
    """Each was tried, and then for days, as the program sees it."""
    wait_until(lambda: ask(work, TOLD + "attempts > 0") == num, "tries")
    service.stop()
    with contextlib.closing(sqlite3.connect(
            work.path / "indelible.db")) as store, store:
        store.execute("UPDATE outbox SET attempts = 20, due_ms = 0"
                      " WHERE state = 0")
    again = work.start("monitor", "-v", "-c", work.config_file)
    wait_until(lambda: ask(work, TOLD + "state = 2") == num, "the end")
    return again


def judge_lists(v, work):
    """What is listed of it, and counted."""
    for words in (["alerts", "list", "--dead"], ["alerts", "list", "--muted"],
                  ["alerts", "list"], ["status"]):
        name = " ".join(words)
        for more in ([], ["--json"]):
            result = work.with_config(*words, *more)
            v.text(name + ": errors", result.err)
            if more:
                v.jsons(name + " --json", result.out)
            else:
                v.text(name, result.out)


def judge_acts(v, work, alert):
    """What is done with it, and with what is none."""
    for words in (["resend", "--sink", "room1", alert], ["ack", alert],
                  ["mute", alert], ["list", "--muted"],
                  ["resend", "--dead"], ["unmute", alert]):
        result = work.with_config("alerts", *words).expect(0)
        v.text("alerts " + words[0], result.out + result.err)
    for payload in PAYLOADS[::2]:
        value = usable(payload)
        for words in (["ack", "--", value], ["mute", "--", value],
                      ["resend", "--sink=" + value, alert],
                      ["list", "--dead", "--sink=" + value],
                      ["list", "--muted", "--tenant=" + value]):
            result = work.with_config("alerts", *words)
            v.text("alerts %s: errors" % words[0], result.out + result.err)


def test_dead_letters(work, server):
    """Nobody repeats what the other side has said."""
    v = Verdicts()
    mail, http = RudeMail(), Rude()
    log = server.new_log(entries(harmless())[:1])
    sinks = mail_sinks(mail) + room_sinks(http)
    work.prepare([(log, "static")], watched(), alerts={"sinks": [
        {"name": "ledger", "jsonl": {"path": str(work.ledger)}}] + sinks})
    service = work.start("monitor", "-v", "-c", work.config_file)
    wait_until(lambda: work.alerts(), "the alert")
    alerts = [alert["id"] for alert in work.alerts()]
    again = give_up(work, service, len(sinks) * len(alerts))
    dead = work.with_config("alerts", "list", "--dead", "--json").out
    assert dead.count("mail was refused with 550 5.1.1\"") >= 30
    assert dead.count("HTTP 500") >= 30
    judge_lists(v, work)
    judge_acts(v, work, alerts[0])
    again.stop()
    for process in (service, again):
        v.text("service", process.err_path.read_text())
    v.jsons("ledger", work.ledger.read_text())
    mail.shutdown()
    http.close()
    v.close()
    assert mail.refused >= len(PAYLOADS) and http.asked >= len(PAYLOADS)
    for output in ("alerts list --dead", "alerts list --dead --json",
                   "status", "status --json", "service", "ledger"):
        assert v.judged[output], output
        assert v.arrived[output] <= {mark(harmless().number)}, output
