"""S2: the errors that the handler's tests know are the ones that AWS's own service models declare."""

import json
from pathlib import Path

import pytest

pytest.importorskip("botocore", reason="botocore is not installed: the list stays unchecked", exc_type=ImportError)

from botocore.loaders import Loader  # noqa: E402

HANDLERS = Path(__file__).parents[1] / "lambda"
SERVICES = {"security-hub-members": "securityhub", "compute-optimizer-association": "compute-optimizer-automation"}
DECLARED = [
    ("organizations" if operation == "DescribeAccount" else service, operation, errors)
    for handler, service in SERVICES.items()
    for operation, errors in json.loads((HANDLERS / handler / "declared-errors.json").read_text()).items()
]


@pytest.mark.parametrize("service, operation, errors", DECLARED)
def test_declared(service, operation, errors):
    model = Loader().load_service_model(service, "service-2")
    assert errors == sorted(shape["shape"] for shape in model["operations"][operation].get("errors", []))
