"""What the tests beside share: programs of others, started once."""
import pytest

from tests.e2e.conftest import (  # noqa: F401 (hooks and fixtures)
    pytest_configure, server, work)
from . import programs
from .services import Nginx, Skylight, Sunlight, Tesseract


def program(name):
    """The path of a program; without it the test is skipped."""
    try:
        return programs.find(name)
    except programs.Unavailable as why:
        return pytest.skip("no %s: %s" % (programs.label(name), why))


@pytest.fixture(scope="session")
def sunlight(tmp_path_factory):
    """A Sunlight log."""
    log = Sunlight(program("sunlight"),
                   tmp_path_factory.mktemp("log") / "sunlight")
    yield log
    log.daemon.stop()


@pytest.fixture(scope="session")
def skylight(sunlight, tmp_path_factory):
    """The log as Skylight serves it."""
    reading = Skylight(program("skylight"),
                       tmp_path_factory.mktemp("read") / "skylight",
                       sunlight)
    yield reading
    reading.daemon.stop()


@pytest.fixture(scope="session")
def nginx(sunlight, tmp_path_factory):
    """The log's directory as nginx serves it."""
    serving = Nginx(tmp_path_factory.mktemp("read") / "nginx", sunlight)
    yield serving
    serving.daemon.stop()


@pytest.fixture(scope="session")
def tesseract(tmp_path_factory):
    """A TesseraCT log."""
    log = Tesseract(program("tesseract"),
                    tmp_path_factory.mktemp("log") / "tesseract")
    yield log
    log.daemon.stop()


@pytest.fixture(scope="session")
def mirror(tesseract, tmp_path_factory):
    """The TesseraCT log's directory as nginx serves it."""
    serving = Nginx(tmp_path_factory.mktemp("read") / "mirror", tesseract)
    yield serving
    serving.daemon.stop()


@pytest.fixture(params=["skylight", "labelled", "bare"])
def reading(request):
    """Each way to read the log."""
    if request.param == "skylight":
        return request.getfixturevalue("skylight")
    return getattr(request.getfixturevalue("nginx"), request.param)
