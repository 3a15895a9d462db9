"""What reads hostile bytes has given up what it does not need before it reads
the first: seen by strace at the programs as they are started in earnest."""

import os
import pathlib
import re
import resource
import subprocess
import sys
import tempfile
import time
import unittest

BUILD = pathlib.Path(sys.argv.pop(1)).resolve()
SANITIZED = b"libasan.so" in (BUILD / "bin/inquest").read_bytes()
BOUND_S = 20
FILTER = re.compile(r"prctl\(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, .*\) = 0")

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
from job import Collector, Inquest, PYTHON_CRASH  # noqa: E402


class Confined(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory(prefix="inquest-conf-")
        self.addCleanup(scratch.cleanup)
        self.directory = pathlib.Path(scratch.name)
        self.inquest = Inquest(BUILD, self.directory)
        # LeakSanitizer cannot work under strace.
        self.inquest.environment["ASAN_OPTIONS"] = "detect_leaks=0"

    def trace(self, *command, **options):
        """{program: its calls in order} of a command and its children."""
        log = self.directory / "log"
        done = subprocess.run(
            ["strace", "-f", "-qq", "-s", "300", "-o", log, "-e", "trace="
             "execve,execveat,prctl,prlimit64,open,openat",
             *map(str, command)], env=self.inquest.environment, timeout=60,
            capture_output=True, **options)
        if b"ptrace" in done.stderr:
            self.skipTest(f"no strace here: {done.stderr}")
        programs, calls = {}, {}
        for line in log.read_text().splitlines():
            pid, call = line.split(None, 1)
            calls.setdefault(pid, []).append(call)
            started = re.match(r'execve(?:at)?\(.*?"([^"]*)"', call)
            if started and call.endswith("= 0"):
                programs[started[1].rsplit("/", 1)[-1]] = calls[pid]
        return done, programs

    def assert_filtered_before(self, calls, opened):
        """The filter is set before what is read is opened."""
        filtered = [n for n, call in enumerate(calls) if FILTER.match(call)]
        reads = [n for n, call in enumerate(calls) if opened in call
                 and "open" in call.split("(")[0]]
        self.assertTrue(filtered, calls)
        self.assertTrue(reads, calls)
        self.assertLess(filtered[0], reads[0])

    def assert_limited(self, calls, *names):
        for name in names:
            if SANITIZED and name == "RLIMIT_AS":
                continue  # its shadow needs more
            self.assertTrue(any(re.search(
                rf"{name}, {{rlim_cur=[*0-9]+, rlim_max=[*0-9]+}}, NULL", call)
                for call in calls), (name, calls))

    def test_worker_and_its_starter(self):
        module = BUILD / "bin/threads_32"
        done, programs = self.trace(
            BUILD / "bin/inquest-symbolicate", "--module", module,
            "--cache-dir", self.directory / "cache", input=b"1000\n")
        self.assertEqual(done.returncode, 0, done.stderr)
        worker = programs["inquest-symbolicate-worker"]
        self.assert_filtered_before(worker, str(module))
        self.assert_filtered_before(programs["inquest-symbolicate"],
                                    str(module))
        self.assert_limited(worker, "RLIMIT_AS", "RLIMIT_CPU", "RLIMIT_CORE")

    def test_dumper_of_a_dead_process(self):
        killed = ["kill -9 $$"]
        subprocess.run(["sh", "-c", *killed], env={
            **self.inquest.environment,
            "LD_PRELOAD": str(BUILD / "lib/libinquest.so")})
        (box,) = (self.inquest.state / "boxes").glob("*.box")
        done, programs = self.trace(
            BUILD / "bin/inquest-dumper", "recover", "--box", box, "--state",
            self.inquest.state, "--supervisor", "died")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(len(done.stdout.split()), 1)  # the report's id
        dumper = programs["inquest-dumper"]
        self.assert_filtered_before(dumper, box.name)
        self.assert_limited(dumper, "RLIMIT_AS", "RLIMIT_CPU", "RLIMIT_FSIZE",
                            "RLIMIT_NOFILE", "RLIMIT_CORE")

    def test_symbols_of_the_collector(self):
        """The child that names what strangers sent."""
        inquest = Inquest(BUILD, self.directory)
        inquest("run", "--", *PYTHON_CRASH)
        collector = Collector(BUILD, self.directory / "reports.db")
        self.addCleanup(collector.stop)
        inquest.environment["INQUEST_ENDPOINT"] = collector.url
        inquest("upload", "--now", "--wait=20")
        children = pathlib.Path(f"/proc/{collector.process.pid}/task")
        status, pids = "", []
        end = time.monotonic() + BOUND_S
        while "Seccomp:\t2" not in status and time.monotonic() < end:
            pids = [pid for task in children.iterdir()
                    for pid in (task / "children").read_text().split()]
            if pids:  # it may not be past its first line yet
                status = pathlib.Path(f"/proc/{pids[0]}/status").read_text()
        self.assertEqual(len(pids), 1, "the collector's one child")
        self.assertRegex(status, r"\nSeccomp:\s+2\n")
        self.assertRegex(status, r"\nNoNewPrivs:\s+1\n")
        limits = resource.prlimit(int(pids[0]), resource.RLIMIT_CORE)
        self.assertEqual(limits[0], 0)
        limits = resource.prlimit(int(pids[0]), resource.RLIMIT_NOFILE)
        self.assertLessEqual(limits[0], 512)
        if not SANITIZED:
            limits = resource.prlimit(int(pids[0]), resource.RLIMIT_AS)
            self.assertGreater(limits[0], 0)  # not RLIM_INFINITY, which is -1


unittest.main(verbosity=2)
