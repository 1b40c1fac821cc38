"""`python -m gateway` is the command `nexora`."""

import sys

from gateway.cli import main

sys.exit(main(sys.argv[1:]))
