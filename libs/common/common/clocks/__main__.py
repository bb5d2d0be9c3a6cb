"""Print docs/clocks.md."""

import sys

from common.clocks.table import document

sys.stdout.write(document())
