"""The wall clock is set back while a command of ours runs, as a machine does that
started with a wrong one: nobody waits for the hour to come again, and a report
is still known for what it is."""

import pathlib
import subprocess
import sys
import time
import unittest

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "deliver"))
import sender  # noqa: E402
from fault_server import FaultServer, status  # noqa: E402

AHEAD_S = 3600
WAIT_S = 3
BOUND_S = 20
PROGRAM = """
import os, sys
print("begun", flush=True)
sys.stdin.read()
os.abort()
"""


class Clock(sender.DeliveryTest):
    def setUp(self):
        super().setUp()
        self.shift = self.directory / "shift"
        self.set_ahead(AHEAD_S)
        self.environment.update({
            "CLOCK_SHIFT": str(self.shift),
            "ASAN_OPTIONS": "verify_asan_link_order=0",
            "LD_PRELOAD": str(sender.BUILD / "lib/libclock_shift.so")})

    def set_ahead(self, seconds):
        """At once, for who reads it just now."""
        beside = self.shift.with_suffix(".new")
        beside.write_text(str(seconds))
        beside.rename(self.shift)

    def test_who_waits_for_the_upload_waits_no_longer(self):
        def set_back(connection, request):
            self.set_ahead(0)
            return status(503)(connection, request)

        self.serve(FaultServer([set_back, status(503)]))
        self.make()
        start = time.monotonic()
        process = self.start("upload", f"--wait={WAIT_S}")
        self.addCleanup(process.kill)
        _, error = process.communicate(timeout=BOUND_S)
        self.assertEqual(process.returncode, sender.EX_TEMPFAIL, error)
        self.assertGreaterEqual(time.monotonic() - start, WAIT_S - 1)
        self.assertEqual(self.places(), {"new": 1})

    def test_run_finds_the_report_of_a_death_before_its_start(self):
        process = subprocess.Popen(
            [self.program, "run", "--verbose", "--", sys.executable, "-c",
             PROGRAM],
            env=self.environment, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.assertEqual(process.stdout.readline(), "begun\n")
        self.set_ahead(0)
        _, error = process.communicate("", timeout=BOUND_S)
        self.assertEqual(process.returncode, -6, error)
        self.assertIn("type: inquest show", error)
        self.assertEqual(self.places(), {"new": 1})


if __name__ == "__main__":
    unittest.main()
