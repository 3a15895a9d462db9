"""The inquest command at each of its jobs that writes. Context: tool."""

import atexit
import gzip
import json
import pathlib
import subprocess
import sys

from injection import SYSEXITS
from scene import CLEAN, Scene

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "deliver"))
from fault_server import FaultServer, status  # noqa: E402

CRASHES, WAITING = 2, 3
SEAL_KEY = "2fe57da347cd62431528daac5fbb290730fff684afc4cfc2ed90995f58cb3b74"


class Command(Scene):
    """A job of the command on a queue with reports, against a server that
    accepts all. What arrives is told apart by the case's directory, which is
    the first part of the path."""
    mallocs = True
    spared = ("getrandom",)  # libsodium aborts without randomness
    server = None
    sent_before = frozenset()  # by prepare

    def __init__(self, build):
        super().__init__(build)
        if not Command.server:
            Command.server = FaultServer([status(202, body=b"{}")])

    def environment(self, directory):
        return {**super().environment(directory),
                "INQUEST_ENDPOINT": f"{self.server.url}/{directory.name}",
                "INQUEST_SEND_TIMEOUT": "5"}

    def received(self, directory, what="/v1/reports"):
        path = f"/{directory.name}{what}"
        with self.server.changed:
            return [request for request in self.server.requests
                    if request.path == path]

    def make(self, directory, count):
        return subprocess.run(
            [self.build / "bin/make_reports", directory / "state", str(count)],
            capture_output=True, text=True, check=True).stdout.split()

    def crash(self, directory, end="crash", supervised=False, **variables):
        """One death; supervised: by a shell that does not outlive it long."""
        supervisor = "INQUEST_SUPERVISOR_PID=$$ " if supervised else ""
        subprocess.run(
            ["/bin/sh", "-c", f'{supervisor}LD_PRELOAD="$0" "$1" "$2"; :',
             self.build / "lib/libinquest.so", self.build / "bin/fault_host",
             end], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env={**CLEAN, "INQUEST_STATE_DIR": str(directory / "state"),
                 "INQUEST_SAMPLER": "0", **variables})

    def ids(self, directory, *places):
        """The ids in these places of the queue."""
        return sorted(path.name[:-4] for place in places for path in
                      (directory / "state/queue" / place).glob("*.inq"))

    def prepare(self, directory):
        self.make(directory, WAITING)

    def check(self, directory, injection, outcome):
        yield from self.tool(injection, outcome)
        sent = {request.headers["idempotency-key"]
                for request in self.received(directory)}
        for report_id in self.ids(directory, "sent"):
            if report_id not in sent | self.sent_before:
                yield f"{report_id} lies in sent/ and was not sent"
        for report_id in self.ids(directory, "bad"):
            yield f"{report_id} lies in bad/"
        yield from self.follow_up(directory, injection, outcome)
        self.age(directory)
        self.inquest(directory, "recover")
        yield from self.queue(directory)
        done = self.inquest(directory, "audit", "verify")
        if done.returncode != 0:
            yield f"audit verify: {done.stderr.strip()}"

    def follow_up(self, directory, injection, outcome):
        """The same person, a moment later, without any fault."""
        raise NotImplementedError

    def again(self, directory, *arguments):
        done = self.inquest(directory, *arguments)
        if done.returncode != 0:
            yield (f"afterwards inquest {' '.join(arguments)} ended with "
                   f"{done.returncode}: {done.stderr.strip()[-200:]}")


