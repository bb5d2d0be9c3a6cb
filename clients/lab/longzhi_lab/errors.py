"""What can go wrong, with the exit code once.

LabError
├── UsageError           2  the command or the configuration is wrong
│   ├── SourceError      2  the file cannot be read as reports
│   └── CredentialsRefused  2  the platform does not know this laboratory or its secret
└── Unreachable          3  the platform did not answer within the patience; everything is kept, run again
"""

from typing import ClassVar


class LabError(Exception):
    """An end of the command, told in Chinese and English."""

    exit_code: ClassVar[int] = 3

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(zh)
        self.zh, self.en = zh, en


class UsageError(LabError):
    exit_code = 2


class SourceError(UsageError):
    pass


class CredentialsRefused(UsageError):
    pass


class Unreachable(LabError):
    exit_code = 3
