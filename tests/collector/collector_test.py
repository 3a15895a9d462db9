"""What the collector's tests share: the real program on loopback, reports made
from JSON, and calls. Context: tool."""

import gzip
import http.client
import json
import os
import pathlib
import shutil
import ssl
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.parse
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
import job  # noqa: E402
from job import wait_until  # noqa: E402, F401

BUILD = pathlib.Path(sys.argv.pop(1))
PERCENT = float(os.environ.get("INQUEST_TEST_PERCENT", "5"))
PROGRAM = BUILD / "bin/inquest-collector"
DEADLINE_S = 30


def scaled(full, least=1):
    """That share of the full size which INQUEST_TEST_PERCENT asks for."""
    return max(least, round(full * PERCENT / 100))


def frame(function, module="/opt/app/bin/app", build_id="ab" * 20, offset=1):
    """A frame with a name, or without one where function is None."""
    found = {"module": module, "buildId": build_id,
             "moduleOffset": hex(offset), "trust": "CFI"}
    return found | ({"function": function} if function else {})


def report(functions=("work", "main"), app="app", version="1.0", machine="m1",
           signal="SIGSEGV", time_ms=None, **members):
    """A crash in JSON; functions: names, or frames."""
    frames = [one if isinstance(one, dict) else frame(one)
              for one in functions]
    when = time.time() if time_ms is None else time_ms / 1000
    return {
        "reportId": str(uuid.uuid4()), "kind": "CRASH",
        "time": time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(when)),
        "schemaVersion": 1, "app": {"name": app, "version": version},
        "device": {"installationId": machine},
        "crash": {"signal": {"name": signal, "number": 11, "code": 1},
                  "cause": "null pointer dereference"},
        "threads": [{"tid": 1, "name": "main", "crashed": True,
                     "frames": frames}]} | members


def usage(starts, crashes, app="app", version="1.0", machine="m1"):
    return {"reportId": str(uuid.uuid4()), "kind": "USAGE",
            "time": time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime()),
            "app": {"name": app, "version": version},
            "device": {"installationId": machine},
            "usage": {"day": "2026-11-24", "starts": starts,
                      "cleanEnds": starts - crashes, "crashes": crashes}}


def pack(reports):
    """The packed messages, in one run of the codec."""
    done = subprocess.run([BUILD / "bin/report_round_trip", "--packed"],
                          input="\n".join(map(json.dumps, reports)),
                          capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(done.stderr)
    return [bytes.fromhex(line) for line in done.stdout.split()]


class Client:
    """One connection; calls answer (status, headers, body)."""

    def __init__(self, url, token=None, context=None):
        self.url = urllib.parse.urlsplit(url)
        self.token, self.context, self.cookie = token, context, None
        self.connection = None

    def __del__(self):
        if self.connection:
            self.connection.close()

    def connect(self):
        if self.url.scheme == "https":
            return http.client.HTTPSConnection(
                self.url.netloc, timeout=DEADLINE_S, context=self.context)
        return http.client.HTTPConnection(self.url.netloc, timeout=DEADLINE_S)

    def raw(self, method, path, body=None, headers=None):
        fields = dict(headers or {})
        if self.token:
            fields.setdefault("Authorization", f"Bearer {self.token}")
        if self.cookie:
            fields.setdefault("Cookie", self.cookie)
        for last in (False, True):
            self.connection = self.connection or self.connect()
            try:
                self.connection.request(method, path, body, fields)
                answer = self.connection.getresponse()
                return answer.status, answer.headers, answer.read()
            except (ConnectionError, http.client.HTTPException):
                self.connection.close()
                self.connection = None  # it was kept alive too long
                if last:
                    raise

    def __call__(self, method, path, body=None, **query):
        """JSON there and back: (status, what it says)."""
        if query:
            path += "?" + urllib.parse.urlencode(query)
        data = json.dumps(body) if body is not None else None
        headers = {"X-Inquest": "1"} if method != "GET" else {}
        status, _, text = self.raw(method, path, data, headers)
        return status, json.loads(text) if text else None

    def get(self, path, **query):
        status, answer = self("GET", path, **query)
        if status != 200:
            raise AssertionError(f"{path}: {status} {answer}")
        return answer

    def send_packed(self, report_id, packed, **headers):
        fields = {"Content-Type": "application/x-protobuf",
                  "Content-Encoding": "gzip", "Idempotency-Key": report_id}
        fields.update({name.replace("_", "-"): value
                       for name, value in headers.items()})
        status, _, text = self.raw("POST", "/v1/reports",
                                   gzip.compress(packed, 1), fields)
        return status, json.loads(text)

    def send(self, *reports):
        """All of them, accepted."""
        for one, packed in zip(reports, pack(reports)):
            status, answer = self.send_packed(one["reportId"], packed)
            if status != 202:
                raise AssertionError(f"{status} {answer}")

    def groups(self, **query):
        return self.get("/v1/groups", **query)["groups"]

    def metric(self, name):
        text = self.raw("GET", "/metrics")[2].decode()
        return next(float(line.rsplit(" ", 1)[1]) for line in
                    text.splitlines() if line.rsplit(" ", 1)[0] == name)


class CollectorTest(unittest.TestCase):
    symbols = False  # whether names are looked up

    def setUp(self):
        self.directory = pathlib.Path(
            tempfile.mkdtemp(prefix="inquest-collector-"))
        self.addCleanup(shutil.rmtree, self.directory)
        self.database = self.directory / "reports.db"

    def secret(self, name, *lines):
        path = self.directory / name
        path.write_text("\n".join(lines) + "\n")
        path.chmod(0o600)
        return path

    def configure(self, *lines):
        path = self.directory / "collector.conf"
        fixed = [] if self.symbols else ["symbols = no"]
        path.write_text("\n".join([*fixed, *lines]) + "\n")
        return path

    def start(self, *lines, port=0, token=None, context=None,
              descriptors=None, build=BUILD):
        """Starts it with these lines of configuration, and no more than so
        many descriptors; a client."""
        self.collector = job.Collector(
            build, self.database, port, self.configure(*lines), descriptors)
        self.addCleanup(self.stop, self.collector)
        return Client(self.collector.url, token, context)

    def start_with_slow_child(self, *lines):
        """The first child that is to know names answers nobody, until the file
        go is there; the file asked tells that it was asked."""
        here = self.directory
        (here / "bin").mkdir()
        shutil.copy(PROGRAM, here / "bin")
        child = here / "bin/inquest-symbolicate"
        child.write_text(
            f"#!/bin/sh\nif [ ! -e {here}/asked ]; then\n: >{here}/asked\n"
            f"while [ -e {here}/asked ] && [ ! -e {here}/go ]; do sleep 0.05; "
            "done\nexit\nfi\n"
            f"exec {BUILD.resolve()}/bin/inquest-symbolicate \"$@\"\n")
        child.chmod(0o700)
        return self.start(*lines, build=here)

    def stop(self, collector=None):
        collector = collector or self.collector
        if collector.process.poll() is None:
            collector.stop()
        return collector.process.returncode

    def kill(self):
        self.collector.process.kill()
        self.collector.process.wait()
        self.collector.process.stdout.close()

    def run_program(self, *arguments, **options):
        """To its end: one that is to fail."""
        return subprocess.run([PROGRAM, *arguments], capture_output=True,
                              text=True, timeout=DEADLINE_S, **options)

    def files(self):
        """All bytes of the database and what lies beside it."""
        return {path.name: path.read_bytes()
                for path in self.directory.glob("reports.db*")
                if path.is_file()}
