"""Start-up: what is missing is named, and the document of the HTTP side can be printed."""

import pytest
from pydantic import ValidationError

from experts import api
from experts.settings import Settings


def test_a_missing_or_short_contact_key_stops_the_start_by_name(monkeypatch):
    monkeypatch.delenv("CONTACT_KEY", raising=False)
    with pytest.raises(ValidationError, match="contact_key"):
        Settings()
    monkeypatch.setenv("CONTACT_KEY", "abcd")
    with pytest.raises(ValidationError, match="contact_key"):
        Settings()


async def test_the_openapi_document_names_every_route_and_its_problems(platform):
    document = (await platform.client().get("/openapi.json")).json()
    assert set(document["paths"]) == {route.path for route in api.router.routes}
    assert "application/problem+json" in document["paths"]["/v1/draws"]["post"]["responses"]["409"]["content"]
