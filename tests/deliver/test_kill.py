"""kill -9 of the uploader, of the collector or of both at random moments with
reports in flight: nothing that was accepted is lost, nothing is lost from the
queue, duplicates collapse, the audit log stays whole.

INQUEST_TEST_SEED repeats the moments of an earlier run, as far as the machine
lets it. Context: tool."""

import collections
import json
import os
import pathlib
import random
import re
import signal
import sys
import time
import unittest
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

import job  # noqa: E402
from sender import BUILD, EX_OK, DeliveryTest, scaled  # noqa: E402

MOMENTS = 500
LEAST = 12
REPORTS = 12  # dropped before each moment
PAGE = 100
EX_KILLED = -signal.SIGKILL


def get(url):
    with urllib.request.urlopen(url, timeout=30) as answer:
        return json.loads(answer.read())


class Kill(DeliveryTest):
    def setUp(self):
        super().setUp()
        seed = int(os.environ.get("INQUEST_TEST_SEED", time.time_ns()))
        self.random = random.Random(seed)
        self.seed = f"seed {seed}"
        print(self.seed, file=sys.stderr)
        self.collector = None
        self.account = collections.Counter()
        self.start_collector(0)
        self.addCleanup(self.end_collector)
        self.environment["INQUEST_ENDPOINT"] = self.collector.url
        self.environment["INQUEST_KEEP_COUNT"] = "1000000"

    def start_collector(self, port):
        self.collector = job.Collector(BUILD, self.directory / "db", port)

    def kill_collector(self):
        self.collector.process.kill()
        self.end_collector()

    def end_collector(self):
        process = self.collector.process
        if process.poll() is None:
            process.kill()
        process.wait(10)
        process.stdout.close()

    def duplicates(self):
        """How many the living collector knew already."""
        with urllib.request.urlopen(f"{self.collector.url}/metrics",
                                    timeout=30) as answer:
            text = answer.read().decode()
        return int(re.search(
            r'inquest_reports_total\{result="duplicate"\} (\d+)', text)[1])

    def stored(self):
        """The ids that the collector holds, as its list tells them."""
        ids = []
        while (page := get(f"{self.collector.url}/v1/reports?limit={PAGE}"
                           f"&offset={len(ids)}")):
            ids += [entry["reportId"] for entry in page]
        return ids

    def moment(self, typical_s):
        """One death of the uploader, of the collector, or of both; how long
        the uploader lived."""
        victims = self.random.choice(("uploader", "collector", "both"))
        port = self.collector.port
        if victims != "uploader":
            self.account["duplicates"] += self.duplicates()
        self.account[f"kills of {victims}"] += 1
        begin = time.monotonic()
        uploader = self.start("upload", "--now")
        time.sleep(self.random.uniform(0, typical_s))  # the random moment
        if victims != "collector":
            uploader.kill()
        if victims != "uploader":
            self.kill_collector()
        _, err = uploader.communicate(timeout=60)
        lived = time.monotonic() - begin
        if victims == "collector":
            self.assertNotEqual(uploader.returncode, EX_KILLED, err)
        if victims != "uploader":
            self.start_collector(port)
        return lived

    def check_accepted(self, checked):
        """What the sender took for accepted outlived the collector."""
        for report_id in self.place("sent") - checked:
            get(f"{self.collector.url}/v1/reports/{report_id}")
            checked.add(report_id)

    def typical_s(self, made):
        begin = time.monotonic()
        made += self.make(REPORTS)
        self.assertEqual(self.upload().returncode, EX_OK)
        return time.monotonic() - begin

    def test_nothing_is_lost_and_nothing_comes_twice(self):
        made, checked = [], set()
        typical = self.typical_s(made)
        in_flight = 0
        for _ in range(scaled(MOMENTS, LEAST)):
            made += self.make(REPORTS)
            self.moment(typical)
            in_flight += bool(self.place("new") | self.place("busy"))
            self.check_accepted(checked)
            everywhere = set().union(*map(self.place, ("new", "busy", "sent")))
            self.assertEqual(everywhere, set(made), self.seed)
        done = self.upload("--now", "--wait=60")
        self.assertEqual(done.returncode, EX_OK, done.stderr + self.seed)
        self.assertEqual(self.places(), {"sent": len(made)}, self.seed)
        self.assertEqual(sorted(self.stored()), sorted(made), self.seed)
        self.assertEqual(self.inquest("audit", "verify").returncode, EX_OK)
        self.assertGreater(in_flight, 0)  # else no moment hit anything
        self.account["duplicates"] += self.duplicates()
        print(f"{len(made)} reports, {in_flight} moments with some under way, "
              f"{dict(self.account)}", file=sys.stderr)
        if scaled(MOMENTS, LEAST) == MOMENTS:  # few moments may make none
            self.assertGreater(self.account["duplicates"], 0)


unittest.main(verbosity=2)
