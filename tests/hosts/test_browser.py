"""Chromium, whose processes end themselves when they are not single-threaded
as they enter their sandbox, shows a page watched as bare. test_browser.py
BUILD. Context: tool."""

import os
import pathlib
import shutil
import sys
import unittest

import host

BUILD = pathlib.Path(sys.argv.pop(1))
NOBODY = 65534
WORDS = "a page of the test"
BROWSER_S = 100


class Browser(unittest.TestCase):
    def setUp(self):
        self.ground = host.Ground(BUILD)
        self.addCleanup(self.ground.close)
        self.page = self.ground.top / "page.html"
        self.page.write_text(f"<title>x</title><h1>{WORDS}</h1>")

    def show(self, watched, *options, **popen):
        """How it ends, and what it said."""
        status, output, _ = self.ground.run(
            ["chromium", "--headless", "--disable-gpu",
             f"--user-data-dir={self.ground.top}/{watched}", "--dump-dom",
             *options, self.page.as_uri()], watched, BROWSER_S, **popen)
        return status, output

    def check(self, *options, **popen):
        status, said = self.show(False, *options, **popen)
        if status != 0 or WORDS not in said:
            self.skipTest(f"not even bare: {status}, {said[-200:]}")
        status, said = self.show(True, *options, **popen)
        self.assertEqual(status, 0, said)
        self.assertIn(WORDS, said)
        self.assertNotIn("FATAL", said)
        self.assertEqual(list(self.ground.state.rglob("*.inq")), [])

    def test_without_its_sandbox(self):
        self.check("--no-sandbox")

    def test_in_its_sandbox(self):
        if os.geteuid() != 0:
            self.check()
            return
        for path in (self.ground.top, self.ground.state):
            os.chown(path, NOBODY, NOBODY)  # it takes no sandbox for root
        self.check(user=NOBODY, group=NOBODY, extra_groups=[])


if not shutil.which("chromium"):
    print("no chromium here")
    sys.exit(77)
program = unittest.main(exit=False)
skipped = program.result.skipped
sys.exit(1 if not program.result.wasSuccessful() else
         77 if len(skipped) == program.result.testsRun else 0)
