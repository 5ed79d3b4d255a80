"""Nothing passes raw into mails: payloads in certificates, names of logs and
addresses of people, and their headers, words, pages and attachments."""
import json
import re

import pytest

from .browser import Browser
from .helpers import Workspace, read_jsonl, wait_until
from .injection import DOMAIN, FORGED, PAYLOADS, PLAIN, Raw, \
    entries, harmless, headers, local, mark, parts, prose
from .mailserver import MailServer
from .planted import CONSENT
from .test_injection import CONTACT, Learnt, Verdicts, list_of, named, watched

FROM = "ct@ct-privacy.example"
DESK = "desk@example.org"
UPN = slice(1, 2)       # of the certificates, the one with a login name
ODD = "Harmless, call +49 800 5550100 "     # mails warn of such a name
EVERY = 2               # alert and event of each log
TOGETHER = 10           # payloads of a log


class Rig:
    """A service that follows hostile logs and mails what there is."""

    hold = "1s"

    def __init__(self, work, server, payloads, mails, **mail):
        self.work = work
        self.mails = mails
        self.payloads = payloads
        # Events, with the alerts or with a digest of them, for login names
        # are of low severity.
        self.wanted = EVERY * len(payloads)
        if mail["sink"]["digest"]:
            self.wanted = len(payloads) + 1
        self.kinds = 2
        path = work.write("list.json", json.dumps(self.followed(server)))
        work.config(contact=CONTACT, logs={"lists": [{"file": str(path)}]},
                    fetch={"poll_static": "30s"}, alerts={
                        "sinks": [{
                            "name": "ledger",
                            "jsonl": {"path": str(work.ledger)}}, {
                            "name": "desk", "reveal": True, **mail.pop("sink"),
                            "mail": {"server": mails.url, "from": FROM,
                                     "to": DESK, **mail}}],
                        "hold_unverified": self.hold,
                        "digest": {"day": "2s", "week": "2s"}})
        work.with_config("store", "init").expect(0)
        work.with_config("records", "import",
                         work.records(watched())).expect(0)

    def followed(self, server):
        """A list of logs with what is to be found."""
        return list_of(server, self.payloads, UPN)[1]

    def subjects(self):
        """What the mails are about."""
        return {str(mail.message["Subject"]) for mail in self.mails.mails}

    def run(self):
        """Until all is mailed."""
        service = self.work.monitor()
        num = EVERY * len(self.payloads)

        def done():
            service.assert_running()
            return len(read_jsonl(self.work.ledger)) >= num and \
                len(self.mails.mails) >= self.wanted and \
                len(self.subjects()) == self.kinds
        wait_until(done, "mails", pause=0.5)
        service.stop()
        return service.err_path.read_text()


def learn(rig, browser):
    """What mails consist of when nothing in them is hostile."""
    out = Learnt()
    rig.run()
    out.subjects, out.parts = rig.subjects(), set()
    for mail in rig.mails.mails:
        out.parts |= {part[:2] for part in parts(mail)}
        out.page(str(mail.message["Subject"]), rig.work.write(
            "mail.html", mail.part("html")), browser)
    return out


def judge(v, mail, learnt, work, browser):
    """One mail: headers, parts, words, page, attachments."""
    subject = str(mail.message["Subject"])
    with v.of("headers"):
        headers(mail)
        if subject not in learnt.subjects:
            raise Raw(subject)
    for kind, name, text in parts(mail):
        with v.of("parts"):
            if (kind, name) not in learnt.parts:
                raise Raw("%s %s" % (kind, name))
        if kind == "text/html":
            learnt.judge(v, subject, work.write("mail.html", text), browser)
            v.saw("page", text)
        elif kind.startswith("text/"):
            v.text("text" if name is None else "attached: " + name, text,
                   prose)
        elif kind == "application/json":
            v.jsons("attached: " + name, text)


@pytest.mark.parametrize("lang", ["en", "de"])
@pytest.mark.parametrize("digest", [False, True])
def test_mails(work, server, tmp_path, lang, digest):
    """Alerts, events and digests to a desk, with the values."""
    v = Verdicts()
    plain = Workspace(tmp_path / "plain")
    plain.path.mkdir()
    how = {"lang": lang, "sink": {"digest": digest}}
    with MailServer() as mails, Browser() as browser:
        # One makes the mail warn of an issuer whose name is a message.
        few = [harmless()._replace(number=number, value=text + mark(number))
               for number, text in ((901, "Harmless "), (902, "Harmless "),
                                    (903, "Call +1 900 555 0100 "))]
        learnt = learn(Rig(plain, server, few, mails, **dict(how)), browser)
        mails.mails.clear()
        rig = Rig(work, server, PAYLOADS, mails, **dict(how))
        said = rig.run()
        for mail in mails.mails:
            judge(v, mail, learnt, work, browser)
    v.text("service", said)
    v.close("text", "page")


