"""inquest snapshot: all stacks and memory of a living process, which goes on
as if nobody had looked."""

import json
import os
import pathlib
import random
import select
import shutil
import signal
import subprocess
import sys
import unittest

from watched import BUILD, WatchedTest, scaled, wait_until

MANY_WAITS = BUILD / "bin/many_waits"
SECONDS = 60
THREADS = {"many_waits", "sleep", "poll", "epoll", "sigwait", "socket",
           "child", "futex-0", "futex-1", "writer", "reader", "signals"}
NOBODY = 65534


def word(pid, name):
    """A line of /proc/PID/status."""
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(name + ":"):
            return line.split()[1]
    raise KeyError(name)


def states(pid):
    """The state of every thread: S, R, T stopped, t traced, …"""
    found = []
    for path in pathlib.Path(f"/proc/{pid}/task").iterdir():
        try:
            found.append(word(f"{pid}/task/{path.name}", "State"))
        except FileNotFoundError:
            pass  # has just ended
    return found


def descriptors(pid):
    """What each open one is, and the processes below."""
    folder = pathlib.Path(f"/proc/{pid}/fd")
    children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return {one.name: os.readlink(one) for one in folder.iterdir()}, children


class SnapshotTest(WatchedTest):
    def start(self, *before):
        """many_waits, ready; `before` is what it runs under."""
        process = subprocess.Popen(
            [*before, MANY_WAITS], env=self.inquest.environment, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.addCleanup(self.end, process)
        self.assertEqual(process.stdout.readline(), "ready\n")
        return process

    def end(self, process):
        if process.poll() is None:
            process.kill()
        process.communicate()

    def check_unharmed(self, process, interrupted=0):
        """Lets it end, and looks at what it counted."""
        printed, _ = process.communicate(timeout=SECONDS)
        counted = json.loads(printed)
        self.assertEqual(process.returncode, 7)
        self.assertEqual(counted["wrong"], 0, counted)
        self.assertLessEqual(counted["interrupted"], interrupted, counted)
        self.assertEqual(counted["signals"], counted["sent"], counted)
        for name in ("rounds", "sent", "timers", "turns"):
            self.assertGreater(counted[name], 0, counted)

    def snapshot(self, pid, *options):
        return self.inquest("snapshot", str(pid), *options, text=True)

    def watched_pid(self, runner):
        """The program under `inquest run`: its only child."""
        children = pathlib.Path(
            f"/proc/{runner.pid}/task/{runner.pid}/children").read_text()
        return int(children.split()[0])

    def test_watched_program_is_seen_whole_and_goes_on(self):
        runner = self.start(BUILD / "bin/inquest", "run", "--app", "waits",
                            "--")
        pid = self.watched_pid(runner)
        before = None
        for _ in range(scaled(100, 3)):
            taken = self.snapshot(pid, "--raw", "--json")
            self.assertEqual(taken.returncode, 0, taken.stderr)
            report = json.loads(taken.stdout)
            self.assertEqual(report["kind"], "SNAPSHOT")
            self.assertEqual(report["app"]["name"], "waits")
            self.assertEqual(report["process"]["pid"], pid)
            names = [thread["name"] for thread in report["threads"]]
            self.assertEqual(sorted(names), sorted(THREADS))
            for thread in report["threads"]:
                self.assertGreater(len(thread["frames"]), 2, thread["name"])
                self.assertFalse(thread.get("crashed"))
            before = before or descriptors(pid)
        self.assertEqual(descriptors(pid), before)
        samples = report["memory"]["samples"]
        self.assertGreater(len(samples), 1)  # the box's, and that of now
        self.assertGreater(int(samples[-1]["rssBytes"]), 1 << 20)
        self.assertIn("heapBytes", report["memory"]["categories"])
        self.check_unharmed(runner)

    def test_any_other_process_is_seen_too(self):
        process = self.start()
        before = descriptors(process.pid)
        for _ in range(scaled(100, 3)):
            taken = self.snapshot(process.pid, "--json")
            self.assertEqual(taken.returncode, 0, taken.stderr)
        self.assertEqual(descriptors(process.pid), before)
        report = json.loads(taken.stdout)
        self.assertEqual(report["app"]["name"], "many_waits")
        self.assertEqual(report["process"]["parentPid"], os.getpid())
        self.assertEqual(len(report["memory"]["samples"]), 1)
        self.assertEqual(report["memory"]["samples"][0]["threadCount"], 12)
        functions = {thread["name"]: " ".join(
            frame.get("function", "") for frame in thread["frames"])
            for thread in report["threads"]}
        self.assertIn("epoll_wait", functions["epoll"])
        self.assertIn("run_waiter", functions["poll"])
        self.assertIn("run_futex", functions["futex-0"])
        self.check_unharmed(process)

    def test_show_prints_it(self):
        process = self.start()
        taken = self.snapshot(process.pid)
        self.assertIn("many_waits: snapshot of 12 threads", taken.stdout)
        self.assertIn("stood still for", taken.stdout)
        self.assertEqual(self.inquest.text("show", "last"), taken.stdout)
        self.assertIn("\nMemory\n", taken.stdout)  # of one moment
        self.assertRegex(taken.stdout, r"\n  Resident +[0-9.]+ [KM]iB\n")
        self.assertNotIn("Swapped", taken.stdout)  # nothing is
        self.assertIn("12 threads", self.inquest.text("list"))
        page = self.directory / "page.html"
        self.snapshot(process.pid, "--html", page)
        self.assertIn("run_futex", page.read_text())
        self.check_unharmed(process)

    def test_stopped_process_stays_stopped(self):
        process = self.start()
        os.kill(process.pid, signal.SIGSTOP)
        os.waitid(os.P_PID, process.pid, os.WSTOPPED)
        for _ in range(3):
            taken = self.snapshot(process.pid, "--raw", "--json")
            self.assertEqual(taken.returncode, 0, taken.stderr)
            self.assertEqual(len(json.loads(taken.stdout)["threads"]), 12)
            # Let go, a thread wakes inside the kernel and stops anew.
            wait_until(lambda: set(states(process.pid)) == {"T"},
                       "all of it stopped", 10)
        # Its parent was told of no change either.
        self.assertIsNone(os.waitid(
            os.P_PID, process.pid,
            os.WCONTINUED | os.WSTOPPED | os.WEXITED | os.WNOHANG))
        os.kill(process.pid, signal.SIGCONT)
        self.assertEqual(
            os.waitid(os.P_PID, process.pid, os.WCONTINUED).si_status,
            signal.SIGCONT)

    def test_killed_snapshot_leaves_it_running(self):
        process = self.start()
        self.inquest.text("list")  # makes the state directory
        choose = random.Random(4)
        killed = 0
        for index in range(scaled(200, 8)):
            dumper = subprocess.Popen(
                [BUILD / "bin/inquest-dumper", "snapshot", "--pid",
                 str(process.pid), "--state", self.state],
                stdout=subprocess.PIPE)
            # Whatever comes first: its end, or that moment.
            moment_s = choose.random() * 0.02 if index else 0
            select.select([dumper.stdout], [], [], moment_s)
            dumper.kill()
            dumper.communicate()
            killed += dumper.returncode == -signal.SIGKILL
            self.assertEqual(word(process.pid, "TracerPid"), "0")
            self.assertNotIn("t", states(process.pid))
        self.assertGreater(killed, 0)
        # Who is killed between a stop and its look cannot arrange for calls
        # to begin again: each thread that waits may see one EINTR.
        self.check_unharmed(process, killed * len(THREADS))

    def test_traced_process_is_refused_with_the_tracer_named(self):
        if not shutil.which("strace"):
            self.skipTest("no strace here")
        process = self.start()
        tracer = subprocess.Popen(
            ["strace", "-f", "-o", "/dev/null", "-p", str(process.pid)],
            stderr=subprocess.PIPE, text=True)
        self.addCleanup(tracer.stderr.close)
        self.addCleanup(tracer.wait)
        self.addCleanup(tracer.terminate)
        self.assertIn("attached", tracer.stderr.readline())
        taken = self.snapshot(process.pid)
        self.assertEqual(taken.returncode, 75, taken.stderr)
        self.assertIn(f"traced by process {tracer.pid} (strace)", taken.stderr)
        self.assertEqual(self.reports(), [])

    def test_process_of_another_user_is_refused(self):
        if os.geteuid() != 0:
            self.skipTest("needs root to become somebody else")
        process = self.start()
        self.directory.chmod(0o711)
        self.state.mkdir()
        os.chown(self.state, NOBODY, NOBODY)
        taken = subprocess.run(
            ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}",
             "--clear-groups", BUILD / "bin/inquest", "snapshot",
             str(process.pid)], env=self.inquest.environment, text=True,
            capture_output=True, timeout=SECONDS)
        self.assertEqual(taken.returncode, 77, taken.stderr)
        self.assertIn(f"process {process.pid} belongs to root", taken.stderr)
        self.check_unharmed(process)

    def test_child_of_who_gave_up_root_is_seen(self):
        """Its box has the name of its parent."""
        if os.geteuid() != 0:
            self.skipTest("needs root to give it up")
        code = (f"import os; os.setgid({NOBODY}); os.setuid({NOBODY}); "
                "pid = os.fork(); pid and print(pid, flush=True); os.read(0, 1)")
        runner = subprocess.Popen(
            [BUILD / "bin/inquest", "run", "--", sys.executable, "-c", code],
            env=self.inquest.environment, text=True, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE)
        self.addCleanup(self.end, runner)
        pid = int(runner.stdout.readline())

        def seen():
            return self.inquest("memory", str(pid), "--json", text=True)

        wait_until(lambda: seen().returncode == 0, f"the box of {pid}")
        report = json.loads(seen().stdout)
        self.assertEqual(report["process"]["pid"], pid)

    def test_what_is_no_process_is_said(self):
        child = os.posix_spawn("/bin/true", ["true"], {})
        os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
        for pid, status in ((child, 66), (2 ** 30, 66), ("x", 64), (0, 64)):
            taken = self.snapshot(pid)
            self.assertEqual(taken.returncode, status, taken.stderr)
        os.waitpid(child, 0)


if __name__ == "__main__":
    sys.argv[1:1] = ["-v"] if os.environ.get("VERBOSE") else []
    unittest.main()
