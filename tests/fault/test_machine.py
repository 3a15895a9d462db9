"""A machine that an administrator has set up in his own way: a umask that
takes everything away, a /proc that hides, a full table of inodes, no /proc at
all. The program dies as without us, its report is kept, and a program that
lives is not taken for a dead one. Context: tool."""

import json
import os
import pathlib
import resource
import subprocess
import unittest

from place import BOUND_S, BUILD, NOBODY, Place
from job import wait_until  # whose place it knows

UMASKS = (0o777, 0o477, 0o277, 0o177)
FILLER_BYTES = 16 << 20
EX_IOERR = 74
INODES = range(4, 16, 3)  # the directories, or the report
USER = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
# Not dumpable (prctl(2)): with hidepid even its own user does not see it.
HIDDEN = ("import ctypes, os, sys\n"
          "ctypes.CDLL(None).prctl(4, 0, 0, 0, 0)\n"
          "os.write(1, b'ready\\n')\n"
          "sys.stdin.read()\n")


class Users(Place):
    """Everything is done as a user without rights."""
    options = "size=64m,mode=0777"

    def setUp(self):
        super().setUp()
        self.directory.chmod(0o755)

    def as_user(self, *command, mask=0o022, preload=True, **options):
        environment = dict(self.environment)
        if not preload:
            del environment["LD_PRELOAD"]
        return subprocess.run(
            [*map(str, command)], env=environment, capture_output=True,
            stdin=subprocess.DEVNULL, timeout=BOUND_S, umask=mask, **USER,
            **options)

    def die(self, mask=0o022):
        done = self.as_user(BUILD / "bin/fault_host", "crash", mask=mask)
        self.assertEqual((done.returncode, done.stderr), (-11, b""))
        self.settle()

    def command(self, *arguments, mask=0o022):
        done = self.as_user(BUILD / "bin/inquest", *arguments, mask=mask,
                            preload=False)
        self.assertEqual(done.returncode, 0, (arguments, done))
        return done.stdout

    def count(self):
        self.command("recover")
        return self.command("list", "--json").count(b'"CRASH"')

    def hide(self, options):
        subprocess.run(["mount", "-t", "proc", "-o", options, "none", "/proc"],
                       check=True)
        self.addCleanup(subprocess.run, ["umount", "-l", "/proc"], check=True)

    def boxes(self):
        return list(self.state.glob("boxes/*.box"))


