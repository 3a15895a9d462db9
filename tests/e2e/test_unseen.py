"""Deaths that nothing of ours was there to see, under inquest run: in the
loader, in a static program; and the report that was sent before run looked.
Context: tool."""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

import job

BUILD = pathlib.Path(sys.argv.pop(1))
IN_LOADER = BUILD / "zoo/deaths/ifunc_resolver"
STATIC = BUILD / "bin/static_crash"
FIRST_PID_NAMESPACE = 0xeffffffc  # PROC_PID_INIT_INO of the kernel


class KernelLog:
    """What the kernel says from here on, where it is about our pids. It leaves
    lines out when faults come too fast (printk_ratelimit)."""

    def __init__(self):
        self.file = None
        if os.stat("/proc/self/ns/pid").st_ino == FIRST_PID_NAMESPACE and \
                os.access("/dev/kmsg", os.R_OK):
            self.file = os.open("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK)
            os.lseek(self.file, 0, os.SEEK_END)

    def tells(self, words):
        while self.file is not None:
            try:
                if words in os.read(self.file, 8192).decode(errors="replace"):
                    return True
            except BrokenPipeError:  # overwritten meanwhile
                continue
            except BlockingIOError:
                break
        return False

    def close(self):
        if self.file is not None:
            os.close(self.file)


class Unseen(unittest.TestCase):
    def setUp(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="inquest-gone-"))
        self.addCleanup(shutil.rmtree, self.directory)
        self.inquest = job.Inquest(BUILD, self.directory)

    def reports(self):
        return [json.loads(self.inquest.text("show", entry["reportId"],
                                             "--json"))
                for entry in json.loads(self.inquest.text("list", "--json"))]

    def boxes(self):
        return list((self.inquest.state / "boxes").glob("*.box"))

    def check_told(self, program):
        """What run said on the way."""
        log = KernelLog()
        self.addCleanup(log.close)
        done = self.inquest("run", "--", str(program), text=True)
        self.assertEqual(done.returncode, -signal.SIGSEGV)
        report, = self.reports()
        self.assertEqual(report["kind"], "TERMINATION")
        self.assertEqual(report["process"]["executable"], str(program))
        end = report["termination"]
        self.assertEqual((end["cause"], end["signalNumber"]),
                         ("KILLED", signal.SIGSEGV))
        told = " ".join(end["evidence"])
        self.assertIn("nothing of ours was in it", told)
        self.assertNotIn("last sample", told)  # there was none
        line = f"[{report['process']['pid']}]: segfault at 10 ip"
        logged = log.tells(line)
        self.assertEqual(line in told, logged)
        self.assertEqual(end["grade"], "A" if logged else "B")
        page = self.directory / "page.html"
        self.inquest.text("show", report["reportId"], "--html", page)
        self.assertIn(f"evidence of grade {end['grade']}</p>",
                      page.read_text())
        self.assertEqual(self.boxes(), [])
        return done.stderr

    def test_death_in_the_loader(self):
        self.assertEqual(self.check_told(IN_LOADER), "")

    def test_death_of_a_static_program(self):
        self.assertIn("it is statically linked", self.check_told(STATIC))

    def test_disabled_makes_no_report(self):
        self.inquest.environment["INQUEST_DISABLE"] = "1"
        for program in (IN_LOADER, STATIC):
            done = self.inquest("run", "--", str(program))
            self.assertEqual(done.returncode, -signal.SIGSEGV)
        self.assertEqual(self.reports(), [])

    # --- a report that is gone again ---

    def is_dead(self, pid):
        stat = pathlib.Path(f"/proc/{pid}/stat").read_text()
        return stat.rsplit(")", 1)[1].split()[0] == "Z"

    def crash_while_run_stands_still(self):
        """The process of run, stopped; its child has died and is reported."""
        run = subprocess.Popen(
            [BUILD / "bin/inquest", "run", "--", "/bin/sh", "-c",
             "echo ready; read x; kill -SEGV $$"],
            env=self.inquest.environment, text=True, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE)
        self.addCleanup(run.stdin.close)
        self.addCleanup(run.stdout.close)
        self.assertEqual(run.stdout.readline(), "ready\n")
        child, = map(int, pathlib.Path(
            f"/proc/{run.pid}/task/{run.pid}/children").read_text().split())
        os.kill(run.pid, signal.SIGSTOP)
        run.stdin.write("\n")
        run.stdin.flush()
        job.wait_until(lambda: self.is_dead(child), "the child's death")
        return run

    def test_report_sent_before_run_looks_is_not_made_again(self):
        run = self.crash_while_run_stands_still()
        report, = self.reports()
        self.assertEqual(report["kind"], "CRASH")
        name, = (self.inquest.state / "queue/new").iterdir()
        name.unlink()  # as one that was uploaded and has aged out
        os.kill(run.pid, signal.SIGCONT)
        self.assertEqual(run.wait(30), -signal.SIGSEGV)
        self.assertEqual(self.reports(), [])
        job.wait_until(lambda: not self.boxes(), "the box goes")

    def test_box_of_a_crash_does_not_outlive_run(self):
        run = self.crash_while_run_stands_still()
        job.wait_until(lambda: len(self.boxes()) == 1, "the box waits for run")
        run.kill()  # it cannot take the box away any more
        run.wait(30)
        self.inquest.text("recover")
        self.assertEqual(self.boxes(), [])
        self.assertEqual([r["kind"] for r in self.reports()], ["CRASH"])


unittest.main(verbosity=2)
