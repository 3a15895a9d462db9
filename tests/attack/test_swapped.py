"""A file is swapped for a link to root's secret at each of root's system calls
in turn, so also between each check and its use: a report in the queue, a box.
The call waits meanwhile (seccomp_unotify(2)), so the swap is seen by it. At a
share (INQUEST_TEST_PERCENT) the calls are taken evenly. Context: tool."""

import shlex
import shutil
import unittest

from ground import ATTACKER, BUILD, Ground, PERCENT, scaled

CASES = 12  # of one scene at a share
# What a check and a use are made of: names, and what stands behind them.
CALLS = ("open,openat,newfstatat,fstat,rename,renameat,renameat2,linkat,"
         "unlink,unlinkat,mkdirat,readlinkat,ftruncate,fsync,flock,getdents64")
EX_OK = 0


class Swapped(Ground):
    def setUp(self):
        super().setUp()
        self.marks = self.attackers / "marks"
        self.report = self.directory / "report"

    def attack(self, pattern):
        """What the attacker does, as a command of root's for sh(1)."""
        links = (f"for file in {self.state}/{pattern}; do test -e $file && "
                 f"ln -sfn {self.secret} $file && echo $file >>{self.marks}; "
                 "done")
        return shlex.join(["setpriv", "--reuid", str(ATTACKER), "--regid",
                           str(ATTACKER), "--clear-groups", "sh", "-c", links])

    def run_at(self, nth, program, pattern, arguments):
        """What inject told, and what the command said."""
        done = self.run_as(
            0, BUILD / "bin/inject", "--program", program, "--call", CALLS,
            "--except", "ld-linux", "--nth", str(nth), "--meanwhile", self.attack(pattern),
            "--bound", "15", "--report", self.report, "--",
            BUILD / "bin/inquest", *arguments)
        if done.returncode == 77:
            self.skipTest("no seccomp_unotify here")
        self.assertEqual(done.returncode, EX_OK, done.stderr)
        told = dict(word.split("=") for word in self.report.read_text().split()
                    if "=" in word)
        return ({name: int(told[name]) for name in ("hits", "fired", "hung",
                                                    "left")},
                done.stdout + done.stderr)

    def sweep(self, make, program, pattern, *arguments):
        """Prints and returns how often there was something to swap."""
        self.fill(make)
        calls = self.run_at(0, program, pattern, arguments)[0]["hits"]
        step = 1 if PERCENT >= 100 else max(
            1, calls // scaled(CASES * 100 / 5, CASES))
        swapped = 0
        for nth in range(1, calls + 1, step):
            self.fill(make)
            self.marks.unlink(missing_ok=True)
            told, text = self.run_at(nth, program, pattern, arguments)
            with self.subTest(nth=nth):
                # Two runs differ by a few of some thousand calls.
                self.assertEqual((told["fired"], told["hung"], told["left"]),
                                 (nth <= told["hits"], 0, 0))
                self.assert_unharmed(text)
            swapped += self.marks.exists()
        print(f"{program} {' '.join(arguments)}: {calls} calls, "
              f"{swapped} swaps", flush=True)
        return swapped

    def test_report(self):
        for command in (("show", "last"), ("preview", "--raw"),
                        ("upload", "--now")):
            self.assertGreater(
                self.sweep(lambda: self.crash(ATTACKER), "inquest",
                           "queue/*/*.inq", *command), CASES // 3)

    def test_box(self):
        for program in ("inquest", "inquest-dumper"):
            shutil.rmtree(self.directory / "template", ignore_errors=True)
            self.assertGreater(
                self.sweep(self.leave_box, program, "boxes/*.box", "recover"),
                CASES // 3)

    def leave_box(self):
        done = self.run_as(
            ATTACKER, BUILD / "bin/fault_host", "kill",
            env={**self.environment, "INQUEST_SAMPLER": "0",
                 "LD_PRELOAD": str(BUILD / "lib/libinquest.so")})
        self.assertEqual(done.returncode, -9)
        self.assertTrue(list(self.state.glob("boxes/*.box")))


if __name__ == "__main__":
    unittest.main()
