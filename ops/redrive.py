"""`make redrive S=disposal`: tries a service's dead letters again, in order, in the service's own environment."""

import os
import subprocess
import sys

from ops import credentials, environment, settings


def main() -> None:
    """Run the service's own command with the environment that it runs with."""
    if len(sys.argv) != 2 or sys.argv[1] not in settings.present_services():
        raise SystemExit(f"say which service: {', '.join(settings.present_services())}")
    service = sys.argv[1]
    platform = settings.load()
    variables = os.environ | environment.of_service(platform, credentials.load(platform), service)
    sys.exit(subprocess.run([sys.executable, "-m", f"{service}.main", "redrive"], env=variables, check=False).returncode)


if __name__ == "__main__":
    main()
