"""W1: boto3 and the JavaScript SDK understand every modelled operation alike."""

import pytest

pytest.importorskip(
    "boto3", reason="boto3 is not installed: the embedded AWS stays unchecked by an independent client", exc_type=ImportError)

from botocore.exceptions import ConnectionClosedError  # noqa: E402

from clients import ADMINISTRATOR, MANAGEMENT, member, outside  # noqa: E402
from other_calls import OTHER_CALLS  # noqa: E402

A, B = member(1), member(2)
OUTSIDE = outside(1)
ROOT = "r-org1"
AUTOMATION = "compute-optimizer-automation"


def happen(model, method, *arguments):
    return lambda aws: aws.happen(model, method, *arguments)


def invite(aws):
    aws.python("securityhub", ADMINISTRATOR, "CreateMembers", {"AccountDetails": [{"AccountId": OUTSIDE, "Email": "o@example.org"}]})
    aws.python("securityhub", ADMINISTRATOR, "InviteMembers", {"AccountIds": [OUTSIDE]})


# (service, caller, operation, parameters, steps before it, what must be in the answer)
CALLS = [
    ("organizations", member(3), "DescribeOrganization", {}, [], {"Organization": {"MasterAccountId": MANAGEMENT}}),
    ("organizations", MANAGEMENT, "DescribeAccount", {"AccountId": A}, [],
     {"Account": {"State": "ACTIVE", "JoinedTimestamp": "2024-01-01T00:00:00.000Z"}}),
    ("organizations", ADMINISTRATOR, "ListAccounts", {}, [], {"Accounts": [{"Id": MANAGEMENT}]}),
    ("organizations", MANAGEMENT, "ListAccountsForParent", {"ParentId": ROOT}, [], {"Accounts": [{"Id": MANAGEMENT}]}),
    ("organizations", MANAGEMENT, "ListParents", {"ChildId": A}, [], {"Parents": [{"Id": "ou-org1-production"}]}),
    ("organizations", MANAGEMENT, "ListChildren", {"ParentId": ROOT, "ChildType": "ORGANIZATIONAL_UNIT"}, [],
     {"Children": [{"Type": "ORGANIZATIONAL_UNIT"}]}),
    ("organizations", MANAGEMENT, "ListRoots", {}, [], {"Roots": [{"Id": ROOT}]}),
    ("organizations", MANAGEMENT, "ListOrganizationalUnitsForParent", {"ParentId": ROOT}, [],
     {"OrganizationalUnits": [{"Name": "Production"}]}),
    ("organizations", MANAGEMENT, "ListDelegatedAdministrators", {"ServicePrincipal": "securityhub.amazonaws.com"}, [],
     {"DelegatedAdministrators": [{"Id": ADMINISTRATOR, "DelegationEnabledDate": "2024-01-01T00:00:00.000Z"}]}),
    ("organizations", MANAGEMENT, "ListTagsForResource", {"ResourceId": A}, [], {"Tags": []}),
    ("securityhub", ADMINISTRATOR, "CreateMembers", {"AccountDetails": [{"AccountId": A}, {"AccountId": ADMINISTRATOR}]}, [],
     {"UnprocessedAccounts": [{"AccountId": ADMINISTRATOR}]}),
    ("securityhub", ADMINISTRATOR, "GetMembers", {"AccountIds": [OUTSIDE, B]}, [invite],
     {"Members": [{"MemberStatus": "Invited", "Email": "o@example.org", "InvitedAt": "2026-01-01T00:00:00.000Z"}],
      "UnprocessedAccounts": [{"AccountId": B}]}),
    ("securityhub", ADMINISTRATOR, "ListMembers", {"OnlyAssociated": False, "MaxResults": 1}, [
        happen("securityHub", "addMember", "us-east-1", ADMINISTRATOR, A),
        happen("securityHub", "addMember", "us-east-1", ADMINISTRATOR, B, {"status": "Removed"}),
    ], {"Members": [{"AccountId": A, "MemberStatus": "Enabled", "MasterId": ADMINISTRATOR}]}),
    ("securityhub", ADMINISTRATOR, "InviteMembers", {"AccountIds": [OUTSIDE, A]}, [invite], {"UnprocessedAccounts": [{"AccountId": A}]}),
    ("securityhub", ADMINISTRATOR, "DisassociateMembers", {"AccountIds": [A]}, [], {}),
    ("securityhub", ADMINISTRATOR, "DeleteMembers", {"AccountIds": [OUTSIDE, A]}, [invite], {"UnprocessedAccounts": [{"AccountId": A}]}),
    ("securityhub", ADMINISTRATOR, "DescribeHub", {}, [], {"AutoEnableControls": True}),
    ("securityhub", A, "EnableSecurityHub", {"EnableDefaultStandards": False, "Tags": {"a": "b"}}, [], {}),
    ("securityhub", A, "DisableSecurityHub", {}, [happen("securityHub", "enableHub", "us-east-1", A)], {}),
    ("securityhub", ADMINISTRATOR, "DescribeOrganizationConfiguration", {}, [],
     {"AutoEnable": False, "OrganizationConfiguration": {"ConfigurationType": "LOCAL"}}),
    ("securityhub", ADMINISTRATOR, "UpdateOrganizationConfiguration", {"AutoEnable": True}, [], {}),
    ("securityhub", MANAGEMENT, "EnableOrganizationAdminAccount", {"AdminAccountId": ADMINISTRATOR}, [],
     {"AdminAccountId": ADMINISTRATOR}),
    ("securityhub", MANAGEMENT, "DisableOrganizationAdminAccount", {"AdminAccountId": ADMINISTRATOR}, [], {}),
    ("securityhub", MANAGEMENT, "ListOrganizationAdminAccounts", {}, [], {"AdminAccounts": [{"AccountId": ADMINISTRATOR}]}),
    ("securityhub", OUTSIDE, "ListInvitations", {}, [happen("securityHub", "enableHub", "us-east-1", OUTSIDE), invite],
     {"Invitations": [{"AccountId": ADMINISTRATOR, "MemberStatus": "Invited", "InvitedAt": "2026-01-01T00:00:00.000Z"}]}),
    ("securityhub", OUTSIDE, "GetInvitationsCount", {}, [happen("securityHub", "enableHub", "us-east-1", OUTSIDE), invite],
     {"InvitationsCount": 1}),
    ("securityhub", OUTSIDE, "AcceptAdministratorInvitation", {"AdministratorId": ADMINISTRATOR, "InvitationId": f"{1:032x}"},
     [happen("securityHub", "enableHub", "us-east-1", OUTSIDE), invite], {}),
    ("securityhub", OUTSIDE, "DeclineInvitations", {"AccountIds": [ADMINISTRATOR, A]},
     [happen("securityHub", "enableHub", "us-east-1", OUTSIDE), invite], {"UnprocessedAccounts": [{"AccountId": A}]}),
    ("securityhub", OUTSIDE, "DeleteInvitations", {"AccountIds": [ADMINISTRATOR]},
     [happen("securityHub", "enableHub", "us-east-1", OUTSIDE), invite], {"UnprocessedAccounts": []}),
    ("securityhub", A, "GetAdministratorAccount", {}, [happen("securityHub", "addMember", "us-east-1", ADMINISTRATOR, A)],
     {"Administrator": {"AccountId": ADMINISTRATOR, "MemberStatus": "Enabled"}}),
    ("securityhub", OUTSIDE, "DisassociateFromAdministratorAccount", {},
     [happen("securityHub", "addMember", "us-east-1", ADMINISTRATOR, OUTSIDE)], {}),
    (AUTOMATION, MANAGEMENT, "AssociateAccounts", {"accountIds": [A, B], "clientToken": "t"}, [happen("automation", "refuse", B, "Why — 理由")],
     {"accountIds": [A], "errors": [f"Account {B}: Why — 理由"]}),
    (AUTOMATION, MANAGEMENT, "DisassociateAccounts", {"accountIds": [A], "clientToken": "t"}, [happen("automation", "associateAccount", A)],
     {"accountIds": [A]}),
    (AUTOMATION, MANAGEMENT, "ListAccounts", {"maxResults": 3},
     [happen("automation", "associateAccount", A), happen("clock", "advance", 250), happen("automation", "fail", A, "broken")],
     {"accounts": [
         {"accountId": MANAGEMENT, "status": "Active", "organizationRuleMode": "NoneAllowed", "lastUpdatedTimestamp": "2025-01-01T00:00:00.000Z"},
         {"accountId": ADMINISTRATOR, "status": "Inactive"},
         {"accountId": A, "status": "Failed", "statusReason": "broken", "organizationRuleMode": "AnyAllowed",
          "lastUpdatedTimestamp": "2026-01-01T00:00:00.250Z"},
     ]}),
    (AUTOMATION, A, "GetEnrollmentConfiguration", {}, [happen("automation", "associateAccount", A)],
     {"status": "Active", "organizationRuleMode": "AnyAllowed", "lastUpdatedTimestamp": "2026-01-01T00:00:00.000Z"}),
    (AUTOMATION, ADMINISTRATOR, "UpdateEnrollmentConfiguration", {"status": "Active", "clientToken": "t"}, [],
     {"status": "Active", "lastUpdatedTimestamp": "2026-01-01T00:00:00.000Z"}),
    *OTHER_CALLS,
]


