"""K2: cfn-lint finds nothing in the templates of the examples, as the CDK CLI makes them."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from lint import findings

ROOT = Path(__file__).parent.parent.parent
EXAMPLES = sorted(each.parent for each in (ROOT / "examples").glob("*/cdk.json"))


@pytest.mark.parametrize("example", EXAMPLES, ids=[each.name for each in EXAMPLES])
def test_k2_templates_of_the_example_are_clean(example, tmp_path):
    app = json.loads((example / "cdk.json").read_text())["app"]
    # the app command as the CDK CLI runs it
    environment = {**os.environ, "CDK_OUTDIR": str(tmp_path), "CDK_DEFAULT_ACCOUNT": "222222222222", "CDK_DEFAULT_REGION": "us-east-1"}
    subprocess.run(app, shell=True, cwd=example, env=environment, check=True, timeout=300)
    templates = sorted(tmp_path.rglob("*.template.json"))
    assert templates
    assert [each for path in templates for each in findings(path)] == []


def test_k2_there_is_an_example():
    assert EXAMPLES
