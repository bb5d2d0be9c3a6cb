"""Every scenario of the chart, rendered once; `make lint` also holds them against the schemas and kube-score."""

from typing import Any

import pytest

from ops import chart


@pytest.fixture(params=sorted(chart.scenarios()))
def documents(request: pytest.FixtureRequest) -> tuple[dict[str, Any], ...]:
    return chart.rendered(request.param)
