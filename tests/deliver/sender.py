"""What the delivery tests share: a state directory with waiting reports, the
inquest command on it, and where the reports are afterwards. Context: tool."""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

BUILD = pathlib.Path(sys.argv.pop(1))
PERCENT = float(os.environ.get("INQUEST_TEST_PERCENT", "5"))

EX_OK, EX_USAGE, EX_DATAERR = 0, 64, 65
EX_UNAVAILABLE, EX_TEMPFAIL, EX_CONFIG = 69, 75, 78


def scaled(full, least=1):
    """That share of the full size which INQUEST_TEST_PERCENT asks for."""
    return max(least, round(full * PERCENT / 100))


class DeliveryTest(unittest.TestCase):
    def setUp(self):
        self.directory = pathlib.Path(
            tempfile.mkdtemp(prefix="inquest-deliver-"))
        self.addCleanup(shutil.rmtree, self.directory)
        self.state = self.directory / "state"
        self.program = BUILD / "bin/inquest"
        self.environment = {
            name: value for name, value in os.environ.items()
            if not name.startswith("INQUEST_") and name != "DO_NOT_TRACK"
            and not name.lower().endswith("_proxy")}
        self.environment.update({
            "INQUEST_STATE_DIR": str(self.state),
            "XDG_CONFIG_HOME": str(self.directory),
            "INQUEST_SEND_TIMEOUT": "20"})

    def serve(self, server):
        """Points the sender to a server, which ends with the test."""
        self.addCleanup(server.close)
        self.environment["INQUEST_ENDPOINT"] = server.url
        return server

    def make(self, count=1, app="made", note_bytes=0):
        """Drops so many reports; their ids."""
        done = subprocess.run(
            [BUILD / "bin/make_reports", self.state, str(count), app,
             str(note_bytes)],
            capture_output=True, text=True, check=True)
        return done.stdout.split()

    def start(self, *arguments, **options):
        options.setdefault("stderr", subprocess.PIPE)
        return subprocess.Popen(
            [self.program, *arguments], env=self.environment,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
            errors="replace", **options)

    def inquest(self, *arguments):
        process = self.start(*arguments)
        try:
            out, err = process.communicate(timeout=60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise
        return subprocess.CompletedProcess(arguments, process.returncode, out,
                                           err)

    def upload(self, *arguments):
        return self.inquest("upload", *arguments)

    def place(self, name):
        """The ids in one directory of the queue."""
        directory = self.state / "queue" / name
        return {path.name[:-4] for path in directory.glob("*.inq")} \
            if directory.exists() else set()

    def places(self):
        """How many reports lie where: {"new": 1}."""
        counts = {name: len(self.place(name))
                  for name in ("tmp", "new", "busy", "sent", "bad")}
        return {name: count for name, count in counts.items() if count}

    def backoff(self):
        path = self.state / "backoff"
        if not path.exists():
            return {}
        return dict(line.split(" = ", 1)
                    for line in path.read_text().splitlines())

    def reason(self, report_id):
        return (self.state / "queue/bad" /
                f"{report_id}.inq.reason").read_text()
