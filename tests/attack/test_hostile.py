"""Hostile bytes and hostile surroundings: a program that scribbles over its
own box while the dumper reads it, a poisoned environment, fake programs, things
far too large. Nobody crashes, hangs or does what the attacker says."""

import json
import os
import resource
import shutil
import signal
import subprocess
import threading
import time
import unittest

from ground import (ATTACKER, BUILD, BOUND_S, FaultServer, Ground, SANITIZED,
                    SYSEXITS, scaled, status)

MEMORY_BYTES = 2 << 30
HUGE = 100_000


class Scribbled(Ground):
    def box(self):
        return next((self.state / "boxes").glob("*.box"))

    def start(self, *command, **variables):
        process = subprocess.Popen(
            list(map(str, command)), stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env={**self.environment, **variables})
        self.addCleanup(self.end, process)
        self.assertEqual(process.stdout.readline(), b"ready\n")
        return process

    def end(self, process):
        if process.poll() is None:
            process.kill()
        process.communicate(timeout=BOUND_S)

    def host(self):
        return self.start(BUILD / "bin/api_calls", "wait",
                          LD_PRELOAD=str(BUILD / "lib/libinquest.so"),
                          INQUEST_RATE_LIMIT="0")

    def test_box_scribbled_over_while_it_is_recovered(self):
        host = self.host()
        host.kill()
        host.wait()
        box = self.box()
        kept = self.directory / "kept.box"
        shutil.copy(box, kept)
        for seed in range(scaled(400, 20)):
            with self.subTest(seed=seed):
                shutil.copy(kept, box)
                if seed % 2:  # a crash, not only a death
                    with open(box, "r+b") as file:
                        file.seek(24)
                        file.write(b"\x01\0\0\0")
                vandal = self.start(BUILD / "bin/scribble", box, str(seed))
                done = self.run_as(0, BUILD / "bin/inquest-dumper", "recover",
                                   "--box", box, "--state", self.state)
                self.end(vandal)
                self.assertIn(done.returncode, SYSEXITS, done.stderr)
        self.assertEqual(self.inquest(0, "list").returncode, 0)
        self.inquest(0, "show", "last")
        self.inquest(0, "upload")

    def test_box_cut_short_while_it_is_recovered(self):
        """A mapped file that shrinks kills who reads it: none is mapped."""
        host = self.host()
        host.kill()
        host.wait()
        box = self.box()
        kept = box.read_bytes()
        ended = threading.Event()

        def cut():
            while not ended.is_set():
                try:
                    with open(box, "r+b") as file:
                        file.truncate(4096)
                        file.write(kept)
                except OSError:
                    pass  # it was recovered

        for command in ("list", "recover", "status"):
            ended.clear()
            box.write_bytes(kept)
            vandal = threading.Thread(target=cut)
            vandal.start()
            try:
                for _ in range(scaled(60, 3)):
                    self.inquest(0, command)
                    done = self.run_as(
                        0, BUILD / "bin/inquest-dumper", "recover", "--box",
                        box, "--state", self.state)
                    self.assertIn(done.returncode, SYSEXITS, done.stderr)
                    if not box.exists():
                        box.write_bytes(kept)
            finally:
                ended.set()
                vandal.join()

    def test_box_scribbled_over_while_its_program_crashes(self):
        for seed in range(scaled(100, 5)):
            with self.subTest(seed=seed):
                host = self.host()
                vandal = self.start(BUILD / "bin/scribble", self.box(),
                                    str(seed))
                began = time.monotonic()
                host.send_signal(signal.SIGSEGV)
                self.assertEqual(host.wait(BOUND_S), -signal.SIGSEGV)
                self.assertLess(time.monotonic() - began, 8)
                self.end(vandal)
                self.inquest(0, "recover")
                for path in (self.state / "boxes").iterdir():
                    path.unlink()
        self.assertEqual(self.inquest(0, "list").returncode, 0)


