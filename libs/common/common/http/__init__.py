"""The HTTP edge: one application factory, one kind of route, one shape of problem."""

from common.http.app import create_app
from common.http.edge import CallerDep, RuntimeDep, SessionDep, TodayDep, allow, check_match, etag, no_key, open_router, raw_json, router
from common.http.paging import Page, PageDep, PageOf, page_of
from common.http.problems import from_validation, problem_body

__all__ = [
    "CallerDep", "Page", "PageDep", "PageOf", "RuntimeDep", "SessionDep", "TodayDep", "allow", "check_match", "create_app", "etag",
    "from_validation", "no_key", "open_router", "page_of", "problem_body", "raw_json", "router",
]  # fmt: skip
