"""`python3 -m set_up [--tests]`, run by the Makefile from the project's folder.

Kept readable by any Python 3, so that an old one gets an answer instead of a syntax error.
"""

import sys

MINIMUM = (3, 11)

if sys.version_info < MINIMUM:
    sys.exit(
        "set-up: Python {}.{} is too old: or_robot needs 3.11 or 3.12. "
        "Install one and run `make setup PYTHON=python3.12`.".format(*sys.version_info[:2])
    )

from set_up.steps import main  # noqa: E402

sys.exit(main(sys.argv[1:]))
