"""Real swap: a file of the test's own, small enough that who wants much more
memory than its cgroup may have is killed all the same."""

import json
import os
import signal
import subprocess
import sys
import unittest

from cgroup import Cgroup, unusable
from watched import BUILD, WatchedTest, wait_until

DEADLINE_S = 60
LIMIT_MIB = 48
HELD_MIB = 56
SWAP_MIB = 128  # what is being written counts in both; a full one kills
SWAPPED_MIB_MIN = 2  # of the 8 that do not fit, beside the interpreter
HOLDING = f"""
import sys
held = [bytearray(b"x") * (1 << 20) for _ in range({HELD_MIB})]
print("ready", flush=True)
sys.stdin.readline()
"""


class SwapTest(WatchedTest):
    def setUp(self):
        super().setUp()
        self.inquest.environment["INQUEST_ALARM_LIMIT"] = "0"
        self.switch_on()
        self.group = Cgroup(LIMIT_MIB << 20)
        self.addCleanup(self.group.remove)

    def switch_on(self):
        path = self.directory / "swap"
        path.write_bytes(bytes(SWAP_MIB << 20))
        path.chmod(0o600)
        for command in (["mkswap", path], ["swapon", path]):
            try:
                done = subprocess.run(command, capture_output=True, text=True,
                                      timeout=60)
            except FileNotFoundError:
                self.skipTest(f"no {command[0]} here")
            if done.returncode != 0:
                self.skipTest(f"no swap file here: {done.stderr.strip()}")
        self.addCleanup(subprocess.run, ["swapoff", path], check=True,
                        timeout=600)

    def start(self):
        process = subprocess.Popen(
            ["/bin/sh", "-c", f"echo $$ > {self.group.path}/cgroup.procs; "
             'exec "$@"', "sh", str(BUILD / "bin/inquest"), "run", "--",
             "/usr/bin/python3", "-c", HOLDING],
            env=self.inquest.environment, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.addCleanup(process.stdin.close)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait, DEADLINE_S)
        self.addCleanup(process.kill)
        self.assertEqual(process.stdout.readline(), "ready\n")
        return process

    def told(self):
        told = subprocess.run([BUILD / "bin/box_tell", *self.boxes()],
                              capture_output=True, text=True, timeout=60)
        return json.loads(told.stdout)

    def boxes(self):
        return list((self.state / "boxes").glob("*.box"))

    def test_what_is_swapped_is_in_the_chart_and_in_the_report(self):
        process = self.start()
        pid = int(self.boxes()[0].name.split("-")[0])
        wait_until(lambda: self.told()["swap_mib"] >= SWAPPED_MIB_MIN,
                   "a sample with swap", DEADLINE_S)
        samples = self.told()["samples"]
        wait_until(lambda: self.told()["samples"] > samples,
                   "one without it behind", DEADLINE_S)
        chart = self.inquest.text("memory", str(pid))
        self.assertRegex(chart, r"(?i)swap\D+[1-9][0-9.]* MiB")
        os.kill(pid, signal.SIGKILL)
        self.assertEqual(process.wait(DEADLINE_S), -signal.SIGKILL)
        report = self.report()
        swapped = [int(sample["swapBytes"]) >> 20
                   for sample in report["memory"]["samples"]
                   if "swapBytes" in sample]
        self.assertGreaterEqual(max(swapped), SWAPPED_MIB_MIN)
        self.assertRegex(" ".join(report["termination"]["evidence"]),
                         r"held \d+ MiB itself, and [1-9]\d* MiB in swap")
        self.assertRegex(self.inquest.text("show", "last"),
                         r"Swapped .*[1-9][0-9.]* MiB")
        page = self.directory / "page.html"
        self.inquest.text("memory", "last", "--html", str(page))
        self.assertEqual(
            page.read_text().count("<polyline class='line swap'"), 1)


reason = unusable()
if reason:
    print(reason)
    sys.exit(77)
result = unittest.main(exit=False).result
sys.exit(77 if result.skipped else not result.wasSuccessful())
