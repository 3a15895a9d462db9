"""Half an hour of deaths, outages and restarts, and the account of it:
tests/soak. ./dev bench soak. Context: tool."""

import argparse
import os
import pathlib
import subprocess
import sys


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=pathlib.Path, required=True)
    build = parser.parse_args().build
    test = pathlib.Path(__file__).resolve().parents[1] / "soak/test_soak.py"
    return subprocess.run(
        [sys.executable, "-B", test, build],
        env={**os.environ, "INQUEST_TEST_PERCENT": "100"}).returncode


sys.exit(main())
