"""A disk of one's own for a test, in a mount namespace of its own: so root is
needed. To import it starts the program again there. Context: tool."""

import contextlib
import ctypes
import errno
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

MARK = "INQUEST_TEST_PLACES"
SKIPPED = 77
PR_SET_CHILD_SUBREAPER = 36
WALL = 0x40000000
NOBODY = 65534
BOUND_S = 20
TRIES = 100
SYSEXITS = (0, *range(64, 79))

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "deliver"))
from fault_server import FaultServer, status  # noqa: E402
from job import Inquest  # noqa: E402


def enter():
    """Runs this again where mounts are our own."""
    if os.environ.get(MARK):
        return
    if os.geteuid() != 0:
        print("skipped: mounts need root")
        sys.exit(SKIPPED)
    probe = subprocess.run(["unshare", "--mount", "--propagation", "private",
                            "mount", "-t", "tmpfs", "none", "/mnt"],
                           capture_output=True, text=True)
    if probe.returncode != 0:
        print(f"skipped: no mounts here: {probe.stderr.strip()}")
        sys.exit(SKIPPED)
    os.environ[MARK] = "1"
    os.execvp("unshare", ["unshare", "--mount", "--propagation", "private",
                          "--", sys.executable, "-B", *sys.argv])


enter()
BUILD = pathlib.Path(sys.argv.pop(1)).resolve()
SANITIZED = b"libasan.so" in (BUILD / "bin/inquest").read_bytes()
# Dumpers that go on syncing when their program is dead are ours then.
if ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0:
    sys.exit("prctl")


class Place(unittest.TestCase):
    options = "size=64m,nr_inodes=4k"

    def setUp(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="inquest-pl-"))
        self.addCleanup(shutil.rmtree, self.directory)
        self.disk = self.directory / "disk"
        self.disk.mkdir()
        self.mount()
        self.inquest = Inquest(BUILD, self.disk)
        self.inquest.environment["INQUEST_KEEP_FREE_MIB"] = "1"
        self.state = self.inquest.state
        self.environment = {
            **self.inquest.environment, "INQUEST_RATE_LIMIT": "off",
            "LD_PRELOAD": str(BUILD / "lib/libinquest.so")}

    def mount(self):
        subprocess.run(["mount", "-t", "tmpfs", "-o", self.options, "none",
                        self.disk], check=True)
        self.addCleanup(subprocess.run, ["umount", "-l", self.disk],
                        check=True)

    def fill(self, left=0):
        """Until the disk is full but for left bytes. A program's sampler may
        just be taking room for the rest of its box: looked at again."""
        with open(self.disk / "filler", "wb") as file:
            for _ in range(TRIES):
                disk = os.statvfs(self.disk)
                try:
                    os.posix_fallocate(file.fileno(), 0,
                                       disk.f_bavail * disk.f_bsize - left)
                    return
                except OSError as error:
                    if error.errno != errno.ENOSPC:
                        raise
        raise RuntimeError("what is free changes all the time")

    def start(self, **variables):
        """A program that waits to be told how to end."""
        host = subprocess.Popen(
            [BUILD / "bin/api_calls", "wait"], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, env={**self.environment, **variables})
        self.addCleanup(self.end, host)
        self.assertEqual(host.stdout.readline(), b"ready\n")
        return host

    @staticmethod
    def end(host):
        host.kill()
        host.communicate(timeout=BOUND_S)

    def crash(self, host):
        began = time.monotonic()
        host.send_signal(signal.SIGSEGV)
        self.assertEqual(host.wait(BOUND_S), -signal.SIGSEGV)
        return time.monotonic() - began

    def die(self):
        """One crash from start to end; as without us."""
        done = subprocess.run([BUILD / "bin/fault_host", "crash"],
                              env=self.environment, capture_output=True,
                              timeout=BOUND_S)
        self.assertEqual(done.returncode, -signal.SIGSEGV)
        self.assertTrue(done.stdout.startswith(b"descriptors: "))
        self.assertEqual(done.stderr, b"")
        self.settle()

    @staticmethod
    def settle():
        """Dumpers go on syncing when the program is dead; then they are ours,
        as the subreaper."""
        with contextlib.suppress(ChildProcessError):
            while True:
                os.waitpid(-1, WALL)

    def server(self, *answers):
        server = FaultServer(list(answers))
        self.addCleanup(server.close)
        return server

    def command(self, *arguments, **options):
        """Ends well, or says why not."""
        done = self.inquest(*arguments, text=True, **options)
        self.assertIn(done.returncode, SYSEXITS, (arguments, done))
        if done.returncode:
            self.assertTrue((done.stderr + done.stdout).strip(), arguments)
        return done

    def kinds(self):
        self.command("recover")
        return sorted(report["kind"] for report in
                      json.loads(self.inquest.text("list", "--json")))