class Upload(Command):
    name = "claim and upload"

    def environment(self, directory):
        """With a proxy that plain http must not take."""
        return {**super().environment(directory), "http_proxy": self.server.url}

    def by_proxy(self, directory):
        with self.server.changed:
            return [request.path for request in self.server.requests
                    if request.path.startswith("http")
                    and f"/{directory.name}/" in request.path]

    def command(self, directory):
        return [str(self.build / "bin/inquest"), "upload"]

    def follow_up(self, directory, injection, outcome):
        for path in self.by_proxy(directory):
            yield f"{path} was asked of a proxy"
        waiting = self.ids(directory, "new", "busy")
        total = len(waiting) + len(self.ids(directory, "sent"))
        if total != WAITING:
            yield f"{WAITING - total} reports are gone"
        arrived = {request.headers["idempotency-key"]
                   for request in self.received(directory)}
        unsent = set(waiting) - arrived
        # What cannot be read is taken for a denial, and that is said.
        withheld = f"{len(unsent)} kept here by consent" in outcome.err
        if outcome.status == 0 and unsent and not withheld:
            yield f"ended with 0 while {len(unsent)} reports wait"
        yield from self.again(directory, "upload", "--now")
        if len(self.ids(directory, "sent")) != WAITING:
            yield "not all are sent in the end"
        arrived = {}
        for request in self.received(directory):
            arrived.setdefault(request.headers["idempotency-key"],
                               set()).add(gzip.decompress(request.body))
        if len(arrived) != WAITING:
            yield f"{len(arrived)} of {WAITING} reports arrived"


class Seal(Command):
    """Plain reports become sealed ones: each is one or the other, whole."""
    name = "seal"

    def environment(self, directory):
        return {**super().environment(directory), "INQUEST_SEAL_KEY": SEAL_KEY}

    def command(self, directory):
        return [str(self.build / "bin/inquest"), "list"]

    def queue(self, directory):
        """A frame's checksums are asked of the command itself."""
        states = [report.get("error", "plain")
                  for report in self.reports(directory)]
        if len(states) != WAITING or not all("sealed" in s for s in states):
            yield f"after a second command the reports are {states}"
        for path in sorted((directory / "state/queue/tmp").glob("*")):
            yield f"tmp/ still holds {path.name}"

    def follow_up(self, directory, injection, outcome):
        yield from self.again(directory, "list")
        yield from self.again(directory, "upload", "--now")
        if len(self.ids(directory, "sent")) != WAITING:
            yield "not all are sent in the end"
        if len(self.received(directory)) != WAITING:
            yield "not each arrived once"
        for request in self.received(directory):
            if b"\x1f\x8b\x08" in request.body[:3]:
                yield "one left unsealed"


class Deny(Command):
    """A denial: when it says so, nothing leaves any more."""
    name = "consent deny"

    def command(self, directory):
        return [str(self.build / "bin/inquest"), "consent", "deny", "REQUIRED"]

    def state_of(self, directory):
        done = self.inquest(directory, "consent", "status", "--json")
        try:
            return json.dumps(json.loads(done.stdout))
        except ValueError:
            return None

    def follow_up(self, directory, injection, outcome):
        consent = directory / "state/consent"
        stored = consent.exists() and "REQUIRED = denied" in \
            consent.read_text()
        denied = stored or (directory / "state/denied.REQUIRED").exists()
        if outcome.status == 0 and not denied and outcome.fired == 0:
            yield "not denied"
        if outcome.status == 0 and not denied:
            yield "said to be denied, and is not"
        if self.state_of(directory) is None:
            yield "consent status does not work afterwards"
        if denied or "not be stored" in outcome.err:
            self.inquest(directory, "upload", "--now")
            if self.received(directory):
                yield "sent in spite of the denial"
        if len(self.ids(directory, "new")) != WAITING:
            yield "reports are gone"
        yield from self.again(directory, "consent", "deny", "REQUIRED")


class Withdraw(Command):
    """Withdrawal: the old installation id is nowhere in the end, and the
    collector was asked to delete."""
    name = "withdraw"

    def prepare(self, directory):
        for _ in range(CRASHES):
            self.crash(directory)
        self.inquest(directory, "upload")
        self.sent_before = frozenset(self.ids(directory, "sent"))
        self.crash(directory)
        self.make(directory, 1)
        (directory / "old-id").write_text(
            (directory / "state/installation-id").read_text())

    def command(self, directory):
        return [str(self.build / "bin/inquest"), "consent", "withdraw"]

    def holders(self, directory, old):
        """Files in which the old id can be read."""
        for path in (directory / "state").rglob("*"):
            data = path.read_bytes() if path.is_file() else b""
            if data[:4] == b"INQR":
                data = gzip.decompress(data[24:])
            if old in data:
                yield path.name

    def follow_up(self, directory, injection, outcome):
        old = (directory / "old-id").read_bytes()
        count = len(self.ids(directory, "new", "busy", "sent"))
        if count != CRASHES + 2:
            yield f"{count} reports of {CRASHES + 2}"
        if self.received(directory):
            yield "a report was sent"
        yield from self.again(directory, "consent", "withdraw")
        yield from self.again(directory, "upload", "--now")
        if self.received(directory):
            yield "a report was sent after the withdrawal"
        self.age(directory)
        self.inquest(directory, "recover")
        for name in self.holders(directory, old):
            yield f"the old id stays in {name}"
        asked = b"".join(request.body for request in
                         self.received(directory, "/v1/deletion-requests"))
        if old not in asked:
            yield "the collector was not asked to delete the old id"


