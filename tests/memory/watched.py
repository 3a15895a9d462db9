"""What the memory tests share: the command with a state directory of its own,
and memory cgroups (version 1) that the test makes itself."""

import json
import os
import pathlib
import shutil
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "e2e"))
from job import Inquest, wait_until  # noqa: E402, F401

BUILD = pathlib.Path(sys.argv.pop(1))
PERCENT = float(os.environ.get("INQUEST_TEST_PERCENT", "5"))


def scaled(full, least=1):
    """That share of the full size which INQUEST_TEST_PERCENT asks for."""
    return max(least, round(full * PERCENT / 100))


class WatchedTest(unittest.TestCase):
    def setUp(self):
        self.directory = pathlib.Path(
            tempfile.mkdtemp(prefix="inquest-memory-"))
        self.addCleanup(shutil.rmtree, self.directory)
        self.inquest = Inquest(BUILD, self.directory)
        self.state = self.inquest.state

    def reports(self):
        """Every report, newest last."""
        listed = json.loads(self.inquest.text("list", "--json"))
        return [self.report(entry["reportId"]) for entry in listed]

    def report(self, report_id="last"):
        return json.loads(self.inquest.text("show", report_id, "--raw",
                                            "--json"))
