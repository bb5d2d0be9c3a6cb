"""The command as a person runs it: exit codes, words, files; and killed at any moment, every report is accepted once."""

import gzip
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from misbehaving import PUSH, Platform, Running, many, report, surroundings
from test_workbook import FIRST, NUMBER, OTHER, write

from longzhi_lab.keys import read_keys
from longzhi_lab.receipts import list_receipts, verify


def save(folder, reports, name="results.json"):
    (folder / name).write_text(json.dumps({"reports": reports}, ensure_ascii=False))
    return name


def test_a_push_ends_with_a_table_receipts_and_zero(platform, run, tmp_path):
    done = run("push", save(tmp_path, many(25)), "--batch", "10")
    assert done.returncode == 0, done.stderr
    assert "已入库" in done.stdout
    assert "25" in done.stdout
    assert "已处理 10/25 份" in done.stderr
    told = run("verify")
    assert told.returncode == 0, told.stdout
    assert told.stdout.count("[成立] 签名") == 3
    assert "共 3 张:成立 3,不成立 0,无法核对 0" in told.stdout


def test_receipts_verify_when_the_platform_is_gone(platform, run, tmp_path):
    run("push", save(tmp_path, many(2)))
    told = run("verify", LONGZHI_URL="http://127.0.0.1:9", LONGZHI_SECRET="")
    assert told.returncode == 0, told.stdout + told.stderr


def change(path, find, to):
    text = path.read_text()
    assert find in text
    path.write_text(text.replace(find, to))


def test_a_receipt_that_was_tampered_with_does_not_hold(platform, run, tmp_path):
    run("push", save(tmp_path, many(2)))
    folder = tmp_path / ".longzhi-lab"
    receipt = next(folder.glob("receipts/*.json"))
    sound = receipt.read_text()
    body = receipt.with_name(json.loads(sound)["body"])
    change(receipt, '"accepted"', '"rejected"')
    assert "[不成立] 处理结果" in run("verify", receipt).stdout
    receipt.write_text(sound)
    jws = json.loads(sound)["receipt"]
    head, said, signature = jws.split(".")
    change(receipt, jws, f"{head}.{said[:-4]}AAAA.{signature}")
    assert run("verify", receipt).returncode == 1
    receipt.write_text(sound)
    body.write_bytes(gzip.compress(b'{"reports":[{},{}]}'))
    told = run("verify", receipt).stdout
    assert "[不成立] 上传内容" in told
    assert "[不成立] 逐份报告" in told
    body.unlink()
    assert "[无法核对] 上传内容" in run("verify", receipt).stdout
    (folder / "keys.json").unlink()
    assert "[无法核对] 签名" in run("verify", receipt).stdout
    receipt.write_text("{")
    assert "不是可读的回执" in run("verify", receipt).stdout


def test_rejected_reports_are_written_to_be_mended_and_go_in_then(platform, run, tmp_path):
    bad = report(1, items=[report(1)["items"][0] | {"result": "约5"}])
    done = run("push", save(tmp_path, [report(0), bad, report(2)]))
    assert done.returncode == 1
    assert "GSZJ-2021-000001  /items/0/result  result_grammar  问题 result_grammar" in done.stdout
    change(tmp_path / "results.rejected.json", "约5", "0.05")
    assert run("push", "results.rejected.json").returncode == 0
    assert platform.accepted == {r["report_no"]: 1 for r in many(3)}


def test_a_problem_in_a_workbook_is_told_at_its_cell_and_the_rest_goes_in(platform, run, tmp_path):
    write(tmp_path / "a.xlsx", [FIRST, OTHER | {"检验结果": "约5"}])
    done = run("push", "a.xlsx")
    assert done.returncode == 1
    assert "GSZJ-2021-000124  检验结果!D3(检验结果)  result_grammar" in done.stdout
    assert (tmp_path / "a.rejected.xlsx").exists()
    assert platform.accepted == {NUMBER: 1}
    assert run("push", "a.xlsx", "--lang", "en").returncode == 2  # the option belongs before the command
    assert "rejected" in run("--lang", "en", "push", "a.xlsx", "--dry-run").stdout


