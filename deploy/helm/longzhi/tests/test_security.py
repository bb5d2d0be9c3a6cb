"""Nothing in a pod that it does not need: PodSecurity `restricted`, no token, no secret in clear, the owner's password in one place."""

from ops import chart


def pods(documents):
    specs = {d["metadata"]["name"]: d["spec"] for d in documents if d["kind"] in ("Deployment", "StatefulSet", "Job")}
    specs |= {d["metadata"]["name"]: d["spec"]["jobTemplate"]["spec"] for d in documents if d["kind"] == "CronJob"}
    return {name: spec["template"]["spec"] for name, spec in specs.items()}


def containers(documents):
    return [(name, one) for name, pod in pods(documents).items() for one in pod.get("initContainers", []) + pod["containers"]]


def test_every_pod_is_admitted_by_the_restricted_standard(documents):
    for name, pod in pods(documents).items():
        assert not {"hostNetwork", "hostPID", "hostIPC"} & pod.keys(), name
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        allowed = {"emptyDir", "secret", "configMap", "persistentVolumeClaim"}
        assert all(set(volume) - {"name"} <= allowed for volume in pod["volumes"]), name
    for name, one in containers(documents):
        security = one["securityContext"]
        assert security["allowPrivilegeEscalation"] is False, name
        assert security["capabilities"] == {"drop": ["ALL"]}, name
        assert "hostPort" not in str(one.get("ports", [])), name


def test_every_container_runs_as_a_numbered_user_on_a_read_only_root(documents):
    for name, one in containers(documents):
        assert (one["securityContext"]["runAsUser"], one["securityContext"]["runAsGroup"]) == (10001, 10001), name
        assert one["securityContext"]["readOnlyRootFilesystem"] is True, name
        assert {"name": "tmp", "mountPath": "/tmp"} in one["volumeMounts"], name


def test_every_volume_in_memory_or_on_the_node_has_a_limit(documents):
    for name, pod in pods(documents).items():
        assert all(volume["emptyDir"]["sizeLimit"] for volume in pod["volumes"] if "emptyDir" in volume), name


def test_every_container_says_what_it_needs_and_takes_at_most(documents):
    for name, one in containers(documents):
        assert {"cpu", "memory", "ephemeral-storage"} <= one["resources"]["requests"].keys(), name
        assert {"memory", "ephemeral-storage"} <= one["resources"]["limits"].keys(), name
        assert "cpu" not in one["resources"]["limits"], name  # a limit only makes bursts slow


def test_nobody_has_a_token_for_the_api_server(documents):
    assert [d["automountServiceAccountToken"] for d in documents if d["kind"] == "ServiceAccount"] == [False]
    assert all(pod["automountServiceAccountToken"] is False and pod["enableServiceLinks"] is False for pod in pods(documents).values())
    assert not [d for d in documents if d["kind"] in ("Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding")]


def test_no_secret_stands_in_a_pod(documents):
    for name, one in containers(documents):
        for variable in one.get("env", []):
            if variable["name"].endswith(("KEY", "PASSWORD", "_ID", "_USERNAME")) and variable["name"] not in ("KC_DB_USERNAME", "KAFKA_USERNAME"):
                assert "secretKeyRef" in variable.get("valueFrom", {}), (name, variable["name"])
        assert not any("PASSWORD" in word for word in one.get("args", [])), name


def test_only_the_evaluation_makes_secrets(documents):
    made = [d["metadata"]["name"] for d in documents if d["kind"] == "Secret"]
    builtin = any(d["metadata"]["name"].endswith("-postgres") for d in documents)
    assert bool(made) == builtin


def test_the_owners_password_is_only_in_the_migrations(documents):
    holders = {name for name, one in containers(documents) for v in one.get("env", []) if v["name"] in ("OWNER_PASSWORD", "OWNER_DATABASE_URL")}
    assert all("-migrate" in name for name in holders)
    assert len(holders) == 6


def test_the_superusers_password_is_only_where_databases_are_made():
    for scenario, wanted in (("own-cluster", {"gansu-longzhi-database"}), ("evaluation", {"gansu-longzhi-database-first", "gansu-longzhi-postgres"})):
        found = containers(chart.rendered(scenario))
        assert {name for name, one in found for v in one.get("env", []) if v["name"] == "SUPERUSER_PASSWORD"} == wanted


def test_a_service_holds_no_secret_of_another(documents):
    for name, one in containers(documents):
        for variable in one.get("env", []):
            key = variable.get("valueFrom", {}).get("secretKeyRef", {}).get("key", "")
            if key.endswith(("-app", "-owner", "-contact-key")):
                assert f"-{key.split('-')[0]}-" in f"{name}-", (name, key)


def test_images_come_from_one_registry_with_one_pull_secret():
    for name, pod in pods(chart.rendered("shared-folder")).items():
        assert pod["imagePullSecrets"] == [{"name": "pull"}], name
        assert all(one["image"].startswith("images.example.gov.cn/longzhi-") for one in pod["containers"])
