"""The public HTTP API as a careful client uses it: real tokens, an idempotency key on every unsafe call, and retries with the same key."""

import asyncio
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import httpx

RETRY_STATUSES = frozenset({429, 500, 502, 503, 504})
GIVE_UP_SECONDS = 90.0
PASSWORD = "demo"


class ApiError(Exception):
    """An answer that the player did not expect; carries the problem."""

    def __init__(self, response: httpx.Response) -> None:
        self.status = response.status_code
        self.problem: dict[str, Any] = response.json() if "json" in response.headers.get("content-type", "") else {}
        request = response.request
        super().__init__(f"{request.method} {request.url.path}: {self.status} {response.text[:600]}")


@dataclass
class Gateway:
    """Everything goes through the gateway's one address."""

    address: str
    concurrency: int = 24
    counts: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        limits = httpx.Limits(max_connections=self.concurrency + 8, max_keepalive_connections=self.concurrency + 8)
        self._http = httpx.AsyncClient(base_url=self.address, timeout=60, limits=limits)
        self._tokens: dict[str, tuple[float, str]] = {}
        self._locks: dict[str, asyncio.Lock] = {}
        self._slots = asyncio.Semaphore(self.concurrency)

    async def close(self) -> None:
        await self._http.aclose()

    async def token(self, who: str) -> str:
        """Access token of a user (`officer.620102`) or a laboratory (`lab-L01`); asked for anew before it expires."""
        async with self._locks.setdefault(who, asyncio.Lock()):
            known = self._tokens.get(who)
            if known and known[0] > time.monotonic():
                return known[1]
            if who.startswith("lab-"):
                form = {
                    "grant_type": "client_credentials",
                    "client_id": who,
                    "client_secret": f"demo-{who.removeprefix('lab-')}",
                }
            else:
                form = {"grant_type": "password", "client_id": "demo-cli", "username": who, "password": PASSWORD}
            answer = await self._retried("POST", "/auth/realms/longzhi/protocol/openid-connect/token", {"data": form})
            if answer.status_code != 200:
                raise ApiError(answer)
            body = answer.json()
            self._tokens[who] = (time.monotonic() + body["expires_in"] - 30, body["access_token"])
            return str(body["access_token"])

    async def call(self, who: str, method: str, path: str, *, key: str | None = None, **request: Any) -> Any:
        """One call as `who`; the JSON body of a 2xx, ApiError otherwise. `path` is below /api, e.g. `/sampling/v1/samples`."""
        async with self._slots:
            headers = dict(request.pop("headers", {})) | {"Authorization": f"Bearer {await self.token(who)}"}
            if key:
                headers["Idempotency-Key"] = key
            answer = await self._retried(method, "/api" + path, request | {"headers": headers})
        if answer.status_code >= 400:
            raise ApiError(answer)
        return answer.json() if answer.content else None

    async def send(self, method: str, path: str, **request: Any) -> httpx.Response:
        """One request as it is, sent once; `path` is below the gateway's address."""
        return await self._http.request(method, path, **request)

    async def _retried(self, method: str, path: str, request: dict[str, Any]) -> httpx.Response:
        """Repeat on a cut connection and on 5xx with the same key, until it answers or a minute and a half has passed."""
        stop, wait = time.monotonic() + GIVE_UP_SECONDS, 0.1
        while True:
            self.counts["requests"] += 1
            try:
                answer = await self.send(method, path, **request)
                if answer.status_code not in RETRY_STATUSES or time.monotonic() > stop:
                    return answer
            except httpx.TransportError:
                if time.monotonic() > stop:
                    raise
            self.counts["retried"] += 1
            await asyncio.sleep(wait)
            wait = min(wait * 2, 2.0)

    async def every(self, who: str, path: str, **params: Any) -> list[Any]:
        """All pages of a list."""
        items, token = [], None
        while True:
            page = await self.call(who, "GET", path, params={"page_size": 200, **params} | ({"page_token": token} if token else {}))
            items += page["items"]
            token = page.get("next_page_token")
            if not token:
                return items
