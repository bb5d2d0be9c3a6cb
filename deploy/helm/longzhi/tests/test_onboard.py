"""Onboarding in the cluster: a template that never runs by itself, with what it needs and no secret in its log."""

import pytest

from ops import chart

NAME = "gansu-longzhi-onboard"


def template(scenario, *more):
    found = [d for d in chart.rendered(scenario, *more) if d["kind"] == "CronJob"]
    return found[0] if found else None


@pytest.mark.parametrize("scenario", sorted(set(chart.scenarios()) - {"gateway-api"}))
def test_it_never_runs_by_the_clock(scenario):
    found = template(scenario)
    assert (found["metadata"]["name"], found["spec"]["suspend"], found["spec"]["concurrencyPolicy"]) == (NAME, True, "Forbid")
    assert found["spec"]["jobTemplate"]["spec"]["backoffLimit"] == 0


def test_it_reads_the_operators_file_and_name_and_shows_no_secret():
    pod = template("production")["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    [one] = pod["containers"]
    assert one["args"] == ["ops.onboard", "/onboard/file.toml", "--no-secrets"]
    env = {variable["name"]: variable for variable in one["env"]}
    assert env["ONBOARDING_OPERATOR"]["valueFrom"]["configMapKeyRef"] == {"name": NAME, "key": "operator", "optional": True}
    assert {"name": "file", "configMap": {"name": NAME, "optional": True}} in pod["volumes"]


def test_it_reaches_keycloak_and_the_directory_through_the_gateway():
    one = template("evaluation")["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"][0]
    env = {variable["name"]: variable.get("value") for variable in one["env"]}
    assert env["GATEWAY_URL"] == "http://gansu-longzhi-gateway"
    assert env["KEYCLOAK_URL"].startswith("http://gansu-longzhi-keycloak")


def test_where_the_realm_is_not_ours_to_change_there_is_no_onboarding():
    assert template("gateway-api") is template("smallest", "--set", "identity.realm.sync=false") is None
