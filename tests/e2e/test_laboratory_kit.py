"""`longzhi-lab` against the running platform: samples in, reports in by JSON and by Excel, killed on the way, receipts verified when it is done."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest
import xlsxwriter

from demo.forms import report_of
from demo.waiting import make_waiting
from longzhi_lab.columns import COLUMNS

pytestmark = pytest.mark.usefixtures("pushed_by_others")
LABORATORY, COUNT = "L02", 6


def kit(world, folder, *words, laboratory=LABORATORY):
    """The command as a laboratory runs it, in a folder of its own."""
    done = subprocess.run(command(*words), cwd=folder, env=surroundings(world, laboratory), capture_output=True, text=True, timeout=120, check=False)
    print(done.stdout[-1500:], done.stderr[-1500:])
    return done


def command(*words):
    return [sys.executable, "-m", "longzhi_lab", *map(str, words)]


def surroundings(world, laboratory=LABORATORY):
    kept = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
    return kept | {
        "LONGZHI_URL": world.platform.gateway_url, "LONGZHI_LAB": laboratory, "LONGZHI_SECRET": f"demo-{laboratory}", "PYTHONUTF8": "1",
        "LONGZHI_PATIENCE": "60",
    }  # fmt: skip


@pytest.fixture
async def received(world, gateway, tmp_path):
    """Six samples that wait at the laboratory, taken in by the command from a list; their reports as the push wants them."""
    made = await make_waiting(gateway, world.province, (LABORATORY, None), COUNT)
    rows = [f"{batch.sample_no},{batch.plan.received_on}" for batch in made]
    (tmp_path / "in.csv").write_text("\n".join(["抽样单编号,收样日期", *rows]))
    assert kit(world, tmp_path, "receive", "in.csv").returncode == 0
    return [report_of(batch.plan, batch.sample_no) | {"report_no": f"SC-{batch.sample_no}"} for batch in made]


async def stored(gateway, reports):
    """How often each report is stored, as the province sees it."""
    numbers = {report["report_no"] for report in reports}
    rows = await gateway.every("officer.62", "/sampling/v1/reports", laboratory=LABORATORY)
    return sorted(row["report_no"] for row in rows if row["report_no"] in numbers)


def save(folder, reports, name="results.json"):
    (folder / name).write_text(json.dumps({"reports": reports}, ensure_ascii=False))
    return name


async def test_reports_go_in_and_their_receipts_verify(world, gateway, received, tmp_path):
    name = save(tmp_path, received)
    dry = json.loads(kit(world, tmp_path, "push", name, "--dry-run", "--json").stdout)
    assert (dry["accepted"], await stored(gateway, received)) == (COUNT, [])
    assert kit(world, tmp_path, "push", name, "--batch", "2").returncode == 0
    assert await stored(gateway, received) == sorted(report["report_no"] for report in received)
    told = kit(world, tmp_path, "verify")
    assert told.returncode == 0
    assert "共 3 张:成立 3" in told.stdout
    again = json.loads(kit(world, tmp_path, "push", name, "--json").stdout)
    assert (again["accepted"], again["unchanged"]) == (0, COUNT)


async def test_a_bad_report_is_told_mended_and_goes_in(world, gateway, received, tmp_path):
    good = received[0]["items"][0]["result"]
    received[0]["items"][0]["result"] = "约97"
    done = kit(world, tmp_path, "push", save(tmp_path, received))
    assert done.returncode == 1
    assert "/items/0/result  result_grammar" in done.stdout
    mended = tmp_path / "results.rejected.json"
    mended.write_text(mended.read_text().replace("约97", good))
    assert kit(world, tmp_path, "push", mended.name).returncode == 0
    assert len(await stored(gateway, received)) == COUNT
    assert kit(world, tmp_path, "verify").returncode == 0


def write_sheet(path, reports):
    """The reports as a laboratory would type them into the template."""
    headers = [column.header for column in COLUMNS]
    with xlsxwriter.Workbook(str(path), {"strings_to_numbers": False}) as book:
        sheet = book.add_worksheet("检验结果")
        sheet.write_row(0, 0, headers)
        rows = [(report, item, place == 0) for report in reports for place, item in enumerate(report["items"])]
        for number, (report, item, first) in enumerate(rows, start=1):
            cells = {"sample_no": report["sample_no"], "report_no": report["report_no"], **item}
            head = report | {"tested_by": "、".join(report["tested_by"])} if first else {}
            cells |= head | ({"file/name": report["file"]["name"], "file/sha256": report["file"]["sha256"]} if first else {})
            for place, column in enumerate(COLUMNS):
                if column.field and cells.get(column.field):
                    sheet.write_string(number, place, cells[column.field])


async def test_a_sheet_says_the_same_as_the_json(world, gateway, received, tmp_path):
    write_sheet(tmp_path / "results.xlsx", received)
    assert kit(world, tmp_path, "push", "results.xlsx").returncode == 0
    told = json.loads(kit(world, tmp_path, "push", save(tmp_path, received), "--json").stdout)
    assert (told["accepted"], told["unchanged"], told["rejected"]) == (0, COUNT, 0)
    assert len(await stored(gateway, received)) == COUNT


def kill_after(world, folder, words, seconds):
    process = subprocess.Popen(command(*words), cwd=folder, env=surroundings(world), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    process.wait()


@pytest.mark.parametrize("after", [0.6, 0.9, 1.2])
async def test_killed_on_the_way_the_next_run_brings_the_rest(world, gateway, received, tmp_path, after):
    words = ("push", save(tmp_path, received), "--batch", "1")
    kill_after(world, tmp_path, words, after)
    assert kit(world, tmp_path, *words).returncode == 0
    assert await stored(gateway, received) == sorted(report["report_no"] for report in received)
    assert kit(world, tmp_path, "verify").returncode == 0


def test_login_and_queue_answer_and_a_wrong_secret_is_told(world, tmp_path):
    assert "凭证有效:lab-L02" in kit(world, tmp_path, "login").stdout
    assert kit(world, tmp_path, "queue").returncode == 0
    wrong = subprocess.run(
        command("login"), cwd=tmp_path, env=surroundings(world) | {"LONGZHI_SECRET": "wrong"}, capture_output=True, text=True, timeout=60, check=False
    )
    assert (wrong.returncode, "凭证无效" in wrong.stderr) == (2, True)


async def test_another_laboratorys_sample_is_not_there(world, received, tmp_path):
    done = kit(world, tmp_path, "push", save(tmp_path, received[:1]), laboratory="L03")
    assert (done.returncode, "sample_unknown" in done.stdout) == (1, True)
