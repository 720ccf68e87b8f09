"""W1: both clients understand every declared error alike. W2: the models raise only declared ones. W3: constraints hold."""

import pytest

pytest.importorskip(
    "boto3", reason="boto3 is not installed: the embedded AWS stays unchecked by an independent client", exc_type=ImportError)

import boto3  # noqa: E402

from clients import ADMINISTRATOR, MANAGEMENT, REGION, member, outside  # noqa: E402
from other_calls import (  # noqa: E402
    BUCKET, GROUP, GROUP_THERE, ITEM_THERE, KEY, PARAMETER_THERE, STACK, STACK_THERE, STREAM, TABLE, TEMPLATE, table_there,
)
from test_operations import AUTOMATION, CALLS, happen, invite  # noqa: E402

A, B = member(1), member(2)
OUTSIDE = outside(1)
OTHERS = [member(n) for n in range(1, 52)]

#: Members of errors besides their message.
MEMBERS = {
    "ConstraintViolationException": {"Reason": "WAIT_PERIOD_ACTIVE"},
    "InvalidInputException": {"Reason": "INVALID_PATTERN"},
    "TooManyRequestsException": {"Type": "RATE"},
}


def service_model(service):
    return boto3.client(service, region_name=REGION, aws_access_key_id="x", aws_secret_access_key="x").meta.service_model


def declared(service, operation):
    return service_model(service).operation_model(operation).error_shapes


#: Answers without a body: the error's name is nowhere.
NAMELESS = {"HeadBucket", "HeadObject"}

#: The services whose models are tested for every error that they can raise; the others have the errors of faults.
OURS = {"compute-optimizer-automation", "organizations", "securityhub"}

DECLARED = [
    (service, account, operation, parameters, shape.name)
    for service, account, operation, parameters, _, _ in CALLS
    for shape in declared(service, operation)
    if operation not in NAMELESS
]


@pytest.mark.parametrize(
    "service, account, operation, parameters, code", DECLARED, ids=[f"{each[0]}-{each[2]}-{each[4]}" for each in DECLARED])
def test_w1_declared_error(aws, service, account, operation, parameters, code):
    shape = service_model(service).shape_for(code)
    if service not in OURS:
        declared_elsewhere(aws, service, account, operation, parameters, shape)
        return
    members = MEMBERS.get(code, {}) if service == "organizations" else {}
    members = {name: value for name, value in members.items() if name in shape.members}
    answer = aws.both(service, account, operation, parameters,
                      before=[lambda each: each.fault(service, operation, code, "Why it failed.", members)])
    expected_status = shape.metadata.get("error", {}).get("httpStatusCode")
    # the API reference of Organizations prints 400 for every error; only a fault of the service itself is 500
    expected_status = expected_status or (500 if code == "ServiceException" else 400)
    expected_members = {"Code": code} if service == "securityhub" else members
    assert answer == {"status": expected_status, "error": code, "message": "Why it failed.", "members": expected_members}


def declared_elsewhere(aws, service, account, operation, parameters, shape):
    """The name on the wire may differ from that of the shape; what has no status in the model is the caller's fault, or the server's."""
    trait = shape.metadata.get("error", {})
    status = trait.get("httpStatusCode") or (500 if "Internal" in shape.name or "Unavailable" in shape.name else 400)
    answer = aws.both(service, account, operation, parameters, before=[lambda each: each.fault(
        service, operation, trait.get("code", shape.name), "Why it failed.", status=status)])
    assert answer == {"status": status, "error": shape.name, "message": "Why it failed.", "members": {}}


@pytest.mark.parametrize("operation, parameters", [
    ("HeadBucket", {"Bucket": "none"}), ("HeadObject", {"Bucket": BUCKET, "Key": "none"}),
])
def test_w1_an_answer_without_a_body_tells_its_error_by_the_status(aws, operation, parameters):
    python = aws.python("s3", ADMINISTRATOR, operation, parameters)
    node = aws.node("s3", ADMINISTRATOR, operation, parameters)
    assert (python["status"], python["error"]) == (404, "404")
    assert (node["status"], node["error"]) == (404, "NotFound")