# --- corrections -------------------------------------------------------------

class Lying(Rig):
    """The logs are slow, and then turn out not to have had what was told."""

    hold = "500ms"

    def followed(self, server):
        """A few logs, each with entries of several payloads."""
        logs = []
        for at in range(0, len(self.payloads), TOGETHER):
            few = self.payloads[at:at + TOGETHER]
            log = server.new_log(
                [spec for payload in few for spec in entries(payload)[UPN]] +
                [{"filler": 600}], page=64, description=named(few[0]),
                operator=named(few[0]))
            log.fault("slow", on="entries", seconds=1)
            log.fault("flip", index=100)
            logs.append(log)
        # An alert and its correction, and of each log an event.
        self.wanted = 2 * len(self.payloads) + len(logs)
        self.kinds = 3
        return server.log_list(*((log, "rfc6962") for log in logs))


@pytest.mark.parametrize("lang", ["en", "de"])
def test_corrections(work, server, tmp_path, lang):
    """Mails that take back what was told."""
    v = Verdicts()
    plain = Workspace(tmp_path / "plain")
    plain.path.mkdir()
    how = {"lang": lang, "sink": {"digest": False}}
    with MailServer() as mails, Browser() as browser:
        few = [harmless()._replace(
            number=number, value=value + mark(number))
            for number, value in (
                (901, "Harmless "), (902, "Harmless "), (903, ODD))]
        learnt = learn(Lying(plain, server, few, mails, **dict(how)), browser)
        mails.mails.clear()
        rig = Lying(work, server, PAYLOADS, mails, **dict(how))
        said = rig.run()
        for mail in mails.mails:
            judge(v, mail, learnt, work, browser)
    corrections = [mail for mail in mails.mails
                   if "In-Reply-To" in mail.message]
    assert len(corrections) == len(PAYLOADS)
    for mail in corrections:
        v.saw("correction", mail.part("plain"))
        v.saw("correction, as a page", mail.part("html"))
    v.text("service", said)
    v.close("correction", "correction, as a page")


# --- recipients --------------------------------------------------------------

def contacts():
    """A record for each payload that a record may have, and its mailbox."""
    for payload in PAYLOADS:
        # One with a blank is none for SMTP.
        address = "%s@mail.example" % local(payload.value.replace(" ", ""))
        yield {"id": "r/%03d" % payload.number, "tenant": "t",
               "kind": "email", "value": "p%03d@%s" % (
                   payload.number, DOMAIN), "consent": CONSENT,
               "notify": ["mailto:" + address]}


def test_recipients(work, server):
    """Addresses of people say nothing to the server but who is to have it."""
    v = Verdicts()
    kinds = PLAIN + ("bidi", "hidden")
    usable = [record for record, payload in zip(contacts(), PAYLOADS)
              if payload.kind in kinds]
    log = server.new_log([{
        "eku": ["emailProtection"], "subject": [["CN", "P"]], "log": "final",
        "sans": [["rfc822", record["value"]]]} for record in usable])
    with MailServer() as mails:
        work.prepare([(log, "static")], usable, alerts={"sinks": [
            {"name": "ledger", "jsonl": {"path": str(work.ledger)}},
            {"name": "people", "digest": False, "mail": {
                "server": mails.url, "from": FROM, "to": "record"}}]})
        service = work.monitor()

        def told():
            """Each was written to, or was found to be no address."""
            service.assert_running()
            return len(mails.mails) + len(
                [1 for row in given_up(work)]) >= len(usable)
        wait_until(told, "mails", pause=0.5)
        service.stop()
        allowed = {plainly(record["notify"][0][7:]) for record in usable}
        for mail in mails.mails:
            to, = mail.recipients
            assert plainly(to) in allowed and mail.sender == FROM
            with v.of("headers"):
                headers(mail, about=to)
                if FORGED in mail.raw.decode(errors="replace"):
                    raise Raw("a line of its own")
            v.saw("recipients", to)
    v.text("service", service.err_path.read_text())
    v.close()
    assert len(v.arrived["recipients"]) > 20
    assert not v.arrived["service"]


def plainly(address):
    """Without quotation marks, which the server has taken off."""
    return re.sub(r'["\\]', "", address)


def given_up(work):
    """Deliveries that are dead."""
    return work.with_config("alerts", "list", "--dead", "--json").out \
        .splitlines()


