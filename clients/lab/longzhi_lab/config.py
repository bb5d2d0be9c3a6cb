"""Where the platform is and who asks: command line, then environment, then a TOML file."""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from longzhi_lab.errors import UsageError

FILES = ("longzhi-lab.toml", "~/.config/longzhi-lab.toml")
_NAMES = {
    "url": "LONGZHI_URL", "laboratory": "LONGZHI_LAB", "secret": "LONGZHI_SECRET", "state": "LONGZHI_STATE",
    "patience": "LONGZHI_PATIENCE", "first_wait": "LONGZHI_FIRST_WAIT",
}  # fmt: skip
_IN_FILE = {
    "url": "url", "laboratory": "lab", "secret": "secret", "state": "state", "patience": "patience_seconds", "first_wait": "first_wait_seconds",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Config:
    """`state` keeps unfinished pushes, receipts and keys; `patience` is how long one call is repeated before it is given up."""

    url: str
    laboratory: str
    secret: str = field(repr=False)
    state: Path = Path(".longzhi-lab")
    patience: float = 300.0
    first_wait: float = 0.5
    english: bool = False

    @property
    def client_id(self) -> str:
        return f"lab-{self.laboratory}"


def load_config(given: Mapping[str, str | None], file: Path | None = None, *, english: bool = False) -> Config:
    """The configuration of this call; UsageError names what is missing."""
    kept = _read(file)
    found = {name: given.get(name) or os.environ.get(variable) or kept.get(_IN_FILE[name]) or "" for name, variable in _NAMES.items()}
    missing = [_NAMES[name] for name in ("url", "laboratory", "secret") if not found[name]]
    if missing:
        names = ", ".join(missing)
        zh = f"缺少配置:{names}(环境变量,或 longzhi-lab.toml 中的 url、lab、secret)"
        raise UsageError(zh, f"not configured: {names} (environment, or url, lab, secret in longzhi-lab.toml)")
    url = found["url"].rstrip("/")
    if not url.startswith(("http://", "https://")):
        raise UsageError(f"平台地址须以 http:// 或 https:// 开头:{url}", f"the address must begin with http:// or https://: {url}")
    return Config(
        url, found["laboratory"].removeprefix("lab-"), found["secret"], Path(found["state"] or ".longzhi-lab").expanduser(),
        _seconds(found["patience"] or "300"), _seconds(found["first_wait"] or "0.5"), english,
    )  # fmt: skip


def _read(file: Path | None) -> dict[str, str]:
    paths = [file] if file else [path for name in FILES if (path := Path(name).expanduser()).is_file()]
    if not paths:
        return {}
    try:
        return {name: str(value) for name, value in tomllib.loads(paths[0].read_text(encoding="utf-8")).items()}
    except (OSError, ValueError) as error:
        raise UsageError(f"配置文件无法读取:{paths[0]}({error})", f"cannot read {paths[0]}: {error}") from error


def _seconds(text: str) -> float:
    try:
        return max(0.0, float(text))
    except ValueError as error:
        raise UsageError(f"等待秒数不是数:{text}", f"not a number of seconds: {text}") from error
