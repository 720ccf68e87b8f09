"""K2: cfn-lint has nothing to say about any template that the constructs synthesize."""

import subprocess
from pathlib import Path

import pytest
from cfnlint import lint_file

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def templates(tmp_path_factory):
    folder = tmp_path_factory.mktemp("templates")
    script = ["npx", "tsx", "--tsconfig", "test/tsconfig.json", "test/python/templates.ts", str(folder)]
    subprocess.run(script, cwd=ROOT, check=True)
    return sorted(folder.glob("*.template.json"))


def test_cfn_lint_is_clean(templates):
    assert len(templates) > 15
    findings = [f"{path.name}: {match}" for path in templates for match in lint_file(path)]
    assert findings == []
