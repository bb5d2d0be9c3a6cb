"""Tokens: one verifier, and everything that is not an access token of this realm for this audience is refused."""

import asyncio
import base64
import hashlib
import hmac
import json
import time

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from common import testing
from common.caller import Verifier
from common.errors import Forbidden, Unauthenticated, Unavailable


def verifier(answer=None):
    asked = []

    def keys(request):
        asked.append(request)
        return answer() if answer else httpx.Response(200, json=testing.jwks())

    client = httpx.AsyncClient(transport=httpx.MockTransport(keys))
    return Verifier(testing.ISSUER, "https://test.invalid/jwks", testing.AUDIENCE, client), asked


async def test_a_good_token_becomes_a_caller():
    found, _ = verifier()
    caller = await found.verify("Bearer " + testing.token("u1", "officer", region="620102"))
    assert (caller.subject, caller.region.code, caller.roles, caller.laboratory) == ("u1", "620102", {"officer"}, None)
    lab = await found.verify("bearer " + testing.token("lab", "laboratory", laboratory="L01"))
    assert (lab.region, lab.laboratory) == (None, "L01")
    with pytest.raises(Forbidden, match="bureau_only"):
        lab.bureau.covers(lab.bureau)


OTHER = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PUBLIC = testing._KEY.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def claims(**changed):
    now = int(time.time())
    good = {"sub": "u", "roles": ["officer"], "typ": "Bearer", "iss": testing.ISSUER, "aud": testing.AUDIENCE, "iat": now, "exp": now + 60}
    return {k: v for k, v in (good | changed).items() if v is not None}


def sign(body, key=testing._KEY, algorithm="RS256", kid=testing.KID):
    return jwt.encode(body, key, algorithm=algorithm, headers={"kid": kid})


def hs256_with_the_public_key():
    """The classic confusion, made by hand because PyJWT refuses to sign it."""

    parts = [json.dumps(p).encode() for p in ({"alg": "HS256", "kid": testing.KID}, claims())]
    body = b".".join(base64.urlsafe_b64encode(p).rstrip(b"=") for p in parts)
    mac = base64.urlsafe_b64encode(hmac.new(PUBLIC, body, hashlib.sha256).digest()).rstrip(b"=")
    return (body + b"." + mac).decode()


BAD = {
    "alg none": lambda: jwt.encode(claims(), None, algorithm="none", headers={"kid": testing.KID}),
    "HS256 with the public key": hs256_with_the_public_key,
    "signed by another key": lambda: sign(claims(), OTHER),
    "unknown key id": lambda: sign(claims(), kid="other"),
    "expired": lambda: sign(claims(exp=int(time.time()) - 60)),
    "not yet": lambda: sign(claims(iat=int(time.time()) + 3600, nbf=int(time.time()) + 3600)),
    "no expiry": lambda: sign(claims(exp=None)),
    "wrong audience": lambda: sign(claims(aud="account")),
    "no audience": lambda: sign(claims(aud=None)),
    "other realm": lambda: sign(claims(iss="https://test.invalid/realms/other")),
    "ID token": lambda: sign(claims(typ="ID")),
    "refresh token": lambda: sign(claims(typ="Refresh")),
    "no subject": lambda: sign(claims(sub=None)),
    "malformed region": lambda: sign(claims(region_code="62%")),
    "bureau and laboratory at once": lambda: sign(claims(region_code="62", laboratory_code="L01")),
    "cut": lambda: sign(claims())[:-8],
    "nothing": lambda: "",
    "rubbish": lambda: "a.b.c",
}


@pytest.mark.parametrize("name", BAD)
async def test_anything_else_is_refused(name):
    found, _ = verifier()
    with pytest.raises(Unauthenticated):
        await found.verify(f"Bearer {BAD[name]()}")


async def test_basic_credentials_are_no_token():
    with pytest.raises(Unauthenticated):
        await verifier()[0].verify("Basic dTpw")


async def test_an_unknown_key_is_asked_for_once_in_ten_seconds():
    found, asked = verifier()
    for _ in range(5):
        with pytest.raises(Unauthenticated):
            await found.verify("Bearer " + sign(claims(), kid="other"))
    assert len(asked) == 1


async def test_with_the_provider_away_known_keys_work_and_nobody_else_gets_in():
    up = [True]
    found, _ = verifier(lambda: httpx.Response(200, json=testing.jwks()) if up[0] else httpx.Response(503))
    good = "Bearer " + testing.token("u1", "officer", region="62")
    await found.verify(good)
    up[0] = False
    assert (await found.verify(good)).subject == "u1"
    assert (await found.verify("Bearer " + testing.token("u2", "officer", region="62"))).subject == "u2"
    with pytest.raises(Unauthenticated):
        await found.verify("Bearer " + sign(claims(), OTHER, kid="unknown"))
    fresh, _ = verifier(lambda: httpx.Response(503))
    with pytest.raises(Unavailable):
        await fresh.verify(good)


async def test_a_cached_token_still_expires():
    found, _ = verifier()
    found._leeway = 0
    good = "Bearer " + sign(claims(exp=int(time.time()) + 2, region_code="62"))
    assert (await found.verify(good)).subject == "u"
    await asyncio.sleep(2.1)
    with pytest.raises(Unauthenticated):
        await found.verify(good)


@pytest.mark.parametrize(
    ("claim", "quota"),
    [(4, 4), ("4", 4), (999, 999), (None, None), (0, None), (-1, None), (1000, None), ("x", None), (True, None), (2.5, None), ([3], None)],
)
async def test_a_quota_is_a_small_count_and_nonsense_is_none(claim, quota):
    found, _ = verifier()
    caller = await found.verify("Bearer " + testing.token("u1", "officer", region="620102", requests_at_once=claim))
    assert caller.quota == quota
