"""The directory as the onboarding speaks to it: by HTTP through the gateway, as service account `longzhi-onboarding`, registrar of the province."""

from dataclasses import dataclass
from typing import Any

import httpx

from ops import administration
from ops.onboarding.file import BureauFile, Division, Fault, Faulty, Laboratory
from ops.settings import REALM

CLIENT = "longzhi-onboarding"


@dataclass(frozen=True)
class Registrar:
    """Who signs in, and in whose hands every act is noted."""

    http: httpx.Client
    basis: dict[str, str]

    def division(self, code: str) -> dict[str, Any] | None:
        return self._find(f"/v1/divisions/{code}")

    def chain(self, file: BureauFile) -> list[tuple[str, str]]:
        """Prefix and name of the bureau and of all above it."""
        found, code = [(file.division.region.code, file.division.name)], file.division.parent
        while code:
            above = self.division(code)
            if above is None:
                raise Faulty([Fault("division_unknown", "/division/parent", f"上级行政区划 {code} 不存在", f"there is no division {code}")])
            found.append((above["region_code"], above["name"]))
            code = above["parent_code"]
        return found

    def put_division(self, wanted: Division, known: dict[str, Any] | None) -> None:
        """Enter or rename it; what the file does not name stays."""
        kept = {name: (known or {}).get(name) for name in ("valid_from", "valid_to", "successor_code")}
        if wanted.valid_from:
            kept["valid_from"] = wanted.valid_from.isoformat()
        facts = {"name": wanted.name, "level": wanted.level, "parent_code": wanted.parent}
        self._send("PUT", f"/v1/divisions/{wanted.code}", facts | kept | {"basis": self.basis})

    def laboratory(self, code: str) -> dict[str, Any] | None:
        return self._find(f"/v1/labs/{code}")

    def put_laboratory(self, wanted: Laboratory) -> None:
        self._send("PUT", f"/v1/labs/{wanted.code}", body_of(wanted) | {"basis": self.basis})

    def note(self, subject: str, changes: list[str]) -> None:
        """What is about to be done at the identity provider, into the province's audit trail before it is done."""
        for start in range(0, len(changes), 500):
            self._send("POST", "/v1/onboardings", {"subject": subject, "changes": changes[start : start + 500], "basis": self.basis})

    def _find(self, path: str) -> dict[str, Any] | None:
        answer = self.http.get(f"/api/directory{path}")
        if answer.status_code == 404:
            return None
        found: dict[str, Any] = _good(answer).json()
        return found

    def _send(self, method: str, path: str, body: dict[str, Any]) -> None:
        _good(self.http.request(method, f"/api/directory{path}", json=body))


def body_of(wanted: Laboratory) -> dict[str, Any]:
    """A laboratory as the directory takes it."""
    return wanted.model_dump(mode="json", exclude={"code"})


def _good(answer: httpx.Response) -> httpx.Response:
    """The answer, or the directory's refusal in its own words and with its pointers."""
    if answer.status_code < 400:
        return answer
    told = answer.json() if "json" in answer.headers.get("content-type", "") else {}
    problems = told.get("problems") or [{"code": told.get("code", "http"), "pointer": told.get("pointer") or ""}]
    where = f"directory answered {answer.status_code} to {answer.request.method} {answer.request.url.path}"
    zh = told.get("detail", "名录服务拒绝")
    raise Faulty([Fault(each["code"], each["pointer"], each.get("detail", zh), where) for each in problems])


def sign_in(admin: httpx.Client, gateway: str, province: str, basis: dict[str, str]) -> Registrar:
    """The registrar with a token of five minutes. Keycloak keeps the client's secret; it is read now and stored nowhere."""
    administration.complete(admin, CLIENT, "入驻办理", "registrar", {"region_code": [province]})
    client = administration.find_client(admin, CLIENT)
    if client is None:
        raise LookupError(f"no client {CLIENT} in the realm")
    secret = administration.get(admin, f"/clients/{client['id']}/client-secret")["value"]
    form = {"grant_type": "client_credentials", "client_id": CLIENT, "client_secret": secret}
    address = str(admin.base_url).rstrip("/")
    answer = httpx.post(f"{address}/realms/{REALM}/protocol/openid-connect/token", data=form, timeout=60).raise_for_status()
    headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    return Registrar(httpx.Client(base_url=gateway, headers=headers, timeout=60), basis)
