"""The history across fork, exec, a stop, and in namespaces of pids and
cgroups: real processes."""

import fcntl
import json
import os
import pathlib
import shutil
import signal
import struct
import subprocess
import sys
import time
import unittest

import cgroup
from watched import BUILD, WatchedTest, wait_until

VICTIM = str(BUILD / "bin/victim")
DEADLINE_S = 60
STORAGE_KIB = (116, 118, 120, 122, 4096)
RESUMED_AFTER_S = 4.5  # a period, and three that it is late
CONTAINER = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc",
             "--cgroup"]

FORK = """
import os, sys, time
sys.stdout.write("ready\\n"); sys.stdout.flush()
pid = os.fork()
time.sleep(60)
"""
EXEC = f"""
import os, sys, time
time.sleep(1.2)
os.execv({VICTIM!r}, [{VICTIM!r}, "wait"])
"""

JAIL = """
import os, sys
print("ready", flush=True)
sys.stdin.readline()
os.chroot(sys.argv[1])
print("inside", flush=True)
sys.stdin.readline()
"""


def directories_of(pid):
    """What it holds open that is a directory, and so a way out of a jail."""
    return [os.readlink(entry)
            for entry in pathlib.Path(f"/proc/{pid}/fd").iterdir()
            if entry.is_dir()]


