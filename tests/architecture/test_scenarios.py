"""docs/scenarios.md names the test that shows each acceptance scenario: every named test exists, no scenario is left out."""

import ast
import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/scenarios.md").read_text()
NAMED = re.findall(r"`([\w/.]+\.py)::(\w+)`", PAGE)
NUMBERS = {1, 2, 3, 4, 7, 9, 10, 12, 14, 15, 17, 19, 22, 24}  # those that the domain reference has


@cache
def written_in(path: Path) -> set[str]:
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {node.name for node in ast.parse(path.read_text()).body if isinstance(node, functions) and node.name.startswith("test_")}


def test_every_test_that_the_page_names_exists():
    missing = [f"{path}::{name}" for path, name in NAMED if not (ROOT / path).exists() or name not in written_in(ROOT / path)]
    assert missing == []
    assert len(NAMED) > 30


def test_every_scenario_has_its_row_and_at_least_one_test():
    rows = {int(number): cells for number, cells in re.findall(r"^\| (\d+) \|(.*)$", PAGE, re.MULTILINE)}
    assert set(rows) == NUMBERS
    assert [number for number, cells in rows.items() if "::test_" not in cells] == []


def test_every_journey_that_calls_itself_a_scenario_is_on_the_page():
    journeys = [(path, name) for path in (ROOT / "tests/e2e").glob("test_*.py") for name in written_in(path) if re.match(r"test_scenarios?_\d", name)]
    assert [name for path, name in journeys if (path.relative_to(ROOT).as_posix(), name) not in NAMED] == []