class Machine(Users):
    def test_umask_of_the_program(self):
        """What its owner may not read would be lost, and all after it."""
        for number, mask in enumerate(UMASKS, 1):
            with self.subTest(mask=oct(mask)):
                self.die(mask)
                self.assertEqual(self.count(), number)

    def test_umask_where_everything_is_made(self):
        for mask in UMASKS:
            with self.subTest(mask=oct(mask)):
                self.state = self.disk / oct(mask)
                self.environment["INQUEST_STATE_DIR"] = str(self.state)
                self.die(mask)
                self.command("consent", "deny", "OPTIONAL", mask=mask)
                self.die()
                self.assertEqual(self.count(), 2)
                self.assertIn(b"OPTIONAL   stays: you denied it",
                              self.command("consent", "status"))
                for path in self.state.rglob("*"):
                    self.assertEqual(path.lstat().st_mode & 0o677, 0o600, path)

    def test_umask_is_the_programs_own_under_run(self):
        done = self.as_user(BUILD / "bin/inquest", "run", "--", "/bin/sh",
                            "-c", "umask", mask=0o413, preload=False)
        self.assertEqual(done.stdout, b"0413\n")

    def test_living_program_that_proc_hides(self):
        host = subprocess.Popen(
            ["/usr/bin/python3", "-c", HIDDEN], env=self.environment,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, **USER)
        self.addCleanup(self.end, host)
        self.assertEqual(host.stdout.readline(), b"ready\n")
        self.hide("hidepid=2")
        seen = self.as_user("/bin/ls", f"/proc/{host.pid}", preload=False)
        self.assertNotEqual(seen.returncode, 0)
        self.command("recover")
        self.assertEqual(len(self.boxes()), 1)
        host.communicate(timeout=BOUND_S)
        self.command("recover")
        self.assertEqual(self.boxes(), [])

    def test_crash_where_proc_hides(self):
        self.hide("hidepid=2,subset=pid")
        self.die()
        self.assertEqual(self.count(), 1)

    def test_no_inode_is_left(self):
        for inodes in INODES:
            with self.subTest(inodes=inodes):
                done = subprocess.run(
                    ["mount", "-o", f"remount,nr_inodes={inodes}", self.disk],
                    capture_output=True)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.die()
                subprocess.run(["mount", "-o", "remount,nr_inodes=1000",
                                self.disk], check=True)
                self.assertEqual(self.count(), 1)
                self.assertEqual(self.boxes(), [])
                self.command("rm", "all")
                subprocess.run(["rm", "-r", self.state], check=True)

    def test_soft_limits_of_the_program(self):
        """Too low for a box: it is made all the same, and the program has
        them as it was given them."""
        for name, most in (("FSIZE", 0), ("FSIZE", 1 << 16), ("NOFILE", 4),
                           ("NOFILE", 5), ("NOFILE", 100)):
            with self.subTest(limit=name, most=most):
                which = getattr(resource, f"RLIMIT_{name}")
                hard = resource.getrlimit(which)[1]

                def limit():
                    resource.setrlimit(which, (most, hard))
                before = self.count()
                done = self.as_user(BUILD / "bin/fault_host", "crash",
                                    preexec_fn=limit)
                self.assertEqual((done.returncode, done.stderr), (-11, b""))
                self.settle()
                self.assertEqual(self.count(), before + 1)
                said = [self.as_user("/bin/sh", "-c", f"ulimit -S{letter}",
                                     preload=preload, preexec_fn=limit).stdout
                        for preload in (False, True)
                        for letter in "nf"]
                self.assertEqual(said[:2], said[2:])

    def test_few_descriptors_are_all_the_programs(self):
        """cat needs one more than it is given; under us no more."""
        for most in (4, 5, 6, 8):
            with self.subTest(most=most):
                done = self.as_user(
                    "/bin/cat", "/proc/self/comm", preexec_fn=lambda:
                    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most)))
                self.assertEqual((done.stdout, done.stderr), (b"cat\n", b""))
                self.assertEqual(self.boxes(), [])

    def samples(self):
        told = subprocess.run([BUILD / "bin/box_tell", *self.boxes()],
                              text=True, capture_output=True,
                              timeout=BOUND_S).stdout
        return [json.loads(line)["samples"] for line in told.splitlines()]

    def test_the_sampler_takes_none_of_few(self):
        """Also from its first tick on, when it opens what it reads."""
        limits = (resource.RLIMIT_NOFILE, (12, 12))
        process = subprocess.Popen(
            ["/bin/cat"], env=self.environment, stdin=subprocess.PIPE, **USER,
            preexec_fn=lambda: resource.setrlimit(*limits))
        self.addCleanup(process.wait)
        self.addCleanup(process.stdin.close)
        wait_until(lambda: [count for count in self.samples() if count > 2],
                       "three samples", BOUND_S)
        held = os.listdir(f"/proc/{process.pid}/fd")
        self.assertEqual(sorted(held), ["0", "1", "2"])

    def test_crash_with_few_descriptors(self):
        for number, most in enumerate((5, 6, 8), 1):
            with self.subTest(most=most):
                done = self.as_user(
                    BUILD / "bin/fault_host", "crash", preexec_fn=lambda:
                    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most)))
                self.assertEqual((done.returncode, done.stderr), (-11, b""))
                self.settle()
                self.assertEqual(self.count(), number)


class Narrow(Users):
    """A disk with less room than the queue leaves free."""
    options = "size=24m,mode=0777"

    def test_recover_says_why_and_the_box_waits(self):
        filler = self.disk / "filler"
        with open(filler, "wb") as file:
            os.posix_fallocate(file.fileno(), 0, FILLER_BYTES)
        self.die()
        done = self.as_user(BUILD / "bin/inquest", "recover", preload=False)
        self.assertEqual(done.returncode, EX_IOERR)
        self.assertIn(b"less than 16 MiB free", done.stderr)
        self.assertIn(str(self.state).encode(), done.stderr)
        filler.unlink()
        self.assertEqual(self.count(), 1)


unittest.main(verbosity=2)
