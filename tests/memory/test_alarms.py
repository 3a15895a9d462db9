"""Memory alarms of programs that really leak or fill their cgroup: one report
while the program goes on, shown, sent and grouped."""

import json
import os
import signal
import subprocess
import sys
import time
import unittest
import urllib.request

import cgroup
from watched import BUILD, WatchedTest, wait_until
from job import Collector

VICTIM = str(BUILD / "bin/victim")
DEADLINE_S = 60
WINDOW_S = 8  # a leak is told after two of them
QUICK = {"INQUEST_ALARM_LEAK_WINDOW": str(WINDOW_S),
         "INQUEST_ALARM_LEAK_MIB": "4"}
CALM = {"INQUEST_ALARM_LEAK_WINDOW": "0"}


class AlarmTest(WatchedTest):
    def start(self, *arguments, settings, group=None):
        """The victim under inquest run, perhaps inside a cgroup."""
        script = 'exec "$@"'
        if group:
            script = f"echo $$ > {group.path}/cgroup.procs; {script}"
        process = subprocess.Popen(
            ["/bin/sh", "-c", script, "sh", str(BUILD / "bin/inquest"), "run",
             "--", VICTIM, *arguments],
            env={**self.inquest.environment, **settings}, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        self.addCleanup(process.stdout.close)
        self.addCleanup(self.end, process)
        self.assertEqual(process.stdout.readline(), "ready\n")
        return process

    def end(self, process):
        if process.poll() is None:
            process.terminate()
            process.wait(DEADLINE_S)

    def listed(self):
        return json.loads(self.inquest.text("list", "--json"))

    def wait_for_report(self):
        """The library makes it when it is time."""
        wait_until(self.listed, "an alarm", DEADLINE_S)
        return self.report()

    def children(self, process):
        """Every process below, zombies too."""
        path = f"/proc/{process.pid}/task/{process.pid}/children"
        with open(path, encoding="ascii") as file:
            child = file.read().split()[0]
        with open(f"/proc/{child}/task/{child}/children",
                  encoding="ascii") as file:
            return file.read().split()

    def test_leak_is_told_while_the_program_goes_on(self):
        process = self.start("hog", "4000", "250", settings=QUICK)
        begin = time.monotonic()
        report = self.wait_for_report()
        print(f"leak of 4 MiB/s, window of {WINDOW_S} s: told after "
              f"{time.monotonic() - begin:.1f} s")
        self.assertIsNone(process.poll())
        self.assertEqual(self.children(process), [])
        self.check_leak_report(report)
        self.check_what_is_seen(report)
        self.check_collector(report)
        process.terminate()
        self.assertEqual(process.wait(DEADLINE_S), -signal.SIGTERM)
        self.assertEqual(len(self.listed()), 1)

    def check_leak_report(self, report):
        alarm = report["alarm"]
        self.assertEqual(report["kind"], "MEMORY_ALARM")
        self.assertEqual(report["app"]["name"], "victim")
        self.assertNotIn("threads", report)
        self.assertEqual(alarm["rule"], "slope")
        slope_mib = int(alarm["slopeBytesPerSecond"]) / (1 << 20)
        self.assertTrue(0.4 < slope_mib < 5, slope_mib)
        self.assertEqual(int(alarm["windowMs"]), WINDOW_S * 1000)
        self.assertEqual([one["time"] for one in report["memory"]["alarms"]],
                         [alarm["time"]])
        samples = report["memory"]["samples"]
        self.assertGreaterEqual(len(samples), WINDOW_S)
        self.assertTrue(any("slopeBytesPerSecond" in sample
                            for sample in samples))
        self.assertGreater(int(alarm["malloc"]["mappedCount"]), 10)
        self.assertIn("heapBytes", report["memory"]["categories"])

    def check_what_is_seen(self, report):
        shown = self.inquest.text("show", "last")
        self.assertIn("slope", shown)
        self.assertIn("MiB/min", shown)
        listed = self.inquest.text("list", "--kind", "MEMORY_ALARM")
        self.assertIn("MiB/min", listed)
        allowed = json.loads(self.inquest.text("preview", "last", "--json"))
        self.assertEqual(allowed["alarm"]["rule"], report["alarm"]["rule"])

    def check_collector(self, report):
        collector = Collector(BUILD, self.directory / "collector.db")
        self.addCleanup(collector.stop)
        self.inquest.environment["INQUEST_ENDPOINT"] = collector.url
        self.inquest.text("upload", "--wait")
        with urllib.request.urlopen(collector.url + "/v1/groups") as answer:
            groups = json.load(answer)["groups"]
        self.assertEqual([(group["kind"], group["app"], group["count"])
                          for group in groups],
                         [("MEMORY_ALARM", "victim", 1)])
        self.assertIn("slope", groups[0]["title"] + groups[0]["subtitle"])
        self.assertTrue(report["reportId"])

    def group(self, mib):
        reason = cgroup.unusable()
        if reason:
            self.skipTest(reason)
        group = cgroup.Cgroup(mib << 20)
        self.addCleanup(group.remove)
        return group

    def test_share_of_the_limit_is_told_once(self):
        group = self.group(128)
        process = self.start("hog", "118", "0", settings=CALM, group=group)
        report = self.wait_for_report()
        alarm = report["alarm"]
        self.assertEqual(alarm["rule"], "limit")
        self.assertEqual(int(alarm["limitBytes"]), 128 << 20)
        self.assertGreaterEqual(int(alarm["usedBytes"]), 115 << 20)
        self.assertEqual(self.children(process), [])
        box = next((self.state / "boxes").iterdir())
        os.kill(int(box.name.split("-")[0]), signal.SIGKILL)
        self.assertEqual(process.wait(DEADLINE_S), -signal.SIGKILL)
        self.assertEqual([entry["kind"] for entry in self.listed()],
                         ["MEMORY_ALARM", "TERMINATION"])

    def test_without_room_the_alarm_waits_for_the_next_report(self):
        group = self.group(24)
        process = self.start("hog", "21", "0", settings=CALM, group=group)
        self.assertEqual(process.stdout.readline(), "full\n")
        box = next((self.state / "boxes").iterdir())
        end = time.monotonic() + DEADLINE_S
        while json.loads(subprocess.check_output(
                [BUILD / "bin/box_tell", box], timeout=60))["alarms"] == 0:
            self.assertLess(time.monotonic(), end, "no alarm in the box")
        self.assertEqual(self.listed(), [])
        os.kill(int(box.name.split("-")[0]), signal.SIGKILL)
        process.wait(DEADLINE_S)
        report = self.report()
        self.assertEqual(report["kind"], "TERMINATION")
        self.assertEqual([alarm["rule"]
                          for alarm in report["memory"]["alarms"]], ["limit"])

    def test_wrong_threshold_is_said_and_the_default_counts(self):
        self.inquest.environment["INQUEST_ALARM_LIMIT"] = "many"
        done = self.inquest("run", "--", VICTIM, "exit", text=True)
        self.assertEqual(done.returncode, 0)
        self.assertIn("alarm_limit wants a whole number", done.stderr)


if __name__ == "__main__":
    unittest.main(argv=sys.argv)
