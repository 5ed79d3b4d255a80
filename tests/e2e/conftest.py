"""What all end-to-end tests share: the log server and a workspace."""
import contextlib
import os

import pytest

from tests.fakelog.client import Server
from .helpers import BINARY, Workspace
from .publisher import Publisher


def pytest_configure(config):
    """The markers: for the few that also run under the sanitizers, and for
    those that measure, which no other may disturb."""
    config.addinivalue_line(
        "markers", "smoke: fast and representative; also run under ASan")
    config.addinivalue_line(
        "markers", "alone: measures; run while nothing else does")


@pytest.fixture(scope="session")
def server():
    """One log server for all tests; each makes logs of its own in it."""
    running = Server()
    yield running
    running.close()


@pytest.fixture
def work(tmp_path):
    """An empty workspace for the binary."""
    if not os.access(BINARY, os.X_OK):
        pytest.fail("there is no %s; build it first" % BINARY)
    workspace = Workspace(tmp_path)
    yield workspace
    workspace.close()


@pytest.fixture
def publisher():
    """A server of one log list."""
    with contextlib.closing(Publisher()) as running:
        yield running
