"""The letter that asks for a confirmation, and an alert, handed to Exim, whose
TLS is GnuTLS."""
import contextlib
import os
import socket
import subprocess

import pytest

from tests.e2e.helpers import free_port, wait_until
from tests.e2e.test_enrol import (  # noqa: F401 (fixtures)
    ADDRESS, pending, rig, tls)
from tests.e2e.test_mail import Rig as Alerts
from .conftest import program


def exim(path, tls, port):    # noqa: F811
    """The arguments of an Exim that takes mails for anybody, and keeps
    them."""
    (path / "exim.conf").write_text("".join(
        line + "\n" for line in (
            "exim_user = root", "exim_group = root", "keep_environment =",
            "spool_directory = %s" % path, "log_file_path = %s/%%slog" % path,
            "primary_hostname = localhost", "queue_only",
            "tls_advertise_hosts = *", "tls_certificate = %s" % tls,
            "acl_smtp_rcpt = accept encrypted = *")))
    return ["-C", path / "exim.conf", "-bdf", "-oP", path / "pid",
            "-oX", "127.0.0.1:%d" % port]


@contextlib.contextmanager
def running(spool, tls, port):    # noqa: F811
    """An Exim."""
    with subprocess.Popen([program("exim4")] + exim(spool, tls, port),
                          env={"PATH": "/usr/sbin"},
                          stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL) as process:
        try:
            wait_until(lambda: not socket.socket().connect_ex(
                ("127.0.0.1", port)), "Exim")
            yield
        finally:
            process.terminate()


def was_taken(spool):
    """What it kept of the one mail, whole and by TLS: head, body."""
    body, = spool.glob("input/*-D")
    head, = spool.glob("input/*-H")
    said = (spool / "mainlog").read_text()
    assert "P=esmtps" in said and "unexpected disconnection" not in said
    return head.read_text(), body.read_text()


@pytest.fixture
def spool(tmp_path):
    """Where it keeps them."""
    if os.geteuid() != 0:
        pytest.skip("only root may start Exim")
    path = tmp_path / "spool"
    path.mkdir()
    return path


def test_exim(rig, tls, spool):    # noqa: F811
    """It takes the letter as it is."""
    port = free_port()
    with running(spool, tls, port):
        rig.configure("smtp://localhost:%d" % port)
        rig.enrol(pending())
        wait_until(lambda: list(spool.glob("input/*-D")), "the letter")
        wait_until(lambda: rig.row("SELECT count(*) FROM letter") == (0,),
                   "its end")
    head, body = was_taken(spool)
    assert "confirm?t=3D" in body and ADDRESS in head


def test_alert(work, server, tls, spool):    # noqa: F811
    """It takes an alert as it is, once."""
    port = free_port()
    mails = Alerts(work, server)
    with running(spool, tls, port):
        mails.start({"people": {"server": "smtp://localhost:%d" % port,
                                "from": "ct@ct-privacy.example"}},
                    fetch={"ca_file": str(tls)})
        mails.settled(1)
        mails.process.stop()
    head, body = was_taken(spool)
    assert ADDRESS in head and "List-Unsubscribe-Post: " in head
    assert "Content-Type: text/html; charset=utf-8" in body
