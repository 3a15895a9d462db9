"""Debug files from servers: Debian's debuginfod for what goes well and for
what is not there; a scripted one that is slow, dies in mid-body, lies about the
build-id, sends too much. Nothing is asked that was not allowed."""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import unittest

import debuginfod_server
import forms

BUILD = pathlib.Path(sys.argv.pop(1)).resolve()
PROGRAM = BUILD / "bin/inquest-symbolicate"
sys.path.append(str(forms.HERE.parent / "deliver"))
import fault_server  # noqa: E402

EX_NOINPUT = 66


def headers(body, size=None):
    return fault_server.phrase(200, {
        "Content-Type": "application/octet-stream",
        "Content-Length": str(len(body) if size is None else size)}, b"")


def dies_in_mid_body(body):
    """Half of what was promised, then the end."""
    return fault_server.raw(headers(body) + body[:len(body) // 2])


def dies_unsized(body):
    """The same without a length: only the file itself can tell."""
    return fault_server.raw(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" +
                            body[:len(body) // 2])


def hangs(server, body):
    """Half, and then nothing until the server closes."""
    def step(connection, request):
        connection.sendall(headers(body) + body[:len(body) // 2])
        server[0].closing.wait()
        return False
    return step


def silent(server):
    def step(connection, request):
        server[0].closing.wait()
        return False
    return step


class Servers(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.at = pathlib.Path(directory.name)
        forms.separate(self.at)
        self.program, self.debug = self.at / "p", self.at / "p.debug"
        self.id = forms.build_id_of(self.program)
        (self.at / "served").mkdir()
        self.body = self.debug.read_bytes()
        address = [line.split()[0] for line in forms.run(
            "nm", self.debug, cwd=self.at).splitlines()
            if line.endswith(" inner_mark")]
        self.address = address[0]
        self.hidden = self.debug.rename(self.at / "served/p.debug")

    def serve(self, step_of):
        """step_of(a list that will hold the server) makes the only step."""
        box = []
        server = fault_server.FaultServer([step_of(box)])
        box.append(server)
        self.addCleanup(server.close)
        return server

    def ask(self, *arguments, serve=None, keep=True, json_too=True):
        environment = {name: value for name, value in os.environ.items()
                       if not name.startswith(("DEBUGINFOD_", "INQUEST_"))}
        if serve:
            environment["DEBUGINFOD_URLS"] = serve
        keep = ["--cache-dir", self.at / "cache"] if keep else ["--no-cache"]
        begin = time.monotonic()
        result = subprocess.run(
            [PROGRAM, "--module", self.program, *keep,
             *(["--json"] if json_too else []), *arguments],
            input=self.address + "\n", text=True, env=environment,
            capture_output=True, timeout=60)
        result.seconds = time.monotonic() - begin
        return result

    def frames(self, *arguments, **options):
        result = self.ask(*arguments, **options)
        self.assertEqual(result.returncode, 0, result.stderr)
        return json.loads(result.stdout)["frames"]

    def tried(self, *arguments, **options):
        result = self.ask("--where", *arguments, **options)
        return json.loads(result.stdout)

    def assert_full(self, frames):
        self.assertEqual([pathlib.Path(f["file"]).name for f in frames],
                         ["matrix.cpp"] * 3)

    def assert_bare(self, frames):
        """The stripped program alone: nothing is made up."""
        self.assertFalse([f for f in frames if "file" in f])

    def assert_nothing_left(self):
        left = [p.name for p in (self.at / "cache").iterdir()
                if not p.name.endswith((".symcache", ".absent"))]
        self.assertEqual(left, [])

    # --- Debian's own -------------------------------------------------------

    def real(self):
        if not shutil.which("debuginfod"):
            self.skipTest("debuginfod is not installed")
        server = debuginfod_server.Debuginfod(self.at, self.at / "served")
        self.addCleanup(server.close)
        return server

    def test_found_is_used_once_and_then_the_cache(self):
        server = self.real()
        self.assert_full(self.frames("--debuginfod", serve=server.url))
        self.assert_nothing_left()
        server.close()
        self.assert_full(self.frames("--debuginfod", serve=server.url))
        self.assert_full(self.frames())
        where = self.tried()
        self.assertEqual(where["state"], "found")

    def test_found_without_a_cache_too(self):
        server = self.real()
        for urls in ("--debuginfod", f"--debuginfod={server.url}"):
            self.assert_full(self.frames(urls, serve=server.url, keep=False))

    def test_not_found_is_said_and_not_asked_again(self):
        self.hidden.unlink()
        server = self.real()
        where = self.tried("--debuginfod", serve=server.url)
        self.assertEqual(where["state"], "symtab")
        (line,) = [t for t in where["tried"] if server.url in t]
        self.assertIn("do not have it", line)
        before = self.requests(server)
        self.assertGreater(before, 0)
        self.assert_bare(self.frames("--debuginfod", serve=server.url))
        self.assertEqual(self.requests(server), before)
        self.assert_nothing_left()

    def requests(self, server):
        server.log.seek(0)
        return server.log.read().count("GET /buildid/")

    # --- and one that is scripted -------------------------------------------

    def test_nothing_is_asked_that_was_not_allowed(self):
        server = self.serve(lambda box: fault_server.status(404))
        self.assert_bare(self.frames(serve=server.url))
        self.assertEqual(server.requests, [])

    def test_a_slow_server_meets_the_deadline(self):
        for slow in (silent, lambda box: hangs(box, self.body)):
            shutil.rmtree(self.at / "cache", ignore_errors=True)
            server = self.serve(slow)
            result = self.ask("--where", "--debuginfod", "--debuginfod-wait",
                              "1", serve=server.url)
            self.assertLess(result.seconds, 5)
            self.assertIn("no answer within the time",
                          json.loads(result.stdout)["tried"][-1])
            self.assert_nothing_left()
            asked = len(server.requests)
            again = self.ask("--debuginfod", serve=server.url)
            self.assertLess(again.seconds, 1.5)
            self.assertEqual(len(server.requests), asked)

    def test_a_body_that_ends_early_is_not_used(self):
        for step, why in ((dies_in_mid_body, "broke off"),
                          (dies_unsized, "was not that file")):
            shutil.rmtree(self.at / "cache", ignore_errors=True)
            server = self.serve(lambda box, step=step: step(self.body))
            where = self.tried("--debuginfod", serve=server.url)
            self.assertEqual(where["state"], "symtab")
            self.assertIn(why, where["tried"][-1])
            self.assertGreater(len(server.requests), 0)
            asked = len(server.requests)
            self.assert_bare(self.frames("--debuginfod", serve=server.url))
            self.assertEqual(len(server.requests), asked)
            self.assert_nothing_left()

    def test_another_build_id_is_never_used(self):
        (self.at / "other").mkdir()
        forms.separate(self.at / "other", "-DOTHER=1", "-Wl,--build-id=0xabcd")
        lie = (self.at / "other/p.debug").read_bytes()
        server = self.serve(
            lambda box: fault_server.raw(headers(lie) + lie))
        where = self.tried("--debuginfod", serve=server.url)
        self.assertEqual(where["state"], "symtab")
        self.assertIn("was not that file", where["tried"][-1])
        asked = len(server.requests)
        self.assert_bare(self.frames("--debuginfod", serve=server.url))
        self.assertEqual(len(server.requests), asked)
        self.assert_nothing_left()

    def test_what_is_not_elf_is_not_used(self):
        server = self.serve(lambda box: fault_server.status(
            200, body=b"<html>captive portal</html>"))
        where = self.tried("--debuginfod", serve=server.url)
        self.assertEqual(where["state"], "symtab")

    def test_more_than_the_cap_is_not_taken(self):
        chunk = b"\0" * 65536
        server = self.serve(lambda box: fault_server.flood(200, chunk, 200))
        where = self.tried("--debuginfod", "--debuginfod-size", "1",
                           serve=server.url)
        self.assertEqual(where["state"], "symtab")
        self.assertIn("larger than allowed", where["tried"][-1])
        self.assert_nothing_left()

    def test_a_refused_connection_is_not_tried_for_every_file(self):
        url = f"http://127.0.0.1:{debuginfod_server.free_port()}"
        where = self.tried("--debuginfod", serve=url)
        self.assertIn(url, where["tried"][-1])
        self.assertTrue((self.at / "cache/servers.absent").exists())

    def test_progress_is_told_while_it_comes(self):
        def trickle(connection, request):
            connection.sendall(headers(self.body))
            half = len(self.body) // 2
            connection.sendall(self.body[:half])
            self.told.wait(10)
            connection.sendall(self.body[half:])
            return True
        self.told = threading.Event()
        server = self.serve(lambda box: trickle)
        with subprocess.Popen(
                [PROGRAM, "--serve", f"--debuginfod={server.url}",
                 "--cache-dir", self.at / "cache"], stdin=subprocess.PIPE,
                stdout=subprocess.PIPE, text=True) as process:
            process.stdin.write(json.dumps(
                {"module": str(self.program), "buildId": self.id,
                 "address": self.address}) + "\n")
            process.stdin.flush()
            for line in process.stdout:
                answer = json.loads(line)
                if "progress" not in answer:
                    break
                self.assertEqual(answer["progress"]["buildId"], self.id)
                if answer["progress"]["bytes"] > 0:
                    self.told.set()
            self.assertTrue(self.told.is_set())
            self.assert_full(answer["frames"])
            process.stdin.close()
            self.assertEqual(process.wait(10), 0)


debuginfod_server.only_loopback()
unittest.main()