#: What the services around refuse by themselves: (service, operation, parameters, steps before, error, status)
ELSEWHERE = [
    ("sts", "AssumeRole", {"RoleArn": f"arn:aws:iam::{A}:role/none", "RoleSessionName": "session"}, [], "AccessDenied", 403),
    ("iam", "GetRole", {"RoleName": "none"}, [], "NoSuchEntityException", 404),
    ("iam", "GetRolePolicy", {"RoleName": "Reader", "PolicyName": "none"}, [], "NoSuchEntityException", 404),
    ("ssm", "GetParameter", {"Name": "/none"}, [], "ParameterNotFound", 400),
    ("ssm", "DeleteParameter", {"Name": "/none"}, [], "ParameterNotFound", 400),
    ("ssm", "PutParameter", {"Name": "/list", "Value": "v", "Type": "String"}, [PARAMETER_THERE], "ParameterAlreadyExists", 400),
    ("s3", "GetObject", {"Bucket": BUCKET, "Key": "none"}, [], "NoSuchKey", 404),
    ("s3", "ListObjectsV2", {"Bucket": "none"}, [], "NoSuchBucket", 404),
    ("dynamodb", "GetItem", {"TableName": "none", "Key": KEY}, [], "ResourceNotFoundException", 400),
    ("dynamodb", "CreateTable", TABLE, [table_there], "ResourceInUseException", 400),
    ("dynamodb", "PutItem", {"TableName": "table", "Item": KEY, "ConditionExpression": "attribute_not_exists(pk)"},
     [table_there, ITEM_THERE], "ConditionalCheckFailedException", 400),
    ("logs", "CreateLogGroup", GROUP, [GROUP_THERE], "ResourceAlreadyExistsException", 400),
    ("logs", "GetLogEvents", STREAM, [], "ResourceNotFoundException", 400),
    ("lambda", "GetFunction", {"FunctionName": "none"}, [], "ResourceNotFoundException", 404),
    ("lambda", "Invoke", {"FunctionName": "Echo", "Payload": "{"}, [], "InvalidRequestContentException", 400),
    ("cloudformation", "DescribeStacks", {"StackName": "none"}, [], "ValidationError", 400),
    ("cloudformation", "CreateStack", {**STACK, "TemplateBody": TEMPLATE % "one"}, STACK_THERE, "AlreadyExistsException", 400),
    ("cloudformation", "DescribeChangeSet", {**STACK, "ChangeSetName": "none"}, STACK_THERE, "ChangeSetNotFoundException", 404),
    ("cloudformation", "UpdateStack", {**STACK, "TemplateBody": TEMPLATE % "one"}, STACK_THERE, "ValidationError", 400),
    ("cloudformation", "ListImports", {"ExportName": "none"}, [], "ValidationError", 400),
]


@pytest.mark.parametrize("service, operation, parameters, before, code, status", ELSEWHERE, ids=[f"{e[1]}-{e[4]}" for e in ELSEWHERE])
def test_w1_both_clients_understand_what_the_services_around_refuse(aws, service, operation, parameters, before, code, status):
    answer = aws.both(service, ADMINISTRATOR, operation, parameters, before=before)
    assert (answer.get("error"), answer["status"]) == (code, status)


def test_w1_a_failed_condition_shows_the_item(aws):
    answer = aws.both("dynamodb", ADMINISTRATOR, "DeleteItem", {
        "TableName": "table", "Key": KEY, "ConditionExpression": "n = :two", "ExpressionAttributeValues": {":two": {"N": "2"}},
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }, before=[table_there, ITEM_THERE])
    assert answer["members"] == {"Item": {"pk": {"S": "a"}, "n": {"N": "1"}}}


