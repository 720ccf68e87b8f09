"""K2: cfn-lint finds nothing in the templates of the examples."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
EXAMPLES = sorted(each.parent for each in (ROOT / "examples").glob("*/cdk.json"))

needs_cfn_lint = pytest.mark.skipif(shutil.which("cfn-lint") is None, reason="cfn-lint is not installed: templates stay unlinted")


@needs_cfn_lint
@pytest.mark.parametrize("example", EXAMPLES, ids=[each.name for each in EXAMPLES])
def test_k2_templates_of_the_example_are_clean(example, tmp_path):
    app = json.loads((example / "cdk.json").read_text())["app"]
    # the app command as the CDK CLI runs it
    environment = {**os.environ, "CDK_OUTDIR": str(tmp_path), "CDK_DEFAULT_ACCOUNT": "222222222222", "CDK_DEFAULT_REGION": "us-east-1"}
    subprocess.run(app, shell=True, cwd=example, env=environment, check=True, timeout=300)
    templates = sorted(str(each) for each in tmp_path.rglob("*.template.json"))
    assert templates
    # W3005: CDK writes dependencies that follow from references as well
    lint = subprocess.run(["cfn-lint", "-i", "W3005", "--", *templates], capture_output=True, text=True, timeout=300, check=False)
    assert lint.returncode == 0, lint.stdout + lint.stderr


def test_k2_there_is_an_example():
    assert EXAMPLES
