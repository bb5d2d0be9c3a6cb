"""Traces, metrics and logs; the names of attributes and metrics as constants. Exporters by setting, off by default."""

import json
import logging
import os
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from opentelemetry import metrics, propagate, trace
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.metrics import Observation
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import Span, SpanKind
from pythonjsonlogger.json import JsonFormatter

OWNER = "longzhi.owner"
ACTOR = "longzhi.actor"
EVENT_TYPE = "longzhi.event.type"
EVENT_ID = "longzhi.event.id"
PROBLEM_CODE = "longzhi.problem.code"

_tracer = trace.get_tracer("longzhi")
_meter = metrics.get_meter("longzhi")

requests = _meter.create_counter("longzhi_requests", description="HTTP and gRPC requests by operation and status")
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
request_seconds = _meter.create_histogram(
    "longzhi_request_seconds", unit="s", description="time to answer", explicit_bucket_boundaries_advisory=_SECONDS
)
owner_requests = _meter.create_counter("longzhi_owner_requests", description="HTTP requests by the prefecture or laboratory that asked")
owner_bytes = _meter.create_counter("longzhi_owner_bytes", description="bytes of bodies by the prefecture or laboratory that asked, and direction")
events_published = _meter.create_counter("longzhi_events_published", description="outbox rows acknowledged by the broker")
events_handled = _meter.create_counter("longzhi_events_handled", description="events whose effect committed")
events_repeated = _meter.create_counter("longzhi_events_repeated", description="events that the inbox already had")
events_parked = _meter.create_counter("longzhi_events_parked", description="events put aside as dead letters")
outbox_waiting = _meter.create_gauge("longzhi_outbox_waiting", description="outbox rows not yet acknowledged")
consumer_lag = _meter.create_gauge("longzhi_consumer_lag", description="records behind the end, by topic, of the partitions that this process reads")
_duties: dict[str, Any] = {"rows": (), "until": 0.0}


def _told(which: int) -> Iterator[Observation]:
    rows = _duties["rows"] if time.monotonic() < _duties["until"] else ()
    return (Observation(row[which], {"clock": row[0], "prefecture": row[1]}) for row in rows)


_OVERDUE, _SOON = "duties whose last day is over, by clock and prefecture", "duties that end within three working days, likewise"
_meter.create_observable_gauge("longzhi_duties_overdue", [lambda _: _told(2)], description=_OVERDUE)
_meter.create_observable_gauge("longzhi_duties_due_soon", [lambda _: _told(3)], description=_SOON)


def tell_duties(rows: Sequence[tuple[str, str, int, int]], seconds: float) -> None:
    """Replace what this process tells of (clock, prefecture, overdue, soon), for so long; what is not among them is gone, not nought."""
    _duties.update({"rows": tuple(rows), "until": time.monotonic() + seconds})


def tenant(owner: str) -> str:
    """The label of a bureau or laboratory in metrics: bounded, so a county counts for its prefecture; laboratories are few and registered."""
    return owner if owner.startswith("lab:") else owner[:4]


class Seldom(logging.Filter):
    """Lets a library's complaint through once a minute per place that makes it: a part that is away is told, not told a thousand times."""

    NAMES = ("kafka.", "opentelemetry.")
    SECONDS = 60.0

    def __init__(self) -> None:
        super().__init__()
        self.said: dict[tuple[str, int], float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        if not record.name.startswith(self.NAMES):
            return True
        place, now = (record.pathname, record.lineno), time.monotonic()
        if now - self.said.get(place, -self.SECONDS) < self.SECONDS:
            return False
        self.said[place] = now
        return True


class FileExporter(SpanExporter):
    """Appends spans as JSON lines; for tests and for looking at one trace without a collector."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        with self.path.open("a") as out:
            out.writelines(json.dumps(json.loads(span.to_json()), ensure_ascii=False) + "\n" for span in spans)
        return SpanExportResult.SUCCESS


class _Context(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        span = trace.get_current_span()
        found = span.get_span_context()
        record.trace_id = f"{found.trace_id:032x}" if found.is_valid else ""
        record.owner = (getattr(span, "attributes", None) or {}).get(OWNER, "")
        return True


_leaving: list[tuple[TracerProvider, SpanExporter]] = []
FLUSH_SECONDS = 3.0


def close() -> None:
    """Last spans get three seconds; then the exporter is cut off, so that a collector that is away does not hold up the stop of the process."""
    for provider, collector in _leaving:
        flushing = threading.Thread(target=provider.force_flush, daemon=True)
        flushing.start()
        flushing.join(FLUSH_SECONDS)
        collector.shutdown()
        provider.shutdown()
    _leaving.clear()


def setup(service: str, exporter: str, traces_file: str, log_level: str) -> None:
    """Install providers and JSON logs for one process. `exporter`: none, otlp (address by OTEL_EXPORTER_OTLP_ENDPOINT) or file."""
    resource = Resource.create({"service.name": service, "service.instance.id": str(os.getpid())})
    provider = TracerProvider(resource=resource, shutdown_on_exit=exporter != "otlp")
    if exporter == "otlp":
        collector = OTLPSpanExporter()
        provider.add_span_processor(BatchSpanProcessor(collector))
        _leaving.append((provider, collector))
    elif exporter == "file":
        provider.add_span_processor(SimpleSpanProcessor(FileExporter(Path(traces_file))))
    trace.set_tracer_provider(provider)
    metrics.set_meter_provider(MeterProvider(resource=resource, metric_readers=[PrometheusMetricReader()]))
    handler = logging.StreamHandler(sys.stdout)
    handler.addFilter(Seldom())
    handler.addFilter(_Context())
    names = "%(asctime)s %(levelname)s %(name)s %(message)s %(trace_id)s %(owner)s"
    handler.setFormatter(JsonFormatter(names, rename_fields={"asctime": "at", "levelname": "level"}, static_fields={"service": service}))
    logging.basicConfig(level=log_level, handlers=[handler], force=True)
    logging.captureWarnings(True)  # else they reach the log as bare text
    for noisy in ("kafka", "httpx", "uvicorn.access", "alembic"):
        logging.getLogger(noisy).setLevel("WARNING")


@contextmanager
def span(name: str, parent: str | None = None, kind: SpanKind = SpanKind.INTERNAL, **attributes: str) -> Iterator[Span]:
    """A span; `parent` is a W3C traceparent that came through the outbox, Kafka or gRPC."""
    context = propagate.extract({"traceparent": parent}) if parent else None
    with _tracer.start_as_current_span(name, context=context, kind=kind, attributes=attributes) as current:
        yield current


def traceparent() -> str:
    """The current trace as a W3C header, or empty."""
    carrier: dict[str, str] = {}
    propagate.inject(carrier)
    return carrier.get("traceparent", "")


def trace_id() -> str:
    """The current trace's id in hex, or empty."""
    found = trace.get_current_span().get_span_context()
    return f"{found.trace_id:032x}" if found.is_valid else ""
