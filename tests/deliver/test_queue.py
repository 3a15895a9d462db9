"""The queue on the disk: several uploaders at once, limits, what root and
others may do, what a person sees of refused and torn reports."""

import contextlib
import fcntl
import json
import os
import pathlib
import pty
import shutil
import struct
import subprocess
import tempfile
import sys
import termios
import time
import unittest
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

import job  # noqa: E402
from fault_server import FaultServer, reset, status  # noqa: E402
from sender import (BUILD, EX_DATAERR, EX_OK, EX_TEMPFAIL,  # noqa: E402
                    DeliveryTest)

ACCEPT = status(202, body=b"{}")
UPLOADERS = 4
REPORTS = 60
NOBODY = 65534
DAY_MS = 86400000
CRASH = ["/bin/sh", "-c", "kill -SEGV $$"]


class Queue(DeliveryTest):
    def audit(self, event):
        path = self.state / "audit.log"
        lines = path.read_text().splitlines() if path.exists() else []
        return [line.split() for line in lines if line.split()[2] == event]

    def status_json(self):
        return json.loads(self.inquest("status", "--json").stdout)

    def listed(self):
        return json.loads(self.inquest("list", "--json").stdout)

    # --- where it lies ---

    def test_a_file_system_that_cannot_rename_over_nothing(self):
        """NFS, 9p and FUSE answer so: the report is there all the same."""
        done = subprocess.run(
            ["strace", "-f", "-o", "/dev/null", "-e", "trace=renameat2", "-e",
             "inject=renameat2:error=EINVAL", self.program, "feedback",
             "--type", "smile", "--comment", "hello"],
            env=self.environment | {"ASAN_OPTIONS": "detect_leaks=0"},
            capture_output=True, text=True)
        self.assertEqual(done.returncode, EX_OK, done.stderr)
        self.assertEqual(self.places(), {"new": 1})
        self.assertEqual(len((self.state / "installation-id").read_text()), 36)

    # --- several uploaders ---

    def test_uploaders_at_once_send_each_report_once(self):
        server = self.serve(FaultServer([ACCEPT]))
        self.make(REPORTS)
        together = [self.start("upload", "--wait=60")
                    for _ in range(UPLOADERS)]
        for process in together:
            out, err = process.communicate(timeout=60)
            self.assertEqual(process.returncode, EX_OK, err)
        self.assertEqual(self.places(), {"sent": REPORTS})
        keys = [request.headers["idempotency-key"]
                for request in server.requests]
        self.assertEqual(sorted(keys), sorted(self.place("sent")))
        self.assertEqual(len(self.audit("sent")), REPORTS)
        self.assertEqual(self.inquest("audit", "verify").returncode, EX_OK)

    def test_waiting_upload_outlives_a_lost_network(self):
        server = FaultServer([ACCEPT])
        self.serve(server)
        server.close()
        self.make(3)
        self.assertNotEqual(self.upload().returncode, EX_OK)
        again = FaultServer([ACCEPT])
        self.serve(again)
        self.assertEqual(self.upload("--wait=30").returncode, EX_OK)
        self.assertEqual(self.places(), {"sent": 3})

    def test_collector_that_comes_while_one_waits_gets_the_report(self):
        """Nobody listens at first; then the real one does, at that port."""
        first = FaultServer([reset])  # so that the first try is seen to fail
        made = set(self.make(3))
        self.serve(first)
        process = self.start("upload", "--wait=60")
        self.addCleanup(process.kill)
        first.wait_for_requests(1)
        first.close()  # from now on: refused
        job.wait_until(lambda: int(self.backoff().get("attempt", 0)) >= 2,
                       "a try that was refused")
        self.assertEqual(self.place("sent"), set())
        collector = job.Collector(BUILD, self.directory / "db", first.port)
        self.addCleanup(collector.stop)
        out, err = process.communicate(timeout=60)
        self.assertEqual(process.returncode, EX_OK, err)
        self.assertIn("3 sent", err)
        self.assertEqual(self.places(), {"sent": 3})
        with urllib.request.urlopen(collector.url + "/v1/reports",
                                    timeout=30) as answer:
            there = {one["reportId"] for one in json.load(answer)}
        self.assertEqual(there, made)
        self.assertEqual(self.backoff()["attempt"], "0")

    def test_waiting_ends_at_its_time_with_all_kept(self):
        gone = FaultServer([reset])
        self.serve(gone)
        gone.close()
        self.make(2)
        begin = time.monotonic()
        self.assertEqual(self.upload("--wait=2").returncode, EX_TEMPFAIL)
        self.assertLess(time.monotonic() - begin, 30)
        self.assertGreaterEqual(int(self.backoff()["attempt"]), 2)
        self.assertEqual(self.places(), {"new": 2})

    def test_who_waits_heeds_what_the_collector_asks(self):
        server = self.serve(FaultServer([status(503,
                                                {"Retry-After": "3600"})]))
        self.make()
        begin = time.monotonic()
        self.assertEqual(self.upload("--wait=45").returncode, EX_TEMPFAIL)
        self.assertLess(time.monotonic() - begin, 40)  # it is of no use
        self.assertEqual(len(server.requests), 1)

    def test_network_lost_half_way_costs_nothing_twice(self):
        server = FaultServer([ACCEPT] * 10 + [reset])
        self.serve(server)
        self.environment["INQUEST_PARALLEL"] = "1"
        made = set(self.make(30))
        self.assertEqual(self.upload().returncode, EX_TEMPFAIL)
        self.assertEqual(self.places(), {"new": 20, "sent": 10})
        gone = self.place("sent")
        server.script = [ACCEPT]
        self.assertEqual(self.upload().returncode, EX_OK)
        self.assertEqual(self.place("sent"), made)
        keys = [request.headers["idempotency-key"]
                for request in server.requests]
        self.assertEqual(set(keys[:10]), gone)
        self.assertEqual(set(keys[10:]), made - gone)

    # --- on a terminal ---

    def test_terminal_sees_how_far_it_is_and_then_nothing_of_it(self):
        server = FaultServer([ACCEPT])

        def late(connection, request):
            server.closing.wait(0.1)  # 20 of them: beyond the delay of 1 s
            return ACCEPT(connection, request)
        server.script = [late]
        self.serve(server)
        self.environment.update(INQUEST_PARALLEL="1", TERM="xterm")
        self.make(20)
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ,
                    struct.pack("HHHH", 24, 60, 0, 0))
        process = self.start("upload", stderr=theirs)
        os.close(theirs)
        said = b""
        with contextlib.suppress(OSError):  # EIO: the other end is closed
            while (part := os.read(ours, 4096)):
                said += part
        os.close(ours)
        process.communicate(timeout=60)
        *drawn, last = said.decode().split("\r")[:-1]
        self.assertRegex(drawn[1], r"\[#+\.*\] \d+ of 20 reports, 0:\d\d left")
        self.assertTrue(all(len(line) < 60 + len("\x1b[K")
                            for line in drawn))
        self.assertEqual(last, "\x1b[Kinquest: 20 sent")

    # --- limits ---

    def test_count_limit_discards_the_sent_first_and_says_so(self):
        self.serve(FaultServer([ACCEPT]))
        sent = sorted(self.make(5))
        self.assertEqual(self.upload().returncode, EX_OK)
        del self.environment["INQUEST_ENDPOINT"]
        waiting = sorted(self.make(5))
        self.environment["INQUEST_KEEP_COUNT"] = "7"
        self.assertEqual(self.inquest("recover").returncode, EX_OK)
        self.assertEqual(self.place("sent"), set(sent[3:]))
        self.assertEqual(self.place("new"), set(waiting))
        self.environment["INQUEST_KEEP_COUNT"] = "4"
        self.assertEqual(self.inquest("recover").returncode, EX_OK)
        self.assertEqual(self.places(), {"new": 4})
        self.assertEqual(self.place("new"), set(waiting[1:]))
        gone = [line[3] for line in self.audit("discarded")]
        self.assertEqual(gone, sent + waiting[:1])
        self.assertEqual(self.status_json()["discarded"],
                         {"age": 0, "count": 6, "bytes": 0, "free-space": 0})
        self.assertIn("6 so far by the limits",
                      self.inquest("status").stdout)

    def test_one_that_cannot_be_discarded_does_not_keep_the_others(self):
        oldest, *_, newest = sorted(self.make(4))
        (self.state / "queue/tmp" / f"{oldest}.inq/full").mkdir(parents=True)
        self.environment["INQUEST_KEEP_COUNT"] = "1"
        done = self.inquest("recover")
        self.assertNotEqual(done.returncode, EX_OK)
        self.assertIn("cannot tidy up", done.stderr)
        self.assertEqual(self.place("new") | self.place("busy"),
                         {oldest, newest})
        self.assertEqual(len(self.audit("discarded")), 2)
        self.assertEqual(self.status_json()["discarded"]["count"], 2)

    def test_what_is_deleted_is_not_said_to_be_there(self):
        report, = self.make()
        (self.state / "audit.log").mkdir(parents=True)
        done = self.inquest("rm", report)
        self.assertNotEqual(done.returncode, EX_OK)
        self.assertIn("is deleted, but the audit log", done.stderr)
        self.assertEqual(self.places(), {})

    def test_undeliverable_reports_are_not_discarded(self):
        self.serve(FaultServer([status(503)]))
        self.make(10)
        for _ in range(20):
            self.upload("--now")
        self.assertEqual(self.places(), {"new": 10})
        self.assertEqual(self.audit("discarded"), [])

    def test_age_limit_discards_by_the_time_in_the_id(self):
        old = self.make()[0]
        earlier = f"{0x018c0000:08x}{old[8:]}"  # in the year 2023
        queue = self.state / "queue/new"
        (queue / f"{old}.inq").rename(queue / f"{earlier}.inq")
        young = self.make()[0]
        self.inquest("recover")
        # The clock was never seen before: how old is old nobody knows.
        self.assertEqual(self.place("new"), {earlier, young})
        now_ms = int(time.time() * 1000)
        (self.state / "clock").write_text(
            f"seen = {now_ms - DAY_MS}\nsteady = {now_ms - 30 * DAY_MS}\n")
        self.inquest("recover")
        self.assertEqual(self.place("new"), {young})
        self.assertIn("limit=age", self.audit("discarded")[0])

    def test_leftovers_of_dead_writers_are_swept_wherever_they_write(self):
        """A deletion request, for one, holds the id that is to be forgotten."""
        self.make()
        self.inquest("recover")
        places = [self.state, *(self.state / name for name in (
            "queue/new", "queue/busy", "queue/sent", "queue/bad", "apps",
            "deletions", "usage", "per-report"))]
        for place in places:
            place.mkdir(mode=0o700, exist_ok=True)
            for name, age_s in ((".1-2.77", 100000), (".1-2.78", 10),
                                (".1-2.keep", 100000)):
                (place / name).write_text("installationId = a\n")
                when = time.time() - age_s
                os.utime(place / name, (when, when))
        self.inquest("recover")
        for place in places:
            left = sorted(path.name for path in place.glob(".1-2.*"))
            self.assertEqual(left, [".1-2.78", ".1-2.keep"], place)

    def test_leftovers_of_dead_writers_are_swept_from_tmp(self):
        ids = self.make(2)
        tmp = self.state / "queue/tmp"
        for report_id, age_s in zip(ids, (10, 100000)):
            path = tmp / f"{report_id}.inq"
            (self.state / "queue/new" / path.name).rename(path)
            when = path.stat().st_mtime - age_s
            os.utime(path, (when, when))
        self.inquest("recover")
        self.assertEqual(self.place("tmp"), {ids[0]})

    def test_full_queue_keeps_the_crash_in_its_box(self):
        """One byte less than the drop leaves free: it spills, then moves."""
        if os.geteuid() != 0:
            self.skipTest("mounting a small disk needs root")
        disk = self.directory / "disk"
        disk.mkdir()
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs",
                           disk], capture_output=True).returncode != 0:
            self.skipTest("mounting is not allowed here")
        try:
            self.state = disk / "state"
            self.environment["INQUEST_STATE_DIR"] = str(self.state)
            self.inquest("run", "--", *CRASH)
            self.assertEqual(self.places(), {})
            self.assertEqual(len(list((self.state / "boxes").iterdir())), 1)
            subprocess.run(["mount", "-o", "remount,size=64m", disk],
                           check=True)
            self.assertEqual(len(self.listed()), 1)
            self.assertEqual(list((self.state / "boxes").iterdir()), [])
        finally:
            subprocess.run(["umount", disk], check=True)

    # --- refused and torn reports ---

    def refused_and_torn(self):
        server = self.serve(FaultServer([status(422, body=b"no thanks")]))
        torn, refused = self.make(2)
        path = self.state / "queue/new" / f"{torn}.inq"
        path.write_bytes(path.read_bytes()[:-1])
        self.assertEqual(self.upload().returncode, EX_DATAERR)
        self.assertEqual(self.place("bad"), {torn, refused})
        return server, torn, refused

    def test_refused_reports_stay_readable(self):
        _, torn, refused = self.refused_and_torn()
        listed = {entry["reportId"]: entry for entry in self.listed()}
        self.assertEqual(listed[refused]["state"], "refused")
        self.assertEqual(listed[refused]["kind"], "CRASH")
        self.assertIn("checksum", listed[torn]["error"])
        self.assertEqual(self.inquest("show", refused).returncode, EX_OK)
        table = self.inquest("list")
        self.assertIn("refused", table.stdout)
        self.assertIn(torn, table.stderr)
        self.assertEqual(self.inquest("rm", torn, refused).returncode, EX_OK)
        self.assertEqual(list((self.state / "queue/bad").iterdir()), [])

    def test_refused_report_is_sent_again_when_it_is_named(self):
        server, _, refused = self.refused_and_torn()
        server.script = [ACCEPT]
        self.assertEqual(self.upload().returncode, EX_OK)
        self.assertIn(refused, self.place("bad"))
        done = self.upload(refused[:18])
        self.assertEqual(done.returncode, EX_OK, done.stderr)
        self.assertEqual(self.place("sent"), {refused})

    def test_naming_what_is_not_there_is_an_error(self):
        self.serve(FaultServer([ACCEPT]))
        self.make(2)
        done = self.upload("ffffffff")
        self.assertEqual(done.returncode, 66)
        self.assertIn("no report begins with ffffffff", done.stderr)
        self.assertEqual(self.places(), {"new": 2})