#: Statuses of operations that answer something else than 200.
SUCCESS = {"DeleteObject": [204]}


def assert_contains(actual, expected, where="answer"):
    """Every member that is expected is there; lists begin with what is expected of them."""
    if isinstance(expected, dict):
        for name, value in expected.items():
            assert name in actual, f"{where} has no {name}"
            assert_contains(actual[name], value, f"{where}.{name}")
    elif isinstance(expected, list):
        assert len(actual) >= len(expected), where
        for i, value in enumerate(expected):
            assert_contains(actual[i], value, f"{where}[{i}]")
    else:
        assert actual == expected, where


@pytest.mark.parametrize("service, account, operation, parameters, before, expected", CALLS, ids=[f"{call[0]}-{call[2]}" for call in CALLS])
def test_w1_operation(aws, service, account, operation, parameters, before, expected):
    answer = aws.both(service, account, operation, parameters, before=before)
    assert answer.get("error") is None, answer
    assert answer["status"] in SUCCESS.get(operation, [200])
    assert_contains(answer["output"], expected)


def test_w1_every_modelled_operation_of_every_service_is_called(aws):
    modelled = {(service, operation) for service, operations in aws.reset().items() for operation in operations}
    assert modelled == {(call[0], call[2]) for call in CALLS}
    assert len({service for service, _ in modelled}) == 11


