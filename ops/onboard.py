"""`python -m ops.onboard FILE.toml --operator 张三`: a bureau or a laboratory joins without a release (入驻), or gets what its file says more.

The file is checked whole before anything is done (deploy/examples/onboard-*.toml). A second run finds nothing to change; nothing is ever deleted
and no password is ever reset. Every change stands in the directory's audit trail with the operator, and in Keycloak's admin events.
"""

import argparse
import os
from pathlib import Path

import httpx

from ops import cluster, credentials, keycloak, realm, settings
from ops.onboarding import Change, planning
from ops.onboarding.file import BureauFile, Fault, Faulty, File, read
from ops.onboarding.handing import Handing
from ops.onboarding.registrar import Registrar, sign_in
from ops.progress import fail, say
from ops.settings import Platform

AT_ONCE = 10  # changes by one administrator's token, which lives a minute


def onboard(path: Path, operator: str, handing: Handing, *, dry_run: bool = False) -> int:
    """Do what the file asks for; how many changes that took. SystemExit with every fault when it cannot be done."""
    try:
        if not 2 <= len(operator.strip()) <= 60:
            raise Faulty([Fault("operator_missing", "--operator", "须写明经办人姓名", "the operator's name is missing")])
        province = os.environ.get("PROVINCE") or "62"
        file = read(path, province)
        platform, secrets = place()
        with keycloak.administrator(platform, secrets) as admin:
            if changed := realm.sync(admin, keycloak.realm(platform), []):
                say(f"realm: {', '.join(changed)}")
            gateway = os.environ.get("GATEWAY_URL") or platform.gateway_url
            registrar = sign_in(admin, gateway, province, {"operator": operator.strip(), "request": file.request})
            changes = plan(admin, registrar, file, handing)
        if dry_run:
            for change in changes:
                say(f"would do: {change.text}")
        elif changes:
            handing.prepare()
            carry_out((platform, secrets), registrar, subject_of(file), changes)
    except Faulty as refusal:
        raise fail(f"{path}:\n" + "\n".join(f"  {fault}" for fault in refusal.faults)) from refusal
    say(f"{subject_of(file)}: {len(changes)} changes{' to do' if dry_run else ''}" if changes else f"{subject_of(file)}: nothing to change")
    return len(changes)


def place() -> tuple[Platform, dict[str, str]]:
    """The platform and its administrator: the cluster's by the environment, else this machine's own."""
    if "KEYCLOAK_URL" in os.environ:
        return cluster.load(), cluster.administrator()
    platform = settings.load()
    if not (platform.run / "secrets.json").exists():
        raise fail(f"no platform in {platform.run}: LONGZHI_RUN names another folder, or `make up` first")
    return platform, credentials.load(platform)


def plan(admin: httpx.Client, registrar: Registrar, file: File, handing: Handing) -> list[Change]:
    """What the file asks for and is not there."""
    if isinstance(file, BureauFile):
        return planning.bureau(admin, registrar, file, handing)
    return planning.laboratory(admin, registrar, file, handing)


def subject_of(file: File) -> str:
    """The bureau's prefix or the laboratory's code."""
    return file.division.region.code if isinstance(file, BureauFile) else file.laboratory.code


def carry_out(where: tuple[Platform, dict[str, str]], registrar: Registrar, subject: str, changes: list[Change]) -> None:
    """The directory's part first, which may refuse; then a note of the identity part, and then that."""
    ours = [change for change in changes if change.at_directory]
    others = [change for change in changes if not change.at_directory]
    platform, secrets = where
    with keycloak.administrator(platform, secrets) as admin:
        for change in ours:
            change.act(admin)
            say(f"done: {change.text}")
    if others:
        registrar.note(subject, [change.text for change in others])
    for start in range(0, len(others), AT_ONCE):
        with keycloak.administrator(platform, secrets) as admin:
            for change in others[start : start + AT_ONCE]:
                change.act(admin)
                say(f"done: {change.text}")


def main() -> None:
    """Command line of `make onboard` and of the chart's Job."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--operator", default=os.environ.get("ONBOARDING_OPERATOR", ""), help="who does it (经办人); else that variable")
    parser.add_argument("--dry-run", action="store_true", help="check the file and say what would be done")
    secret = parser.add_mutually_exclusive_group()
    secret.add_argument("--secret-to", type=Path, metavar="FILE", help="write passwords and client secrets there (mode 600), not to the terminal")
    secret.add_argument("--no-secrets", action="store_true", help="make no passwords; a client's secret stays in Keycloak")
    given = parser.parse_args()
    onboard(given.file, given.operator, Handing(given.secret_to, given.no_secrets), dry_run=given.dry_run)


if __name__ == "__main__":
    main()
