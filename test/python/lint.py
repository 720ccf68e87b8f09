"""What cfn-lint finds in a template."""

from cfnlint import lint_file
from cfnlint.config import ManualArgs

# W3005: CDK writes dependencies that follow from references as well
OPTIONS = ManualArgs(ignore_checks=["W3005"])


def findings(path):
    return [f"{path.name}: {match}" for match in lint_file(path, OPTIONS)]
