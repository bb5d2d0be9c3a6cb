"""Our conventions as programs (style.md 4.5): a rule without a check is only a wish."""

import ast
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from ops import ledger, topics

ROOT = Path(__file__).parents[2]
SERVICES = sorted(p.name for p in (ROOT / "services").iterdir() if (p / p.name / "main.py").exists())
FORBIDDEN_NAMES = {"utils", "helpers", "base", "manager", "misc", "common"}
MAX_FILE, MAX_FUNCTION, MAX_POSITIONAL = 400, 40, 5


def sources() -> list[Path]:
    folders = [
        ROOT / "libs/common/common",
        ROOT / "ops",
        ROOT / "demo",
        ROOT / "clients/lab/longzhi_lab",
        *(ROOT / "services" / s / s for s in SERVICES),
    ]
    return sorted(p for folder in folders for p in folder.rglob("*.py") if "tests" not in p.parts)


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def functions(path: Path) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    return [n for n in ast.walk(tree(path)) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_files_and_functions_stay_small():
    long = [f"{name(p)}: {n} lines" for p in sources() if (n := len(p.read_text().splitlines())) > MAX_FILE]
    for path in sources():
        for f in functions(path):
            lines = (f.end_lineno or f.lineno) - f.lineno + 1
            if lines > MAX_FUNCTION:
                long.append(f"{name(path)}:{f.lineno} {f.name}: {lines} lines")
    assert long == []


def test_functions_take_few_positional_parameters():
    def too_many(f, path):
        taken = [a.arg for a in f.args.posonlyargs + f.args.args if a.arg not in ("self", "cls")]
        routes = path.name == "api.py" or "api" in path.parts  # a route's parameters are its inputs, named by FastAPI
        return len(taken) > MAX_POSITIONAL and not routes and f.name != "__init__"

    wide = [f"{name(p)}:{f.lineno} {f.name}" for p in sources() for f in functions(p) if too_many(f, p)]
    assert wide == []


def test_nothing_is_imported_inside_a_function():
    late = [f"{name(p)}:{n.lineno}" for p in sources() for f in functions(p) for n in ast.walk(f) if isinstance(n, ast.Import | ast.ImportFrom)]
    assert late == []


def test_only_one_place_commits():
    found = [name(p) for p in sources() if (re.search(r"\.commit\(", p.read_text()) and "common" in p.parts) or ".commit()" in p.read_text()]
    allowed = {"libs/common/common/migrate.py", "libs/common/common/kafka.py", "libs/common/common/inbox.py"}  # schema; offsets
    assert set(found) - allowed == set()


def test_rules_know_no_clock_and_no_chance():
    forbidden = re.compile(r"\b(?:now|today|utcnow|uuid4|uuid7|urandom|token_bytes)\(|\bimport (?:random|secrets)\b|time\.time\(")
    rules = [p for p in sources() if p.name == "rules.py" or "rules" in p.parts or "clocks" in p.parts]
    assert rules
    assert [name(p) for p in rules if forbidden.search(p.read_text())] == []


def test_no_file_is_named_after_nothing():
    vague = [name(p) for p in sources() if p.stem in FORBIDDEN_NAMES and p.parent.name != "libs"]
    assert vague == []


def test_return_types_are_annotated():
    bare = [f"{name(p)}:{f.lineno} {f.name}" for p in sources() for f in functions(p) if f.returns is None]
    assert bare == []


def test_every_refusal_code_occurs_in_a_test():
    calls = {"Refused", "Invalid", "Malformed", "Forbidden", "TooLarge", "TooMany", "Unsupported", "Stale"}
    tests = "\n".join(p.read_text() for root in ("libs", "services", "tests", "demo", "ops") for p in (ROOT / root).rglob("test*/**/*.py"))
    tests += "\n".join(p.read_text() for p in (ROOT / "services").rglob("tests/*.yaml"))
    missing = []
    for path in sources():
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in calls and node.args:
                first = node.args[0]
                if isinstance(first, ast.Constant) and isinstance(first.value, str) and first.value not in tests:
                    missing.append(f"{name(path)}:{node.lineno} {first.value}")
    assert missing == []


def test_importing_a_module_has_no_effect():
    """Composition happens in main(); a module that connects, reads the environment or starts something at import fails here."""
    effects = re.compile(r"^(?:asyncio\.run|os\.environ\[|\w+ = (?:Settings\(|create_async_engine|KafkaProducer|KafkaConsumer))", re.MULTILINE)
    assert [name(p) for p in sources() if effects.search(p.read_text())] == []


def test_imports_point_down():
    done = subprocess.run([Path(sys.executable).parent / "lint-imports", "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:]


@pytest.mark.parametrize("word", [*SERVICES, "common", "longzhi_lab"])
def test_our_package_names_are_nobody_elses(word):
    """Our top-level names must not shadow (or be shadowed by) an installed distribution's."""
    site = [p for p in Path(sys.prefix).glob("lib/python*/site-packages") if p.is_dir()]
    assert [str(p) for folder in site for p in (folder / word, folder / f"{word}.py") if p.exists()] == []


def test_committed_files_name_no_registry_and_no_machine():
    files = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    hosts = re.compile(r"files\.pythonhosted\.org|pypi\.org/simple|registry\.npmjs\.org|repo1?\.maven\.org|proxy\.golang\.org|deb\.debian\.org")
    here = str(ROOT)
    text = {f: (ROOT / f).read_text(errors="ignore") for f in files if (ROOT / f).is_file() and f != name(Path(__file__))}
    assert [f for f, body in text.items() if hosts.search(body) or (len(here) > 5 and f"{here}/" in body)] == []


def test_a_table_name_belongs_to_one_service():
    """All models share one metadata when the services' tests run together, and an operator reads one name in two databases."""
    owners: dict[str, set[str]] = {}
    for service in SERVICES:
        for path in (ROOT / "services" / service / service).glob("models*"):
            text = path.read_text() if path.is_file() else "".join(p.read_text() for p in path.glob("*.py"))
            for table in re.findall(r'__tablename__ = "([a-z_]+)"', text):
                owners.setdefault(table, set()).add(service)
    assert owners
    assert {table: services for table, services in owners.items() if len(services) > 1} == {}


def test_every_topic_that_is_heard_is_made_and_waited_for():
    """A topic that nobody creates loses its first facts; a group that the ledger does not know may lag unseen."""
    heard = {}
    for service in SERVICES:
        text = (ROOT / "services" / service / service / "main.py").read_text()
        named = re.search(r"topics=\(([^)]*)\)", text)
        if named:
            heard[service] = set(re.findall(r'"([a-z.]+\.v1)"', named[1]))
    assert {service: set(topics) for service, topics in ledger.GROUPS.items()} == heard
    told = {topic for p in sources() for topic in re.findall(r'"([a-z]+\.[a-z]+\.v1)"', p.read_text()) if "services" in p.parts}
    assert told - set(topics.ALL) == set()
