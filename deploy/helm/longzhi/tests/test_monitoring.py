"""Alerts and dashboard ask for metrics that exist, and every alert has a section that says what to do."""

import json
import re

import yaml

from ops import chart
from ops.settings import ROOT

ALERTS = yaml.safe_load((chart.CHART / "files/alerts.yaml").read_text())["alerts"]
DASHBOARD = json.loads((chart.CHART / "files/dashboard.json").read_text())
OTHERS = {  # of Prometheus, kube-state-metrics, the kubelet and CloudNativePG
    "up", "kube_deployment_status_replicas_available", "kube_deployment_spec_replicas", "kube_job_status_failed",
    "kubelet_volume_stats_available_bytes", "kubelet_volume_stats_capacity_bytes", "cnpg_collector_last_available_backup_timestamp",
}  # fmt: skip


def exported():
    """The names that common/telemetry.py makes, as Prometheus sees them."""
    text = (ROOT / "libs/common/common/telemetry.py").read_text()
    found = set()
    for kind, name in re.findall(r"create_(counter|gauge|observable_gauge|histogram)\(\s*\"(\w+)\"", text):
        found |= {
            "counter": {f"{name}_total"},
            "gauge": {name},
            "observable_gauge": {name},
            "histogram": {f"{name}_bucket", f"{name}_count", f"{name}_sum"},
        }[kind]
    return found


def expressions():
    panels = [target["expr"] for panel in DASHBOARD["panels"] for target in panel.get("targets", [])]
    return panels + [alert["expr"] for alert in ALERTS]


def test_every_metric_that_is_asked_for_exists():
    asked = {name for text in expressions() for name in re.findall(r"\b(longzhi_\w+|kube_\w+|kubelet_\w+|cnpg_\w+)\b(?!=)", text)}
    assert asked - OTHERS <= exported()
    assert len(asked & exported()) >= 8


def test_every_metric_of_ours_is_looked_at():
    text = " ".join(expressions())
    unseen = {name for name in exported() if name not in text and not name.endswith(("_count", "_sum"))}
    assert unseen == set()


def test_a_gauge_that_one_worker_tells_and_another_takes_over_is_never_added_up_twice():
    for text in expressions():
        for name in ("longzhi_duties_overdue", "longzhi_duties_due_soon"):
            assert text.count(name) == text.count(f"max by (service, clock, prefecture) ({name}"), text


def test_every_label_that_is_asked_for_is_one_that_the_code_gives():
    """Bounded ones only: no county, no case, no person."""
    known = {"release", "service", "process", "operation", "status", "le", "topic", "owner", "direction", "clock", "prefecture"}
    asked = {label for text in expressions() for labels in re.findall(r"\bby \(([^)]*)\)", text) for label in re.split(r",\s*", labels)}
    assert asked <= known
    assert {"clock", "prefecture", "owner", "direction"} <= asked


def test_every_question_is_about_this_release_only():
    for text in expressions():
        assert "RELEASE" in text or "NAMESPACE" in text, text
    rule = next(d for d in chart.rendered("observed") if d["kind"] == "PrometheusRule")
    assert "RELEASE" not in str(rule)
    assert 'release="gansu"' in str(rule)


def test_every_alert_has_a_section_in_the_runbook():
    headings = set(re.findall(r"^#+ (Longzhi\w+)$", (ROOT / "docs/operations.md").read_text(), re.MULTILINE))
    assert headings == {alert["alert"] for alert in ALERTS}


def test_every_alert_links_to_its_section():
    rule = next(d for d in chart.rendered("observed") if d["kind"] == "PrometheusRule")
    for alert in rule["spec"]["groups"][0]["rules"]:
        assert alert["annotations"]["runbook"] == f"docs/operations.md#{alert['alert'].lower()}"
        assert alert["labels"]["severity"] in ("critical", "warning")


def test_the_dashboard_shows_what_operations_asked_for():
    titles = " ".join(panel["title"] for panel in DASHBOARD["panels"])
    for word in ("Push", "Clocks", "Outbox", "Consumer lag", "tenant"):
        assert word in titles
    shown = next(d for d in chart.rendered("observed") if d["kind"] == "ConfigMap")
    assert shown["metadata"]["labels"]["grafana_dashboard"] == "1"
    assert json.loads(shown["data"]["longzhi-gansu.json"])["uid"] == "longzhi-gansu"


def test_every_process_is_scraped_and_nothing_else():
    documents = chart.rendered("observed")
    monitor = next(d for d in documents if d["kind"] == "ServiceMonitor")["spec"]
    barred = set(monitor["selector"]["matchExpressions"][0]["values"])
    services = {d["metadata"]["labels"]["app.kubernetes.io/component"]: d for d in documents if d["kind"] == "Service"}
    scraped = {name: d for name, d in services.items() if name not in barred}
    assert len(scraped) == 18
    assert all(any(port["name"] == monitor["endpoints"][0]["port"] for port in d["spec"]["ports"]) for d in scraped.values())
