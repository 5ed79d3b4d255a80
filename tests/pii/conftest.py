"""The fixtures of the end-to-end tests, and what inspect says of cases."""
import pytest

from tests.e2e.conftest import server, work  # pylint: disable=unused-import
from tests.e2e.conftest import pytest_configure  # pylint: disable=W0611

from .inspecting import inspect_all
from .make import CASES

__all__ = ["server", "work", "pytest_configure"]


@pytest.fixture(scope="session")
def seen(tmp_path_factory):
    """{case: what inspect says of its certificate}."""
    return inspect_all(tmp_path_factory.mktemp("cases"), CASES)
