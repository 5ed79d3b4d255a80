"""The letter that asks for a confirmation, handed to Exim, whose TLS is
GnuTLS."""
import os
import socket
import subprocess

import pytest

from tests.e2e.helpers import free_port, wait_until
from tests.e2e.test_enrol import (  # noqa: F401 (fixtures)
    ADDRESS, pending, rig, tls)
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


def test_exim(rig, tls, tmp_path):    # noqa: F811
    """It takes the letter as it is."""
    if os.geteuid() != 0:
        pytest.skip("only root may start Exim")
    port = free_port()
    spool = tmp_path / "spool"
    spool.mkdir()
    with subprocess.Popen([program("exim4")] + exim(spool, tls, port),
                          env={"PATH": "/usr/sbin"},
                          stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL) as process:
        try:
            wait_until(lambda: not socket.socket().connect_ex(
                ("127.0.0.1", port)), "Exim")
            rig.configure("smtp://localhost:%d" % port)
            rig.enrol(pending())
            wait_until(lambda: list(spool.glob("input/*-D")), "the letter")
            wait_until(lambda: rig.row("SELECT count(*) FROM letter") == (0,),
                       "its end")
        finally:
            process.terminate()
    body, = spool.glob("input/*-D")
    head, = spool.glob("input/*-H")
    assert "confirm?t=3D" in body.read_text()
    assert ADDRESS in head.read_text() and "P=esmtps" in \
        (spool / "mainlog").read_text()
    assert "unexpected disconnection" not in \
        (spool / "mainlog").read_text()
