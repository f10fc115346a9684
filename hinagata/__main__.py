"""`python -m hinagata`: the command line without its entry point on the path."""

import sys

from hinagata.cli import main

if __name__ == "__main__":
    sys.exit(main())
