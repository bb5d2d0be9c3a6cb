"""Settings of disposal: the common ones are all it needs."""

import common.settings


class Settings(common.settings.Settings):
    """Nothing of its own: it hears facts and asks nobody."""
