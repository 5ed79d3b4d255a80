#!/usr/bin/python3
"""make demo: the main job on one machine, without a network.

Starts two local Certificate Transparency logs (one for each protocol) with
sample certificates of people who do not exist, imports records of those who
asked to be told, runs `indelible monitor`, and prints the alerts as they
come; the mail that one of them became is shown and left as a file; for one its
evidence is fetched and checked, and the letter to the CA is shown. With --once
it checks that each planted match was alerted exactly once and ends by itself;
without, it goes on until Ctrl-C.
"""
import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

sys.path.insert(0, os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))

# pylint: disable=wrong-import-position
from tests import check_evidence
from tests.e2e.helpers import EXPOSURE, die_with_parent, environment, \
    free_port, read_jsonl, yaml
from tests.e2e.mailserver import MailServer
from tests.e2e.planted import CONSENT, alert_id
from tests.fakelog.client import Server

PATIENCE = 60
RECORDS = [
    {"id": "acme/jane", "tenant": "acme", "kind": "email",
     "value": "jane.roe@example.com", "consent": CONSENT},
    {"id": "acme/example.org", "tenant": "acme", "kind": "domain",
     "value": "example.org", "match": {"subdomains": True},
     "consent": CONSENT},
    {"id": "beta/maria", "tenant": "beta", "kind": "name",
     "value": {"given": ["María", "José"], "surname": ["García", "López"]},
     "qualifiers": {"organizations": ["Beispiel GmbH"],
                    "domains": ["example.net"], "countries": ["ES"]},
     "require_qualifier": True, "consent": CONSENT},
]
PERSONAL = {"eku": ["emailProtection", "clientAuth"], "issuer": 1}

# What is in the logs from the start: (what it is, log, description).
PRESENT = [
    ("an S/MIME certificate of Jane Roe, with its precertificate", "static",
     dict(PERSONAL, subject=[["GN", "Jane"], ["SN", "Roe"],
                             ["CN", "Jane Roe"]],
          sans=[["rfc822", "jane.roe@example.com"]],
          policies=["2.23.140.1.5.3.2"], plants=["acme/jane"])),
    ("a smart-card certificate with a login name at example.org", "rfc6962",
     dict(PERSONAL, subject=[["CN", "bob"]], plants=["acme/example.org"],
          sans=[["upn", "bob@corp.example.org"]])),
    ("a web server's, somebody else's: nobody is to be told", "static",
     {"subject": [["CN", "www.example.com"],
                  ["emailAddress", "xjane.roe@example.com"]],
      "sans": [["dns", "www.example.com"], ["dns", "example.org"]]}),
]
# What is logged while the monitor runs.
TO_COME = [
    ("a certificate of María José García López, surname first", "rfc6962",
     dict(PERSONAL, subject=[["GN", "María José"], ["SN", "García López"],
                             ["CN", "GARCÍA LÓPEZ, MARÍA JOSÉ"],
                             ["O", "Beispiel GmbH"], ["C", "ES"]],
          sans=[["rfc822", "mjgl@example.net"]], plants=["beta/maria"])),
    ("a web server's, with Jane's address in its subject", "static",
     {"subject": [["CN", "shop.example.com"],
                  ["emailAddress", "Jane.Roe@Example.COM"]],
      "sans": [["dns", "shop.example.com"]], "plants": ["acme/jane"]}),
    ("another María García, of Portugal: nobody is to be told", "static",
     dict(PERSONAL, subject=[["GN", "María"], ["SN", "García Pérez"],
                             ["CN", "María García Pérez"], ["C", "PT"]])),
]


def say(text, *arguments):
    """A line about what is happening."""
    print(text % arguments if arguments else text, flush=True)


