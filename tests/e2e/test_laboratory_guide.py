"""The examples of docs/laboratories.md, run as they are printed, in order, in one shell: what the guide says works."""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from demo.waiting import make_waiting

pytestmark = pytest.mark.usefixtures("pushed_by_others")
GUIDE = Path(__file__).parents[2] / "docs/laboratories.md"
BLOCK = re.compile(r"^<!-- run: ([a-z-]+) -->\n```bash\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks():
    return BLOCK.findall(GUIDE.read_text())


def script():
    """Every marked block, with its name before its output."""
    return "\n".join(f"printf '\\n@@ {name}\\n'\n{body}" for name, body in blocks())


def run(world, folder):
    kept = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
    surroundings = kept | {"LONGZHI_URL": world.platform.gateway_url, "LONGZHI_LAB": "L01", "LONGZHI_SECRET": "demo-L01", "PYTHONUTF8": "1"}
    command = ["bash", "-euo", "pipefail", "-c", script()]
    done = subprocess.run(command, cwd=folder, env=surroundings, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    parts = re.split(r"^@@ ([a-z-]+)\n", done.stdout, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


async def test_the_guide_of_laboratories_works_as_it_is_printed(world, gateway, tmp_path):
    batch = (await make_waiting(gateway, world.province, ("L01", "DA-02"), 1))[0]
    said = run(world, tmp_path)
    assert said["waiting"].strip() == batch.sample_no
    assert said["receive"].strip() == "done"
    assert json.loads(said["dry"])["accepted"] == 1, said["dry"]
    assert "'code': 'result_grammar', 'pointer': '/items/0/result'" in said["wrong"]
    assert said["push"].strip() == "1"
    assert said["signature"].strip() == "Signature Verified Successfully"
    assert said["hashes"].startswith("回执成立")
    assert said["correct"].strip() == "2"
    assert (tmp_path / "answer.json").read_bytes() == (tmp_path / "answer-again.json").read_bytes()


async def test_what_the_guide_pushed_is_what_the_county_sees(world, gateway, tmp_path):
    batch = (await make_waiting(gateway, world.province, ("L01", "DA-02"), 1))[0]
    run(world, tmp_path)
    versions = await gateway.call(f"officer.{batch.plan.task.region_code}", "GET", f"/sampling/v1/samples/{batch.sample_id}/reports")
    numbers = [f"SC-{batch.sample_no}", f"SC-{batch.sample_no}-1"]
    assert [(row["report_no"], row["version"], row["state"]) for row in versions["items"]] == [
        (numbers[0], 1, "REPLACED"), (numbers[1], 2, "ACCEPTED"),
    ]  # fmt: skip