class OtherUsers(DeliveryTest):
    """Root's commands on a directory of somebody else."""

    def setUp(self):
        super().setUp()
        if os.geteuid() != 0:
            self.skipTest("two users need root")
        os.chmod(self.directory, 0o711)
        self.state.mkdir(mode=0o700)
        os.chown(self.state, NOBODY, NOBODY)

    def as_nobody(self, *arguments):
        return subprocess.run(
            ["setpriv", "--reuid", str(NOBODY), "--regid", str(NOBODY),
             "--clear-groups", self.program, *arguments],
            env=self.environment, capture_output=True, text=True, timeout=60)

    def owners(self):
        return {path.stat().st_uid
                for path in [self.state, *self.state.rglob("*")]}

    def reachable_program(self):
        """A copy of bin/ and lib/ that nobody may enter, if need be."""
        place = pathlib.Path(tempfile.mkdtemp(prefix="inquest-bin-"))
        self.addCleanup(shutil.rmtree, place)
        os.chmod(place, 0o755)
        for part in ("bin/inquest", "bin/inquest-dumper",
                     "bin/inquest-symbolicate", "lib/libinquest.so"):
            target = place / part
            target.parent.mkdir(exist_ok=True, mode=0o755)
            shutil.copy2(BUILD / part, target)
        return place / "bin/inquest"

    def test_what_root_makes_there_belongs_to_the_owner(self):
        self.program = self.reachable_program()
        server = self.serve(FaultServer([ACCEPT]))
        subprocess.run([self.program, "run", "--", *CRASH],
                       env={**self.environment, "INQUEST_ENDPOINT": ""},
                       capture_output=True)
        self.assertEqual(self.inquest("consent", "grant", "OPTIONAL")
                         .returncode, EX_OK)
        self.assertEqual(self.owners(), {NOBODY})
        shown = self.as_nobody("show", "last", "--json")
        self.assertEqual(shown.returncode, EX_OK, shown.stderr)
        done = self.as_nobody("upload")
        self.assertEqual(done.returncode, EX_OK, done.stderr)
        self.assertEqual(len(server.requests), 1)

    def test_root_works_on_what_the_owner_made(self):
        self.program = self.reachable_program()
        self.serve(FaultServer([ACCEPT]))
        self.environment.pop("INQUEST_ENDPOINT")
        self.as_nobody("run", "--", *CRASH)
        self.as_nobody("consent", "grant", "OPTIONAL")
        self.serve(FaultServer([ACCEPT]))
        done = self.upload()
        self.assertEqual(done.returncode, EX_OK, done.stderr)
        self.assertNotIn("warning", done.stderr)
        self.assertEqual(self.places(), {"sent": 1})
        self.assertEqual(self.owners(), {NOBODY})
        self.assertEqual(self.as_nobody("audit", "verify").returncode, EX_OK)
        self.assertEqual(self.as_nobody("rm", "all").returncode, EX_OK)

    def test_nobody_is_kept_out_of_roots_directory(self):
        os.chown(self.state, 0, 0)
        os.chmod(self.state, 0o755)
        self.program = self.reachable_program()
        done = self.as_nobody("list")
        self.assertEqual(done.returncode, 77)
        self.assertIn("state directory", done.stderr)


unittest.main(verbosity=2)