def details(*ids):
    return {"AccountDetails": [{"AccountId": each} for each in ids]}


def ids(*values):
    return {"AccountIds": list(values)}


def central(aws):
    aws.happen("securityHub", "setCentralConfiguration", REGION, ADMINISTRATOR, True)


def own_hub(account):
    return happen("securityHub", "enableHub", REGION, account)


def throttled(service, account, operation, parameters):
    def exhaust(aws):
        for _ in range(30):
            aws.python(service, account, operation, parameters)
    return exhaust


def automation(*names, **arguments):
    """Calls of both operations that deal with accounts."""
    return [(name, arguments) for name in names or ("AssociateAccounts", "DisassociateAccounts")]


def called(operation, parameters, account=MANAGEMENT):
    return lambda aws: aws.python(AUTOMATION, account, operation, parameters)


def exhausted(aws):
    for _ in range(5):
        aws.python(AUTOMATION, MANAGEMENT, "ListAccounts", {})


#: Calls of every operation of Automation that has something to say to whoever may not make it.
AUTOMATION_CALLS = [
    *automation(accountIds=[A], clientToken="t"), ("ListAccounts", {}), ("GetEnrollmentConfiguration", {}),
    ("UpdateEnrollmentConfiguration", {"status": "Active", "clientToken": "t"}),
]
OFF = {"organization": {"computeOptimizer": {"automation": [{"accountId": MANAGEMENT, "status": "Inactive"}]}}}
NOT_ENROLLED = {"organization": {"computeOptimizer": {"enrolled": [], "automation": [{"accountId": MANAGEMENT, "status": "Inactive"}]}}}


