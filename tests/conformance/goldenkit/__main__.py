"""`python -m tests.conformance.goldenkit check|record|list`: the tool by hand; see ../README.md."""

import sys

from .cli import main

if __name__ == "__main__":
    sys.exit(main())
