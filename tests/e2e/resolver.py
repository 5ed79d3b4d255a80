"""A real DNS server, dnsmasq, that knows a few TXT records."""
import contextlib
import shutil
import subprocess

import pytest

from .helpers import die_with_parent, environment, wait_until

DNSMASQ = shutil.which("dnsmasq", path="/usr/sbin:/usr/bin:/sbin")


@contextlib.contextmanager
def resolver(port, **records):
    """It answers at this port of 127.0.0.1; records: {name: text, or list of
    texts}, dots and hyphens of names as they are."""
    if DNSMASQ is None:
        pytest.skip("no dnsmasq")
    lines = ["port=%d" % port, "no-resolv", "no-hosts", "user=",
             "bind-interfaces", "listen-address=127.0.0.1", "local=/com/"]
    lines += ["txt-record=%s,%s" % (name, text)
              for name, texts in records.items()
              for text in ([texts] if isinstance(texts, str) else texts)]
    process = subprocess.Popen(
        [DNSMASQ, "--conf-file=-", "--keep-in-foreground", "--log-facility=-",
         "--pid-file="], stdin=subprocess.PIPE, stderr=subprocess.PIPE,
        env=environment(), preexec_fn=die_with_parent)
    try:
        process.stdin.write("\n".join(lines).encode() + b"\n")
        process.stdin.close()
        wait_until(lambda: b"started" in process.stderr.readline(), "dnsmasq")
        yield
    finally:
        process.kill()
        process.wait()
        process.stderr.close()
