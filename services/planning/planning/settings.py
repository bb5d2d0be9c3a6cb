"""Settings of planning beyond the common ones."""

import common.settings


class Settings(common.settings.Settings):
    """Where the two peers answer."""

    directory_rpc_addr: str
    experts_rpc_addr: str
