"""The Jobs: in which order, when, and that they can be repeated; the secrets that are made once."""

import base64

import pytest

from ops import chart

HOOK, WEIGHT = "helm.sh/hook", "helm.sh/hook-weight"


def jobs(documents):
    return {d["metadata"]["name"].removeprefix("gansu-longzhi-"): d for d in documents if d["kind"] == "Job"}


@pytest.mark.parametrize("scenario", sorted(chart.scenarios()))
def test_before_an_upgrade_the_databases_are_prepared_and_then_migrated(scenario):
    found = {name: job for name, job in jobs(chart.rendered(scenario, "--is-upgrade")).items() if not name.startswith("demonstration")}
    notes = {name: job["metadata"]["annotations"] for name, job in found.items()}
    assert all("pre-upgrade" in each[HOOK] for each in notes.values())
    weights = {name: int(each[WEIGHT]) for name, each in notes.items()}
    migrations = {weight for name, weight in weights.items() if name.endswith("-migrate")}
    assert len(migrations) == 1
    assert all(weight < migrations.copy().pop() for name, weight in weights.items() if not name.endswith("-migrate"))
    assert weights.get("database", -10) < min(weight for name, weight in weights.items() if name != "database")


@pytest.mark.parametrize("scenario", ["smallest", "own-cluster", "production"])
def test_with_parts_outside_a_first_installation_migrates_first_too(scenario):
    assert all("pre-install" in job["metadata"]["annotations"][HOOK] for job in jobs(chart.rendered(scenario)).values())


def test_with_built_in_parts_the_first_jobs_come_with_them_and_wait():
    found = jobs(chart.rendered("evaluation"))
    assert all("annotations" not in job["metadata"] for job in found.values())
    waits = {name: {v["name"]: v.get("value") for v in job["spec"]["template"]["spec"]["containers"][0]["env"]} for name, job in found.items()}
    assert all(int(env.get("WAIT_SECONDS") or env["DATABASE_WAIT_SECONDS"]) >= 240 for env in waits.values())
    later = jobs(chart.rendered("evaluation", "--is-upgrade"))
    assert not set(found) & set(later)  # a Job cannot be changed, so the next ones have other names


def test_a_job_that_fails_is_tried_again_and_ends(documents):
    for name, job in jobs(documents).items():
        assert job["spec"]["backoffLimit"] > 0, name
        assert job["spec"]["activeDeadlineSeconds"] <= 7200, name
        assert job["spec"]["template"]["spec"]["restartPolicy"] == "Never", name


def test_the_demonstration_is_only_where_it_is_asked_for():
    assert "demonstration-1" in jobs(chart.rendered("demonstration"))
    for scenario in set(chart.scenarios()) - {"demonstration"}:
        found = jobs(chart.rendered(scenario))
        assert not any(name.startswith("demonstration") for name in found)
        assert "'DEMO_IDENTITIES', 'value': 'yes'" not in str(found)


def test_the_demonstration_is_never_loaded_into_parts_outside():
    documents = chart.rendered("smallest", "--set", "evaluation.demonstration.enabled=true")
    assert not any("demonstration" in name for name in jobs(documents))
    assert "'DEMO_IDENTITIES', 'value': 'yes'" not in str(documents)


def secrets():
    documents = chart.rendered("evaluation")
    return {d["metadata"]["name"].removeprefix("gansu-longzhi-"): d for d in documents if d["kind"] == "Secret"}


def test_made_secrets_are_kept_with_the_volumes_that_need_them():
    kept = [d for d in chart.rendered("evaluation") if d["kind"] in ("Secret", "PersistentVolumeClaim")]
    assert len(kept) == 4
    assert all(d["metadata"]["annotations"]["helm.sh/resource-policy"] == "keep" for d in kept)


def test_made_secrets_are_what_the_programs_take():
    values = {name: {key: base64.b64decode(text).decode() for key, text in d["data"].items()} for name, d in secrets().items()}
    passwords = [text for key, text in values["database"].items() if key != "username"]
    assert len(passwords) == len(set(passwords)) == 14
    assert all(text.isalnum() and len(text) == 32 for text in passwords)
    hexes = [text for key, text in values["keys"].items() if key.endswith("-key")]
    assert len(hexes) == len(set(hexes)) == 4
    assert all(len(bytes.fromhex(text)) == 32 for text in hexes)
    assert values["keys"]["receipt-key.pem"].startswith("-----BEGIN PRIVATE KEY-----")


def test_every_secret_that_the_evaluation_refers_to_is_made_with_that_key():
    made = {(f"gansu-longzhi-{name}", key) for name, d in secrets().items() for key in d["data"]}
    for document in chart.rendered("demonstration"):
        for one in document.get("spec", {}).get("template", {}).get("spec", {}).get("containers", []):
            for variable in one.get("env", []):
                wanted = variable.get("valueFrom", {}).get("secretKeyRef")
                assert wanted is None or (wanted["name"], wanted["key"]) in made, variable
