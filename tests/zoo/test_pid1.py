"""As pid 1 of a namespace, where the kernel ignores what is sent: a fault kills
and is told, a raised signal does nothing, with us as without. test_pid1.py
BUILD. Context: tool."""

import os
import pathlib
import shutil
import subprocess
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "hosts"))
import host  # noqa: E402

BUILD = pathlib.Path(sys.argv.pop(1)).resolve()
UNSHARE = ["/usr/bin/unshare", "--pid", "--fork", "--kill-child"]
FAULTS = {"null_write": "SIGSEGV", "fpe": "SIGFPE", "int3": "SIGTRAP",
          "seccomp_trap": "SIGSYS", "abort": "SIGABRT"}
SENT = ("raise_segv", "raise_trap", "sigqueue_self")


class Pid1(unittest.TestCase):
    def setUp(self):
        self.ground = host.Ground(BUILD)
        self.addCleanup(self.ground.close)
        done = subprocess.run([*UNSHARE, "/bin/true"], capture_output=True,
                              check=False)
        if done.returncode != 0:
            print(f"skipped: {done.stderr.decode().strip()}")
            sys.exit(77)

    def end(self, program, watched, options):
        """Only the program is watched, not unshare: the preload comes last."""
        path = self.ground.top / "program"
        shutil.copy(BUILD / "zoo/deaths" / program, path)
        ours = [f"{name}={value}" for name, value
                in self.ground.environment(True).items()
                if name.startswith(host.OURS)] if watched else []
        status, output, _ = self.ground.run(
            [*UNSHARE, *options, "/usr/bin/env", *ours, path], False)
        return status, output.replace("/proc/", "")

    def both(self, program, *options):
        before = [report["reportId"] for report in self.ground.reports()]
        bare = self.end(program, False, options)
        self.assertEqual(self.end(program, True, options), bare, program)
        return bare[0], [report for report in self.ground.reports()
                         if report["reportId"] not in before]

    def assert_told(self, program, reports, tier):
        report, = reports
        crash = report["crash"]
        self.assertEqual(crash["signal"]["name"], FAULTS[program], program)
        self.assertEqual(report["process"]["pid"], 1)
        self.assertEqual(report["tier"]["name"], tier, program)
        names = [frame.get("function")
                 for frame in report["threads"][0]["frames"]]
        self.assertTrue({"crash_here", "recurse"} & set(names),
                        (program, names))
        return report

    def test_faults_kill_and_are_told(self):
        for program in FAULTS:
            with self.subTest(program=program):
                status, reports = self.both(program, "--mount-proc")
                self.assertLess(status, 0)
                self.assert_told(program, reports, "IN_PROCESS" if program ==
                                 "seccomp_trap" else "DUMPER")

    def test_with_the_proc_of_another_namespace(self):
        """Our number is another process there: nothing of it is told."""
        status, reports = self.both("null_write")
        self.assertLess(status, 0)
        report = self.assert_told("null_write", reports, "IN_PROCESS")
        self.assertIn("namespace", report["tier"]["reason"])
        self.assertIn(str(self.ground.top / "program"),
                      [module["path"] for module in report["modules"]])

    def test_what_is_sent_does_nothing(self):
        for program in SENT:
            with self.subTest(program=program):
                status, reports = self.both(program, "--mount-proc")
                self.assertGreaterEqual(status, 0)
                self.assertEqual([report["crash"] for report in reports], [])


if __name__ == "__main__":
    unittest.main()