class Poisoned(Ground):
    def fakes(self):
        """Programs of our names that say that they ran."""
        place = self.make_directory("fakes", 0, 0o755)
        marker = place / "ran"
        for name in ("inquest", "inquest-dumper", "inquest-symbolicate",
                     "inquest-symbolicate-worker", "inquest-collector",
                     "gzip", "sh", "dpkg", "dpkg-query", "rpm"):
            fake = place / name
            fake.write_text(f"#!/bin/bash\necho {name} >>{marker}\n")
            fake.chmod(0o755)
        return place, marker

    def test_fake_programs_in_path_and_working_directory(self):
        place, marker = self.fakes()
        self.environment["INQUEST_ENDPOINT"] = ""  # no upload behind our back
        self.environment["PATH"] = f"{place}:{os.environ['PATH']}"
        # The shell's own children are its choice: no shell here.
        inquest = BUILD / "bin/inquest"
        done = self.run_as(0, inquest, "run", "--", BUILD / "bin/fault_host",
                           "crash", cwd=place)
        self.assertEqual(done.returncode, -11)
        for command in (("show", "last"), ("list",), ("doctor",), ("recover",),
                        ("upload",), ("symbolicate", "last")):
            self.run_as(0, inquest, *command, cwd=place)
        self.assertFalse(marker.exists(), marker.exists() and
                         marker.read_text())

    def test_dropping_root_as_careful_programs_do(self):
        """setpriv keeps capabilities for the call, which are a thread's own:
        a second thread of ours must not make glibc abort."""
        for sampler in ("0", "1"):
            done = self.run_as(
                0, "setpriv", "--reuid", ATTACKER, "--regid", ATTACKER,
                "--clear-groups", "/bin/true",
                env={**self.environment, "INQUEST_SAMPLER": sampler,
                     "LD_PRELOAD": str(BUILD / "lib/libinquest.so")})
            self.assertEqual(done.returncode, 0, done.stderr)

    def test_set_uid_program_is_left_alone(self):
        place = self.make_directory("set-uid", 0, 0o755)
        program = place / "fault_host"
        shutil.copy(BUILD / "bin/fault_host", program)
        os.chown(program, 1, 1)
        program.chmod(0o6755)
        library = self.make_directory("library", 0, 0o755) / "libinquest.so"
        shutil.copy(BUILD / "lib/libinquest.so", library)
        library.chmod(0o755)
        done = self.run_as(ATTACKER, program, "crash", env={
            **self.environment, "LD_PRELOAD": str(library)})
        self.assertEqual(done.returncode, -11)
        self.assertFalse(self.state.exists())

    def test_names_that_give_orders_to_a_terminal(self):
        """Of a program, of a line in the log, of a crash loop."""
        evil = self.attackers / "a\x1b]0;evil\x07\x1b[2J\u009b2Jb"
        shutil.copy(BUILD / "bin/fault_host", evil)
        for _ in range(12):  # the rate limit counts the last ones
            done = self.run_as(ATTACKER, evil, "crash", env={
                **self.environment, "INQUEST_SAMPLER": "0",
                "LD_PRELOAD": str(BUILD / "lib/libinquest.so")})
            self.assertEqual(done.returncode, -11)
        with open(self.state / "audit.log", "a", encoding="utf-8") as log:
            log.write("9 2026-11-29T09:00:00.000Z sent \x1b[2J\u009b2J x\n")
        for command in (("list",), ("show", "last"), ("status",), ("audit",),
                        ("memory", "last"), ("doctor",), ("preview",),
                        ("list", "--json"), ("show", "last", "--json")):
            with self.subTest(command=command):
                self.assert_no_orders(self.inquest(0, *command, terminal=True))
        shown = json.loads(self.inquest(0, "show", "last", "--json").stdout)
        self.assertTrue(shown["process"]["executable"].endswith(evil.name))

    def test_collector_that_gives_orders_to_a_terminal(self):
        orders = "a\x1b]0;evil\x07\x1b[2J\u009b2J\x7fb"
        answer = {
            "group": orders, "signature": orders, "algorithmVersion": 1,
            "parts": {"signal": orders, "exception": orders},
            "steps": [{"function": orders, "rule": orders, "list": orders,
                       "line": 1}]}
        server = FaultServer([
            status(code, body=json.dumps(body, ensure_ascii=False).encode())
            for code, body in ((200, answer), (200, answer),
                               (404, {"error": orders, "detail": orders}))])
        self.addCleanup(server.close)
        self.environment["INQUEST_ENDPOINT"] = server.url
        for code, options in ((0, ()), (0, ("--json",)), (66, ())):
            with self.subTest(options=options, code=code):
                done = self.inquest(0, "explain-group", "0" * 16, *options,
                                    terminal=True)
                self.assertEqual(done.returncode, code, done.stdout)
                self.assert_no_orders(done)
        self.assertEqual(len(server.requests), 3)

    def assert_no_orders(self, done):
        self.assertTrue(done.stdout)
        for evil in (b"\x1b[2J", b"\x1b]0", b"\x07", b"\xc2\x9b", b"\x7f"):
            self.assertNotIn(evil, done.stdout + done.stderr)

    def test_endpoints_that_lead_elsewhere(self):
        self.crash(0)
        for endpoint in (f"file://{self.secret}", "gopher://127.0.0.1:70/",
                         "http://192.0.2.1/", "ftp://127.0.0.1/", "//host",
                         "http://127.0.0.1:1@192.0.2.1/", "https://", ":",
                         "http://localhost.attacker.example/", "x" * HUGE,
                         "http://127.0.0.1:0\r\nHost: evil/", "\x1b[2J"):
            self.environment["INQUEST_ENDPOINT"] = endpoint
            with self.subTest(endpoint=endpoint[:60]):
                began = time.monotonic()
                done = self.inquest(0, "upload", "--now")
                self.assertNotEqual(done.returncode, 0)
                self.assertNotIn(b"\x1b", done.stderr)
                self.assertLess(time.monotonic() - began, 5)
        self.assertEqual(self.reports(), 1)

    def test_variables_of_all_kinds(self):
        names = ("INQUEST_STATE_DIR", "INQUEST_APP", "INQUEST_APP_VERSION",
                 "INQUEST_DUMPER", "INQUEST_INTERPOSE", "INQUEST_TIER",
                 "INQUEST_SUPERVISOR_PID", "INQUEST_SAMPLER", "HOME",
                 "XDG_STATE_HOME", "XDG_RUNTIME_DIR", "DO_NOT_TRACK")
        values = ("", "relative/path", "/", "/dev/null", "x" * HUGE,
                  "\x01\x1b]0;evil\x07", "%s%n%s%n", "-1",
                  "99999999999999999999", os.fsdecode(b"\xff\xfe\xc3"),
                  "/proc/self/mem", "../" * 500)
        cases = [(name, value) for name in names for value in values]
        step = max(1, len(cases) // scaled(len(cases), 12))
        for name, value in cases[::step]:
            with self.subTest(name=name, value=value[:20]):
                environment = {**self.environment, name: value}
                if name != "INQUEST_STATE_DIR" and name[:3] != "INQ":
                    del environment["INQUEST_STATE_DIR"]
                    environment.setdefault("HOME", str(self.attackers))
                done = self.run_as(
                    ATTACKER, BUILD / "bin/fault_host", "crash",
                    env={**environment,
                         "LD_PRELOAD": str(BUILD / "lib/libinquest.so")})
                self.assertEqual(done.returncode, -11)
                self.assertEqual(done.stderr, b"")
                self.inquest(ATTACKER, "list", env=environment)
        self.assert_unharmed()


class Oversized(Ground):
    def limited(self, *arguments):
        """A command that may not take more memory than this."""
        def limit():
            if not SANITIZED:
                resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES,) * 2)
        return self.inquest(0, *arguments, preexec_fn=limit)

    def test_files_of_a_terabyte(self):
        """Sparse, so that they cost nothing but to whom reads them."""
        for name in ("consent", "consent.page", "installation-id", "audit.log",
                     "audit.head", "backoff", "deletion-request",
                     "queue/new/01a20000-0000-7000-8000-000000000000.inq",
                     "boxes/4194000-77.box", "rate-limit"):
            shutil.rmtree(self.state, ignore_errors=True)
            self.crash(0)
            (self.state / "boxes").mkdir(exist_ok=True)
            with open(self.state / name, "wb") as file:
                file.truncate(1 << 40)
            for command in (("list",), ("upload",), ("recover",),
                            ("consent", "status"), ("status",),
                            ("audit", "verify")):
                with self.subTest(name=name, command=command):
                    self.limited(*command)
            self.crash(0)

    def test_configuration_and_arguments(self):
        place = self.roots / "inquest"
        place.mkdir()
        for text in ("app = " + "x" * HUGE, "x" * HUGE, "a=b\n" * HUGE,
                     "endpoint = http://127.0.0.1\0evil", "=\n= =\n" * 100):
            (place / "config").write_text(text)
            self.limited("list")
            self.limited("upload")
        (place / "config").unlink()
        self.limited("show", "x" * HUGE)
        self.limited("list", "--since", "9" * HUGE)
        self.limited("upload", "--wait", "9" * HUGE)
        self.limited("rm", *["last"] * 2000)

    def test_many_reports(self):
        count = scaled(20_000, 1000)
        subprocess.run([BUILD / "bin/make_reports", self.state, str(count)],
                       check=True, stdout=subprocess.DEVNULL)
        self.limited("list")
        self.limited("status")
        self.crash(0)

    def test_program_with_everything_huge(self):
        self.environment["INQUEST_ENDPOINT"] = ""  # no upload behind our back
        arguments = ["x" * HUGE] * 10
        done = self.run_as(
            0, BUILD / "bin/inquest", "run", "--", BUILD / "bin/fault_host",
            "crash", *arguments,
            env={**self.environment, "BIG": "y" * HUGE})
        self.assertEqual(done.returncode, -11)
        self.assertEqual(self.reports(), 1)


unittest.main(verbosity=2)
