"""The documented command that reads the ledger: its expression, evaluated by the library that the AWS CLI uses, on what boto3 scans."""

import re
from pathlib import Path

import boto3
import jmespath
import pytest

from clients import ROOT, JsonLines, member, outside

COMMAND = re.compile(r"aws dynamodb scan --table-name <table> --query '([^']+)' --output text")
PAGES = ["README.md", "docs/operating-security-hub-members.md"]


def expression(page):
    return COMMAND.search((Path(ROOT) / page).read_text()).group(1)


@pytest.fixture(scope="module")
def scanned():
    process = JsonLines("node", "--import", "tsx", "test/python/ledger.ts")
    try:
        place = process.read()
        client = boto3.client(
            "dynamodb", endpoint_url=place["url"], region_name=place["region"], aws_access_key_id=place["account"],
            aws_secret_access_key="any")
        # what the AWS CLI applies --query to: all pages in one
        yield client.get_paginator("scan").paginate(TableName=place["table"]).build_full_result()
    finally:
        process.stop()


@pytest.mark.parametrize("page", PAGES)
def test_e5_the_documented_command_prints_who_is_in_which_state_for_whom_since_when_and_why(scanned, page):
    rows = jmespath.search(expression(page), scanned)
    construct = re.compile(r"^(.*)[0-9A-F]{8}$")
    assert sorted((account, claim, outcome, construct.sub(r"\1", logical_id)) for account, claim, outcome, logical_id, _, _ in rows) == [
        (member(1), "ours", "joined", "Members"),
        (member(2), "none", "already-member", "Members"),
        (member(2), "none", "already-member", "Others"),
        # Security Hub lists it as AccountSuspended, and would show it as a member once it is active again
        (member(3), "ours", "skipped", "Members"),
        (member(4), "none", "refused", "Members"),
        (member(5), "none", "left", "Members"),
        (outside(1), "ours", "joined", "Members"),
    ]
    assert all(re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", since) for *_, since, _ in rows)
    reasons = {(account, outcome): reason for account, _, outcome, _, _, reason in rows}
    assert "not this one" in reasons[member(4), "refused"]
    assert "suspended" in reasons[member(3), "skipped"]
    # `--output text` prints None where there is nothing to say
    assert reasons[member(1), "joined"] is None


def test_e5_the_command_leaves_out_the_function_s_own_records(scanned):
    rows = jmespath.search(expression("README.md"), scanned)
    assert 0 < len(rows) < len(scanned["Items"])
    assert all(re.fullmatch(r"\d{12}", account) for account, *_ in rows)


def test_p9_no_address_is_in_the_ledger(scanned):
    assert "@" not in str(scanned["Items"])
