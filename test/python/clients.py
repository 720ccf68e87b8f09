"""The same call made by boto3 and by the JavaScript SDK, and what each of them understood."""

import copy
import json
import os
import subprocess
from datetime import timezone
from pathlib import Path

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

HERE = Path(__file__).parent
ROOT = HERE.parent.parent

MANAGEMENT = "999999999999"
ADMINISTRATOR = "888888888888"
REGION = "us-east-1"

#: What a service signs with, where boto3 calls it otherwise.
SIGNING_NAMES = {"compute-optimizer-automation": "aco-automation"}


#: Services that there is a JavaScript client of; IAM is only looked at by hand.
JAVASCRIPT = {
    "cloudformation", "compute-optimizer-automation", "dynamodb", "lambda", "logs", "organizations", "s3", "securityhub", "ssm", "sts",
}


def member(n):
    return f"{n:012d}"


def outside(n):
    return f"7{n:011d}"


class JsonLines:
    """A process that answers each line with a line."""

    def __init__(self, *command):
        environment = {**os.environ, "NODE_NO_WARNINGS": "1"}
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def read(self):
        line = self.process.stdout.readline()
        assert line, f"{self.process.args} has ended"
        return json.loads(line)

    def ask(self, question):
        self.process.stdin.write(json.dumps(question) + "\n")
        self.process.stdin.flush()
        return self.read()

    def stop(self):
        self.process.stdin.close()
        self.process.wait(timeout=30)


class Processes:
    """The embedded AWS and a JavaScript client."""

    def __enter__(self):
        self.server = JsonLines("node", "--import", "tsx", str(HERE / "serve.ts"))
        self.url = self.server.read()["url"]
        # tsx, because a client may be one of this repository's own packages
        self.javascript = JsonLines("node", "--import", "tsx", str(HERE / "call.mjs"))
        self.clients = {}
        self.world = {}
        return self

    def __exit__(self, *_):
        self.javascript.stop()
        self.server.stop()

    def reset(self, **world):
        """Starts over with another world; answers the operations that are modelled, by service."""
        self.world = world
        return self.server.ask({"reset": world})["done"]

    def happen(self, model, method, *arguments):
        self.server.ask({"do": {"model": model, "method": method, "arguments": list(arguments)}})

    def fault(self, service, operation, code, message="Injected.", members=None, status=500):
        self.server.ask({"fault": {
            "service": SIGNING_NAMES.get(service, service), "operation": operation, "code": code, "message": message,
            "members": members or {}, "status": status,
        }})

    def client(self, service, account, region=REGION):
        key = (service, account, region)
        if key not in self.clients:
            self.clients[key] = boto3.client(
                service,
                endpoint_url=self.url,
                region_name=region,
                aws_access_key_id=account,
                aws_secret_access_key="any",
                # what the server refuses is to be seen, so the client does not refuse it first
                config=Config(
                    retries={"total_max_attempts": 1}, parameter_validation=False, s3={"addressing_style": "path"}),
            )
        return self.clients[key]

    def python(self, service, account, operation, parameters, region=REGION):
        client = self.client(service, account, region)
        try:
            # boto3 writes into what it is given
            output = client._make_api_call(operation, copy.deepcopy(parameters))
        except ClientError as error:
            return understood_error(client, error)
        status = output.pop("ResponseMetadata")["HTTPStatusCode"]
        return {"status": status, "output": plain(output)}

    def node(self, service, account, operation, parameters, region=REGION):
        return self.javascript.ask({
            "url": self.url, "service": service, "operation": operation, "region": region, "account": account, "input": parameters,
        })

    def both(self, service, account, operation, parameters, region=REGION, before=()):
        """Makes the call with each client in an equal world, and answers what both understood."""
        answers = []
        for call in (self.python, self.node):
            self.reset(**self.world)
            for step in before:
                step(self)
            answers.append(without_chance(call(service, account, operation, parameters, region)))
            if service not in JAVASCRIPT:
                return answers[0]
        python, node = answers
        assert python == node
        return python


def understood_error(client, error):
    """What boto3 has read of an error, in the words of the JavaScript client."""
    response = error.response
    code = response["Error"]["Code"]
    # the class of a modelled error is found by the code on the wire, and may have another name
    modelled = client.exceptions.from_code(code)
    assert isinstance(error, modelled)
    members = {name: value for name, value in response.items() if name not in ("Error", "ResponseMetadata", "Message", "message")}
    return {
        "status": response["ResponseMetadata"]["HTTPStatusCode"],
        "error": code if modelled is ClientError else modelled.__name__,
        "message": response["Error"]["Message"],
        "members": plain(members),
    }


def without_chance(value, name=None):
    """What dynalite makes up or takes from the machine's clock is the same in no two worlds; and boto3 parses templates."""
    if name == "TableId" or (name or "").endswith("DateTime"):
        return f"<{name}>"
    if name == "TemplateBody" and isinstance(value, str):
        return json.loads(value)
    if isinstance(value, dict):
        return {each: without_chance(inner, each) for each, inner in value.items()}
    return [without_chance(each) for each in value] if isinstance(value, list) else value


def plain(value):
    """Dates as JavaScript writes them."""
    if isinstance(value, dict):
        return {name: plain(each) for name, each in value.items() if each is not None}
    if isinstance(value, list):
        return [plain(each) for each in value]
    if hasattr(value, "read"):
        return value.read().decode()
    if hasattr(value, "isoformat"):
        return value.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.") + f"{value.microsecond // 1000:03d}Z"
    return value
