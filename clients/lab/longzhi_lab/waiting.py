"""What waits at this laboratory (待办): samples to be received, to be reported, and reports to be corrected, late ones first."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from longzhi_lab.link import SAMPLING, Link, Unread, call, unexpected

PAGE = 200
_STATES = {"SAMPLED": "receive", "RECEIVED": "report"}


@dataclass(frozen=True, slots=True)
class Waiting:
    """One piece of work; `due` is the last day of its limit where there is one."""

    stage: str
    sample_id: str
    sample_no: str
    product: str
    since: str
    due: str = ""
    late: bool = False


def list_pages(link: Link, path: str, **params: str) -> Iterator[Mapping[str, Any]]:
    """Every row of a list, page after page."""
    token = ""
    while True:
        query = {**params, "page_size": str(PAGE)} | ({"page_token": token} if token else {})
        answer = call(link, "GET", path, params=query, check=_check)
        if not answer.is_success:
            raise unexpected(answer)
        page = answer.json()
        yield from page["items"]
        token = page.get("next_page_token") or ""
        if not token:
            return


def _check(answer: Any) -> None:
    try:
        answer.json()["items"]
    except (ValueError, KeyError, TypeError) as error:
        raise Unread("the list cannot be read") from error


def list_samples(link: Link, state: str) -> Iterator[Mapping[str, Any]]:
    """Samples of this laboratory in one state, newest first."""
    return list_pages(link, f"{SAMPLING}/samples", state=state)


def list_waiting(link: Link) -> list[Waiting]:
    """The queue with its time limits; a platform without one still tells which samples wait."""
    first = call(link, "GET", f"{SAMPLING}/queue", params={"page_size": "1"})
    if first.status_code == 404:
        return [_of_sample(stage, row) for state, stage in _STATES.items() for row in list_samples(link, state)]
    return [_of_queue(row) for row in list_pages(link, f"{SAMPLING}/queue")]


def _of_sample(stage: str, row: Mapping[str, Any]) -> Waiting:
    since = row.get("received_on") if stage == "report" else row.get("sealed_on") or row.get("sampled_on")
    return Waiting(stage, str(row["id"]), str(row["sample_no"]), str(row.get("product_name") or ""), str(since or ""))


def _of_queue(row: Mapping[str, Any]) -> Waiting:
    return Waiting(
        str(row["stage"]), str(row["sample_id"]), str(row["sample_no"]), str(row.get("product_name") or ""), str(row.get("since") or ""),
        str(row.get("due") or ""), bool(row.get("late")),
    )  # fmt: skip
