"""What comes in between: a word of consent while another command has read the
one before, and a denial where the kernel watches nothing for the uploader."""

import fcntl
import json
import os
import pty
import signal
import subprocess
import threading
import unittest

import layers
import sender
from fault_server import FaultServer, status
from layers import Report

ACCEPT = status(202, body=b"{}")
CUT_MAX_S = 10
WAIT_S = 30
STILL_S = 14  # longer than a denial waits: 5 s for each of two locks
AUDIT_RENAMES = 2  # of a grant, before it writes the consent


class Meanwhile(layers.ConsentTest):
    def ok(self, *arguments):
        done = self.inquest(*arguments)
        self.assertEqual(done.returncode, sender.EX_OK, done.stderr)
        return done

    def states(self):
        text = self.ok("consent", "status", "--json").stdout
        return {name: entry["state"]
                for name, entry in json.loads(text)["classes"].items()}

    def asked(self, *arguments):
        """The command on a terminal, when it has asked its question."""
        master, slave = pty.openpty()
        self.addCleanup(os.close, master)
        process = subprocess.Popen([self.program, *arguments], stdin=slave,
                                   stdout=slave, stderr=slave,
                                   env=self.environment)
        os.close(slave)
        seen = b""
        while b"[y/N]" not in seen:
            seen += os.read(master, 65536)
        return process, master

    def answered(self, process, master):
        """It goes on; what it said, and how it ended."""
        os.write(master, b"y\n")
        seen = b""
        try:
            while part := os.read(master, 65536):
                seen += part
        except OSError:  # nobody has the other end any more
            pass
        return process.wait(WAIT_S), seen.decode()

    def test_a_grant_does_not_undo_a_withdrawal_that_came_in_between(self):
        self.ok("consent", "grant", "FEEDBACK")
        self.drop([Report(epoch=0)])
        question = self.asked("consent", "grant", "OPTIONAL",
                              "--include-past")
        self.ok("consent", "withdraw", "--local-only")
        code, seen = self.answered(*question)
        self.assertEqual(code, sender.EX_TEMPFAIL, seen)
        self.assertIn("changed meanwhile", seen)
        self.assertEqual(set(self.states().values()), {"denied"})
        self.assertEqual(list((self.state / "per-report").glob("*")), [])

    def test_a_denial_while_a_program_runs_ends_the_counting(self):
        """A later grant is another one: nothing of before is in its days."""
        for words in (("deny",), ("deny", "grant")):
            with self.subTest(words=words):
                self.ok("consent", "grant", "OPTIONAL")
                program = subprocess.Popen(
                    [self.program, "run", "--", "/bin/sh", "-c",
                     f"until ls {self.state}/usage/2* || [ $((i += 1)) -gt "
                     "5000 ]; do :; done >/dev/null 2>&1; echo begun; "
                     "read end"],
                    env=self.environment, stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE, text=True)
                self.assertEqual(program.stdout.readline(), "begun\n")
                for word in words:
                    self.ok("consent", word, "OPTIONAL")
                program.communicate("\n", timeout=WAIT_S)
                self.assertEqual(program.returncode, 0)
                self.assertEqual(list((self.state / "usage").iterdir()), [])

    def delayed(self, call, path, *arguments, seconds=3):
        """The command, so long before it makes that call there."""
        return subprocess.Popen(
            ["strace", "-o", "/dev/null", "-P", path, "-e", f"trace={call}",
             "-e", f"inject={call}:delay_enter={seconds}s:when=1", self.program,
             *arguments],
            env=self.environment | {"ASAN_OPTIONS": "detect_leaks=0"},
            stdin=subprocess.PIPE, stderr=subprocess.DEVNULL)

    def test_a_denial_while_a_count_waits_its_turn_is_heard(self):
        self.ok("consent", "grant", "OPTIONAL")
        usage = self.state / "usage"
        program = self.delayed("flock", usage, "run", "--", "/bin/sh", "-c",
                               "read end")
        while not usage.exists():
            self.assertIsNone(program.poll())
        self.ok("consent", "deny", "OPTIONAL")
        self.assertIsNone(program.poll())
        self.assertEqual(list(usage.iterdir()), [])
        program.communicate(b"\n", timeout=WAIT_S)
        self.assertEqual(program.returncode, 0)
        self.assertEqual(list(usage.iterdir()), [])

    def test_a_denial_while_a_count_becomes_a_report_ends_both(self):
        self.ok("consent", "grant", "OPTIONAL")
        self.ok("run", "--", "/bin/sh", "-c", "exit 0")
        usage = self.state / "usage"
        for path in usage.iterdir():
            day = path.name[:10]
            path.write_text(path.read_text().replace(day, "2026-01-02"))
            path.rename(usage / path.name.replace(day, "2026-01-02"))
        maker = self.delayed("renameat2", self.state / "queue/tmp", "upload")
        while not list((self.state / "queue/tmp").iterdir()):
            self.assertIsNone(maker.poll())
        self.ok("consent", "deny", "OPTIONAL")
        maker.communicate(timeout=WAIT_S)
        self.assertEqual(list(usage.iterdir()), [])
        self.assertEqual(self.places(), {})

    def slow(self, *arguments):
        """The command, held where it looks for boxes of the dead: it has read
        the consent, and changed nothing."""
        told, telling = os.pipe()
        process = subprocess.Popen(
            ["strace", "-f", "-y", "-o", f"/proc/self/fd/{telling}",
             "-e", "trace=openat,getdents64", "-e",
             "inject=getdents64:delay_enter=2s:when=1", self.program,
             *arguments],
            env=self.environment | {"ASAN_OPTIONS": "detect_leaks=0"},
            pass_fds=[telling], stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        os.close(telling)
        calls = open(told, encoding="utf-8")
        self.addCleanup(calls.close)
        next(call for call in calls if 'boxes"' in call)
        return process, calls

    def test_two_denials_at_once_are_both_heard(self):
        (self.state / "boxes").mkdir(parents=True, mode=0o700)
        self.ok("status")
        one, calls = self.slow("consent", "deny", "FEEDBACK")
        self.ok("consent", "deny", "REQUIRED")
        calls.read()
        self.assertEqual(one.wait(WAIT_S), sender.EX_OK)
        states = self.states()
        self.assertEqual((states["FEEDBACK"], states["REQUIRED"]),
                         ("denied", "denied"))

    def stopped(self, *arguments):
        """The command, stopped before its word is in the file; the lines of
        its calls go on when the function is called."""
        told, telling = os.pipe()
        process = subprocess.Popen(
            ["strace", "-f", "-o", f"/proc/self/fd/{telling}",
             "-e", "trace=renameat", "-e",
             f"inject=renameat:signal=SIGSTOP:when={AUDIT_RENAMES}",
             self.program, *arguments],
            env=self.environment | {"ASAN_OPTIONS": "detect_leaks=0"},
            pass_fds=[telling], stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        os.close(telling)
        calls = open(told, encoding="utf-8")
        self.addCleanup(calls.close)
        line = next(call for call in calls if "stopped by SIGSTOP" in call)
        self.assertNotEqual(self.states().get("FEEDBACK"), "granted")

        def go_on():
            os.kill(int(line.split()[0]), signal.SIGCONT)
            calls.read()
            return process.wait(WAIT_S)

        return go_on

    def test_a_denial_beside_a_command_that_stands_still(self):
        """It waits for the lock in vain, and is not undone by what the other
        read before; a grant that comes later counts."""
        self.ok("status")
        go_on = self.stopped("consent", "grant", "FEEDBACK")
        done = self.inquest("consent", "deny", "FEEDBACK")
        self.assertEqual(done.returncode, sender.EX_TEMPFAIL)
        self.assertIn("denied, but some reports", done.stderr)
        self.assertEqual(self.states()["FEEDBACK"], "denied")
        self.assertEqual(go_on(), sender.EX_TEMPFAIL)  # and it says so
        self.assertEqual(self.states()["FEEDBACK"], "denied")
        self.ok("consent", "grant", "FEEDBACK")
        self.assertEqual(self.states()["FEEDBACK"], "granted")
        self.assertEqual(list(self.state.glob("denied.*")), [])

    def test_a_denial_while_a_grant_takes_the_mark_of_another_away(self):
        """It has looked at the mark, and stands still until the denial that
        marks anew has waited for all that it waits for."""
        self.ok("status")
        with open(self.state / "consent.lock", "w", encoding="utf-8") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self.ok("consent", "deny", "FEEDBACK")
        grant = subprocess.Popen(
            ["strace", "-f", "-o", "/dev/null", "-P", "denied.FEEDBACK",
             "-e", "trace=unlinkat",
             "-e", f"inject=unlinkat:delay_enter={STILL_S}s",
             self.program, "consent", "grant", "FEEDBACK"],
            env=self.environment | {"ASAN_OPTIONS": "detect_leaks=0"},
            stderr=subprocess.DEVNULL)
        consent = self.state / "consent"
        while not consent.exists() or "granted" not in consent.read_text():
            self.assertIsNone(grant.poll())
        done = self.inquest("consent", "deny", "FEEDBACK")
        self.assertIn("nothing at all is sent", done.stderr)
        self.assertIsNone(grant.poll())
        self.assertEqual(grant.wait(WAIT_S), sender.EX_TEMPFAIL)
        self.assertEqual(set(self.states().values()), {"denied"})

    def test_a_denial_while_a_grant_for_a_report_is_written(self):
        identity, = self.make()
        words = self.state / "per-report"
        grant = self.delayed("renameat", words, "consent", "grant",
                             "SENSITIVE", "--report", identity, seconds=8)
        while not list(words.glob(".*")):
            self.assertIsNone(grant.poll())
        self.ok("consent", "deny", "SENSITIVE", "--report", identity)
        self.assertIsNone(grant.poll())
        grant.communicate(timeout=WAIT_S)
        self.assertEqual(grant.returncode, sender.EX_TEMPFAIL)
        self.assertTrue((words / f"denied.{identity}").exists())

    def test_a_denial_cuts_where_the_kernel_gives_no_watch(self):
        arrived = threading.Event()
        gone = threading.Event()

        def hold(connection, _request):
            arrived.set()
            try:
                more = connection.recv(1)
            except OSError:
                more = b""
            if not more:
                gone.set()
            return False

        server = self.serve(FaultServer([hold, ACCEPT]))
        self.environment["INQUEST_PARALLEL"] = "1"
        self.environment["INQUEST_SEND_TIMEOUT"] = str(WAIT_S)
        self.make(3)
        uploader = subprocess.Popen(
            ["strace", "-f", "-o", "/dev/null", "-e", "trace=inotify_init1",
             "-e", "inject=inotify_init1:error=EMFILE", self.program,
             "upload", "--json"],
            env=self.environment | {"ASAN_OPTIONS": "detect_leaks=0"},
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.assertTrue(arrived.wait(WAIT_S))
        self.ok("consent", "deny", "REQUIRED")
        self.assertTrue(gone.wait(CUT_MAX_S), "the connection stands")
        out, error = uploader.communicate(timeout=WAIT_S)
        self.assertEqual(json.loads(out)["sent"], 0, error)
        self.assertEqual(len(server.requests), 1)
        self.assertEqual(self.places(), {"new": 3})

    def test_nothing_leaves_that_was_packed_before_a_denial(self):
        """The connection stands, and the uploader stands still between its
        look at the consent and the second report."""
        server = self.serve(FaultServer([ACCEPT]))
        self.environment["INQUEST_PARALLEL"] = "1"
        self.make(2)
        uploader = subprocess.Popen(
            ["strace", "-f", "-o", "/dev/null", "-P",
             self.state / "queue/busy", "-e", "trace=renameat", "-e",
             "inject=renameat:delay_enter=4s:when=2", self.program,
             "upload"],
            env=self.environment | {"ASAN_OPTIONS": "detect_leaks=0"},
            stderr=subprocess.DEVNULL)
        while not server.requests:
            self.assertIsNone(uploader.poll())
        self.ok("consent", "deny", "REQUIRED")
        self.assertEqual(self.places().get("new"), 1)
        uploader.wait(WAIT_S)
        self.assertEqual(len(server.requests), 1)
        self.assertEqual(self.places(), {"new": 1, "sent": 1})

    def test_an_upload_ends_though_its_watch_tells_without_end(self):
        """As where another changes the directory all the time; here what is
        read off the watch stays there."""
        server = self.serve(FaultServer([ACCEPT]))
        self.make(2)
        done = subprocess.run(
            ["strace", "-o", "/dev/null", "-P", "anon_inode:inotify",
             "-e", "trace=read", "-e", "inject=read:retval=0", self.program,
             "upload"],
            env=self.environment | {"ASAN_OPTIONS": "detect_leaks=0"},
            stderr=subprocess.PIPE, timeout=WAIT_S)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(len(server.requests), 2)

    def test_who_waits_reads_the_configuration_again(self):
        config = self.directory / "inquest/config"
        self.write(config, "privacy_setting = off\n")

        def later(connection, request):
            self.write(config, "privacy_setting = on\n")
            return status(503)(connection, request)

        server = self.serve(FaultServer([later, ACCEPT]))
        self.drop([Report(kind="DETECTION")])
        done = self.ok("upload", "--wait=20", "--json")
        self.assertEqual(json.loads(done.stdout)["denied"], 1)
        self.assertEqual(len(server.requests), 1)
        self.assertEqual(self.places(), {"new": 1})

    def test_nothing_more_leaves_after_a_denial_that_nobody_is_told_of(self):
        """The file is edited in place, which no watch of ours sees."""
        answered = threading.Event()
        consent = self.state / "consent"
        self.write(consent, "epoch = 8\n")

        def slow(connection, request):
            consent.write_text(
                "epoch = 9\nREQUIRED = denied 2026-11-25T00:00:00.000Z "
                "uid:0 command 00000000 0\n")
            answered.set()
            return ACCEPT(connection, request)

        server = self.serve(FaultServer([slow, ACCEPT]))
        self.environment["INQUEST_PARALLEL"] = "1"
        self.make(3)
        self.inquest("upload")
        self.assertTrue(answered.is_set())
        self.assertEqual(len(server.requests), 1)
        self.assertEqual(self.places(), {"new": 2, "sent": 1})


if __name__ == "__main__":
    unittest.main()
