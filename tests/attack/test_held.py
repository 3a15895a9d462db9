"""The owner of a state directory locks its files and never lets go: whatever
root does there ends, says why, and a denial is true all the same."""

import json
import os
import subprocess
import sys
import unittest

from ground import ATTACKER, Ground

BOUND_S = 60  # of locks that wait 5 and 10 s
EX_TEMPFAIL = 75
HOLD = """
import fcntl, os, sys
files = [os.open(name, os.O_RDONLY) for name in sys.argv[1:]]
for file in files:
    fcntl.flock(file, fcntl.LOCK_EX)
print("held", flush=True)
sys.stdin.read()
"""


class Held(Ground):
    def setUp(self):
        super().setUp()
        self.crash(ATTACKER)
        self.inquest(ATTACKER, "consent", "grant", "OPTIONAL")
        usage = self.state / "usage"
        usage.mkdir(exist_ok=True)
        os.chown(usage, ATTACKER, ATTACKER)
        self.report, = (self.state / "queue/new").iterdir()

    def hold(self, *names):
        """As the attacker, locks of these until the test is over."""
        holder = subprocess.Popen(
            ["setpriv", "--reuid", str(ATTACKER), "--regid", str(ATTACKER),
             "--clear-groups", sys.executable, "-c", HOLD,
             *map(str, names)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.addCleanup(holder.wait)
        self.addCleanup(holder.stdin.close)
        self.addCleanup(holder.stdout.close)
        self.assertEqual(holder.stdout.readline(), b"held\n")

    def root(self, *arguments):
        return self.inquest(0, *arguments, timeout=BOUND_S)

    def optional(self):
        done = self.root("consent", "status", "--json")
        return json.loads(done.stdout)["classes"]["OPTIONAL"]["state"]

    def assert_denied_but(self, done, word):
        self.assertEqual(done.returncode, EX_TEMPFAIL, done.stderr)
        self.assertIn(word, done.stderr)
        self.assertIn(b"another process holds", done.stderr)
        self.assertIn(str(self.state).encode(), done.stderr)
        self.assertEqual(self.optional(), "denied")

    def test_denial_without_the_log(self):
        before = self.report.read_bytes()
        self.hold(self.state / "audit.log")
        done = self.root("consent", "deny", "OPTIONAL")
        self.assert_denied_but(done, b"denied, but")
        self.assertNotEqual(self.report.read_bytes(), before)

    def test_denial_without_a_report(self):
        self.hold(self.report)
        self.assert_denied_but(self.root("consent", "deny", "OPTIONAL"),
                               b"denied, but some reports")

    def test_denial_without_the_counts(self):
        before = self.report.read_bytes()
        self.hold(self.state / "usage")
        self.assert_denied_but(self.root("consent", "deny", "OPTIONAL"),
                               b"denied, but")
        self.assertNotEqual(self.report.read_bytes(), before)

    def test_withdrawal_without_anything(self):
        before = (self.state / "installation-id").read_bytes()
        self.hold(self.report, self.state / "audit.log", self.state / "usage")
        done = self.root("consent", "withdraw", "--local-only")
        self.assert_denied_but(done, b"not complete")
        self.assertNotEqual((self.state / "installation-id").read_bytes(),
                            before)

    def test_withdrawal_without_the_log(self):
        before = self.report.read_bytes()
        self.hold(self.state / "audit.log")
        done = self.root("consent", "withdraw")
        self.assert_denied_but(done, b"not complete")
        self.assertNotEqual(self.report.read_bytes(), before)
        self.assertEqual(len(list((self.state / "deletions").iterdir())), 1)

    def test_nothing_is_granted_that_is_not_logged(self):
        self.root("consent", "deny", "OPTIONAL")
        self.hold(self.state / "audit.log")
        done = self.root("consent", "grant", "OPTIONAL")
        self.assertEqual(done.returncode, EX_TEMPFAIL, done.stderr)
        self.assertEqual(self.optional(), "denied")

    def test_no_report_is_granted_that_is_not_logged(self):
        word = self.state / "per-report" / self.report.stem
        self.hold(self.state / "audit.log")
        done = self.root("consent", "grant", "SENSITIVE", "--report", "last")
        self.assertEqual(done.returncode, EX_TEMPFAIL, done.stderr)
        self.assertIn(b"nothing was granted", done.stderr)
        self.assertFalse(word.exists())
        done = self.root("consent", "deny", "REQUIRED", "--report", "last")
        self.assertEqual(done.returncode, EX_TEMPFAIL, done.stderr)
        self.assertIn(b"denied, but", done.stderr)
        self.assertIn("denied = REQUIRED", word.read_text())

    def test_the_past_stays_when_that_is_not_logged(self):
        """And does not leave with a later grant that does not reach back."""
        self.root("consent", "deny", "REQUIRED")
        self.hold(self.state / "audit.log")
        done = self.root("consent", "grant", "REQUIRED", "--include-past")
        self.assertEqual(done.returncode, EX_TEMPFAIL, done.stderr)
        self.assertEqual(list((self.state / "per-report").glob("*")), [])

    def test_denial_without_the_others_leave_and_no_grant(self):
        self.hold(self.state / "consent.lock")
        done = self.root("consent", "deny", "OPTIONAL")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.optional(), "denied")
        done = self.root("consent", "grant", "OPTIONAL")
        self.assertEqual(done.returncode, EX_TEMPFAIL, done.stderr)
        self.assertIn(b"another process holds", done.stderr)
        self.assertEqual(self.optional(), "denied")

    def test_waiting_upload_gives_up(self):
        self.hold(self.report)
        done = self.root("upload", "--wait=1")
        self.assertEqual(done.returncode, EX_TEMPFAIL, done.stderr)
        self.assertIn(b"another process holds a report", done.stderr)


unittest.main(verbosity=2)
