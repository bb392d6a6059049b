"""`python -m calscope.cli` is `calscope`."""

import sys

from calscope.cli import main

if __name__ == "__main__":
    sys.exit(main())
