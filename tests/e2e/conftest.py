"""What all end-to-end tests share: the log server and a workspace."""
import pytest

from tests.fakelog.client import Server


def pytest_configure(config):
    """The marker for the few that also run under the sanitizers."""
    config.addinivalue_line(
        "markers", "smoke: fast and representative; also run under ASan")


@pytest.fixture(scope="session")
def server():
    """One log server for all tests; each makes logs of its own in it."""
    running = Server()
    yield running
    running.close()
