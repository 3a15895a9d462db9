"""A crash loop under inquest run: the first deaths make reports, the others
are counted, told by the next report and by status. Context: tool."""

import json
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

import job

BUILD = pathlib.Path(sys.argv.pop(1))
BURST = 20  # proto/rate_limit.h
OVER = 3
FULL_AT = 8  # offset of full_at_ms in the slot, proto/rate_limit.h
SLOT_BYTES = 128
# Both die of the same program, so both draw on one bucket.
SEGV = ["/bin/sh", "-c", "kill -SEGV $$"]


class CrashLoop(unittest.TestCase):
    def setUp(self):
        directory = pathlib.Path(tempfile.mkdtemp(prefix="inquest-loop-"))
        self.addCleanup(shutil.rmtree, directory)
        self.inquest = job.Inquest(BUILD, directory)

    def reports(self):
        return json.loads(self.inquest.text("list", "--json"))

    def die(self, count, program=SEGV, died_by=signal.SIGSEGV):
        """So many deaths, two at a time."""
        command = [BUILD / "bin/inquest", "run", "--", *program]
        for begin in range(0, count, 2):
            together = [subprocess.Popen(command, env=self.inquest.environment,
                                         stdin=subprocess.DEVNULL)
                        for _ in range(min(2, count - begin))]
            for process in together:
                self.assertEqual(process.wait(30), -died_by)

    def refill(self):
        """As if the time had passed: every bucket is full."""
        table = self.inquest.state / "rate-limit"
        data = bytearray(table.read_bytes())
        for slot in range(0, len(data), SLOT_BYTES):
            data[slot + FULL_AT:slot + FULL_AT + 8] = bytes(8)
        table.write_bytes(data)

    def test_the_rest_is_counted_and_told(self):
        self.die(BURST + OVER)
        self.assertEqual(len(self.reports()), BURST)
        self.assertEqual(list((self.inquest.state / "boxes").iterdir()), [])
        loop, = json.loads(self.inquest.text("status", "--json"))["crashLoops"]
        self.assertEqual((loop["counted"], loop["sinceLastReport"]),
                         (OVER, OVER))
        self.assertIn(f"{OVER} deaths were only counted",
                      self.inquest.text("status"))
        self.refill()
        self.die(1)
        report = json.loads(self.inquest.text("show", "last", "--json"))
        self.assertIn(f"{OVER} deaths of this program",
                      " ".join(report["notes"]))
        self.refill()
        self.die(1)
        report = json.loads(self.inquest.text("show", "last", "--json"))
        self.assertNotIn("deaths of this program",
                         " ".join(report.get("notes", [])))

    def test_silent_deaths_count_too(self):
        self.die(BURST + OVER, job.KILLED, signal.SIGKILL)
        self.assertEqual(len(self.reports()), BURST)
        self.assertEqual(list((self.inquest.state / "boxes").iterdir()), [])

    def test_off_lets_every_death_make_a_report(self):
        self.inquest.environment["INQUEST_RATE_LIMIT"] = "off"
        self.die(BURST + OVER)
        self.assertEqual(len(self.reports()), BURST + OVER)


unittest.main(verbosity=2)
