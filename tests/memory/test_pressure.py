"""The pressure alarm of a real program, by what /proc/pressure/memory says: in
a mount namespace of its own, where a file of ours with recorded figures lies
over it. The program holds a tenth of the machine, as the rule wants."""

import json
import os
import pathlib
import shutil
import subprocess
import time
import unittest

from watched import BUILD, WatchedTest, wait_until

VICTIM = str(BUILD / "bin/victim")
PRESSURE = pathlib.Path("/proc/pressure/memory")
DEADLINE_S = 60
MIB_MAX = 4096  # that a test may take
STALLED = 0.4  # of the time; default threshold: 0.2
BEGIN_US = 777_000_000  # stalled before the program came: not its own

LINES = """some avg10={:05.2f} avg60=1.00 avg300=0.10 total={:012d}
full avg10=05.60 avg60=0.50 avg300=0.01 total=000000001000
"""


def memory_mib(name):
    for line in pathlib.Path("/proc/meminfo").read_text().splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1]) // 1024
    raise KeyError(name)


class PressureTest(WatchedTest):
    def setUp(self):
        super().setUp()
        self.mib = memory_mib("MemTotal") // 9
        if os.geteuid() != 0 or not shutil.which("unshare"):
            self.skipTest("needs root and unshare for a mount of its own")
        if not PRESSURE.exists():
            self.skipTest("a kernel without pressure stall information")
        if self.mib > MIB_MAX or self.mib * 2 > memory_mib("MemAvailable"):
            self.skipTest(f"{self.mib} MiB, a ninth of the machine, is too "
                          "much to take here")

    def start(self):
        """A program that holds a ninth of the machine, all of it touched."""
        self.file = self.directory / "pressure"
        self.write(0)
        process = subprocess.Popen(
            ["unshare", "--mount", "/bin/sh", "-c",
             f'mount --bind {self.file} {PRESSURE} && exec "$@"', "sh",
             str(BUILD / "bin/inquest"), "run", "--", VICTIM, "hog",
             str(self.mib), "0"],
            env={**self.inquest.environment, "INQUEST_ALARM_LEAK_WINDOW": "0",
                 "INQUEST_ALARM_LIMIT": "0"},
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait, DEADLINE_S)
        self.addCleanup(process.terminate)
        self.assertEqual(process.stdout.readline(), "ready\n")
        self.assertEqual(process.stdout.readline(), "full\n")
        return process

    def write(self, stalled_s):
        """In place and of one size: no reader sees half of it."""
        text = LINES.format(stalled_s and STALLED * 100,
                            BEGIN_US + int(stalled_s * 1e6))
        with open(self.file, "r+" if self.file.exists() else "w",
                  encoding="ascii") as file:
            file.write(text)

    def test_stalls_are_told_while_the_program_goes_on(self):
        process = self.start()
        begin = time.monotonic()

        def told():
            self.write((time.monotonic() - begin) * STALLED)
            return json.loads(self.inquest.text("list", "--json"))

        wait_until(told, "an alarm", DEADLINE_S)
        print(f"told after {time.monotonic() - begin:.0f} s")
        self.assertIsNone(process.poll())
        report = self.report()
        alarm = report["alarm"]
        self.assertEqual(alarm["rule"], "pressure")
        self.assertIn("tasks waited for memory", alarm["detail"])
        self.assertTrue(200 <= alarm["pressurePermille"] <= 500, alarm)
        self.assertGreaterEqual(int(alarm["windowMs"]), 10000)
        self.assertGreaterEqual(int(alarm["usedBytes"]), self.mib << 20)
        samples = report["memory"]["samples"]
        self.assertIn(int(STALLED * 1000),
                      [sample.get("pressureSomePermille")
                       for sample in samples])
        self.assertIn(56, [sample.get("pressureFullPermille")
                           for sample in samples])
        self.assertIn("tasks waited for memory", self.inquest.text("show"))


if __name__ == "__main__":
    unittest.main()
