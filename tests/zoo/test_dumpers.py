"""A dumper that is not there, fails or stands still: the program dies as bare,
in time, and what the handler kept becomes the report, which says why.
test_dumpers.py BUILD. Context: tool."""

import os
import pathlib
import shutil
import signal
import sys
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "hosts"))
import host  # noqa: E402

BUILD = pathlib.Path(sys.argv.pop(1)).resolve()
PATIENCE_S = 2  # CRASH_DEADLINE_MS
SLACK_S = 1.5
FAILING = {
    "/nowhere/inquest-dumper": "could not be started: No such file",
    "/": "could not be started: Permission denied",
    "/etc/passwd": "could not be started: Permission denied",
    "exit_0": "the dumper died",
    "exit_1": "the dumper died",
    "exit_72": "/proc is of another pid namespace",
    "exit_73": "no room for the report",
    "refuses": "no room for the report",
    "exit_77": "did not let the dumper read",
    "killed": "the dumper died",
    "stuck": "did not answer in time",
}


class Dumpers(unittest.TestCase):
    def setUp(self):
        self.ground = host.Ground(BUILD)
        self.addCleanup(self.ground.close)

    def run_with(self, dumper, *command):
        """(status, output, seconds); dumper: a path, or what fake it is."""
        path = pathlib.Path(dumper)
        if not path.is_absolute():
            path = self.ground.top / dumper
            shutil.copy(BUILD / "zoo/fake_dumper", path)
        begin = time.monotonic()
        status, output, _ = self.ground.run(
            ["/usr/bin/env", f"INQUEST_DUMPER={path}", "INQUEST_SAMPLER=0",
             *command], True)
        return status, output, time.monotonic() - begin

    def only_report(self):
        """Takes it out of the queue."""
        report, = self.ground.reports()
        self.ground.inquest("rm", report["reportId"])
        return report

    def test_what_was_kept_becomes_the_report(self):
        for dumper, reason in FAILING.items():
            with self.subTest(dumper):
                status, _, seconds = self.run_with(
                    dumper, BUILD / "zoo/deaths/null_write")
                self.assertEqual(status, -signal.SIGSEGV)
                self.assertLess(seconds, PATIENCE_S + SLACK_S)
                tier = self.only_report()["tier"]
                self.assertEqual(tier["name"], "IN_PROCESS")
                self.assertIn(reason, tier["reason"])

    def inject(self, *options):
        """null_write without a dumper, its calls of openat from libinquest
        counted: (what inject reports, whether it can at all)."""
        told = self.ground.top / "inject.report"
        status, _, _ = self.run_with(
            "/nowhere/inquest-dumper", BUILD / "bin/inject", "--program",
            "null_write", "--module", "libinquest", "--call", "openat",
            "--bound", "20", "--report", told, *options, "--",
            BUILD / "zoo/deaths/null_write")
        if status == 77:
            self.skipTest("no seccomp listener here")
        self.assertEqual(status, 0)
        return dict(word.split("=") for word in told.read_text().split())

    def test_killed_while_evidence_is_copied(self):
        """The last file that a crash opens is its list of mappings: the
        record of before is whole all the same."""
        counted = self.inject("--nth", "0")
        self.assertEqual(counted["status"], str(-signal.SIGSEGV))
        self.only_report()
        killed = self.inject("--nth", counted["hits"], "--kill")
        self.assertEqual(killed["status"], str(-signal.SIGKILL))
        report = self.only_report()
        self.assertEqual(report["kind"], "CRASH")
        self.assertEqual(report["crash"]["signal"]["name"], "SIGSEGV")
        self.assertIn("died during the dump", report["tier"]["reason"])

    def test_a_crash_beside_a_report_that_stands_still(self):
        status, _, seconds = self.run_with(
            "stuck_live", BUILD / "zoo/live_reports", "crash")
        self.assertEqual(status, -signal.SIGILL)
        self.assertLess(seconds, PATIENCE_S + SLACK_S)
        crash, = [report for report in self.ground.reports()
                  if report["kind"] == "CRASH"]
        self.assertEqual(crash["tier"]["name"], "IN_PROCESS")
        self.assertIn("in time", crash["tier"]["reason"])

    def test_a_child_does_not_wait_for_its_parents_report(self):
        status, output, _ = self.run_with(
            "stuck_live", BUILD / "zoo/live_reports", "fork")
        self.assertEqual(status, 0)
        number, elapsed_ms = map(int, output.split())
        self.assertEqual(number, signal.SIGILL)
        self.assertLess(elapsed_ms, 1000 * SLACK_S)
        crash, = [report for report in self.ground.reports()
                  if report["kind"] == "CRASH"]
        self.assertEqual(crash["tier"]["name"], "DUMPER")

    def test_who_annotates_does_not_wait_for_a_report(self):
        status, output, _ = self.run_with(
            "stuck_live", BUILD / "zoo/live_reports", "beside")
        self.assertEqual(status, 0)
        noted, too_late, answer, asked_ms = map(int, output.split())
        self.assertEqual((noted, too_late), (0, 0))
        self.assertEqual(answer, -3)  # INQUEST_FULL: the dumper is still there
        self.assertLess(asked_ms, 1000 * (PATIENCE_S + SLACK_S))

    def test_who_asks_does_not_wait_longer_than_it_says(self):
        status, output, _ = self.run_with(
            "stuck_live", BUILD / "zoo/live_reports", "again")
        self.assertEqual(status, 0)
        first_ms, answer, again_ms = map(int, output.split())
        self.assertLess(first_ms, 1000 * (PATIENCE_S + SLACK_S))
        self.assertEqual(answer, -3)  # INQUEST_FULL
        self.assertLess(again_ms, 1000 * SLACK_S)


if __name__ == "__main__":
    unittest.main()
