"""A program that is moved to another memory cgroup while it runs, as service
managers and container runtimes do: where it is counts, not where it was."""

import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import unittest

from cgroup import Cgroup, unusable
from watched import BUILD, Inquest, WatchedTest, wait_until

VICTIM = str(BUILD / "bin/victim")
DEADLINE_S = 60
LIMIT_MIB = 48
HELD_MIB = 30
# Nobody may read the kernel's log, which would tell at once.
NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
GROWING = f"""
import sys
held = bytearray(b"x") * ({HELD_MIB} << 20)
print("ready", flush=True)
while sys.stdin.readline():
    held += bytearray(b"x") * ({2 * LIMIT_MIB} << 20)
"""


class MovesTest(WatchedTest):
    def setUp(self):
        super().setUp()
        self.directory.chmod(0o755)
        home = pathlib.Path(tempfile.mkdtemp(dir=self.directory))
        os.chown(home, 65534, 65534)
        self.inquest = Inquest(BUILD, home)
        self.inquest.environment["INQUEST_ALARM_LIMIT"] = "0"
        self.state = self.inquest.state
        self.old = self.group()
        self.new = self.group()

    def group(self):
        group = Cgroup(LIMIT_MIB << 20)
        self.addCleanup(group.remove)
        return group

    def inside(self, group, *command):
        process = subprocess.Popen(
            ["/bin/sh", "-c", f"echo $$ > {group.path}/cgroup.procs; "
             'exec "$@"', "sh", *command],
            env=self.inquest.environment, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.addCleanup(process.stdin.close)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait, DEADLINE_S)
        self.addCleanup(process.kill)
        return process

    def box(self):
        paths = list((self.state / "boxes").glob("*.box"))
        told = subprocess.run([BUILD / "bin/box_tell", *paths], text=True,
                              capture_output=True, timeout=60).stdout
        return json.loads(told) if told.count("\n") == 1 else None

    def seen_in(self, group):
        box = self.box()
        return (box if box and box["samples"] > 2 and
                box["cgroup"] == f"/{group.path.name}" else None)

    def start_and_move(self):
        """The supervisor stays behind. Returns it and the program's pid."""
        process = self.inside(
            self.old, *NOBODY, str(BUILD / "bin/inquest"), "run", "--",
            "/usr/bin/python3", "-c", GROWING)
        self.assertEqual(process.stdout.readline(), "ready\n")
        box = wait_until(lambda: self.seen_in(self.old), "samples in the old",
                         DEADLINE_S)
        self.assertEqual(box["moves"], 0)
        (self.new.path / "cgroup.procs").write_text(str(box["pid"]))
        box = wait_until(lambda: self.seen_in(self.new), "samples in the new",
                         DEADLINE_S)
        self.assertEqual(box["moves"], 1)
        return process, box["pid"]

    def termination(self, process):
        self.assertEqual(process.wait(DEADLINE_S), -signal.SIGKILL)
        reports = self.reports()
        self.assertEqual([r["kind"] for r in reports], ["TERMINATION"])
        self.assertTrue(any("moved to another memory cgroup 1 time" in note
                            for note in reports[0]["notes"]))
        return reports[0]["termination"]

    def test_kills_where_it_was_are_no_evidence(self):
        """Its pages are charged there still, so it looks like the victim."""
        process, pid = self.start_and_move()
        hog = self.inside(self.old, VICTIM, "hog", str(2 * LIMIT_MIB), "0")
        self.assertEqual(hog.wait(DEADLINE_S), -signal.SIGKILL)
        os.kill(pid, signal.SIGKILL)
        termination = self.termination(process)
        self.assertEqual((termination["cause"], termination["grade"]),
                         ("KILLED", "B"))
        self.assertIn("OOM kills in its cgroup since it was moved there: 0",
                      termination["evidence"])

    def test_kill_where_it_is_now_is_found(self):
        process, _ = self.start_and_move()
        process.stdin.write("more\n")
        process.stdin.flush()
        termination = self.termination(process)
        self.assertEqual(termination["cause"], "OOM_KILL")
        self.assertIn(termination["grade"], "BC")
        self.assertIn("OOM kills in its cgroup since it was moved there: 1",
                      termination["evidence"])


reason = unusable()
if reason:
    print(reason)
    sys.exit(77)
unittest.main()
