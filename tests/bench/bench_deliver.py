"""./dev bench deliver: reports a second from a sender to the collector's disk,
over loopback with TLS, and the collector's memory. Two ways: bodies that lie
ready, over kept connections (what the collector takes), and full queues by
inquest upload (what machines deliver). Context: tool."""

import argparse
import json
import os
import pathlib
import re
import shutil
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / one) for one in ("deliver", "e2e", "web")]

import job  # noqa: E402
import node  # noqa: E402
from certificates import Authority  # noqa: E402

SENDERS = 2  # at once, 16 connections each
ROUNDS = 3
PAGE_TRIES = 21
WEEK_S = 7 * 86400
PAGE_CALLS = (
    ("first page of groups", "/v1/groups?limit=50"),
    ("groups by count", "/v1/groups?sort=count&limit=50"),
    ("groups of a search", "/v1/groups?q=libc&limit=50"),
    ("groups of an app", "/v1/groups?app={app}&limit=50"),
    ("groups of a function", "/v1/groups?function=string_at&limit=50"),
    ("groups of a version", "/v1/groups?version={version}&limit=50"),
    ("groups of a machine", "/v1/groups?machine={machine}&limit=50"),
    ("groups of a signal, a week", "/v1/groups?signal=SIGSEGV&since={since}"),
    ("newest reports", "/v1/reports?limit=50"),
    ("reports of a search", "/v1/reports?q=libc&limit=50"),
    ("search without results", "/v1/reports?q=nowhere&limit=50"),
    ("reports of a rare signal", "/v1/reports?signal=SIGFPE&limit=50"),
    ("reports of a machine", "/v1/reports?machine={machine}&limit=50"),
    ("versions", "/v1/versions"),
    ("facets", "/v1/facets"),
    ("one group", "/v1/groups/{group}"),
    ("reports of a group", "/v1/reports?group={group}&limit=50"),
    ("one report", "/v1/reports/{report}"),
    ("why it is in its group", "/v1/reports/{report}/explain"),
)


