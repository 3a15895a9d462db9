"""Where reports are kept goes wrong: a full disk, a read-only, removed, frozen
(slow) or tiny one, a clock that jumps, no descriptors, no memory. The program
dies as without us, what was accepted is there when all is well again, and a
command that cannot do its job says so. Quota is errno EDQUOT: the sweeps.
Needs root for its mounts, in a mount namespace of its own. Context: tool."""

import errno
import itertools
import json
import os
import pathlib
import resource
import shutil
import signal
import subprocess
import threading
import time
import unittest

from place import BOUND_S, BUILD, NOBODY, Place, SANITIZED, SYSEXITS, status

KIB = 1 << 10
MIB = 1 << 20
DAY_S = 86400
YEARS_S = 10 * 365 * DAY_S
PERCENT = float(os.environ.get("INQUEST_TEST_PERCENT", "5"))
STEP = 1 if PERCENT >= 100 else 6  # of descriptors and memory


class Places(Place):
    # --- the disk ---

    def test_disk_full_when_it_dies(self):
        """The box has its room since the start: the crash is in it."""
        host = self.start()
        self.fill()
        self.crash(host)
        self.assertEqual(list(self.state.glob("queue/new/*")), [])
        (self.disk / "filler").unlink()
        self.assertEqual(self.kinds(), ["CRASH"])
        self.assertEqual(list(self.state.glob("boxes/*")), [])

    def test_disk_full_when_it_starts(self):
        self.fill()
        self.die()
        self.command("list")
        self.command("doctor", BUILD / "bin/fault_host")
        (self.disk / "filler").unlink()
        self.die()
        self.assertEqual(self.kinds(), ["CRASH"])

    def test_disk_full_when_it_starts_and_not_when_it_dies(self):
        self.fill()
        host = self.start()
        (self.disk / "filler").unlink()
        self.crash(host)
        self.settle()
        self.assertEqual(self.kinds(), ["CRASH"])
        self.assertEqual(list(self.state.glob("boxes/*")), [])

    def test_any_room_is_enough_to_die_as_without_us(self):
        """Less than a box's head, less than a box, less than a report: a store
        for which there is no room would be another signal."""
        for left in range(0, 340 * KIB, STEP * 4 * KIB):
            with self.subTest(left=left):
                self.fill(left)
                self.die()
                done = subprocess.run(
                    [BUILD / "bin/api_calls", "all"], env=self.environment,
                    capture_output=True, timeout=BOUND_S)
                self.assertEqual((done.returncode, done.stderr),
                                 (-signal.SIGILL, b""))
                (self.disk / "filler").unlink()
                self.assertLessEqual(set(self.kinds()), {"CRASH"})
                self.assertEqual(list(self.state.glob("boxes/*")), [])

    def test_commands_on_a_full_disk_lose_nothing(self):
        server = self.server(status(202, body=b"{}"))
        for _ in range(3):
            self.die()
        self.fill()
        self.inquest.environment["INQUEST_ENDPOINT"] = server.url
        for arguments in (("list",), ("show", "last"), ("status",),
                          ("recover",), ("consent", "deny", "OPTIONAL"),
                          ("audit", "verify")):
            self.command(*arguments)
        self.command("upload", "--now")
        (self.disk / "filler").unlink()
        self.command("upload", "--now", "--wait=10")
        ids = {request.headers["idempotency-key"]
               for request in server.requests}
        self.assertEqual(len(ids), 3)
        self.assertEqual(len(list(self.state.glob("queue/sent/*.inq"))), 3)

    def take_inodes(self):
        """All that are left of the disk; returns the directory they are in."""
        place = self.disk / "inodes"
        place.mkdir()
        for number in itertools.count():
            try:
                (place / str(number)).touch()
            except OSError as error:
                self.assertEqual(error.errno, errno.ENOSPC)
                return place

    def denied(self):
        status = json.loads(self.command("consent", "status", "--json").stdout)
        return {name for name, word in status["classes"].items()
                if word["state"] == "denied"}

    def test_first_denial_on_a_full_disk(self):
        """Where no byte can be written it holds all the same, alone."""
        server = self.server(status(202, body=b"{}"))
        self.inquest.environment["INQUEST_ENDPOINT"] = server.url
        for _ in range(2):
            self.die()
        one, two = sorted(path.stem for path in
                          (self.state / "queue/new").iterdir())
        self.fill()
        self.command("consent", "deny", "REQUIRED", "--report", one)
        self.command("consent", "deny", "OPTIONAL")
        self.assertEqual(self.denied(), {"OPTIONAL"})
        (self.disk / "filler").unlink()
        self.command("upload", "--now", "--wait=10")
        self.assertEqual([request.headers["idempotency-key"]
                          for request in server.requests], [two])
        self.assertEqual(self.denied(), {"OPTIONAL"})
        self.command("consent", "grant", "OPTIONAL")
        self.assertEqual(self.denied(), set())
        self.assertEqual(list(self.state.glob("denied.*")), [])

    def test_first_denial_without_an_inode(self):
        """Not even a name can be made: all is denied, until a word is stored,
        which all but what it says are denied in then, too."""
        server = self.server(status(202, body=b"{}"))
        self.inquest.environment["INQUEST_ENDPOINT"] = server.url
        self.die()
        self.fill()
        taken = self.take_inodes()
        done = self.command("consent", "deny", "OPTIONAL")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("nothing at all is sent", done.stderr)
        (self.disk / "filler").unlink()
        shutil.rmtree(taken)
        self.command("upload", "--now")
        self.command("consent", "grant", "OPTIONAL")
        self.command("upload", "--now")
        self.assertEqual(server.requests, [])
        self.assertNotIn("OPTIONAL", self.denied())
        self.assertIn("REQUIRED", self.denied())
        self.command("consent", "grant", "REQUIRED", "--include-past")
        self.command("upload", "--now", "--wait=10")
        self.assertEqual(len(server.requests), 1)

    def test_read_only(self):
        self.die()
        subprocess.run(["mount", "-o", "remount,ro", self.disk], check=True)
        self.die()
        for arguments in (("list",), ("status",), ("upload",), ("recover",),
                          ("consent", "deny", "REQUIRED"), ("rm", "last")):
            self.command(*arguments)
        denied = self.command("consent", "deny", "REQUIRED")
        self.assertNotEqual(denied.returncode, 0)  # it could not be kept
        subprocess.run(["mount", "-o", "remount,rw", self.disk], check=True)
        self.assertEqual(self.kinds(), ["CRASH"])
        self.die()
        self.assertEqual(self.kinds(), ["CRASH", "CRASH"])

    def test_directory_removed(self):
        host = self.start()
        shutil.rmtree(self.state)
        self.crash(host)
        self.kinds()  # one or none: its box was removed as well
        shutil.rmtree(self.state, ignore_errors=True)
        self.die()
        self.assertEqual(self.kinds(), ["CRASH"])
        for place in ("queue", "queue/new", "queue/tmp", "boxes"):
            shutil.rmtree(self.state / place, ignore_errors=True)
            self.die()
            self.assertEqual(len(self.kinds()), 1, place)
            shutil.rmtree(self.state)

    # --- the clock, descriptors, memory ---

    def shifted(self, seconds, *arguments):
        """A command by whom the clock is that far from the true one."""
        plain = self.inquest.environment
        self.inquest.environment = {
            **plain, "CLOCK_SHIFT": str(seconds),
            "LD_PRELOAD": str(BUILD / "lib/libclock_shift.so")}
        try:
            return self.command(*arguments)
        finally:
            self.inquest.environment = plain

    def stored(self):
        return len(list(self.state.glob("queue/*/*.inq")))

    def test_clock_jumps(self):
        """Ten years back and forth: nothing is lost, nothing waits years."""
        server = self.server(status(503), status(202, body=b"{}"))
        self.die()
        self.inquest.environment["INQUEST_ENDPOINT"] = server.url
        for seconds in (YEARS_S, -YEARS_S):
            for arguments in (("list",), ("status",), ("recover",),
                              ("upload", "--quiet", "--json")):
                self.shifted(seconds, *arguments)
        self.assertEqual(self.stored(), 1)
        self.command("upload", "--now", "--wait=10")
        self.assertEqual(len(list(self.state.glob("queue/sent/*.inq"))), 1)

    def test_clock_runs_on_after_a_jump(self):
        """Known for months it jumps ahead, stays there some weeks, and comes
        back; only what is old by a clock that ran steadily goes."""
        self.die()
        for days in (-60, -40, -20, 0):
            self.shifted(days * DAY_S, "recover")
        for days in (0, 10, 20):
            self.shifted(YEARS_S + days * DAY_S, "recover")
        self.assertEqual(self.stored(), 1)
        for days in (0, 20, 40, 60, 80):
            self.shifted(days * DAY_S, "recover")
        self.assertEqual(self.stored(), 1)
        self.shifted(100 * DAY_S, "recover")
        self.assertEqual(self.stored(), 0)

    def test_out_of_descriptors(self):
        self.die()
        for most in range(3, 24, STEP):
            def limit():
                resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
            for arguments in (("list",), ("recover",), ("upload",)):
                done = self.inquest(*arguments, preexec_fn=limit, text=True)
                if "error while loading shared libraries" in done.stderr:
                    continue  # the loader's own end
                self.assertIn(done.returncode, SYSEXITS, (most, done))
                if done.returncode:
                    self.assertTrue(done.stderr.strip(), (most, arguments))
        self.assertEqual(self.kinds(), ["CRASH"])

    @unittest.skipIf(SANITIZED, "AddressSanitizer reserves terabytes")
    def test_memory_limits(self):
        self.die()
        for mib in range(24, 256, 4 * STEP):
            def limit():
                resource.setrlimit(resource.RLIMIT_AS, (mib * MIB,) * 2)
            for arguments in (("list",), ("show", "last"), ("recover",)):
                done = self.inquest(*arguments, preexec_fn=limit, text=True)
                if "error while loading shared libraries" in done.stderr:
                    continue  # the loader's own end
                self.assertIn(done.returncode, SYSEXITS, (mib, done))
                if done.returncode:
                    self.assertTrue(done.stderr.strip(), (mib, arguments))
        self.assertEqual(self.kinds(), ["CRASH"])


