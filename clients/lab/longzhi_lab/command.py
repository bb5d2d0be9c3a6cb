"""`longzhi-lab`: the command line (命令行)."""

import argparse
import io
import os
import sys
from pathlib import Path

from longzhi_lab import commands
from longzhi_lab.batches import MAX_REPORTS
from longzhi_lab.config import Config, load_config
from longzhi_lab.errors import LabError
from longzhi_lab.screen import Screen

_EPILOG = """退出码:0 全部入库(或核对成立);1 有未通过的;2 用法、配置或凭证有误;3 平台不可达(进度已保存,重新运行即可)。
配置:环境变量 LONGZHI_URL、LONGZHI_LAB、LONGZHI_SECRET,或 longzhi-lab.toml 中的 url、lab、secret。"""


def parser() -> argparse.ArgumentParser:
    """All commands and their options."""
    top = argparse.ArgumentParser(
        prog="longzhi-lab", description="陇质承检机构工具:上报检验报告,保存并离线核对回执 (Longzhi for laboratories)",
        epilog=_EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    for name, words in (("--url", "平台地址"), ("--lab", "机构代码,如 L01"), ("--state", "本地状态文件夹(默认 .longzhi-lab)")):
        top.add_argument(name, help=words)
    top.add_argument("--config", type=Path, help="配置文件(TOML)")
    top.add_argument("--patience", help="一次调用最多重试多少秒(默认 300)")
    top.add_argument("--lang", choices=("zh", "en"), default=os.environ.get("LONGZHI_LANG", "zh"), help="语言 (language)")
    each = top.add_subparsers(dest="command", required=True, metavar="命令")
    _add_push(each)
    check = each.add_parser("verify", help="离线核对回执:签名、上传内容、处理结果")
    check.add_argument("receipt", nargs="*", type=Path, help="回执文件;不给则核对全部")
    check.add_argument("--keys", type=Path, help="公钥文件(默认状态文件夹中的 keys.json)")
    queue = each.add_parser("queue", help="列出待接样、待报告的样品")
    queue.add_argument("--json", action="store_true", help="输出 JSON")
    take = each.add_parser("receive", help="按清单(CSV)接样")
    take.add_argument(
        "list",
        type=Path,
        help="CSV:抽样单编号,收样日期[,封条,包装,数量,信息,储运,备样,文书,外观,拒收原因,到达日期,封条编号,实收数量,温度,外观描述,检查人]",
    )
    template = each.add_parser("template", help="写出 Excel 模板")
    template.add_argument("file", nargs="?", type=Path, default=Path("检验结果模板.xlsx"))
    template.add_argument("--force", action="store_true", help="覆盖已有文件")
    each.add_parser("login", help="检查凭证,取得回执公钥")
    return top


def _add_push(each: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    push = each.add_parser("push", help="上报报告(JSON 或 Excel),可随时中断、重新运行")
    push.add_argument("file", type=Path, help="results.json 或 results.xlsx")
    push.add_argument("--mode", choices=("partial", "atomic"), help="partial 好的收下(默认);atomic 全收或全不收")
    push.add_argument("--dry-run", action="store_true", help="只检查,不保存")
    push.add_argument("--batch", type=_batch, default=MAX_REPORTS, help="每次上传的份数,1 至 1000")
    push.add_argument("--json", action="store_true", help="结果输出为 JSON")


def _batch(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= MAX_REPORTS:
        raise argparse.ArgumentTypeError(f"1 至 {MAX_REPORTS}")
    return int(text)


def main(words: list[str] | None = None) -> int:
    """Run one command; its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a Windows console may not have every character
    given = parser().parse_args(words)
    screen = Screen(given.lang == "en")
    try:
        return _run(given, screen)
    except LabError as error:
        screen.tell(error.zh, error.en)
        return error.exit_code
    except KeyboardInterrupt:
        screen.tell("已中断;进度已保存,重新运行即可继续", "stopped; progress is kept, run again to go on")
        return 3
    except BrokenPipeError:
        sys.stderr.close()
        return 3


def _run(given: argparse.Namespace, screen: Screen) -> int:
    if given.command == "template":
        return commands.run_template(given, screen)
    if given.command == "verify":
        state = Path(given.state or os.environ.get("LONGZHI_STATE") or ".longzhi-lab").expanduser()
        return commands.run_verify(given, state, screen)
    config = _config(given, screen)
    if given.command == "login":
        return commands.run_login(config, screen)
    run = {"push": commands.run_push, "queue": commands.run_queue, "receive": commands.run_receive}[given.command]
    return run(given, config, screen)


def _config(given: argparse.Namespace, screen: Screen) -> Config:
    asked = {"url": given.url, "laboratory": given.lab, "state": given.state, "patience": given.patience}
    return load_config(asked, given.config, english=screen.english)
