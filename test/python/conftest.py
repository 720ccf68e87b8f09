"""One embedded AWS and one JavaScript client for all checks; both are processes that speak JSON lines."""

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
