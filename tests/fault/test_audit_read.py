"""The audit log is printed while another process makes an older file of it and
gives up the oldest: no line is missing behind the first one, and none is told
twice. Context: tool."""

import pathlib
import shlex
import sys
import unittest

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "deliver"))
import sender  # noqa: E402
from scene_audit import Chain  # noqa: E402

OLDER = 3


class AuditRead(sender.DeliveryTest):
    def write(self, name, text):
        path = self.directory / name
        path.write_text(text)
        path.chmod(0o600)
        return path

    def fill(self):
        """Files of two lines each; the last number of the newest."""
        for path in self.state.glob("audit.log*"):
            path.unlink()
        chain = Chain()
        for _ in range(OLDER):
            text = chain.first() + chain.line("sent", "one")
            self.write(f"state/audit.log.{chain.sequence}", text)
        self.write("state/audit.log", chain.first() + chain.line("sent", "one"))
        last = chain.sequence
        self.write("next", chain.line("rotated", f"from=3 after={chain.hash}") +
                   chain.line("sent", "one"))
        return last

    def rotate(self, last):
        """Once, as a command of sh(1)."""
        log = shlex.quote(str(self.state / "audit.log"))
        following = shlex.quote(str(self.directory / "next"))
        return (f"mv -n {log} {log}.{last}; mv -n {following} {log}; "
                f"rm -f {log}.2")

    def numbers_at(self, nth):
        """What is printed while it rotates at the nth call; whether it did."""
        last = self.fill()
        report = self.directory / "report"
        self.program = sender.BUILD / "bin/inject"
        done = self.inquest(
            "--program", "inquest", "--call", "openat,getdents64",
            "--except", "ld-linux", "--nth", str(nth), "--meanwhile",
            self.rotate(last), "--report", str(report), "--",
            str(sender.BUILD / "bin/inquest"), "audit")
        if done.returncode == 77:
            self.skipTest("no seccomp_unotify here")
        self.assertEqual(done.returncode, 0, done.stderr)
        told = report.read_text()
        self.assertIn("status=0 ", told)
        numbers = [int(line.split(" ", 1)[0])
                   for line in done.stdout.splitlines()]
        return numbers, last, "fired=1 " in told

    def test_no_line_is_missing_or_told_twice(self):
        self.state.mkdir(mode=0o700)
        nth, rotated = 1, True
        while rotated:
            numbers, last, rotated = self.numbers_at(nth)
            with self.subTest(nth=nth):
                self.assertIn(numbers[0], (1, 3))
                self.assertGreaterEqual(numbers[-1], last)
                self.assertEqual(numbers,
                                 list(range(numbers[0], numbers[-1] + 1)))
            nth += 1
        self.assertGreater(nth, OLDER)


unittest.main(verbosity=2)
