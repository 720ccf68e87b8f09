"""W4: the client of Compute Optimizer Automation sends what boto3 sends, and understands what boto3 understands."""

import json
import re
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

pytest.importorskip("boto3", reason="boto3 is not installed: requests stay uncompared", exc_type=ImportError)

import boto3  # noqa: E402
from botocore.config import Config  # noqa: E402
from botocore.exceptions import BotoCoreError, ClientError  # noqa: E402

from clients import understood_error  # noqa: E402

SERVICE = "compute-optimizer-automation"
KEY = "AKIAEXAMPLE"
A, B = "000000000001", "111122223333"
FIFTY = [f"{n:012d}" for n in range(50, 0, -1)]


class Recorder:
    """A server that keeps every request and answers as it is told."""

    def __init__(self):
        recorder = self
        self.requests = []
        self.answer = (200, {}, "{}")

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("content-length", 0))).decode()
                recorder.requests.append((self.command, self.path, dict(self.headers.items()), body))
                status, headers, text = recorder.answer
                self.send_response(status)
                for name, value in {"content-type": "application/x-amz-json-1.0", **headers}.items():
                    self.send_header(name, value)
                data = text.encode()
                self.send_header("content-length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_PUT = do_POST

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture(scope="module")
def recorder():
    started = Recorder()
    yield started
    started.stop()


def client_of(url, region):
    return boto3.client(
        SERVICE, endpoint_url=url, region_name=region, aws_access_key_id=KEY, aws_secret_access_key="any",
        config=Config(retries={"total_max_attempts": 1}, parameter_validation=False))


def python(url, operation, parameters, region="us-east-1"):
    client = client_of(url, region)
    try:
        # a copy, because boto3 puts the client token into what it is given
        output = client._make_api_call(operation, dict(parameters))
    except ClientError as error:
        return understood_error(client, error)
    return {"status": output.pop("ResponseMetadata")["HTTPStatusCode"], "output": output}


def node(processes, url, operation, parameters, region="us-east-1"):
    return processes.javascript.ask({
        "url": url, "service": SERVICE, "operation": operation, "region": region, "account": KEY, "input": parameters})


def essence(request):
    """What a request means: method, path, target, content type, body, and for what it is signed."""
    method, path, headers, body = request
    lower = {name.lower(): value for name, value in headers.items()}
    scope = re.search(r"Credential=([^/]+)/\d{8}/([^,]+),", lower["authorization"]).groups()
    assert {"host", "x-amz-date", "x-amz-target"} <= set(
        re.search(r"SignedHeaders=([^,]+)", lower["authorization"]).group(1).split(";"))
    return {
        "method": method, "path": path, "target": lower["x-amz-target"], "type": lower["content-type"],
        "body": json.loads(body), "scope": scope,
    }


def pair(processes, recorder, operation, parameters, region="us-east-1"):
    """The same call by both clients: two requests, as boto3's and as ours."""
    recorder.answer = (200, {}, "{}")
    recorder.requests.clear()
    python(recorder.url, operation, parameters, region)
    node(processes, recorder.url, operation, parameters, region)
    assert len(recorder.requests) == 2
    return [essence(each) for each in recorder.requests]


TOKEN = "Aa0_-" * 12 + "zzzz"

REQUESTS = [
    *[(operation, {"accountIds": ids, "clientToken": token})
      for operation in ("AssociateAccounts", "DisassociateAccounts")
      for ids, token in [
          ([A], "t"), ([A, B], TOKEN), ([], "t"), (FIFTY, "t"), ([*FIFTY, B], "t"), ([A, A], "t"),
          # what the service would refuse has to reach it unchanged
          (["é", "日本", "😀", "\u2028", "\x00\n\t\"\\"], "t"), ([A], ""), ([A], "ключ"), (["", " "], "t"),
      ]],
    ("AssociateAccounts", {"clientToken": "t"}),
    ("DisassociateAccounts", {"clientToken": "t"}),
    *[("ListAccounts", parameters) for parameters in [
        {}, {"maxResults": 1}, {"maxResults": 1000}, {"maxResults": 0}, {"maxResults": -1}, {"maxResults": 2**31},
        {"nextToken": "YWJj+/=="}, {"maxResults": 7, "nextToken": "é"}, {"nextToken": ""},
    ]],
    ("GetEnrollmentConfiguration", {}),
    *[("UpdateEnrollmentConfiguration", {"status": status, "clientToken": "t"})
      for status in ("Active", "Inactive", "Pending", "Failed", "Unheard-of", "")],
    ("UpdateEnrollmentConfiguration", {"clientToken": "t"}),
]


@pytest.mark.parametrize("operation, parameters", REQUESTS, ids=[f"{i}-{each[0]}" for i, each in enumerate(REQUESTS)])
def test_w4_request_equals_that_of_boto3(processes, recorder, operation, parameters):
    theirs, ours = pair(processes, recorder, operation, parameters)
    assert ours == theirs
    assert ours["body"] == parameters


@pytest.mark.parametrize("region", ["us-east-1", "eu-west-3", "ap-northeast-3", "cn-north-1", "us-gov-west-1"])
def test_w4_request_is_signed_for_its_region(processes, recorder, region):
    theirs, ours = pair(processes, recorder, "ListAccounts", {}, region)
    assert ours == theirs
    assert ours["scope"] == (KEY, f"{region}/aco-automation/aws4_request")


@pytest.mark.parametrize("operation, parameters", [
    ("AssociateAccounts", {"accountIds": [A]}), ("DisassociateAccounts", {"accountIds": []}),
    ("UpdateEnrollmentConfiguration", {"status": "Active"}),
])
def test_w4_client_token_is_made_up_alike(processes, recorder, operation, parameters):
    theirs, ours = pair(processes, recorder, operation, parameters)
    tokens = [each["body"].pop("clientToken") for each in (theirs, ours)]
    assert ours == theirs
    assert tokens[0] != tokens[1]
    for token in tokens:
        assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", token)


SERVICE_MODEL = client_of("http://127.0.0.1", "us-east-1").meta.service_model
OPERATIONS = {
    "AssociateAccounts": {"accountIds": [A]}, "DisassociateAccounts": {"accountIds": [A]}, "ListAccounts": {},
    "GetEnrollmentConfiguration": {}, "UpdateEnrollmentConfiguration": {"status": "Active"},
}
#: The errors of the service, also those that only other operations declare.
ERRORS = {
    name: SERVICE_MODEL.shape_for(name).metadata["error"]["httpStatusCode"]
    for name in SERVICE_MODEL.shape_names if SERVICE_MODEL.shape_for(name).metadata.get("exception")
}


def both_understand(processes, recorder, operation="ListAccounts"):
    theirs = python(recorder.url, operation, OPERATIONS[operation])
    ours = node(processes, recorder.url, operation, OPERATIONS[operation])
    return theirs, ours


def test_w1_the_service_has_the_twelve_errors_that_the_client_knows():
    assert len(ERRORS) == 12


@pytest.mark.parametrize("operation, code", [
    (operation, shape.name) for operation in OPERATIONS for shape in SERVICE_MODEL.operation_model(operation).error_shapes])
def test_w1_declared_error_is_understood_alike(processes, recorder, operation, code):
    body = json.dumps({"__type": f"com.amazonaws.computeoptimizerautomation#{code}", "message": "Why — 理由"})
    recorder.answer = (ERRORS[code], {}, body)
    theirs, ours = both_understand(processes, recorder, operation)
    assert ours == theirs == {"status": ERRORS[code], "error": code, "message": "Why — 理由", "members": {}}


FORMS = {
    "bare": ({}, '{"__type": "%s", "message": "why"}'),
    "namespace": ({}, '{"__type": "com.amazonaws.computeoptimizerautomation#%s", "message": "why"}'),
    "other namespace": ({}, '{"__type": "com.amazon.coral.service#%s", "message": "why"}'),
    "address": ({}, '{"__type": "%s:http://internal.amazon.com/coral/x/", "message": "why"}'),
    "capital": ({}, '{"__type": "%s", "Message": "why"}'),
    "header too": ({"x-amzn-errortype": "%s"}, '{"__type": "%s", "message": "why"}'),
}


@pytest.mark.parametrize("code", [*ERRORS, "UnrecognizedClientException", "SomethingNewException"])
@pytest.mark.parametrize("form", FORMS)
def test_w1_error_is_understood_alike_in_every_form(processes, recorder, form, code):
    headers, body = FORMS[form]
    status = ERRORS.get(code, 400)
    recorder.answer = (status, {name: value % code for name, value in headers.items()}, body % code)
    theirs, ours = both_understand(processes, recorder)
    assert ours == theirs == {"status": status, "error": code, "message": "why", "members": {}}


@pytest.mark.parametrize("code", ERRORS)
def test_w1_error_without_a_text_has_its_name_and_status(processes, recorder, code):
    recorder.answer = (ERRORS[code], {}, json.dumps({"__type": code}))
    theirs, ours = both_understand(processes, recorder)
    assert (ours["error"], ours["status"]) == (theirs["error"], theirs["status"]) == (code, ERRORS[code])


ANSWERS = [
    ("AssociateAccounts", {"accountIds": [A], "errors": ["Why — 理由", ""]}),
    ("AssociateAccounts", {"accountIds": [], "errors": []}),
    ("DisassociateAccounts", {"accountIds": [A]}),
    ("DisassociateAccounts", {}),
    ("AssociateAccounts", {"accountIds": None, "errors": None}),
    ("AssociateAccounts", {"accountIds": [A], "unheardOf": {"a": 1}}),
    ("ListAccounts", {"accounts": [], "nextToken": "YQ=="}),
    ("ListAccounts", {"accounts": [
        {"accountId": A, "status": "Active", "organizationRuleMode": "AnyAllowed", "lastUpdatedTimestamp": 1764000000.25},
        {"accountId": B, "status": "New", "organizationRuleMode": "New", "statusReason": "é", "lastUpdatedTimestamp": 1},
    ]}),
    ("GetEnrollmentConfiguration", {"status": "Failed", "statusReason": "why", "lastUpdatedTimestamp": 1764000000}),
    ("UpdateEnrollmentConfiguration", {"status": "Pending", "lastUpdatedTimestamp": 1764000000.5}),
]


@pytest.mark.parametrize("operation, answer", ANSWERS, ids=[f"{i}-{each[0]}" for i, each in enumerate(ANSWERS)])
def test_w1_answer_is_understood_alike(processes, recorder, operation, answer):
    from clients import plain

    recorder.answer = (200, {}, json.dumps(answer))
    theirs, ours = both_understand(processes, recorder, operation)
    assert ours == plain(theirs)
    assert ours["status"] == 200


REGIONS = [
    "us-east-1", "eu-central-1", "ap-northeast-3", "sa-east-1", "mx-central-1", "cn-north-1", "cn-northwest-1", "us-gov-east-1",
    "us-gov-west-1", "us-iso-east-1", "us-isob-east-1", "eu-isoe-west-1", "us-isof-south-1", "eusc-de-east-1", "xx-nowhere-9",
]


def boto3_endpoint(region, fips, dual_stack):
    try:
        config = Config(use_fips_endpoint=fips, use_dualstack_endpoint=dual_stack)
        client = boto3.client(SERVICE, region_name=region, aws_access_key_id=KEY, aws_secret_access_key="any", config=config)
        parameters = client._ruleset_resolver.construct_endpoint(SERVICE_MODEL.operation_model("ListAccounts"), {}, {"client_region": region})
        return {"url": parameters.url}
    except BotoCoreError as error:
        return {"error": str(error)}


#: Partitions that got dual-stack endpoints of late: it depends on the release whether boto3 and the SDK know of them.
UNSETTLED = ("eu-isoe-west-1", "us-isof-south-1")

ENDPOINTS = [
    (region, fips, dual_stack)
    for region in REGIONS for fips in (False, True) for dual_stack in (False, True)
    if not (dual_stack and region in UNSETTLED)
]


@pytest.mark.parametrize("region, fips, dual_stack", ENDPOINTS)
def test_w4_endpoint_equals_that_of_boto3(processes, region, fips, dual_stack):
    theirs = boto3_endpoint(region, fips, dual_stack)
    ours = processes.javascript.ask({
        "service": SERVICE, "region": region, "account": KEY, "input": {"Region": region, "UseFIPS": fips, "UseDualStack": dual_stack}})
    if "error" in theirs:
        assert ours.get("error") and ours["error"] in theirs["error"]
    else:
        assert ours == {"url": theirs["url"] + "/"}