# what a model refuses by itself: (service, caller, operation, parameters, steps before, world, error)
REFUSALS = [
    # who may
    ("organizations", A, "ListAccounts", {}, [], {}, "AccessDeniedException"),
    ("organizations", OUTSIDE, "DescribeOrganization", {}, [], {}, "AWSOrganizationsNotInUseException"),
    ("organizations", OUTSIDE, "DescribeAccount", {"AccountId": A}, [], {}, "AWSOrganizationsNotInUseException"),
    ("organizations", MANAGEMENT, "ListRoots", {}, [throttled("organizations", MANAGEMENT, "ListRoots", {})],
     {"organizations": {"throttling": True}}, "TooManyRequestsException"),
    # what is not there
    ("organizations", MANAGEMENT, "DescribeAccount", {"AccountId": OUTSIDE}, [], {}, "AccountNotFoundException"),
    ("organizations", MANAGEMENT, "ListAccountsForParent", {"ParentId": "ou-org1-nowhere00"}, [], {}, "ParentNotFoundException"),
    ("organizations", MANAGEMENT, "ListChildren", {"ParentId": "ou-org1-nowhere00", "ChildType": "ACCOUNT"}, [], {},
     "ParentNotFoundException"),
    ("organizations", MANAGEMENT, "ListOrganizationalUnitsForParent", {"ParentId": "r-none"}, [], {}, "ParentNotFoundException"),
    ("organizations", MANAGEMENT, "ListParents", {"ChildId": OUTSIDE}, [], {}, "ChildNotFoundException"),
    ("organizations", MANAGEMENT, "ListTagsForResource", {"ResourceId": OUTSIDE}, [], {}, "TargetNotFoundException"),
    # who may
    *[("securityhub", A, operation, parameters, [], {}, "InvalidAccessException") for operation, parameters in [
        ("CreateMembers", details(B)), ("GetMembers", ids(B)), ("InviteMembers", ids(B)), ("DeleteMembers", ids(B)),
        ("DisassociateMembers", ids(B)), ("ListMembers", {}), ("DescribeHub", {}), ("DisableSecurityHub", {}),
        ("DescribeOrganizationConfiguration", {}), ("UpdateOrganizationConfiguration", {"AutoEnable": False}),
        ("ListOrganizationAdminAccounts", {}), ("ListInvitations", {}), ("GetInvitationsCount", {}), ("GetAdministratorAccount", {}),
        ("AcceptAdministratorInvitation", {"AdministratorId": ADMINISTRATOR, "InvitationId": "x"}),
        ("DeclineInvitations", ids(ADMINISTRATOR)), ("DeleteInvitations", ids(ADMINISTRATOR)),
        ("DisassociateFromAdministratorAccount", {}),
    ]],
    *[("securityhub", A, operation, parameters, [own_hub(A)], {"unknowns": {"notAdministrator": "accessDenied"}}, code)
      for operation, parameters, code in [
          ("CreateMembers", details(B), "AccessDeniedException"), ("DisassociateMembers", ids(B), "AccessDeniedException"),
          ("GetMembers", ids(B), "InvalidAccessException"), ("ListMembers", {}, "InvalidAccessException"),
          ("InviteMembers", ids(B), "InvalidAccessException"), ("DeleteMembers", ids(B), "InvalidAccessException"),
          ("DescribeOrganizationConfiguration", {}, "InvalidAccessException"),
          ("UpdateOrganizationConfiguration", {"AutoEnable": False}, "AccessDeniedException"),
      ]],
    ("securityhub", A, "EnableOrganizationAdminAccount", {"AdminAccountId": B}, [], {}, "AccessDeniedException"),
    ("securityhub", A, "DisableOrganizationAdminAccount", {"AdminAccountId": B}, [], {}, "AccessDeniedException"),
    ("securityhub", ADMINISTRATOR, "DisableSecurityHub", {}, [], {}, "InvalidAccessException"),
    # states
    ("securityhub", ADMINISTRATOR, "EnableSecurityHub", {}, [], {}, "ResourceConflictException"),
    ("securityhub", ADMINISTRATOR, "DescribeHub", {"HubArn": "arn:none"}, [], {}, "ResourceNotFoundException"),
    ("securityhub", ADMINISTRATOR, "CreateMembers", details(A), [central], {}, "AccessDeniedException"),
    ("securityhub", ADMINISTRATOR, "DisassociateMembers", ids(A), [central], {}, "AccessDeniedException"),
    ("securityhub", ADMINISTRATOR, "UpdateOrganizationConfiguration", {"AutoEnable": True}, [central], {}, "InvalidInputException"),
    ("securityhub", ADMINISTRATOR, "DisassociateMembers", ids(A), [], {"unknowns": {"disassociateUnknown": "resourceNotFound"}},
     "ResourceNotFoundException"),
    ("securityhub", OUTSIDE, "AcceptAdministratorInvitation", {"AdministratorId": ADMINISTRATOR, "InvitationId": "x"},
     [own_hub(OUTSIDE), invite], {}, "ResourceNotFoundException"),
    ("securityhub", OUTSIDE, "DisassociateFromAdministratorAccount", {}, [own_hub(OUTSIDE)], {}, "ResourceNotFoundException"),
    ("securityhub", MANAGEMENT, "EnableOrganizationAdminAccount", {"AdminAccountId": OUTSIDE}, [], {}, "InvalidInputException"),
    ("securityhub", MANAGEMENT, "DisableOrganizationAdminAccount", {"AdminAccountId": A}, [], {}, "InvalidInputException"),
    # quotas and throttling have one name
    ("securityhub", ADMINISTRATOR, "CreateMembers", details(A, B), [],
     {"organization": {"administrator": {"quotas": {"members": 1}}}}, "LimitExceededException"),
    ("securityhub", ADMINISTRATOR, "GetMembers", ids(A), [throttled("securityhub", ADMINISTRATOR, "GetMembers", ids(A))],
     {"securityHub": {"throttling": {"perSecond": 10, "burst": 30}}}, "LimitExceededException"),
    # constraints of requests
    *[("organizations", MANAGEMENT, operation, parameters, [], {}, "InvalidInputException") for operation, parameters in [
        ("DescribeAccount", {}), ("DescribeAccount", {"AccountId": "1"}), ("ListAccounts", {"MaxResults": 21}),
        ("ListAccounts", {"MaxResults": 0}), ("ListAccounts", {"NextToken": "x"}), ("ListParents", {"ChildId": "x"}),
        ("ListChildren", {"ParentId": "r-org1", "ChildType": "X"}), ("ListAccountsForParent", {"ParentId": A}),
        ("ListTagsForResource", {"ResourceId": "x"}), ("ListDelegatedAdministrators", {"ServicePrincipal": "no spaces"}),
    ]],
    *[("securityhub", ADMINISTRATOR, operation, parameters, [], {}, "InvalidInputException") for operation, parameters in [
        ("CreateMembers", details()), ("CreateMembers", details(*OTHERS)), ("CreateMembers", details("1234")),
        ("CreateMembers", {"AccountDetails": [{"Email": "a@example.org"}]}),
        ("CreateMembers", {"AccountDetails": [{"AccountId": A, "Email": " "}]}),
        ("GetMembers", ids()), ("GetMembers", ids("x")), ("GetMembers", ids(*OTHERS)),
        ("InviteMembers", ids()), ("InviteMembers", ids("x")), ("DisassociateMembers", ids()), ("DisassociateMembers", ids("x")),
        ("DeleteMembers", ids()), ("DeleteMembers", ids("x")), ("ListMembers", {"MaxResults": 51}), ("ListMembers", {"NextToken": "x"}),
        ("ListInvitations", {"MaxResults": 51}), ("ListOrganizationAdminAccounts", {"MaxResults": 11}),
        ("DeclineInvitations", ids("x")), ("DeleteInvitations", ids("x")), ("UpdateOrganizationConfiguration", {}),
        ("EnableOrganizationAdminAccount", {"AdminAccountId": "x"}), ("DisableOrganizationAdminAccount", {"AdminAccountId": "x"}),
    ]],
    # Automation: who may
    *[(AUTOMATION, account, operation, parameters, [], {}, "NotManagementAccountException")
      for account in (A, OUTSIDE, ADMINISTRATOR) for operation, parameters in AUTOMATION_CALLS[:3]],
    *[(AUTOMATION, MANAGEMENT, operation, parameters, [], OFF, "OptInRequiredException") for operation, parameters in AUTOMATION_CALLS[:3]],
    (AUTOMATION, MANAGEMENT, "UpdateEnrollmentConfiguration", {"status": "Active", "clientToken": "t"}, [], NOT_ENROLLED,
     "OptInRequiredException"),
    # Automation: states
    *[(AUTOMATION, MANAGEMENT, operation, {"accountIds": [A, OUTSIDE], "clientToken": "t"}, [], {}, "InvalidParameterValueException")
      for operation in ("AssociateAccounts", "DisassociateAccounts")],
    *[(AUTOMATION, A, "GetEnrollmentConfiguration", {}, [], {"unknowns": {"enrollmentOfNobody": setting}}, code)
      for setting, code in [("resourceNotFound", "ResourceNotFoundException"), ("optInRequired", "OptInRequiredException")]],
    *[(AUTOMATION, account, "UpdateEnrollmentConfiguration", {"status": status, "clientToken": "t"}, [happen("automation", what, account)],
       {"unknowns": {"enrollmentRefusal": setting}}, code)
      for account, status, what in [(MANAGEMENT, "Active", "optOut"), (A, "Inactive", "associateAccount")]
      for setting, code in [("invalidParameterValue", "InvalidParameterValueException"), ("forbidden", "ForbiddenException")]],
    # Automation: client tokens
    *[(AUTOMATION, MANAGEMENT, operation, {"accountIds": [B], "clientToken": "t"},
       [called(operation, {"accountIds": [A], "clientToken": "t"})], {}, "IdempotentParameterMismatchException")
      for operation in ("AssociateAccounts", "DisassociateAccounts")],
    *[(AUTOMATION, MANAGEMENT, operation, {"accountIds": [A], "clientToken": "t"},
       [called(operation, {"accountIds": [A], "clientToken": "t"})], {"unknowns": {"clientTokenInUseFor": 500}}, "IdempotencyTokenInUseException")
      for operation in ("AssociateAccounts", "DisassociateAccounts")],
    (AUTOMATION, MANAGEMENT, "UpdateEnrollmentConfiguration", {"status": "Inactive", "clientToken": "t"},
     [called("UpdateEnrollmentConfiguration", {"status": "Active", "clientToken": "t"})], {}, "IdempotentParameterMismatchException"),
    # Automation: throttling
    *[(AUTOMATION, MANAGEMENT, operation, parameters, [exhausted], {"automation": {"throttling": {"perSecond": 5, "burst": 5}}},
       "ThrottlingException") for operation, parameters in AUTOMATION_CALLS],
    # Automation: constraints of requests
    *[(AUTOMATION, MANAGEMENT, operation, parameters, [], {}, "InvalidParameterValueException") for operation, parameters in [
        *[(operation, parameters)
          for operation in ("AssociateAccounts", "DisassociateAccounts")
          for parameters in [
              {"clientToken": "t"}, {"accountIds": [], "clientToken": "t"}, {"accountIds": ["1"], "clientToken": "t"},
              {"accountIds": [A, "x" * 12], "clientToken": "t"}, {"accountIds": OTHERS, "clientToken": "t"},
              {"accountIds": [A], "clientToken": ""}, {"accountIds": [A], "clientToken": "x" * 65},
              {"accountIds": [A], "clientToken": "ключ"},
          ]],
        ("ListAccounts", {"maxResults": 0}), ("ListAccounts", {"maxResults": 1_001}), ("ListAccounts", {"nextToken": "a-b"}),
        ("ListAccounts", {"nextToken": "YWJj"}), ("UpdateEnrollmentConfiguration", {"clientToken": "t"}),
        ("UpdateEnrollmentConfiguration", {"status": "Pending", "clientToken": "t"}),
        ("UpdateEnrollmentConfiguration", {"status": "Active", "clientToken": "a b"}),
    ]],
]


