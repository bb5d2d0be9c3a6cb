"""Who asks: a Keycloak token, verified offline, becomes a `Caller`."""

import asyncio
import re
import time
from dataclasses import dataclass, field
from typing import Any

import httpx
import jwt

from common.db import Scope
from common.errors import Forbidden, Unauthenticated, Unavailable
from common.region import Region

ALGORITHMS = ["RS256", "ES256"]
REFETCH_SECONDS = 10.0
CACHE_SIZE = 4096
_QUOTA = re.compile(r"[1-9][0-9]{0,2}")


@dataclass(frozen=True, slots=True)
class Caller:
    """The user or the laboratory behind a request; `token` is forwarded to other services, which decide on it themselves."""

    subject: str
    name: str
    roles: frozenset[str]
    region: Region | None
    laboratory: str | None
    token: str = field(repr=False, default="")
    quota: int | None = None  # requests at once that the bureau or the laboratory may have in progress (同时请求数)

    @property
    def scope(self) -> Scope:
        return Scope(region=self.region, laboratory=self.laboratory, subject=self.subject)

    def require(self, *roles: str) -> None:
        """Refuse a caller that has none of the roles."""
        if not self.roles.intersection(roles):
            raise Forbidden("role_missing", "当前账号没有办理此事的角色", f"needs one of: {', '.join(roles)}")

    @property
    def bureau(self) -> Region:
        """The caller's bureau; laboratories have none and are refused."""
        if self.region is None:
            raise Forbidden("bureau_only", "此操作仅限市场监管部门", "only a bureau may do this")
        return self.region


def _unauthenticated(why: str) -> Unauthenticated:
    return Unauthenticated("token_invalid", "未登录或登录凭证无效", f"no valid token: {why}")


class Verifier:
    """Checks access tokens against the realm's keys. Keys are cached; an unknown key id is asked for at most every ten seconds."""

    def __init__(self, issuer: str, jwks_url: str, audience: str, client: httpx.AsyncClient | None = None, *, leeway: float = 5) -> None:
        self._leeway = leeway
        self._issuer, self._url, self._audience = issuer, jwks_url, audience
        self._client = client or httpx.AsyncClient(timeout=5.0)
        self._keys: dict[str, Any] = {}
        self._asked = -REFETCH_SECONDS
        self._lock = asyncio.Lock()
        self._seen: dict[str, tuple[float, Caller]] = {}

    async def verify(self, authorization: str | None) -> Caller:
        """`Bearer <token>` → Caller; Unauthenticated for anything but a valid access token of this realm for this audience."""
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise _unauthenticated("no bearer token")
        known = self._seen.get(token)
        if known and known[0] > time.time():
            return known[1]
        caller, expires = await self._check(token)
        if len(self._seen) >= CACHE_SIZE:
            self._seen.clear()
        self._seen[token] = (expires, caller)
        return caller

    async def _check(self, token: str) -> tuple[Caller, float]:
        try:
            header = jwt.get_unverified_header(token)
            key = await self._key(str(header.get("kid")))
            claims = jwt.decode(
                token, key, algorithms=ALGORITHMS, audience=self._audience, issuer=self._issuer,
                options={"require": ["exp", "iat", "sub", "aud", "iss"]}, leeway=self._leeway,
            )  # fmt: skip
        except jwt.PyJWTError as error:
            raise _unauthenticated(type(error).__name__) from error
        if claims.get("typ") != "Bearer":  # an ID or refresh token carries another type
            raise _unauthenticated("not an access token")
        return _caller(claims, token), float(claims["exp"])

    async def _key(self, kid: str) -> Any:
        if kid not in self._keys:
            async with self._lock:
                if kid not in self._keys and time.monotonic() - self._asked >= REFETCH_SECONDS:
                    await self._fetch()
        if kid not in self._keys:
            raise _unauthenticated("unknown key")
        return self._keys[kid]

    async def _fetch(self) -> None:
        self._asked = time.monotonic()
        try:
            answer = await self._client.get(self._url)
            answer.raise_for_status()
            found = jwt.PyJWKSet.from_dict(answer.json())
        except (httpx.HTTPError, jwt.PyJWTError, ValueError) as error:
            self._asked = time.monotonic() - REFETCH_SECONDS + 1.0  # do not lock everybody out for ten seconds after one failure
            raise Unavailable("identity_unavailable", "身份服务暂不可用", "the identity provider does not answer") from error
        self._keys = {str(key.key_id): key for key in found.keys if key.public_key_use in (None, "sig")}

    async def close(self) -> None:
        await self._client.aclose()


def _caller(claims: dict[str, Any], token: str) -> Caller:
    roles = frozenset(role for role in claims.get("roles") or () if isinstance(role, str))
    region, laboratory = claims.get("region_code") or None, claims.get("laboratory_code") or None
    if region and laboratory:
        raise _unauthenticated("both a bureau and a laboratory")
    try:
        bureau = Region(str(region)) if region else None
    except ValueError as error:
        raise _unauthenticated("malformed region") from error
    name = str(claims.get("name") or claims.get("preferred_username") or claims["sub"])
    return Caller(str(claims["sub"]), name, roles, bureau, str(laboratory) if laboratory else None, token, _quota(claims.get("requests_at_once")))


def _quota(claim: object) -> int | None:
    """The quota that the realm gives; none for anything but a count from 1 to 999, so that a slip there locks nobody out."""
    text = str(claim)
    return int(text) if _QUOTA.fullmatch(text) else None
