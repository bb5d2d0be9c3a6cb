"""Typesetting (文书排版) in a worker process with limits and no network: the same facts and template always give the same bytes."""

import asyncio
import io
import json
import sys
import tempfile
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import segno
from anyio import CapacityLimiter

from common.errors import Invalid, Unavailable
from sampling.store import typeset

_AT_ONCE = CapacityLimiter(2)
_WORKER = str(Path(typeset.__file__))
# typst would fetch packages that a template names; the proxy that is not there stops it, and nothing else is passed on.
_ENVIRONMENT = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"), "http://127.0.0.1:9")
MAX_PDF = 10 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Press:
    """Font, and where documents say that they can be verified."""

    font: str
    font_folder: str
    verify_address: str
    timeout_seconds: float = 20.0


@cache
def built_in(name: str) -> str:
    """A template that comes with the service."""
    return (files("sampling") / "templates" / name).read_text(encoding="utf-8")


def qr_svg(text: str) -> str:
    """A QR code as SVG; typst has none of its own."""
    out = io.BytesIO()
    segno.make(text, error="m", micro=False).save(out, kind="svg", xmldecl=False, border=1)
    return out.getvalue().decode()


async def typeset_pdf(press: Press, source: str, data: dict[str, Any], on: date, form: str = "pdf") -> bytes:
    """The document. Invalid `template_error` or `template_unverifiable` when the template is at fault."""
    address = f"{press.verify_address}/{data['code']}"
    given = data | {"verify_address": address, "qr": qr_svg(address)}
    job = {
        "sources": {"main.typ": source, "layout.typ": built_in("layout.typ")}, "data": json.dumps(given, ensure_ascii=False), "format": form,
        "font": press.font, "font_folder": press.font_folder, "timestamp": int(datetime.combine(on, time(), UTC).timestamp()),
    }  # fmt: skip
    async with _AT_ONCE:
        code, made, said = await _run(json.dumps(job).encode(), press.timeout_seconds)
    if code == 3:
        raise Unavailable("font_missing", "文书字体未安装,请联系管理员", f"the font is not installed: {said[:200]}")
    if code == 4:
        raise Invalid("template_unverifiable", "模板须使用公用版式(含验真码)", "the template does not print the verification code", pointer="/source")
    if code != 0 or not made or len(made) > MAX_PDF:
        why = said[:300] or "too long, too large, or stopped"
        raise Invalid("template_error", f"模板无法排版:{why}", f"the template cannot be typeset: {why}", pointer="/source")
    return made


async def _run(job: bytes, seconds: float) -> tuple[int, bytes, str]:
    """Exit code, output and complaint; a worker that takes too long is killed."""
    with tempfile.TemporaryDirectory(prefix="longzhi-") as empty:
        pipe = asyncio.subprocess.PIPE
        worker = await asyncio.create_subprocess_exec(
            sys.executable, "-I", _WORKER, stdin=pipe, stdout=pipe, stderr=pipe, cwd=empty, env=_ENVIRONMENT
        )
        try:
            made, said = await asyncio.wait_for(worker.communicate(job), seconds)
        except TimeoutError:
            return 9, b"", "time limit"
        finally:
            if worker.returncode is None:
                worker.kill()
                await worker.wait()
        return worker.returncode or 0, made, said.decode(errors="replace").strip()
