"""Settings of credit."""

import common.settings


class Settings(common.settings.Settings):
    """The common ones, and where the credit publicity system (or its stand-in) listens."""

    credit_receiver_url: str
