"""OPTIONAL data: without the opt-in its files are not even opened."""

import shutil
import subprocess
import sys
import unittest

from watched import BUILD, WatchedTest

SLEEP = ["/bin/sleep", "0.3"]
USAGE_FILES = ("/proc/net", "/proc/self/io", "schedstat")


class UsageTest(WatchedTest):
    def opened(self):
        """Every path that the watched program opened, from strace."""
        trace = self.directory / "trace"
        environment = dict(self.inquest.environment)
        environment["LD_PRELOAD"] = str(BUILD / "lib/libinquest.so")
        done = subprocess.run(
            ["strace", "-f", "-e", "trace=open,openat", "-o", trace,
             "-E", f"LD_PRELOAD={environment.pop('LD_PRELOAD')}", *SLEEP],
            env=environment, capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        return trace.read_text()

    def test_without_a_grant_no_usage_file_is_opened(self):
        trace = self.opened()
        self.assertIn("/proc/self/statm", trace)
        for name in USAGE_FILES:
            self.assertNotIn(name, trace)

    def test_after_a_grant_network_use_is_read(self):
        self.inquest.text("consent", "grant", "OPTIONAL")
        self.assertIn("/proc/net/dev", self.opened())

    def test_after_a_denial_it_is_not(self):
        self.inquest.text("consent", "grant", "OPTIONAL")
        self.inquest.text("consent", "deny", "OPTIONAL")
        trace = self.opened()
        for name in USAGE_FILES:
            self.assertNotIn(name, trace)

    def test_granted_report_holds_cpu_and_network(self):
        self.inquest.text("consent", "grant", "OPTIONAL")
        self.inquest("run", "--", "/usr/bin/python3", "-c",
                     "import os, time\n"
                     "end = time.monotonic() + 1.2\n"
                     "while time.monotonic() < end: pass\n"
                     "os.abort()")
        report = self.report()
        self.assertTrue(any("cpuPermille" in sample
                            for sample in report["memory"]["samples"]))
        self.assertIn("networkRxBytes", report["usage"])

    def test_report_without_grant_holds_neither(self):
        self.inquest("run", "--", "/usr/bin/python3", "-c",
                     "import os, time; time.sleep(1.2); os.abort()")
        report = self.report()
        self.assertFalse(any("cpuPermille" in sample
                             for sample in report["memory"]["samples"]))
        self.assertNotIn("usage", report)


if not shutil.which("strace"):
    print("no strace here")
    sys.exit(77)
unittest.main()