class ProcessesTest(WatchedTest):
    def setUp(self):
        super().setUp()
        self.inquest.environment["INQUEST_ALARM_LIMIT"] = "0"

    def start(self, *command, prefix=(), script='exec "$@"',
              stdin=subprocess.DEVNULL):
        process = subprocess.Popen(
            ["/bin/sh", "-c", script, "sh", *prefix,
             str(BUILD / "bin/inquest"), "run", "--", *command],
            env=self.inquest.environment, stdin=stdin,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
            start_new_session=True)
        self.addCleanup(process.stdout.close)
        self.addCleanup(self.end, process)
        self.assertEqual(process.stdout.readline(), "ready\n")
        return process

    def end(self, process):
        """All of its session: forked children too."""
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        process.wait(DEADLINE_S)

    def boxes(self):
        paths = list((self.state / "boxes").glob("*.box"))
        told = subprocess.run([BUILD / "bin/box_tell", *paths], text=True,
                              capture_output=True, timeout=60).stdout
        return {box["pid"]: box
                for box in map(json.loads, told.splitlines())}

    def wait_for(self, condition, what):
        """For what a sampler will have written."""
        return wait_until(lambda: condition(self.boxes()), what, DEADLINE_S)

    @unittest.skipIf(os.geteuid() != 0, "not allowed to call chroot")
    def test_chroot_leaves_no_directory_of_ours_and_the_history_goes_on(self):
        process = self.start("/usr/bin/python3", "-c", JAIL,
                             str(self.directory), stdin=subprocess.PIPE)
        self.addCleanup(process.stdin.close)
        pid, box = next(iter(self.wait_for(
            lambda boxes: len(boxes) == 1 and
            all(box["samples"] > 2 for box in boxes.values()) and boxes,
            "a box with samples").items()))
        self.assertIn(f"/proc/{pid}/fd", directories_of(pid))
        os.write(process.stdin.fileno(), b"\n")
        self.assertEqual(process.stdout.readline(), "inside\n")
        self.assertEqual(directories_of(pid), [])
        self.wait_for(
            lambda boxes: boxes[pid]["samples"] > box["samples"] + 2,
            "samples from inside")
        self.assertEqual(directories_of(pid), [])

    def test_box_is_locked_as_long_as_its_process_lives(self):
        """So that another pid namespace knows; the sampler opens and closes
        meanwhile."""
        self.start(VICTIM, "wait")
        pid, _ = self.wait_for(
            lambda boxes: next((item for item in boxes.items()
                                if item[1]["samples"] > 2), None), "samples")
        box, = (self.state / "boxes").glob("*.box")
        lock = struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
        with open(box, "rb") as file:
            told = fcntl.fcntl(file, fcntl.F_GETLK, lock)
        self.assertEqual(struct.unpack("hhqqi4x", told)[0::4],
                         (fcntl.F_WRLCK, pid))

    def test_static_thread_storage_leaves_the_sampler_its_stack(self):
        """Sizes around that of the stack itself, and one far beyond."""
        for kib in STORAGE_KIB:
            with self.subTest(kib=kib):
                process = self.start(str(BUILD / f"bin/thread_storage_{kib}"),
                                     stdin=subprocess.PIPE)
                self.wait_for(
                    lambda boxes: [box for box in boxes.values()
                                   if box["samples"] > 2],
                    "samples")
                process.stdin.close()
                self.assertEqual(process.wait(DEADLINE_S), 0)

    def test_fork_child_has_a_history_of_its_own(self):
        self.start("/usr/bin/python3", "-c", FORK)
        boxes = self.wait_for(
            lambda boxes: len(boxes) == 2 and
            all(box["samples"] > 2 for box in boxes.values()) and boxes,
            "two boxes with samples")
        parent, child = sorted(boxes.values(),
                               key=lambda box: box["first_boot_ms"])
        self.assertNotEqual(parent["pid"], child["pid"])
        self.assertEqual((parent["foreign"], child["foreign"]), (0, 0))
        for thread in os.listdir(f"/proc/{child['pid']}/task"):
            self.assertEqual(os.sched_getaffinity(int(thread)),
                             os.sched_getaffinity(0))

    def test_exec_keeps_the_box_and_begins_again(self):
        process = self.start(
            "/bin/sh", "-c",
            f'/usr/bin/printf "ready\\n"; exec /usr/bin/python3 -c "$0"', EXEC)
        self.assertEqual(process.stdout.readline(), "ready\n")
        executed_ms = time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1000000
        box = self.wait_for(
            lambda boxes: len(boxes) == 1 and next(
                (box for box in boxes.values()
                 if box["last_boot_ms"] > executed_ms + 1000), None),
            "samples of the new image")
        self.assertGreater(box["first_boot_ms"], executed_ms - 1000)
        os.kill(box["pid"], signal.SIGKILL)
        process.wait(DEADLINE_S)
        report = self.report()
        self.assertTrue(report["process"]["executable"].endswith("/victim"))

    def test_program_that_was_stopped_says_so(self):
        self.start(VICTIM, "wait")
        pid = self.wait_for(lambda boxes: next(iter(boxes), None), "a box")
        os.kill(pid, signal.SIGSTOP)
        time.sleep(RESUMED_AFTER_S)  # how long it is stopped is the test
        os.kill(pid, signal.SIGCONT)
        self.wait_for(lambda boxes: boxes[pid]["resumed"] > 0,
                      "a sample that says so")

    def run_out_of_memory(self, *inside):
        """In a container with a cgroup of its own; the verdict."""
        reason = cgroup.unusable()
        if reason or not shutil.which("unshare"):
            self.skipTest(reason or "no unshare")
        group = cgroup.Cgroup(64 << 20)
        self.addCleanup(group.remove)
        prefix = [word.format(group.path) for word in inside]
        process = self.start(
            VICTIM, "hog", "200", "20", prefix=[*CONTAINER, *prefix],
            script=f'echo $$ > {group.path}/cgroup.procs; exec "$@"')
        self.assertNotEqual(process.wait(DEADLINE_S), 0)
        termination = self.report()["termination"]
        self.assertTrue(termination["evidence"])
        return termination["cause"], termination["grade"]

    def test_container_reads_its_own_cgroup(self):
        """The path in /proc/self/cgroup is "/", and the box's pid is one of
        another namespace: not what the kernel's log says."""
        cause, grade = self.run_out_of_memory(
            "sh", "-c", f"mount --bind {{}} {cgroup.MOUNT} && "
            'exec "$@"', "sh")
        self.assertEqual(cause, "OOM_KILL")
        self.assertIn(grade, "BC")

    def snapshot_in_namespace(self, *inside):
        """Of a program in a cgroup namespace; with the cgroup's limit."""
        reason = cgroup.unusable()
        if reason or not shutil.which("unshare"):
            self.skipTest(reason or "no unshare")
        group = cgroup.Cgroup(64 << 20)
        self.addCleanup(group.remove)
        self.start(VICTIM, "wait", prefix=["unshare", "--cgroup", *inside],
                   script=f'echo $$ > {group.path}/cgroup.procs; exec "$@"')
        pid = self.wait_for(
            lambda boxes: next((box["pid"] for box in boxes.values()
                                if box["samples"] > 2), None), "samples")
        self.inquest.text("snapshot", str(pid))
        return self.report()

    def figures(self, report, name):
        return [int(sample[name]) for sample in report["memory"]["samples"]
                if name in sample]

    def notes_of_the_cgroup(self, report):
        return [note for note in report.get("notes", [])
                if "not sampled" in note
                and "cgroup" in note]

    def test_namespace_with_a_mount_of_its_own_shows_its_own_use(self):
        place = self.directory / "cgroup"
        place.mkdir()
        report = self.snapshot_in_namespace(
            "unshare", "--mount", "sh", "-c",
            f"mount -t cgroup -o memory none {place} && "
            'exec "$@"', "sh")
        used = self.figures(report, "cgroupCurrentBytes")
        self.assertTrue(used)
        self.assertLess(max(used), 64 << 20)
        self.assertEqual(set(self.figures(report, "cgroupLimitBytes")),
                         {64 << 20})
        self.assertEqual(self.notes_of_the_cgroup(report), [])

    def test_namespace_without_a_mount_of_its_own_has_no_figure(self):
        """The one mount shows the machine's root, whose use is not ours."""
        report = self.snapshot_in_namespace()
        self.assertEqual(self.figures(report, "cgroupCurrentBytes"), [])
        self.assertEqual(self.figures(report, "cgroupLimitBytes"), [])
        self.assertTrue(all(self.figures(report, "rssBytes")))
        notes = self.notes_of_the_cgroup(report)
        self.assertTrue(any("use and limit" in note for note in notes))
        self.assertEqual(len(notes), len(set(notes)))

    def test_mount_of_another_cgroup_namespace_is_no_evidence(self):
        """The mount shows the machine's root: its counters are not ours."""
        _, grade = self.run_out_of_memory()
        self.assertEqual(grade, "C")


if __name__ == "__main__":
    unittest.main(argv=sys.argv)
