"""One trace from the laboratory's push to the acknowledged export; metrics and logs of every service."""

import json
import time

import pytest

from ops.settings import SERVICES

NEEDED = {
    ("sampling", "POST /v1/reports:batch"), ("sampling", "push.store"), ("disposal", "on ReportAccepted"), ("credit", "on ReportAccepted"),
    ("credit", "export record"),
}  # fmt: skip


def spans_of(world, trace_id):
    """Spans of one trace in the files that TRACES_EXPORTER=file writes."""
    lines = (line for path in world.platform.logs.glob("traces*.jsonl") for line in path.open() if trace_id in line)
    return [span for span in map(json.loads, lines) if span["context"]["trace_id"] == f"0x{trace_id}"]


def names(spans):
    return {(span["resource"]["attributes"]["service.name"], span["name"]) for span in spans}


def test_one_trace_leads_from_the_push_to_the_acknowledged_export(world, crossing):
    deadline = time.monotonic() + 15
    while not names(spans := spans_of(world, crossing.trace_id)) >= NEEDED and time.monotonic() < deadline:
        time.sleep(0.2)
    print("\n" + "\n".join(sorted(f"{service:<9} {name}" for service, name in names(spans))))
    if not spans:
        pytest.fail("no spans: the platform of this test runs with TRACES_EXPORTER=file (ops/test.sh)")
    assert names(spans) >= NEEDED
    assert {record["state"] for record in crossing.records.values()} == {"ACKNOWLEDGED"}


def test_spans_hang_together_without_a_gap(world, crossing):
    spans = spans_of(world, crossing.trace_id)
    known = {span["context"]["span_id"] for span in spans}
    roots = [span for span in spans if span["parent_id"] not in known]
    assert {(span["resource"]["attributes"]["service.name"], span["name"]) for span in roots} == {("sampling", "POST /v1/reports:batch")}


def test_handlers_and_routes_say_in_whose_name(world, crossing):
    spans = spans_of(world, crossing.trace_id)
    owners = {span["name"]: span["attributes"].get("longzhi.owner") for span in spans}
    assert owners["on ReportAccepted"] == "620102"
    assert owners["POST /v1/reports:batch"] == f"lab:{crossing.laboratory}"


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.usefixtures("crossing")
def test_every_service_counts_its_requests_and_events(world, service):
    lines = world.metrics(service).splitlines()
    wanted = {"longzhi_requests_total", "longzhi_request_seconds_count", "longzhi_outbox_waiting"}
    if service in ("sampling", "disposal", "credit"):
        wanted |= {"longzhi_events_published_total"}
    if service in ("disposal", "credit"):
        wanted |= {"longzhi_events_handled_total"}
    found = {line.partition("{")[0].partition(" ")[0] for line in lines if line.startswith("longzhi_")}
    assert found >= wanted


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.usefixtures("crossing")
def test_logs_are_json_with_trace_and_owner(world, service):
    lines = (world.platform.logs / f"{service}.log").read_text().splitlines()
    assert lines
    plain = [line for line in lines if not line.startswith("{")]
    assert plain == []
    assert [line for line in lines if not {"trace_id", "owner", "service", "level", "message"} <= json.loads(line).keys()] == []
