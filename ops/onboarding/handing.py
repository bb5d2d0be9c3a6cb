"""How secrets are handed over: printed once, or into a file of the operator's own, or not at all; never logged, never kept."""

import os
import secrets
import string
from dataclasses import dataclass
from pathlib import Path

from ops.progress import fail

_SIGNS = "".join(sorted(set(string.ascii_letters + string.digits) - set("0OIl1")))


@dataclass(frozen=True)
class Handing:
    """Where secrets go: `file`, else the terminal; `withheld`: nowhere."""

    file: Path | None = None
    withheld: bool = False

    def prepare(self) -> None:
        """Before anything is done: a file that is there already, or cannot be written, is refused."""
        if self.file is not None:
            try:
                os.close(os.open(self.file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
            except OSError as error:
                raise fail(f"--secret-to {self.file}: {error.strerror}; nothing was done") from error

    def over(self, whose: str, secret: str) -> None:
        """Hand one secret over."""
        if self.withheld:
            return
        if self.file is None:
            print(f"    {whose}: {secret}", flush=True)
            return
        with self.file.open("a", encoding="utf-8") as out:
            out.write(f"{whose}: {secret}\n")


def password() -> str:
    """A one-time password of 16 signs that are not mistaken for each other; some 93 bits."""
    return "".join(secrets.choice(_SIGNS) for _ in range(16))