class Collector:
    """The collector with TLS of its own where it has that, else plain."""

    def __init__(self, build, directory, authority):
        self.directory = directory
        directory.mkdir()
        certificate, key = authority.issue(directory.name)
        config = directory / "collector.conf"
        config.write_text(f"tls_certificate_file = {certificate}\n"
                          f"tls_key_file = {key}\n")
        config.chmod(0o600)
        self.context = ssl.create_default_context(
            cafile=authority.certificate)
        command = [build / "bin/inquest-collector", "--listen", "127.0.0.1:0",
                   "--db", directory / "db"]
        self.process = None
        if "--config" in subprocess.run([command[0], "--help"], text=True,
                                        capture_output=True).stdout:
            command += ["--config", config]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE,
                                        text=True)
        self.url = self.process.stdout.readline().split(" on ")[1].strip()

    def get(self, path):
        with urllib.request.urlopen(
                self.url + path, timeout=60,
                context=self.context if self.url.startswith("https")
                else None) as answer:
            return answer.read()

    def memory_mib(self):
        """Resident now and at most: VmRSS and VmHWM of proc(5)."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return [int(re.search(rf"{name}:\s+(\d+)", status)[1]) / 1024
                for name in ("VmRSS", "VmHWM")]

    def cpu_s(self):
        """Time on a processor so far: utime and stime of proc(5)."""
        stat = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text()
        fields = stat.rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def close(self):
        self.process.terminate()
        self.process.wait(60)
        self.process.stdout.close()


class Bench:
    def __init__(self, options):
        self.options = options
        self.build = options.build
        self.directory = pathlib.Path(
            tempfile.mkdtemp(prefix="inquest-bench-"))
        self.authority = Authority(self.directory)
        self.inquest = job.Inquest(self.build, self.directory / "template")
        self.inquest("run", "--", *job.PYTHON_CRASH)
        self.template, = (self.inquest.state / "queue/new").glob("*.inq")
        self.load = self.build / "bin/bench_deliver_load"

    def collector(self, name):
        return Collector(self.build, self.directory / name, self.authority)

    def environment(self, collector):
        return {**os.environ, "INQUEST_ENDPOINT": collector.url,
                "INQUEST_CA_FILE": str(self.authority.certificate)}

    def send(self, collector, count, groups):
        """Ready bodies from several senders at once; reports a second."""
        each = count // SENDERS
        senders = [subprocess.Popen(
            [self.load, "send", self.template, str(each), str(groups)],
            env=self.environment(collector), stdout=subprocess.PIPE)
            for _ in range(SENDERS)]
        seconds = []
        for sender in senders:
            out, _ = sender.communicate()
            if sender.returncode != 0:
                raise RuntimeError("a sender failed")
            seconds.append(float(out))
        return each * SENDERS / max(seconds)

    def upload(self, collector, count, groups):
        """Full queues by inquest upload, from several machines at once:
        reports a second, and the uploaders' time on a processor in us."""
        each = count // SENDERS
        states = [self.directory / f"queue-{time.monotonic_ns()}-{one}"
                  for one in range(SENDERS)]
        for state in states:
            subprocess.run([self.load, "fill", self.template, str(each),
                            str(groups), state], check=True)
        begin = time.monotonic()
        uploaders = [subprocess.Popen(
            [self.build / "bin/inquest", "upload", "--quiet"],
            env={**self.environment(collector), "INQUEST_STATE_DIR": state,
                 "INQUEST_PARALLEL": "16", "XDG_CONFIG_HOME": state})
            for state in states]
        cpu_s = 0
        for uploader in uploaders:
            _, end, used = os.wait4(uploader.pid, 0)
            uploader.returncode = os.waitstatus_to_exitcode(end)
            cpu_s += used.ru_utime + used.ru_stime
        if any(uploader.returncode for uploader in uploaders):
            raise RuntimeError("the upload failed")
        seconds = time.monotonic() - begin
        for state in states:
            shutil.rmtree(state)
        return each * SENDERS / seconds, cpu_s * 1e6 / (each * SENDERS)

    def ingest(self):
        count = self.options.reports
        collector = self.collector("ingest")
        print(f"ingest over {collector.url.split(':')[0]}, {ROUNDS} rounds of "
              f"{count} reports, {self.template.stat().st_size} bytes each")
        rates = {"send": [], "upload": []}
        cpu_us = {"collector": [], "uploaders": []}
        for _ in range(ROUNDS):
            begin = collector.cpu_s()
            rates["send"].append(self.send(collector, count, 100))
            cpu_us["collector"].append(
                (collector.cpu_s() - begin) * 1e6 / count)
            rate, used_us = self.upload(collector, count, 100)
            rates["upload"].append(rate)
            cpu_us["uploaders"].append(used_us)
        resident, most = collector.memory_mib()
        print(f"{'ready bodies, reports/s':34}"
              f"{statistics.median(rates['send']):9.0f}   budget >= 2000")
        print(f"{'from queue to stored, reports/s':34}"
              f"{statistics.median(rates['upload']):9.0f}   budget >= 2000")
        for who, used in cpu_us.items():
            print(f"{who + ', CPU us a report':34}"
                  f"{statistics.median(used):9.0f}   of both together 2 cores "
                  f"have {2e6 / 2000:.0f} at 2000 reports/s")
        print(f"{'collector resident, MiB':34}{resident:9.1f}   at most "
              f"{most:.1f}; budget <= 64")
        collector.close()

    def page(self, size):
        """Medians of the page's calls over so many reports in 1,000 groups."""
        collector = self.collector(f"page-{size}")
        try:
            collector.get("/v1/groups?limit=1")
        except urllib.error.HTTPError as error:
            print(f"page: this collector has no groups yet ({error.code})")
            collector.close()
            return
        self.send(collector, size, 1000)
        report = json.loads(collector.get("/v1/reports?limit=1"))[0]
        group = json.loads(collector.get("/v1/groups?limit=1"))["groups"][0]
        print(f"page over {size} reports, medians of {PAGE_TRIES}, ms "
              "(budget 100)")
        for title, path in PAGE_CALLS:
            path = path.format(app=report["app"], group=group["id"],
                               report=report["reportId"],
                               version=report["version"],
                               machine=report["machine"],
                               since=time.strftime(
                                   "%Y-%m-%d",
                                   time.gmtime(time.time() - WEEK_S)))
            print(f"  {title:32}{self.median_ms(collector, path):9.1f}")
        print(f"  {'browser: empty tab to a group':32}"
              f"{self.first_group_ms(collector):9.1f}")
        resident, most = collector.memory_mib()
        print(f"  {'collector resident, MiB':32}{resident:9.1f}   at most "
              f"{most:.1f}")
        size_bytes = sum(path.stat().st_size
                         for path in collector.directory.glob("db*")
                         if path.is_file())
        print(f"  {'database, bytes a report':32}{size_bytes / size:9.0f}")
        collector.close()
        shutil.rmtree(collector.directory)

    def first_group_ms(self, collector):
        """From an empty tab to the first group in Chromium, the median."""
        web = node.prepare(self.build, chromium=True)
        script = web / "bench_first_group.mjs"
        shutil.copy(TESTS / "bench/bench_first_group.mjs", script)
        done = subprocess.run(
            ["node", script], check=True, capture_output=True, text=True,
            timeout=300, env={**os.environ, "PAGE_URL": collector.url,
                              "PAGE_CHROMIUM": node.CHROMIUM})
        return statistics.median(map(float, done.stdout.split()))

    def median_ms(self, collector, path):
        times = []
        for _ in range(PAGE_TRIES):
            begin = time.monotonic()
            collector.get(path)
            times.append((time.monotonic() - begin) * 1000)
        return statistics.median(times)

    def close(self):
        shutil.rmtree(self.directory)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--reports", type=int, default=10000,
                        help="of one round of ingest")
    parser.add_argument("--page", type=int, nargs="*",
                        default=[10000, 100000],
                        help="sizes of the store; 1000000 takes its time")
    bench = Bench(parser.parse_args())
    try:
        bench.ingest()
        for size in bench.options.page:
            bench.page(size)
    finally:
        bench.close()


main()