class Frozen(Place):
    """A disk that stands still: every write to it waits."""

    def mount(self):
        image = self.directory / "image"
        with open(image, "wb") as file:
            file.truncate(64 * MIB)
        made = subprocess.run(["mkfs.ext4", "-q", "-F", image],
                              capture_output=True)
        done = subprocess.run(["mount", "-o", "loop", image, self.disk],
                              capture_output=True, text=True)
        if made.returncode or done.returncode:
            self.skipTest(f"no loop mount here: {done.stderr.strip()}")
        self.addCleanup(subprocess.run, ["umount", "-l", self.disk],
                        check=True)

    def freeze(self, how):
        subprocess.run(["fsfreeze", how, self.disk], check=True)

    def dumper(self):
        """The pid of the one that waits for our disk."""
        for process in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                if (process / "exe").readlink().name == "inquest-dumper" and \
                        any(str(self.disk) in str(file.readlink())
                            for file in (process / "fd").iterdir()):
                    return int(process.name)
            except OSError:
                continue  # it has ended
        self.fail("no dumper waits for the disk")

    def test_host_is_let_go_while_the_disk_stands_still(self):
        """Boxes lie in memory, as they do without INQUEST_STATE_DIR; the
        dumper waits for the disk, the program only for its deadline. One
        thread: others stand still as long as the dumper does."""
        os.chown(self.disk, NOBODY, NOBODY)
        self.directory.chmod(0o755)
        run = self.directory / "run"
        run.mkdir()
        os.chown(run, NOBODY, NOBODY)
        environment = {
            name: value for name, value in self.environment.items()
            if name not in ("INQUEST_STATE_DIR", "LD_PRELOAD")}
        environment.update({
            "HOME": str(self.disk), "XDG_STATE_HOME": str(self.disk / "state"),
            "XDG_CONFIG_HOME": str(self.disk / "config"),
            "XDG_RUNTIME_DIR": str(run)})
        user = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
        host = subprocess.Popen(
            [BUILD / "bin/api_calls", "wait"], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, **user,
            env={**environment, "INQUEST_SAMPLER": "0",
                 "LD_PRELOAD": self.environment["LD_PRELOAD"]})
        self.addCleanup(self.end, host)
        self.assertEqual(host.stdout.readline(), b"ready\n")
        self.freeze("--freeze")
        thaw = threading.Timer(BOUND_S, self.freeze, ("--unfreeze",))
        thaw.start()  # whatever happens, nothing stays frozen
        try:
            seconds = self.crash(host)
            score = pathlib.Path(f"/proc/{self.dumper()}/oom_score_adj")
            self.assertEqual(score.read_text(), "1000\n")
        finally:
            if thaw.is_alive():
                thaw.cancel()
                thaw.join()
                self.freeze("--unfreeze")
        self.assertLess(seconds, 8)  # 2 s, and a busy machine
        def inquest(*arguments):
            return subprocess.run([BUILD / "bin/inquest", *arguments], **user,
                                  env=environment, capture_output=True,
                                  text=True, timeout=BOUND_S)
        end = time.monotonic() + BOUND_S
        reports = []
        while not reports and time.monotonic() < end:
            inquest("recover")  # or the dumper, which is still at it
            reports = json.loads(inquest("list", "--json").stdout)
        self.assertEqual([report["kind"] for report in reports], ["CRASH"])


unittest.main(verbosity=2)