class Demo:
    """The logs, the service, and what was planted."""

    def __init__(self, binary, directory):
        self.binary = binary
        self.directory = directory
        self.ledger = os.path.join(directory, "alerts.jsonl")
        self.config = os.path.join(directory, "indelible.yaml")
        self.port = free_port()
        self.door = free_port()
        self.mails = MailServer()
        self.server = None
        self.logs = {}
        self.monitor = None
        self.expected = {}
        self.shown = 0

    def start_logs(self):
        """Two logs with everyday entries, and the first samples."""
        self.mails.controller.start()
        self.server = Server()
        for api, name in (("static", "Sapling"), ("rfc6962", "Oak")):
            self.logs[api] = self.server.new_log(
                [{"filler": 600}], description="Example %s" % name)
        say("1. Two local CT logs, with 600 everyday entries each:")
        for api, log in self.logs.items():
            say("     %-8s %s", api, log.url(api))
        say("   To them come:")
        for sample in PRESENT:
            self.plant(*sample)

    def plant(self, what, api, spec):
        """Log a sample; remember which alerts it must give."""
        entries = self.logs[api].append([spec])
        say("     %s (%s log, entry %d)", what, api, entries[0]["index"])
        for record in spec.get("plants", []):
            tenant = record.split("/")[0]
            family = bytes.fromhex(entries[0]["tbs_sha256"])
            self.expected[alert_id(tenant, record, family)] = what

    def write(self, name, text):
        """A file in the demo's directory."""
        path = os.path.join(self.directory, name)
        with open(path, "w", encoding="utf-8") as out:
            out.write(text)
        return path

    def write_config(self):
        """The configuration."""
        logs = []
        for api, log in self.logs.items():
            logs.append({"name": {"static": "Sapling",
                                  "rfc6962": "Oak"}[api],
                         "url": log.url(api), "api": api,
                         "key_file": self.write(api + ".pem", log.key_pem)})
        self.write("indelible.yaml", yaml({
            "instance": "demo",
            "store": "sqlite://%s/indelible.db" % self.directory,
            "keys": {"master_file": "master.key"},
            "logs": {"lists": [], "extra": logs, "start": "zero"},
            "fetch": {"poll_static": "500ms", "poll_rfc6962": "500ms",
                      "partial_tile_after": "500ms"},
            "alerts": {"sinks": [
                {"name": "ledger", "jsonl": {"path": self.ledger}},
                {"name": "people", "mail": {
                    "server": self.mails.url, "to": "record",
                    "from": "watch@ct-privacy.example"}}]},
            "public": {"listen": "127.0.0.1:%d" % self.door,
                       "url": "http://127.0.0.1:%d" % self.door,
                       "mail": "people"},
            "admin": {"listen": "127.0.0.1:%d" % self.port,
                      "socket": os.path.join(self.directory, "admin.sock"),
                      "token_file": "admin.token"},
        }) + "\n")

    def command(self, *arguments, most=None):
        """Run a command of the binary and show what it says, or `most` lines
        of that; it returns all. The demo ends when the command fails."""
        say("   $ indelible %s", " ".join(arguments).replace(
            self.directory + "/", ""))
        done = subprocess.run(
            [self.binary, *arguments], cwd=self.directory, text=True,
            env=environment(), stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, check=False)
        lines = done.stdout.splitlines()
        if most is not None and not done.returncode:
            lines[most:] = ["..."]
        for line in lines:
            say("     %s", line.replace(self.directory + "/", ""))
        if done.returncode:
            raise SystemExit("demo: the command ended with status %d" %
                             done.returncode)
        return done.stdout

    def prepare(self):
        """Store and records."""
        say("2. A store, and the records of those who asked to be told:")
        self.write_config()
        self.command("store", "init", "-c", self.config)
        records = self.write("records.jsonl", "".join(
            json.dumps(r, ensure_ascii=False) + "\n" for r in RECORDS))
        self.command("records", "import", "-c", self.config, records)

    def start_monitor(self):
        """The service; what it has to say goes into a file."""
        say("3. The monitor, following both logs from the start:")
        say("   $ indelible monitor -c indelible.yaml")
        with open(os.path.join(self.directory, "monitor.err"), "wb") as err:
            self.monitor = subprocess.Popen(
                [self.binary, "monitor", "-c", self.config],
                cwd=self.directory, env=environment(), stderr=err,
                stdin=subprocess.DEVNULL, stdout=err,
                start_new_session=True, preexec_fn=die_with_parent)

    def say_admin(self):
        """The addresses of the admin door, if it answers."""
        url = "http://127.0.0.1:%d/" % self.port
        opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}))
        try:
            opener.open(url + "healthz", timeout=2).close()
        except urllib.error.HTTPError:
            pass
        except OSError:
            return
        say("   Health: %shealthz   API: %sapi/v1/status (token: %s)",
            url, url,
            os.path.join(self.directory, "admin.token"))

    def show_new(self):
        """Print the alerts that have come since the last time."""
        alerts = [e for e in read_jsonl(self.ledger)
                  if e["type"] == EXPOSURE]
        for alert in alerts[self.shown:]:
            self.show(alert)
        self.shown = len(alerts)
        if self.monitor.poll() is not None:
            self.fail("the monitor has ended with status %d" %
                      self.monitor.returncode)

    def show(self, alert):
        """One alert for people."""
        data = alert["data"]
        match = data["match"]
        say("   ALERT for %s (%s): %s in %s, %s, score %d",
            alert["subject"], data["severity"], match["value"],
            match["carrier"], match["kind"], match["score"])
        for sighting in data["sightings"]:
            say("     %s, entry %d, %s", sighting["log_name"],
                sighting["index"], "proven to be in the signed tree"
                if sighting["verified"] else "not yet proven")

    def wait_for_alerts(self):
        """Until every planted match has been alerted."""
        end = time.monotonic() + PATIENCE
        while not set(self.expected) <= self.alerted():
            if time.monotonic() > end:
                missing = set(self.expected) - self.alerted()
                self.fail("not alerted: " + "; ".join(
                    sorted(self.expected[i] for i in missing)))
            self.show_new()
            time.sleep(0.1)
        self.show_new()

    def alerted(self):
        """The ids that are in the ledger."""
        return {e["id"] for e in read_jsonl(self.ledger)
                if e["type"] == EXPOSURE}

    def grow(self):
        """More everyday entries and the samples to come, one by one."""
        say("4. The logs grow:")
        for sample in TO_COME:
            for log in self.logs.values():
                log.grow(50)
            self.plant(*sample)
            self.wait_for_alerts()

    def show_mail(self):
        """What Jane got: the mail as files, and how it begins."""
        end = time.monotonic() + PATIENCE
        while not self.mails.mails:
            if time.monotonic() > end:
                self.fail("no mail came")
            time.sleep(0.1)
        mail = self.mails.mails[0]
        place = os.path.join(os.path.dirname(self.binary), "demo-mail")
        os.makedirs(place, exist_ok=True)
        files = [("mail.eml", mail.raw)] + [
            ("mail." + suffix, mail.part(kind).encode())
            for suffix, kind in (("txt", "plain"), ("html", "html"))] + [
            (part.get_filename(), part.get_content().encode())
            for part in mail.message.iter_attachments()]
        for name, content in files:
            with open(os.path.join(place, name), "wb") as out:
                out.write(content)
        say("5. The mail that %s got, by a local mail server:",
            mail.recipients[0])
        for name in ("From", "To", "Subject", "Message-ID",
                     "List-Unsubscribe"):
            say("     %s: %s", name, mail.message[name].strip())
        say("")
        for line in mail.part("plain").splitlines()[:32]:
            say("     %s", line)
        say("     ...")
        say("   All of it, as a page, and what is attached: %s",
            os.path.relpath(place))
        say("     %s", "  ".join(name for name, _ in files))

    def stand_by_jane(self):
        """What she can do with an alert: prove it, and write to the CA."""
        say("6. What can be done with an alert, beside the running monitor:")
        jane = next(i for i, what in self.expected.items()
                    if "Jane" in what)
        evidence = os.path.join(self.directory, "evidence")
        self.command("alerts", "evidence", jane, "-o", evidence, "-c",
                     self.config)
        say("   Its files: %s", "  ".join(sorted(os.listdir(evidence))))
        say("   $ tests/check_evidence.py evidence")
        try:
            say("     proven: %s", check_evidence.check(evidence))
        except check_evidence.Wrong as wrong:
            self.fail("the evidence does not hold: %s" % wrong)
        letter = self.command("alerts", "letter", jane, "-c", self.config,
                              most=14)
        place = os.path.join(os.path.dirname(self.binary), "demo-mail",
                             "letter-to-ca.txt")
        with open(place, "w", encoding="utf-8") as out:
            out.write(letter)
        say("   All of it: %s", os.path.relpath(place))

    def check(self):
        """Each planted match exactly once, and nothing else."""
        time.sleep(1.5)     # an alert too many would show up now
        self.show_new()
        ids = [e["id"] for e in read_jsonl(self.ledger)
               if e["type"] == EXPOSURE]
        if sorted(ids) != sorted(self.expected):
            self.fail("%d alerts for %d planted matches" % (
                len(ids), len(self.expected)))
        self.monitor.terminate()
        if self.monitor.wait(10):
            self.fail("the monitor ended with status %d" %
                      self.monitor.returncode)
        say("7. Each of the %d planted matches was alerted exactly once, and "
            "nothing else.", len(self.expected))

    def go_on(self):
        """New certificates now and then, until Ctrl-C."""
        say("7. More will be logged every 10 s. Ctrl-C ends the demo.")
        number = 0
        while True:
            for _ in range(100):
                self.show_new()
                time.sleep(0.1)
            for log in self.logs.values():
                log.grow(20)
            self.plant(*TO_COME[number % len(TO_COME)])
            number += 1

    def fail(self, why):
        """End with what the monitor said."""
        with open(os.path.join(self.directory, "monitor.err"),
                  encoding="utf-8", errors="replace") as err:
            said = err.read()[-3000:]
        raise SystemExit("demo: %s\nThe monitor said:\n%s" % (why, said))

    def close(self):
        """Stop everything."""
        if self.monitor and self.monitor.poll() is None:
            self.monitor.terminate()
            try:
                self.monitor.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(self.monitor.pid, signal.SIGKILL)
                self.monitor.wait()
        if self.server:
            self.server.close()
        self.mails.controller.stop()


def interrupted(_number, _frame):
    """SIGTERM is as good as Ctrl-C."""
    raise KeyboardInterrupt


def main():
    """The program."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("binary", help="indelible")
    parser.add_argument("--once", action="store_true",
                        help="check what came and end")
    args = parser.parse_args()
    signal.signal(signal.SIGTERM, interrupted)
    directory = tempfile.mkdtemp(prefix="indelible-demo-")
    demo = Demo(os.path.abspath(args.binary), directory)
    try:
        demo.start_logs()
        demo.prepare()
        demo.start_monitor()
        demo.wait_for_alerts()
        demo.say_admin()
        demo.grow()
        demo.show_mail()
        demo.stand_by_jane()
        if args.once:
            demo.check()
        else:
            demo.go_on()
    except KeyboardInterrupt:
        say("\nThe demo ends.")
        return 130 if args.once else 0
    finally:
        demo.close()
        shutil.rmtree(directory, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
