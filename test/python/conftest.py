"""One embedded AWS and one JavaScript client for all checks; both are processes that speak JSON lines."""

import os
import sys

import pytest

sys.dont_write_bytecode = True
pytest.register_assert_rewrite("clients")


@pytest.fixture(scope="session")
def processes():
    from clients import Processes

    with Processes() as started:
        yield started


@pytest.fixture
def aws(processes):
    processes.reset()
    return processes


def pytest_sessionfinish(session):
    """Where changes are judged, a check that was left out has failed."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("CI") and reporter is not None and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
