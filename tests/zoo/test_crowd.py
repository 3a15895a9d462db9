"""Many deaths, many threads, deep stacks: every report is there, whole, in
time, and says what was cut; nothing of ours is left. Context: tool."""

import concurrent.futures
import contextlib
import ctypes
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

BUILD = pathlib.Path(sys.argv.pop(1))
PERCENT = float(os.environ.get("INQUEST_TEST_PERCENT", "5"))
CRASHES, TOGETHER = 1000, 8
DEADLINE_S = 2.5  # two seconds of the host's patience, and the death
REPORT_BYTES_MAX = 8 << 20
THREADS_MAX = 4096  # TARGET_THREADS_MAX
PR_SET_CHILD_SUBREAPER = 36


class Crowd(unittest.TestCase):
    def setUp(self):
        self.top = pathlib.Path(tempfile.mkdtemp(prefix="inquest-crowd-"))
        self.addCleanup(shutil.rmtree, self.top)
        self.state = self.top / "state"
        self.own = {"PATH": "/usr/bin:/bin",
                    "INQUEST_STATE_DIR": str(self.state)}
        self.watched = {
            **self.own, "INQUEST_RATE_LIMIT": "off",
            "INQUEST_SAMPLER": "0",  # its files come when they come
            "LD_PRELOAD": str(BUILD / "lib/libinquest.so"),
            "INQUEST_DUMPER": str(BUILD / "bin/inquest-dumper")}

    def inquest(self, *arguments):
        done = subprocess.run([BUILD / "bin/inquest", *arguments],
                              env=self.own, capture_output=True, text=True,
                              timeout=120, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def listed(self):
        return [entry["reportId"] for entry in self.inquest("list", "--json")]

    def assert_nothing_left(self):
        """Dumpers outlive the host they let go: they are left to us, as the
        subreaper, and remove the box when the report is on the disk."""
        with contextlib.suppress(ChildProcessError):
            while True:
                os.waitpid(-1, 0x40000000)  # __WALL
        self.assertEqual(list((self.state / "boxes").iterdir()), [])
        self.assertEqual(list((self.state / "queue/tmp").iterdir()), [])

    def test_a_thousand_deaths_eight_at_a_time(self):
        count = max(TOGETHER, round(CRASHES * PERCENT / 100))
        done = subprocess.run(
            [BUILD / "zoo/crowd_parent", str(count), str(TOGETHER),
             BUILD / "zoo/deaths/null_write"], env=self.watched,
            capture_output=True, text=True, timeout=900, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assert_nothing_left()
        ids = self.listed()
        self.assertEqual(len(set(ids)), count)
        pids = set()
        with concurrent.futures.ThreadPoolExecutor(2) as two:
            for report in two.map(
                    lambda name: self.inquest("show", name, "--json"), ids):
                pids.add(report["process"]["pid"])
                frames = [frame.get("function") for frame
                          in report["threads"][0]["frames"]]
                self.assertEqual(report["tier"]["name"], "DUMPER")
                # not the one processor that a dumper is started on
                self.assertEqual(report["device"]["cpuCount"],
                                 len(os.sched_getaffinity(0)))
                self.assertIn("crash_outer", frames)
        self.assertEqual(len(pids), count)
        print(f"{count} deaths, {count} whole reports")

    def crash(self, threads, depth, *which):
        """The report of threads that are so deep, within the time it may
        take."""
        begin = time.monotonic()
        done = subprocess.run(
            [BUILD / "zoo/deep_threads", str(threads), str(depth), *which],
            env=self.watched, check=False, timeout=60)
        if done.returncode == 1:
            self.skipTest(f"{threads} threads cannot be had here")
        seconds = time.monotonic() - begin
        self.assertEqual(done.returncode, -signal.SIGSEGV)
        self.assert_nothing_left()
        name, = self.listed()
        report = self.inquest("show", name, "--json")
        size = sum(path.stat().st_size
                   for path in (self.state / "queue/new").iterdir())
        elapsed = int(report["tier"].get("elapsedUs", 0)) / 1e6
        print(f"{threads} threads x {depth} frames: report after "
              f"{elapsed * 1e3:.0f} ms, {size} bytes, "
              f"{sum(len(t.get('frames', [])) for t in report['threads'])} "
              f"frames, notes {report.get('notes')}")
        self.assertEqual(report["tier"]["name"], "DUMPER")
        self.assertLess(elapsed, DEADLINE_S)
        self.assertLess(seconds, DEADLINE_S + 10)  # with making the threads
        self.assertLess(size, REPORT_BYTES_MAX)
        return report

    def assert_all_told(self, report, threads):
        """A thread has frames, or a note counts it among those without; where
        its outermost ones are cut off, its own note says so."""
        self.assertEqual(len(report["threads"]), threads)
        self.assertTrue(report["threads"][0]["crashed"])
        without = 0
        for thread in report["threads"]:
            names = {frame.get("function")
                     for frame in thread.get("frames", [])}
            without += not names
            if names and not names & {"main", "start_thread"}:
                self.assertIn("outermost", "".join(thread.get("notes", [])),
                              thread)
        told = sum(int(note.split()[0]) for note in report.get("notes", [])
                   if note.split()[1] == "threads")
        self.assertEqual(without, told, report.get("notes"))
        return without

    def test_1024_threads(self):
        self.assert_all_told(self.crash(1024, 30), 1024)

    def test_the_last_of_more_threads_than_are_listed(self):
        """It crashes: the report without it would tell nothing."""
        report = self.crash(THREADS_MAX + 100, 3, "last")
        self.assertEqual(len(report["threads"]), THREADS_MAX)
        crashed = report["threads"][0]
        self.assertTrue(crashed["crashed"])
        self.assertIn("start_thread", [frame.get("function") for frame
                                       in crashed["frames"]])
        self.assertIn("100 threads more are not listed: there are too many",
                      report["notes"])

    def test_100000_frames(self):
        report = self.crash(2, 100000)
        self.assert_all_told(report, 2)
        for thread in report["threads"]:
            frames = [frame.get("function") for frame in thread["frames"]]
            folded, = thread["repeated"]
            self.assertEqual(folded["period"], 1)
            self.assertGreater(folded["count"], 99000)
            self.assertTrue({"main", "start_thread"} & set(frames), frames)

    def test_many_threads_that_are_deep_too(self):
        """More than can be walked in time, and how much that is depends on
        what else the machine does: the crashed thread comes first."""
        report = self.crash(512, 20000)
        self.assert_all_told(report, 512)
        self.assertIn("crash_here", [frame.get("function") for frame
                                     in report["threads"][0]["frames"]])


if __name__ == "__main__":
    if ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0:
        sys.exit("prctl")
    unittest.main()