@pytest.mark.parametrize("service, operation, account", [
    ("organizations", "list_accounts", MANAGEMENT),
    ("securityhub", "list_members", ADMINISTRATOR),
])
def test_w1_paginators_see_everything_also_with_empty_pages(aws, service, operation, account):
    ids = [member(n) for n in range(1, 121)]
    aws.reset(organization={"accounts": 120, "members": ids}, organizations={"emptyPages": True})
    pages = list(aws.client(service, account).get_paginator(operation).paginate())
    found = [each.get("Id") or each.get("AccountId") for page in pages for each in page.get("Accounts") or page.get("Members") or []]
    assert sorted(found) == sorted(ids if service == "securityhub" else [*ids, MANAGEMENT, ADMINISTRATOR])
    assert len(pages) == (3 if service == "securityhub" else 14)


def test_w1_c9_the_paginator_of_associations_sees_every_account(aws):
    ids = [member(n) for n in range(1, 2_501)]
    aws.reset(organization={"accounts": 2_500})
    pages = list(aws.client(AUTOMATION, MANAGEMENT).get_paginator("list_accounts").paginate())
    assert [len(page["accounts"]) for page in pages] == [1_000, 1_000, 502]
    assert sorted(each["accountId"] for page in pages for each in page["accounts"]) == sorted([*ids, MANAGEMENT, ADMINISTRATOR])


def test_w1_c4_boto3_makes_up_client_tokens_that_the_model_takes(aws):
    for _ in range(2):
        answer = aws.python(AUTOMATION, MANAGEMENT, "AssociateAccounts", {"accountIds": [A]})
        assert answer == {"status": 200, "output": {"accountIds": [A]}}


def test_w1_c11_a_region_without_an_endpoint_is_a_failed_connection_to_boto3(aws):
    client = aws.client(AUTOMATION, MANAGEMENT, "eu-south-1")
    with pytest.raises(ConnectionClosedError):
        client.list_accounts()
