"""What keeps things for others: the symbol cache, the collector's database.
Context: tool."""

import http.client
import json
import os
import pathlib
import select
import signal
import sqlite3
import subprocess
import sys

from injection import BOUND_S
from scene import Scene

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
from job import Collector  # noqa: E402

ADDRESSES_MAX = 5
ANSWER_S = 10
FAULTY_ANSWER_S = 4  # three of them and the first line fit into BOUND_S
FIRST_LINE_S = 5


class SymbolCache(Scene):
    """Names for a few addresses from an empty cache: right or a message, and
    right the next time."""
    name = "symbol cache"
    program = "inquest-symbolicate"
    mallocs = True
    kills = True

    def __init__(self, build):
        super().__init__(build)
        self.module = None
        self.addresses = self.functions()

    def functions(self):
        """Addresses inside functions of the program that is asked about."""
        listed = subprocess.run(["nm", self.build / "bin/fault_host"],
                                capture_output=True, text=True, check=True)
        found = [line.split()[0] for line in listed.stdout.splitlines()
                 if line.split()[-2:-1] in (["T"], ["t"])]
        return "".join(f"{address}\n" for address in found[-ADDRESSES_MAX:])

    def prepare(self, directory):
        (directory / "addresses").write_text(self.addresses)
        (directory / "cache").mkdir(mode=0o700)
        self.right = self.ask(directory, "elsewhere")

    def stdin(self, directory):
        return directory / "addresses"

    def command(self, directory, cache="cache"):
        return [str(self.build / "bin/inquest-symbolicate"), "--module",
                str(self.build / "bin/fault_host"), "--cache-dir",
                str(directory / cache)]

    def ask(self, directory, cache):
        with open(self.stdin(directory), "rb") as addresses:
            return subprocess.run(
                self.command(directory, cache), stdin=addresses, text=True,
                env=self.environment(directory), capture_output=True,
                timeout=BOUND_S).stdout

    def check(self, directory, injection, outcome):
        yield from self.tool(injection, outcome)
        killed = injection.error is None and outcome.fired
        lines = self.right.splitlines()
        told = outcome.out.splitlines()
        # A name may be missing for want of a cache; it is never another.
        if outcome.status == 0 and not killed and len(told) != len(lines) \
                and injection.call not in ("write", "read"):
            yield f"{len(told)} answers to {len(lines)} addresses"
        if self.ask(directory, "cache") != self.right:
            yield "the answers are wrong afterwards"
        for path in (directory / "cache").iterdir():
            if not path.name.endswith(".symcache"):
                old = path.stat().st_mtime - 86400
                os.utime(path, (old, old))
        os.unlink(next((directory / "cache").glob("*.symcache")))
        self.ask(directory, "cache")
        for path in (directory / "cache").iterdir():
            if not path.name.endswith(".symcache"):
                yield f"a temporary file stayed: {path.name}"


class SymbolWorker(SymbolCache):
    """The same while the worker's calls fail."""
    name = "symbol worker"
    program = "inquest-symbolicate-worker"

    def tool(self, injection, outcome):
        yield from self.general(injection, outcome)
        if outcome.status != 0:
            yield f"ended with {outcome.status}"


class CollectorStore(Scene):
    """Reports are posted while the collector's calls fail: what was accepted
    is there after a restart, and nothing is half."""
    name = "collector"
    program = "inquest-collector"
    without = "ld-linux"
    spared = ("getrandom",)  # libsodium aborts without randomness
    pipe_out = True
    posts = 2

    def prepare(self, directory):
        state = directory / "state"
        self.ids = subprocess.run(
            [self.build / "bin/make_reports", state, str(self.posts)],
            capture_output=True, text=True, check=True).stdout.split()
        self.bodies = {name: (state / f"queue/new/{name}.inq").read_bytes()[24:]
                       for name in self.ids}

    def command(self, directory):
        return [str(self.build / "bin/inquest-collector"), "--listen",
                "127.0.0.1:0", "--db", str(directory / "reports.db")]

    def request(self, port, method, path, body=None, report_id="",
                seconds=ANSWER_S):
        """The status, or 0 when no whole answer came."""
        headers = {"Content-Type": "application/x-protobuf",
                   "Content-Encoding": "gzip", "Idempotency-Key": report_id}
        connection = http.client.HTTPConnection("127.0.0.1", port,
                                                timeout=seconds)
        try:
            connection.request(method, path, body, headers if body else {})
            answer = connection.getresponse()
            return answer.status, answer.read()
        except (OSError, http.client.HTTPException):
            return 0, b""
        finally:
            connection.close()

    def post(self, port, report_id, seconds=ANSWER_S):
        return self.request(port, "POST", "/v1/reports",
                            self.bodies[report_id], report_id, seconds)[0]

    def meanwhile(self, directory, process):
        # Without its first line nobody can find it: then it is ended.
        told = select.select([process.stdout], [], [], FIRST_LINE_S)[0]
        line = process.stdout.readline().decode() if told else ""
        answers = {}
        if " on http://" in line:
            port = int(line.strip().rsplit(":", 1)[1])
            answers = {name: self.post(port, name, FAULTY_ANSWER_S)
                       for name in self.ids}
            answers["list"] = self.request(port, "GET", "/v1/reports",
                                           seconds=FAULTY_ANSWER_S)[0]
        (directory / "answers.json").write_text(json.dumps(answers))
        tasks = pathlib.Path(f"/proc/{process.pid}/task/{process.pid}")
        try:
            for pid in (tasks / "children").read_text().split():
                os.kill(int(pid), signal.SIGTERM)
        except OSError:
            pass  # it ended already
        process.stdout.read()

    def check(self, directory, injection, outcome):
        yield from self.tool(injection, outcome)
        answers = json.loads((directory / "answers.json").read_text())
        collector = Collector(self.build, directory / "reports.db")
        try:
            yield from self.after(collector.port, answers)
        finally:
            collector.stop()
        with sqlite3.connect(directory / "reports.db") as database:
            state = database.execute("PRAGMA integrity_check").fetchone()[0]
        database.close()
        if state != "ok":
            yield f"the database is damaged: {state}"

    def after(self, port, answers):
        for name in self.ids:
            found, body = self.request(port, "GET", f"/v1/reports/{name}")
            accepted = answers.get(name) in (200, 202)
            if accepted and (found != 200 or name.encode() not in body):
                yield f"{name} was accepted and is gone ({found})"
            if found not in (200, 404):
                yield f"{name} is answered with {found}"
            again = self.post(port, name)
            if again not in (200, 202):
                yield f"{name} is refused with {again} afterwards"
        listed = self.request(port, "GET", "/v1/reports")[1]
        if len(json.loads(listed or "[]")) != self.posts:
            yield "not each report is there once"
