"""A share of the soak: test_soak.py BUILD. Half an hour at INQUEST_TEST_PERCENT
100, which is what ./dev bench soak runs."""

import os
import pathlib
import random
import sys

from soak import Soak

FULL_S = 1800
SECONDS_A_PERCENT = 3  # of a share: it shall be quick


def main():
    build = pathlib.Path(sys.argv[1]).resolve()
    percent = float(os.environ.get("INQUEST_TEST_PERCENT", "5"))
    seconds = FULL_S if percent >= 100 else round(SECONDS_A_PERCENT * percent)
    seed = random.randrange(1 << 32)
    print(f"seed {seed}", flush=True)
    with Soak(build, seconds, seed) as soak:
        soak.run()
        return 1 if soak.account() else 0


if __name__ == "__main__":
    sys.exit(main())