@pytest.mark.parametrize(
    "service, account, operation, parameters, before, world, code", REFUSALS,
    ids=[f"{i}-{each[2]}-{each[6]}" for i, each in enumerate(REFUSALS)])
def test_w2_w3_refusal(aws, service, account, operation, parameters, before, world, code):
    aws.reset(**world)
    answer = aws.both(service, account, operation, parameters, before=before)
    assert answer.get("error") == code, answer
    assert code in [shape.name for shape in declared(service, operation)]


def test_w2_every_error_that_a_model_can_raise_is_refused_here():
    """Errors that no model raises by itself come only from faults and from IAM."""
    only_injected = {
        "ServiceException", "ConcurrentModificationException", "ConstraintViolationException", "UnsupportedAPIEndpointException",
        "InternalException", "InternalServerException", "ServiceUnavailableException",
    }
    declared_names = {name for service, _, _, _, name in DECLARED if service in OURS}
    assert {each[6] for each in REFUSALS} == declared_names - only_injected


def test_w3_more_than_fifty_are_not_processed_when_aws_says_so(aws):
    aws.reset(organization={"accounts": 60}, unknowns={"overFifty": "unprocessed"})
    answer = aws.both("securityhub", ADMINISTRATOR, "CreateMembers", details(*OTHERS))
    assert answer["output"] == {
        "UnprocessedAccounts": [{"AccountId": OTHERS[50], "ProcessingResult": "Maximum number of results exceeded"}]
    }