class Recover(Command):
    """Three boxes: one of a program killed after its supervisor, one of a
    crash without dumper, one of a program that lives, which keeps it."""
    name = "recover"
    kinds = ["CRASH", "TERMINATION"]
    living = ()  # names of boxes

    def start_living(self, directory):
        host = subprocess.Popen(
            [self.build / "bin/api_calls", "wait"], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, env={
                **CLEAN, "INQUEST_STATE_DIR": str(directory / "state"),
                "LD_PRELOAD": str(self.build / "lib/libinquest.so")})
        atexit.register(host.communicate)  # it ends at the end of its input
        if host.stdout.readline() != b"ready\n":
            raise RuntimeError("the living program did not start")
        self.living = [path.name for path in
                       (directory / "state/boxes").iterdir()]

    def prepare(self, directory):
        self.start_living(directory)
        self.crash(directory, "kill", supervised=True)
        self.crash(directory, INQUEST_TIER="2")

    def command(self, directory):
        return [str(self.build / "bin/inquest"), "recover"]

    def follow_up(self, directory, injection, outcome):
        yield from self.again(directory, "recover")
        kinds = sorted(report["kind"] for report in self.reports(directory))
        if kinds != self.kinds:
            yield f"the reports are {kinds}"
        left = [path.name for path in (directory / "state/boxes").glob("*")]
        if left != list(self.living):
            yield f"the boxes are {left}, and {self.living} lives"


class RecoverDumper(Recover):
    """The same while the dumper's calls fail."""
    name = "recover's dumper"
    program = "inquest-dumper"
    without = None
    mallocs = False

    def tool(self, injection, outcome):
        yield from self.general(injection, outcome)
        if outcome.status != 0 and outcome.status not in SYSEXITS:
            yield f"ended with {outcome.status}"


class RecoverSpill(RecoverDumper):
    """A box with the whole report of a crash that found no queue."""
    name = "recover a spill"
    kinds = ["CRASH"]

    def prepare(self, directory):
        queue = directory / "state/queue"
        queue.mkdir(mode=0o700, parents=True)
        queue.parent.chmod(0o700)
        (queue / "tmp").touch()  # no directory: the dumper cannot drop
        self.crash(directory)
        (queue / "tmp").unlink()
        if not any((directory / "state/boxes").iterdir()):
            raise RuntimeError("no box holds the report")


class Run(Command):
    """The supervisor: the program ends as without it, or was never started
    and that is said."""
    name = "run"
    kills = True

    def prepare(self, directory):
        (directory / "state").mkdir(mode=0o700)

    def environment(self, directory):
        return {**super().environment(directory), "INQUEST_ENDPOINT": ""}

    def command(self, directory):
        return [str(self.build / "bin/inquest"), "run", "--",
                str(self.build / "bin/fault_host"), "crash"]

    def tool(self, injection, outcome):
        yield from self.general(injection, outcome)
        if injection.error is None and outcome.fired:
            return
        started = outcome.out.startswith("descriptors: ")
        if started and outcome.status != -11:
            yield f"ended with {outcome.status}"
        if not started and (outcome.status <= 0 or not outcome.err.strip()):
            yield f"not started, ended with {outcome.status}: {outcome.err!r}"

    def follow_up(self, directory, injection, outcome):
        yield from self.again(directory, "recover")
        reports = self.reports(directory)
        if len(reports) > 1:
            yield f"{len(reports)} reports of one crash"
        if outcome.out and not reports and "unwatched" not in outcome.err:
            yield "the crash left no report"
        for path in (directory / "state/boxes").glob("*"):
            yield f"a box stayed: {path.name}"