@pytest.mark.parametrize(
    ("words", "changes", "code", "said"),
    [
        (["push", "absent.json"], {}, 2, "没有这个文件"),
        (["push"], {}, 2, "usage"),
        (["push", "results.json", "--batch", "1001"], {}, 2, "usage"),
        (["push", "results.json"], {"LONGZHI_SECRET": ""}, 2, "缺少配置:LONGZHI_SECRET"),
        (["push", "results.json"], {"LONGZHI_SECRET": "wrong"}, 2, "凭证无效"),
        (["push", "results.json", "--mode", "atomic", "--batch", "2"], {}, 2, "整批模式"),
        (["push", "results.json"], {"LONGZHI_URL": "http://127.0.0.1:9", "LONGZHI_PATIENCE": "0.1"}, 3, "重新运行即可继续"),
        (["verify"], {}, 2, "没有回执"),
        (["receive", "results.json"], {}, 2, "接样清单"),
        (["--config", "absent.toml", "queue"], {}, 2, "配置文件"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_exit_code(run, tmp_path, words, changes, code, said):
    save(tmp_path, many(3))
    done = run(*words, **changes)
    assert (done.returncode, said in done.stderr) == (code, True), done.stderr


def test_results_as_json_for_programs(platform, run, tmp_path):
    told = json.loads(run("push", save(tmp_path, [report(0), report(1, verdict=...)]), "--json").stdout)
    assert (told["accepted"], told["rejected"], len(told["receipts"]), len(told["files"])) == (1, 1, 1, 2)
    assert told["results"][1]["problems"][0]["code"] == "field_missing"


def test_login_queue_receive_and_template(platform, run, tmp_path):
    platform.samples = [
        {"id": f"s{n}", "sample_no": f"N{n}", "state": "RECEIVED" if n else "SAMPLED", "product_name": "细木工板", "sampled_on": "2021-04-12"}
        for n in range(4)
    ]
    assert "凭证有效:lab-L01" in run("login").stdout
    assert "共 4 项" in run("queue").stdout
    platform.queue = [
        {"stage": "report", "sample_id": "s1", "sample_no": "N1", "product_name": "板", "since": "2021-04-19", "due": "2021-05-19", "late": True}
    ]
    assert "待报告  N1          板        2021-04-19  2021-05-19 逾期" in run("queue").stdout
    assert json.loads(run("queue", "--json").stdout)[0]["sample_no"] == "N1"
    (tmp_path / "in.csv").write_text("抽样单编号,收样日期,封条,拒收原因\nN0,2021-04-19,,\nN1,2021-04-19,破损,封条破损\n")
    done = run("receive", "in.csv")
    assert (done.returncode, "已办理 2" in done.stdout) == (0, True), done.stderr
    (tmp_path / "in.csv").write_text("抽样单编号,收样日期\nN9,2021-04-19\n")
    assert run("receive", "in.csv").returncode == 1
    assert run("template", "t.xlsx").returncode == 0
    assert run("template", "t.xlsx").returncode == 2


BATCHES = 4
KILLS = st.lists(st.tuples(st.integers(0, BATCHES - 1), st.sampled_from(["read", "done", "told"]), st.integers(0, 25)), min_size=1, max_size=3)


@settings(max_examples=10, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(KILLS)
def test_killed_at_any_moment_the_next_run_goes_on_and_every_report_is_accepted_once(kills):
    """kill -9 when a push has been read, stored, or answered (and some milliseconds later), once or several times."""
    platform = Platform()
    with Running(platform), tempfile.TemporaryDirectory() as folder:
        save(Path(folder), many(BATCHES * 10))
        for kill in kills:
            pushed_until(platform, folder, kill)
        done = subprocess.run(words(), cwd=folder, env=surroundings(platform), capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        state = Path(folder) / ".longzhi-lab"
        findings = [verify(path, read_keys(state / "keys.json")) for path in list_receipts(state)]
    assert platform.accepted == {r["report_no"]: 1 for r in many(BATCHES * 10)}
    keys = {seen.key: seen.body for seen in platform.pushes}
    assert set(Counter(keys.values()).values()) == {len(keys) // BATCHES}  # a run that ended before its kill came is a push of its own
    assert (len(set(keys.values())), len(findings)) == (BATCHES, len(keys))
    assert {finding.verdict for found in findings for finding in found} == {"holds"}


def words():
    return [sys.executable, "-m", "longzhi_lab", "push", "results.json", "--batch", "10"]


def pushed_until(platform, folder, kill):
    number, stage, after = kill
    started = len(platform.pushes)
    process = subprocess.Popen(words(), cwd=folder, env=surroundings(platform), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def end():
        time.sleep(after / 1000)
        os.kill(process.pid, signal.SIGKILL)

    def watch(now, at):
        if (now - started, at) == (number, stage):
            end() if stage != "told" else threading.Thread(target=end).start()

    platform.watch = watch
    process.wait(60)
    platform.watch = lambda _number, _stage: None


def test_a_platform_that_comes_back_ends_the_waiting(platform, run, tmp_path):
    platform.moods[PUSH] = [503, "cut_before", "cut_after", 500, "torn", "html", (429, "0")]
    assert run("push", save(tmp_path, many(5))).returncode == 0
    assert set(platform.accepted.values()) == {1}
    assert len({seen.key for seen in platform.pushes}) == 1
