"""`python -m longzhi_lab` is the command `longzhi-lab`."""

import sys

from longzhi_lab.command import main

if __name__ == "__main__":
    sys.exit(main())
