"""The line to the platform: a token that is renewed in time, and calls that are repeated until they are answered or patience ends."""

import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx

from longzhi_lab.backoff import RETRY_STATUSES, told_wait, wait_before
from longzhi_lab.config import Config
from longzhi_lab.errors import CredentialsRefused, LabError, Unreachable, UsageError

TOKEN_PATH = "/auth/realms/longzhi/protocol/openid-connect/token"
SAMPLING = "/api/sampling/v1"
TIMEOUT = httpx.Timeout(120.0, connect=10.0)
EARLY = 30.0
Tell = Callable[[str, str], None]


class Unread(Exception):
    """An answer that is not what the platform says (cut, or from something in between): the call is repeated."""


@dataclass
class Link:
    """One laboratory's line; `tell` hears what happens, in Chinese and English; `retried` counts repeated calls."""

    config: Config
    http: httpx.Client
    tell: Tell
    token: str = ""
    token_until: float = 0.0
    retried: int = 0
    chance: Callable[[], float] = field(default=random.random)


@contextmanager
def open_link(config: Config, tell: Tell = lambda _zh, _en: None) -> Iterator[Link]:
    """A line that is closed at the end; nothing is asked yet."""
    language = "en" if config.english else "zh-CN"
    try:
        http = httpx.Client(base_url=config.url, timeout=TIMEOUT, headers={"Accept-Language": language, "User-Agent": "longzhi-lab/0.1"})
    except httpx.InvalidURL as error:
        raise UsageError(f"平台地址无效:{config.url}", f"not an address: {config.url}") from error
    with http:
        yield Link(config, http, tell)


def call(link: Link, method: str, path: str, *, check: Callable[[httpx.Response], None] = lambda _answer: None, **request: Any) -> httpx.Response:
    """One call with the laboratory's token, repeated with the very same content on a cut line, 5xx and 429; a 401 renews the token once.

    `check` raises Unread for a 2xx that cannot be the platform's; the call is then repeated too.
    """
    headers = request.pop("headers", {})

    def ask() -> httpx.Response:
        answer = link.http.request(method, path, headers={**headers, "Authorization": f"Bearer {link.token}"}, **request)
        if answer.is_success:
            check(answer)
        return answer

    if link.token_until <= time.monotonic():
        log_in(link)
    answer = repeated(link, ask)
    if answer.status_code == 401:
        log_in(link)
        answer = repeated(link, ask)
        if answer.status_code == 401:
            raise CredentialsRefused("平台不接受本机构的令牌(401)", "the platform refuses this laboratory's token (401)")
    return answer


def log_in(link: Link) -> float:
    """A new token by client credentials; how many seconds it lives."""
    form = {"grant_type": "client_credentials", "client_id": link.config.client_id, "client_secret": link.config.secret}

    def ask() -> httpx.Response:
        answer = link.http.post(TOKEN_PATH, data=form)
        if answer.is_success:
            _token_of(answer)
        return answer

    asked = time.monotonic()
    answer = repeated(link, ask)
    if answer.status_code in (400, 401, 403):
        zh = f"凭证无效:客户端 {link.config.client_id} 或其密钥不被接受({answer.status_code})"
        raise CredentialsRefused(zh, f"client {link.config.client_id} or its secret is refused ({answer.status_code})")
    if not answer.is_success:
        raise unexpected(answer)
    link.token, seconds = _token_of(answer)
    link.token_until = asked + max(seconds - EARLY, seconds / 2)
    return seconds


def _token_of(answer: httpx.Response) -> tuple[str, float]:
    try:
        body = answer.json()
        return str(body["access_token"]), float(body.get("expires_in", 60))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Unread("the token cannot be read") from error


def repeated(link: Link, ask: Callable[[], httpx.Response]) -> httpx.Response:
    """Ask until there is an answer that repeating cannot better; Unreachable when the patience ends."""
    deadline, attempt = time.monotonic() + link.config.patience, 0
    while True:
        attempt += 1
        told = None
        try:
            answer = ask()
            if answer.status_code not in RETRY_STATUSES:
                return answer
            why = str(answer.status_code)
            told = told_wait(answer.headers.get("retry-after"), datetime.now(UTC))
        except (httpx.UnsupportedProtocol, httpx.InvalidURL) as error:
            raise UsageError(f"平台地址无效:{link.config.url}", f"not an address: {link.config.url}") from error
        except (httpx.RequestError, Unread) as error:
            why = f"{type(error).__name__}: {error}".rstrip(": ")
        wait = wait_before(attempt, link.config.first_wait, link.chance(), told)
        if time.monotonic() + wait > deadline:
            zh = f"平台在 {link.config.patience:.0f} 秒内没有给出结果({why});进度已保存,稍后重新运行即可继续"
            raise Unreachable(zh, f"no result within {link.config.patience:.0f} s ({why}); progress is kept, run again to go on")
        link.retried += 1
        link.tell(
            f"第 {attempt} 次未成({why}),{wait:.1f} 秒后以同一键重试", f"attempt {attempt} failed ({why}), again in {wait:.1f} s with the same key"
        )
        time.sleep(wait)


def problem_of(answer: httpx.Response) -> Mapping[str, Any] | None:
    """The RFC 9457 problem of an answer, or None when it has none."""
    try:
        body = answer.json()
    except ValueError:
        return None
    return body if isinstance(body, dict) and "code" in body else None


def unexpected(answer: httpx.Response) -> LabError:
    """An answer that no repetition betters, as the end of the command."""
    told = problem_of(answer)
    if told is None:
        zh = f"应答不像本平台的({answer.status_code}),请检查地址 {answer.request.url}"
        return UsageError(zh, f"this is not the platform's answer ({answer.status_code}); check the address {answer.request.url}")
    words = f"{answer.status_code} {told['code']}:{told.get('detail', '')}"
    return UsageError(f"平台拒绝:{words}", f"refused: {words}")
