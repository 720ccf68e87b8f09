"""S2: the errors that the handler's tests know are the ones that AWS's own service models declare."""

import json
from pathlib import Path

import pytest

pytest.importorskip("botocore", reason="botocore is not installed: the list stays unchecked", exc_type=ImportError)

from botocore.loaders import Loader  # noqa: E402

LIST = Path(__file__).parents[1] / "lambda" / "security-hub-members" / "declared-errors.json"
SERVICES = {"DescribeAccount": "organizations"}


@pytest.mark.parametrize("operation, errors", json.loads(LIST.read_text()).items())
def test_declared(operation, errors):
    model = Loader().load_service_model(SERVICES.get(operation, "securityhub"), "service-2")
    assert errors == sorted(shape["shape"] for shape in model["operations"][operation].get("errors", []))
