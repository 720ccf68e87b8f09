"""K1 K2: cfn-lint has nothing to say about any template that the constructs synthesize, whatever their options and the app's feature flags."""

import subprocess
from pathlib import Path

import pytest

from lint import findings

ROOT = Path(__file__).parents[2]

#: The version of the landing zone that has to fail holds a resource type of the local AWS.
FAILING = "Resource type 'Test::Failing' does not exist in"


@pytest.fixture(scope="session")
def templates(tmp_path_factory):
    folder = tmp_path_factory.mktemp("templates")
    script = ["npx", "tsx", "--tsconfig", "test/tsconfig.json", "test/python/templates.ts", str(folder)]
    subprocess.run(script, cwd=ROOT, check=True)
    return {str(path.relative_to(folder)): path for path in sorted(folder.rglob("*.template.json"))}


def test_k2_every_use_is_synthesized_with_and_without_feature_flags(templates):
    plain = {name.removeprefix("plain/") for name in templates if name.startswith("plain/")}
    flagged = {name.removeprefix("flagged/") for name in templates if name.startswith("flagged/")}
    assert plain == flagged
    assert len(plain) > 22
    assert any(".nested.template.json" in name for name in plain)


def test_k2_cfn_lint_is_clean(templates):
    assert [each for name, path in templates.items() if "-broken." not in name for each in findings(path)] == []


def test_k2_of_the_version_that_has_to_fail_only_the_failing_resource_is_found(templates):
    broken = [path for name, path in templates.items() if "-broken." in name]
    assert len(broken) == 2
    for path in broken:
        [finding] = findings(path)
        assert FAILING in finding


def test_k2_cfn_lint_finds_what_is_wrong(tmp_path):
    """Findings are live: a template with a mistake has one."""
    path = tmp_path / "wrong.template.json"
    path.write_text('{"Resources": {"Table": {"Type": "AWS::DynamoDB::Table", "Properties": {"Nonsense": "none"}}}}')
    assert findings(path)
