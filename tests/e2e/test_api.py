"""inquest.h: what a program says of itself is in its reports, and a program
without the library runs all the same."""

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
PROGRAM = BUILD / "bin/api_calls"
UNWATCHED = "-1"
REFUSED = "-2"


class Api(unittest.TestCase):
    def setUp(self):
        directory = pathlib.Path(tempfile.mkdtemp(prefix="inquest-api-"))
        self.addCleanup(shutil.rmtree, directory)
        self.inquest = job.Inquest(BUILD, directory)

    def run_program(self, what):
        return self.inquest("run", "--", PROGRAM, what, text=True)

    def report(self):
        return json.loads(self.inquest.text("show", "last", "--json"))

    def test_unlinked_program_runs_without_the_library(self):
        bare = subprocess.run([PROGRAM, "detection"], capture_output=True,
                              text=True)
        self.assertEqual(bare.returncode, 0)
        self.assertEqual(bare.stdout.split()[0], UNWATCHED)

    def test_what_was_said_is_in_the_crash_report(self):
        result = self.run_program("all")
        self.assertEqual(result.returncode, -signal.SIGILL)
        # The feature is OPTIONAL and was never granted: refused.
        self.assertEqual(result.stdout.split()[:8], ["0"] * 8)
        self.assertEqual(result.stdout.split()[8], REFUSED)
        report = self.report()
        self.assertEqual(report["app"]["name"], "ledger")
        self.assertEqual(report["app"]["version"], "2.7")
        self.assertEqual([a["name"] for a in report["actions"]],
                         ["open-document", "save"])
        self.assertEqual(report["actions"][0]["attributes"],
                         {"format": "ods", "pages": "3"})
        self.assertEqual(report["annotations"], {"colour": "green"})
        self.assertEqual(report["account"]["tenantId"], "tenant-7")
        self.assertNotIn("features", report)

    def test_granted_feature_is_in_the_report(self):
        self.inquest.text("consent", "grant", "optional")
        result = self.run_program("all")
        self.assertEqual(result.stdout.split()[8], "0")
        self.assertEqual(self.report()["features"],
                         [{"name": "spellcheck", "state": "on"}])

    def test_detection_makes_a_report_and_the_program_goes_on(self):
        result = self.run_program("detection")
        self.assertEqual((result.returncode, result.stdout), (0, "0 -1\n"))
        report = self.report()
        self.assertEqual(report["kind"], "DETECTION")
        self.assertEqual(report["detection"],
                         {"domain": "malware.example",
                          "ipAddress": "192.0.2.66"})
        self.assertTrue(report["memory"]["samples"])

    def test_feedback_makes_a_report_and_the_program_goes_on(self):
        result = self.run_program("feedback")
        self.assertEqual((result.returncode, result.stdout), (0, "0 -1\n"))
        report = self.report()
        self.assertEqual(report["kind"], "FEEDBACK")
        self.assertEqual(report["feedback"],
                         {"email": "ann@example.org", "type": "FROWN",
                          "comment": "It froze."})


if __name__ == "__main__":
    unittest.main()
