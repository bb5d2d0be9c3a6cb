"""What the chart's Jobs check before they act."""

from pathlib import Path

import pytest

from ops import administration, cluster, runtime, schemas
from ops.settings import SERVICES


def _secret(folder: Path, **changed: str) -> Path:
    names = ["keycloak", *(f"{service}-{kind}" for service in SERVICES for kind in ("owner", "app"))]
    for name, text in (dict.fromkeys(names, "abc123") | {name.replace("_", "-"): value for name, value in changed.items()}).items():
        (folder / name).write_text(text)
    return folder


def test_passwords_are_found_under_the_names_of_one_machine(tmp_path: Path) -> None:
    assert cluster.passwords(_secret(tmp_path, sampling_app="xyz"))["sampling_app"] == "xyz"


def test_a_missing_password_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (_secret(tmp_path) / "credit-owner").unlink()
    with pytest.raises(SystemExit):
        cluster.passwords(tmp_path)
    assert "credit-owner" in capsys.readouterr().err


def test_a_password_that_would_break_an_address_or_a_statement_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SystemExit):
        cluster.passwords(_secret(tmp_path, sampling_app="x'; DROP ROLE postgres; --"))


@pytest.mark.parametrize(
    ("known", "wanted", "covers"),
    [
        ({"a": 1, "b": 2}, {"a": 1}, True),
        ({"a": 1}, {"a": 2}, False),
        ({"config": {"x": "1", "y": "2"}}, {"config": {"x": "1"}}, True),
        ({"list": ["b", "a"]}, {"list": ["a"]}, True),
        ({"list": ["b"]}, {"list": ["a"]}, False),
        ({}, {"a": {"b": 1}}, False),
    ],
)
def test_only_what_is_ours_is_compared(known: object, wanted: object, covers: bool) -> None:
    assert administration.covers(known, wanted) is covers


def test_what_one_service_alone_asks_for_is_in_no_other_image() -> None:
    shared, own = runtime.split()
    names = {runtime.name_of(each) for each in shared}
    assert {"asyncpg", "grpcio", "fastapi"} <= names
    assert "typst" not in names
    assert any("typst" in wanted for wanted in own.values())


def test_a_strict_schema_refuses_what_it_does_not_name() -> None:
    loose = {"type": "object", "properties": {"format": {"type": "string"}, "n": {"x-kubernetes-int-or-string": True}}}
    strict = schemas._strict(loose)
    assert strict["additionalProperties"] is False
    assert set(strict["properties"]) == {"format", "n"}
    assert schemas._strict(loose | {"x-kubernetes-preserve-unknown-fields": True}).get("additionalProperties") is None
