"""docs/laboratories.md against the sources: every code that a laboratory can meet is told, and none that exists nowhere."""

import ast
import re
from pathlib import Path

from longzhi_lab.batches import MAX_REPORTS
from longzhi_lab.command import parser

ROOT = Path(__file__).parents[3]
GUIDE = (ROOT / "docs/laboratories.md").read_text()
SAMPLING, COMMON = ROOT / "services/sampling/sampling", ROOT / "libs/common/common"
CALLS = [COMMON / "http/edge.py", COMMON / "http/idempotency.py", COMMON / "http/paging.py", COMMON / "http/problems.py", COMMON / "caller.py"]
JUDGED = [SAMPLING / f"rules/{name}.py" for name in ("decisions", "report_checks", "assessment", "judgement", "sums")]
KINDS = {
    "Invalid",
    "Malformed",
    "Unauthenticated",
    "Forbidden",
    "Refused",
    "Stale",
    "TooLarge",
    "Unsupported",
    "Unavailable",
    "Problem",
    "_Method",
    "NotFound",
}


def codes_in(paths, kinds=KINDS):
    """First arguments of what makes a problem."""
    found = set()
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in kinds and node.args:
                first = node.args[0]
                if isinstance(first, ast.Constant) and isinstance(first.value, str):
                    found.add(first.value)
    return found


def codes_of_readme():
    text = (ROOT / "services/sampling/README.md").read_text().partition("## Refusal codes")[2]
    lines = re.findall(r"^(?:Calls|Reports, [a-z]+): (.*?)(?=^[A-Z]|\Z)", text, re.MULTILINE | re.DOTALL)
    assert len(lines) >= 4
    return {code for line in lines for code in re.findall(r"`([a-z0-9_]+)`", line)}


def codes_of_guide():
    rows = re.findall(r"^\| (`[a-z0-9_`、]+) \|", GUIDE, re.MULTILINE)
    found = [code for row in rows for code in re.findall(r"`([a-z0-9_]+)`", row)]
    assert len(found) == len(set(found)), [code for code in found if found.count(code) > 1]
    return set(found) - {"accepted", "unchanged", "rejected"}


def test_every_code_that_a_push_can_answer_is_in_the_guide():
    strict = codes_in([COMMON / "strict.py"], {"Malformed", "TooLarge"})
    wanted = codes_of_readme() | codes_in(CALLS) | codes_in(JUDGED) | strict
    assert sorted(wanted - codes_of_guide()) == []


def test_no_code_of_the_guide_exists_only_there():
    sources = "".join(path.read_text() for folder in (SAMPLING, COMMON) for path in folder.rglob("*.py"))
    made = {f"{kind}_{fault}" for kind in ("number", "result") for fault in ("empty", "full_width", "exponent", "grammar")}
    assert sorted(code for code in codes_of_guide() - made if f'"{code}"' not in sources) == []


def test_the_limits_of_the_guide_are_the_sources():
    pushed, edge = (SAMPLING / "rules/pushed.py").read_text(), (COMMON / "http/edge.py").read_text()
    assert (MAX_REPORTS, "MAX_REPORTS = 1000" in pushed, "MAX_ITEMS = 300" in pushed, "MAX_BODY = 16 * 1024 * 1024" in edge) == (
        1000,
        True,
        True,
        True,
    )


def test_the_commands_of_the_guide_exist():
    shown = set(re.findall(r"^longzhi-lab (\w+)", GUIDE, re.MULTILINE))
    (commands,) = (action.choices for action in parser()._actions if action.dest == "command")
    assert shown == set(commands)


def test_the_headings_that_are_linked_exist():
    headings = {re.sub(r"[^\w\- ]", "", line.lstrip("# ").lower()).strip().replace(" ", "-") for line in GUIDE.splitlines() if line.startswith("#")}
    assert set(re.findall(r"\]\(#([^)]+)\)", GUIDE)) <= headings
