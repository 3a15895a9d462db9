"""Mixed deaths in cgroups of the test's own: no false word of an OOM kill,
and every real one found. 100 deaths at full size."""

import contextlib
import os
import pathlib
import select
import signal
import subprocess
import sys
import tempfile
import time
import unittest

from cgroup import Cgroup, unusable
from watched import BUILD, Inquest, WatchedTest, scaled

VICTIM = str(BUILD / "bin/victim")
LIMIT_MIB = 48
NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]


class DeathsTest(WatchedTest):
    def setUp(self):
        super().setUp()
        self.directory.chmod(0o755)
        self.group = Cgroup(LIMIT_MIB << 20)
        self.addCleanup(self.group.remove)
        self.seen = []
        self.count = 0

    def inside(self, command, **options):
        """Starts a command inside the cgroup."""
        return subprocess.Popen(
            ["/bin/sh", "-c", f"echo $$ > {self.group.path}/cgroup.procs; "
             'exec "$@"', "sh", *command],
            env=self.inquest.environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
            **options)

    def watch(self, *arguments, prefix=(), **options):
        self.count += 1
        return self.inside(
            [*prefix, str(BUILD / "bin/inquest"), "run", "--app",
             f"death-{self.count}", "--", VICTIM, *arguments], **options)

    def end_of(self, process):
        """Its status; its output is small enough for the pipe."""
        status = process.wait(60)
        process.stdout.close()
        return status

    @contextlib.contextmanager
    def nobody(self):
        """As an ordinary user, with a state directory of its own."""
        kept = self.inquest, self.state, self.seen
        home = pathlib.Path(tempfile.mkdtemp(dir=self.directory))
        os.chown(home, 65534, 65534)
        self.inquest = Inquest(BUILD, home)
        self.state, self.seen = self.inquest.state, []
        try:
            yield NOBODY
        finally:
            self.inquest, self.state, self.seen = kept

    def child_of(self, process):
        children = pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/"
                                "children").read_text().split()
        return int(children[0])

    def kill_child(self, process, number):
        self.assertEqual(process.stdout.readline(), "ready\n")
        child = self.child_of(process)
        self.wait_for_box(child)
        os.kill(child, number)

    def wait_for_box(self, pid):
        """A bounded wait for the file that the library makes."""
        until = time.monotonic() + 10
        while not list((self.state / "boxes").glob(f"{pid}-*.box")):
            self.assertLess(time.monotonic(), until, "no box")

    def new_reports(self):
        """But the alarms: some come near the limit before they die."""
        reports = [report for report in self.reports()
                   if report["kind"] != "MEMORY_ALARM"]
        fresh = reports[len(self.seen):]
        self.seen = reports
        return fresh

    def verdict(self, process, status):
        """The one termination that the end of process made: cause, grade."""
        self.assertEqual(self.end_of(process), status)
        reports = self.new_reports()
        self.assertEqual([r["kind"] for r in reports], ["TERMINATION"])
        report = reports[0]
        self.assertTrue(report["memory"]["samples"])
        self.assertTrue(report["termination"]["evidence"])
        return report["termination"]["cause"], report["termination"]["grade"]

    def start_hog_sibling(self):
        """An unwatched process that the kernel will kill in this cgroup."""
        return self.inside([VICTIM, "hog", str(2 * LIMIT_MIB), "0"])

    # --- the deaths ----------------------------------------------------------

    def die_of_memory_at_once(self):
        process = self.watch("hog", str(2 * LIMIT_MIB), "0")
        self.assertEqual(self.verdict(process, -signal.SIGKILL),
                         ("OOM_KILL", "A"))

    def die_of_memory_slowly(self):
        process = self.watch("hog", str(2 * LIMIT_MIB), "25")
        self.assertEqual(self.verdict(process, -signal.SIGKILL),
                         ("OOM_KILL", "A"))

    def die_of_memory_without_log(self):
        with self.nobody() as prefix:
            process = self.watch("hog", str(2 * LIMIT_MIB), "25",
                                 prefix=prefix)
            cause, grade = self.verdict(process, -signal.SIGKILL)
        self.assertEqual(cause, "OOM_KILL")
        self.assertIn(grade, "BC")
        self.unlogged.append(grade)

    def bystander(self, prefix=()):
        process = self.watch("wait", prefix=prefix)
        sibling = self.start_hog_sibling()
        self.assertEqual(sibling.wait(60), -signal.SIGKILL)
        sibling.stdout.close()
        self.kill_child(process, signal.SIGKILL)
        cause, grade = self.verdict(process, -signal.SIGKILL)
        self.assertFalse(cause == "OOM_KILL" and grade in "AB",
                         f"{cause} {grade} of a bystander")
        return cause, grade

    def die_as_bystander(self):
        self.assertEqual(self.bystander(), ("KILLED", "B"))

    def die_as_bystander_without_log(self):
        with self.nobody() as prefix:
            self.bystander(prefix)

    def die_by_sigkill(self):
        process = self.watch("wait")
        self.kill_child(process, signal.SIGKILL)
        self.assertEqual(self.verdict(process, -signal.SIGKILL),
                         ("KILLED", "B"))

    def silent(self, process, status):
        self.assertEqual(self.end_of(process), status)
        self.assertEqual(self.new_reports(), [])

    def die_by_sigterm(self):
        process = self.watch("wait")
        self.kill_child(process, signal.SIGTERM)
        self.silent(process, -signal.SIGTERM)

    def end_cleanly(self):
        self.silent(self.watch("exit"), 0)

    def end_past_every_hook(self):
        self.silent(self.watch("raw_exit"), 0)

    def crash(self):
        process = self.watch("crash")
        self.assertEqual(self.end_of(process), -signal.SIGSEGV)
        self.assertEqual([r["kind"] for r in self.new_reports()], ["CRASH"])

    def die_with_supervisor(self):
        process = self.watch("wait", start_new_session=True)
        self.assertEqual(process.stdout.readline(), "ready\n")
        child = self.child_of(process)
        self.wait_for_box(child)
        watching = os.pidfd_open(child)
        os.killpg(process.pid, signal.SIGKILL)
        self.end_of(process)
        # Nobody of ours waits for the child: it may end after its parent.
        self.assertTrue(select.select([watching], [], [], 60)[0])
        os.close(watching)
        self.inquest.text("recover")
        reports = self.new_reports()
        self.assertEqual([r["kind"] for r in reports], ["TERMINATION"])
        termination = reports[0]["termination"]
        self.assertEqual((termination["cause"], termination["grade"]),
                         ("UNKNOWN", "C"))

    def test_mixed_deaths(self):
        self.unlogged = []
        deaths = [self.die_of_memory_at_once, self.die_of_memory_slowly,
                  self.die_of_memory_without_log, self.die_as_bystander,
                  self.die_as_bystander_without_log, self.die_by_sigkill,
                  self.die_by_sigterm, self.end_cleanly, self.crash,
                  self.die_with_supervisor]
        count = scaled(100, len(deaths))
        for i in range(count):
            with self.subTest(death=deaths[i % len(deaths)].__name__, run=i):
                deaths[i % len(deaths)]()
        self.assertEqual(list((self.state / "boxes").iterdir()), [])
        print(f"{count} deaths; of OOM kills without the kernel's log: "
              f"{self.unlogged.count('B')} B, {self.unlogged.count('C')} C")

    def test_raw_exit_makes_no_report(self):
        self.end_past_every_hook()

    def test_raw_exit_without_supervisor_makes_no_report(self):
        environment = dict(self.inquest.environment)
        environment["LD_PRELOAD"] = str(BUILD / "lib/libinquest.so")
        done = subprocess.run([VICTIM, "raw_exit"], env=environment,
                              capture_output=True, timeout=60)
        self.assertEqual(done.returncode, 0)
        self.assertEqual(len(list((self.state / "boxes").iterdir())), 1)
        self.inquest.text("recover")
        self.assertEqual(self.new_reports(), [])
        self.assertEqual(list((self.state / "boxes").iterdir()), [])

    def test_oom_kill_without_supervisor_is_found_in_the_log(self):
        process = self.inside(
            ["env", f"LD_PRELOAD={BUILD / 'lib/libinquest.so'}", VICTIM, "hog",
             str(2 * LIMIT_MIB), "10"])
        self.assertEqual(self.end_of(process), -signal.SIGKILL)
        self.inquest.text("recover")
        reports = self.new_reports()
        self.assertEqual(len(reports), 1)
        self.assertEqual(reports[0]["termination"]["cause"], "OOM_KILL")
        self.assertEqual(reports[0]["termination"]["grade"], "A")

    def test_restart_of_the_machine_is_told(self):
        """A box of another boot: its boot id is changed as a restart would."""
        process = self.watch("wait", start_new_session=True)
        self.assertEqual(process.stdout.readline(), "ready\n")
        self.wait_for_box(self.child_of(process))
        os.killpg(process.pid, signal.SIGKILL)
        self.end_of(process)
        box = next((self.state / "boxes").iterdir())
        done = subprocess.run([BUILD / "bin/box_edit", box, "other-boot"],
                              timeout=60)
        self.assertEqual(done.returncode, 0)
        self.inquest.text("recover")
        termination = self.new_reports()[0]["termination"]
        self.assertEqual((termination["cause"], termination["grade"]),
                         ("RESTARTED", "C"))

    def test_pid_that_was_used_again_is_another_process(self):
        """A box whose pid lives, but started at another time: it is dead."""
        process = self.watch("wait", start_new_session=True)
        self.assertEqual(process.stdout.readline(), "ready\n")
        child = self.child_of(process)
        self.wait_for_box(child)
        box = next((self.state / "boxes").iterdir())
        subprocess.run([BUILD / "bin/box_edit", box, "earlier-start"],
                       check=True, timeout=60)
        os.kill(process.pid, signal.SIGKILL)
        process.wait(60)
        self.inquest.text("recover")
        reports = self.new_reports()
        os.kill(child, signal.SIGKILL)
        process.stdout.close()
        self.assertEqual([r["termination"]["cause"] for r in reports],
                         ["UNKNOWN"])

    def test_death_before_the_library_has_a_memory_sample(self):
        for i in range(scaled(100, 8)):
            process = self.watch("wait")
            until = time.monotonic() + 10
            child = None
            while child is None and time.monotonic() < until:
                try:
                    child = self.child_of(process)
                except (IndexError, FileNotFoundError):
                    continue
            time.sleep(i % 11 / 1000)  # the moment is what is tested
            if pathlib.Path(f"/proc/{child}/exe").resolve().name == "inquest":
                process.stdout.readline()  # not even exec was done
            os.kill(child, signal.SIGKILL)
            self.verdict(process, -signal.SIGKILL)


reason = unusable()
if reason:
    print(reason)
    sys.exit(77)
unittest.main()
