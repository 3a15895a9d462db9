"""The soak: programs die in every way for a long time while the collector is
killed and restarted and the network comes and goes. Each death is a name of
its own (--app), so that in the end the account can be made: which death has
no report, which has two, which report is of no death; and what grew.

    with Soak(build, seconds, seed) as soak: soak.run(); print(soak.account())

Context: tool."""

import collections
import json
import os
import pathlib
import random
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
from job import Collector, Inquest  # noqa: E402

PACE_S = (0.2, 1.5)     # between two deaths of one program
UPLOAD_S = (1, 4)       # between two uploads
NETWORK_S = (2, 10)     # how long the network stays as it is
COLLECTOR_S = (5, 30)   # how long a collector lives
SETTLE_S = 180          # for what is left in the end
SAMPLES_MIN = 12
GROWTH_KIB = 8 << 10    # of the collector, besides GROWTH_SHARE
GROWTH_SHARE = 1.25
PAGE = 500


def pages_kib(pid):
    """Resident and not shared with a file, in KiB."""
    text = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(text.split("RssAnon:")[1].split()[0])


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


class Network:
    """A relay to the collector that is there or not."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.target = None  # a port, or None while it is down
        self.closed = False
        self.lock = threading.Lock()
        self.sockets = set()
        self.thread = threading.Thread(target=self.accept, daemon=True)
        self.thread.start()

    def accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                if self.closed:
                    return
                continue  # a client that went before we looked
            threading.Thread(target=self.serve, args=(connection,),
                             daemon=True).start()

    def serve(self, connection):
        port = self.target
        try:
            if port is None:
                return
            with socket.create_connection(("127.0.0.1", port)) as further:
                with self.lock:
                    self.sockets |= {connection, further}
                back = threading.Thread(target=self.copy, daemon=True,
                                        args=(further, connection))
                back.start()
                self.copy(connection, further)
                back.join()
        except OSError:
            pass  # cut
        finally:
            connection.close()
            with self.lock:
                self.sockets -= {connection}

    @staticmethod
    def copy(source, sink):
        try:
            while data := source.recv(65536):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # cut

    def cut(self):
        """Down, and what is under way is broken off."""
        self.target = None
        with self.lock:
            sockets, self.sockets = self.sockets, set()
        for one in sockets:
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # closed already

    def close(self):
        self.cut()
        self.closed = True
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join(10)


class Soak:
    def __init__(self, build, seconds, seed):
        self.build = build
        self.seconds = seconds
        self.random = random.Random(seed)
        self.lock = threading.Lock()
        self.ended = threading.Event()
        self.expected = {}  # app: kind
        self.deaths = collections.Counter()
        self.trouble = []   # what should not have been
        self.samples = []
        self.events = collections.Counter()

    def __enter__(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="inquest-soak-"))
        self.network = Network()
        self.database = self.directory / "reports.db"
        self.collector = Collector(self.build, self.database)
        self.network.target = self.collector.port
        self.inquest = Inquest(self.build, self.directory, self.network.url)
        self.inquest.environment["INQUEST_RATE_LIMIT"] = "off"
        self.inquest.environment["INQUEST_SEND_TIMEOUT"] = "10"
        self.state = self.inquest.state
        self.host = subprocess.Popen(
            [self.build / "bin/inquest", "run", "--app", "long-lived", "--",
             self.build / "bin/api_calls", "wait"], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, env=self.inquest.environment)
        self.host.stdout.readline()
        return self

    def __exit__(self, *unused):
        self.ended.set()
        self.host.stdin.close()
        self.host.wait(30)
        self.host.stdout.close()
        self.network.close()
        self.collector.stop()
        shutil.rmtree(self.directory)

    def choose(self, bounds):
        with self.lock:
            return self.random.uniform(*bounds)

    def note(self, text):
        with self.lock:
            self.trouble.append(text)

    # --- the programs ---

    def name(self, what, kind):
        with self.lock:
            self.deaths[what] += 1
            app = f"{what}-{self.deaths[what]}"
            if kind:
                self.expected[app] = kind
        return app

    def watch(self, what, kind, *command, status, end=None):
        """One life and death under inquest run."""
        process = subprocess.Popen(
            [self.build / "bin/inquest", "run", "--app",
             self.name(what, kind), "--", *command],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, env=self.inquest.environment)
        if end:
            end(process)
        _, errors = process.communicate(timeout=60)
        if process.returncode != status:
            self.note(f"{what} ended with {process.returncode}: {errors!r}")

    def crash(self):
        self.watch("crash", "CRASH", self.build / "bin/fault_host", "crash",
                   status=-signal.SIGSEGV)

    def preloaded(self):
        """Without a supervisor."""
        done = subprocess.run(
            [self.build / "bin/fault_host", "crash"], stdout=subprocess.DEVNULL,
            env={**self.inquest.environment,
                 "INQUEST_APP": self.name("preloaded", "CRASH"),
                 "LD_PRELOAD": str(self.build / "lib/libinquest.so")})
        if done.returncode != -signal.SIGSEGV:
            self.note(f"preloaded ended with {done.returncode}")

    def leak(self):
        """Grows until somebody kills it."""
        def kill(process):
            process.stdout.readline()
            self.ended.wait(self.choose((0, 1)))
            children = pathlib.Path(
                f"/proc/{process.pid}/task/{process.pid}/children")
            os.kill(int(children.read_text().split()[0]), signal.SIGKILL)
        self.watch("leak", "TERMINATION", self.build / "bin/soak_leak",
                   status=-signal.SIGKILL, end=kill)

    def clean(self):
        self.watch("clean", None, self.build / "bin/fault_host", "exit",
                   status=7)

    def live(self, act):
        while not self.ended.is_set():
            try:
                act()
            except (OSError, subprocess.SubprocessError) as error:
                self.note(f"{act.__name__}: {error}")
            self.ended.wait(self.choose(PACE_S))

    # --- what happens to them ---

    def upload(self):
        while not self.ended.is_set():
            self.inquest("upload", "--quiet", "--now")
            self.events["uploads"] += 1
            self.ended.wait(self.choose(UPLOAD_S))

    def weather(self):
        while not self.ended.wait(self.choose(NETWORK_S)):
            self.network.cut()
            self.events["network cuts"] += 1
            self.ended.wait(self.choose(NETWORK_S) / 2)
            self.network.target = self.collector.port

    def restart(self):
        while not self.ended.wait(self.choose(COLLECTOR_S)):
            with self.lock:
                hard = self.random.random() < 0.7
            self.collector.process.send_signal(
                signal.SIGKILL if hard else signal.SIGTERM)
            self.collector.process.wait(30)
            self.collector.process.stdout.close()
            self.events["collector killed" if hard else
                        "collector ended"] += 1
            self.collector = Collector(self.build, self.database,
                                       self.collector.port)

    def sample(self):
        """What may not grow. Young ones are not measured."""
        while not self.ended.wait(max(self.seconds / 60, 0.5)):
            queue = self.state / "queue"
            child = pathlib.Path(f"/proc/{self.host.pid}/task/{self.host.pid}"
                                 "/children").read_text().split()[0]
            try:
                self.samples.append({
                    "boxes": len(list((self.state / "boxes").glob("*"))),
                    "tmp": len(list((queue / "tmp").glob("*"))),
                    "waiting": len(list((queue / "new").glob("*"))),
                    "supervisor KiB": pages_kib(self.host.pid),
                    "supervisor fds": descriptors(self.host.pid),
                    "host KiB": pages_kib(child),
                    "host fds": descriptors(child),
                })
            except OSError:
                continue  # something went while we looked

    def run(self):
        threads = [threading.Thread(target=self.live, args=(act,))
                   for act in (self.crash, self.preloaded, self.leak,
                               self.clean)]
        threads += [threading.Thread(target=act) for act in (
            self.upload, self.weather, self.restart, self.sample)]
        for thread in threads:
            thread.start()
        self.ended.wait(self.seconds)
        self.ended.set()
        for thread in threads:
            thread.join(120)
        self.network.target = self.collector.port
        self.settle()

    # --- the account ---

    def settle(self):
        """All is well again: what waits is delivered."""
        end = time.monotonic() + SETTLE_S
        while time.monotonic() < end:
            self.inquest("recover")
            last = self.inquest("upload", "--now", "--wait=20", text=True)
            queue = self.state / "queue"
            if not list((queue / "new").glob("*")) and \
                    not list((queue / "busy").glob("*")):
                return
        self.note(f"reports still wait in the end: {last.stderr.strip()}")

    def arrived(self):
        """{app: [kind, …]} of what the collector has."""
        found = collections.defaultdict(list)
        offset = 0
        while True:
            url = (f"{self.collector.url}/v1/reports?limit={PAGE}"
                   f"&offset={offset}")
            with urllib.request.urlopen(url, timeout=30) as answer:
                page = json.load(answer)
            for report in page:
                found[report["app"]].append(report["kind"])
            if not page:
                return found
            offset += len(page)

    def leftovers(self):
        queue = self.state / "queue"
        yield from (f"box {path.name}" for path
                    in (self.state / "boxes").glob("*")
                    if not path.name.startswith(f"{self.watched()}-"))
        for place in ("tmp", "new", "busy", "bad"):
            yield from (f"{place}/{path.name}" for path
                        in (queue / place).glob("*"))
        yield from (path.name for path in self.state.rglob(".*"))

    def watched(self):
        """The pid of the long-lived program."""
        return pathlib.Path(f"/proc/{self.host.pid}/task/{self.host.pid}"
                            "/children").read_text().split()[0]

    def growth(self):
        """Between the first and the last third of the samples."""
        third = len(self.samples) // 3
        for key in (self.samples or [{}])[0]:
            first = statistics.median(s[key] for s in self.samples[:third])
            last = statistics.median(s[key] for s in self.samples[-third:])
            yield key, first, last

    def account(self):
        """Prints it; how many things are wrong."""
        found = self.arrived()
        wrong = list(self.trouble)
        for app, kind in self.expected.items():
            if found.get(app, []) != [kind]:
                wrong.append(f"{app}: a {kind}, reported as "
                             f"{found.get(app) or 'nothing'}")
        wrong += [f"{app}: no death, reported as {kinds}" for app, kinds
                  in found.items() if app not in self.expected]
        wrong += [f"left behind: {text}" for text in self.leftovers()]
        print(f"{self.seconds} s: {sum(self.deaths.values())} ends ("
              + ", ".join(f"{n} {what}" for what, n in self.deaths.items())
              + "), " + ", ".join(f"{n} {what}" for what, n
                                  in self.events.items()))
        print(f"{len(self.expected)} deaths owe a report, "
              f"{sum(map(len, found.values()))} reports arrived")
        if len(self.samples) >= SAMPLES_MIN:
            for key, first, last in self.growth():
                print(f"{key:16} {first:9.0f} {last:9.0f}  first and last third")
                if key != "waiting" and last > first * GROWTH_SHARE and \
                        last > first + (GROWTH_KIB if "KiB" in key else 4):
                    wrong.append(f"{key} grew from {first:.0f} to {last:.0f}")
        for text in wrong[:40]:
            print(f"wrong: {text}")
        print(f"{len(wrong)} things wrong")
        return len(wrong)
