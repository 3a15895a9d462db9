"""Denial and withdrawal: at once, on the wire and on the disk; and the
request to delete what was sent, until it is done."""

import fcntl
import gzip
import json
import os
import subprocess
import threading
import time
import unittest

import find
import layers
import sender
import wire
from fault_server import FaultServer, status
from job import PYTHON_CRASH, Collector
from layers import CLASSES, Report

ACCEPT = status(202, body=b"{}")
REPORTS = "/v1/reports"
DELETIONS = "/v1/deletion-requests"
PLANTED = "plantedWord7"  # in every field that is not REQUIRED
CUT_MAX_S = 5
SEAL_KEY = "2fe57da347cd62431528daac5fbb290730fff684afc4cfc2ed90995f58cb3b74"
COLLECTOR_MAX_S = 30


class Held:
    """A server that keeps the answer back. cut: when the sender went."""

    def __init__(self, test, count=1):
        self.cut = threading.Event()
        self.arrived = threading.Semaphore(0)
        self.server = test.serve(FaultServer([self.hold] * count + [ACCEPT]))

    def hold(self, connection, request):
        self.arrived.release()
        try:
            more = connection.recv(1)  # nothing, until the end
        except OSError:
            more = b""
        if not more:
            self.cut.set()
        return False

    def wait(self, count=1):
        for _ in range(count):
            if not self.arrived.acquire(timeout=20):
                raise TimeoutError("no upload arrived")


class Withdrawal(layers.ConsentTest):
    def setUp(self):
        super().setUp()
        self.environment["INQUEST_PRIVACY_SETTING"] = "off"

    def grant_all(self):
        for cls in CLASSES:
            self.ok("consent", "grant", cls)

    def ok(self, *arguments):
        done = self.inquest(*arguments)
        self.assertEqual(done.returncode, sender.EX_OK, done.stderr)
        return done

    def epoch(self):
        status_text = self.ok("consent", "status", "--json").stdout
        return json.loads(status_text)["epoch"]

    def plant(self, count=1, **says):
        reports = [Report(epoch=self.epoch(), **says) for _ in range(count)]
        self.drop(reports, PLANTED)
        return reports

    def old_id(self):
        self.ok("status")
        path = self.state / "installation-id"
        if not path.exists():  # drawn at the first need
            self.ok("feedback", "--type", "smile", "--comment", "hello")
        return path.read_text().strip()

    def assert_nothing_below(self, *words):
        self.assertEqual(find.words_below(self.state, words), [])

    # --- a denial while an upload is held open ---

    def revoke_while_held(self, *revocation, waiting=3):
        held = Held(self)
        self.grant_all()
        self.environment["INQUEST_PARALLEL"] = "1"
        self.plant(waiting)
        uploader = self.start("upload", "--json")
        held.wait()
        start = time.monotonic()
        self.ok(*revocation)
        self.assertTrue(held.cut.wait(CUT_MAX_S), "the connection stands")
        out, err = uploader.communicate(timeout=20)
        self.assertLess(time.monotonic() - start, 2 * CUT_MAX_S)
        return held.server, json.loads(out)

    def test_denying_required_cuts_and_nothing_more_is_sent(self):
        server, result = self.revoke_while_held("consent", "deny", "REQUIRED")
        self.assertEqual([r.path for r in server.requests], [REPORTS])
        self.assertEqual(result["sent"], 0)
        self.assertEqual(self.places(), {"new": 3})
        self.ok("upload", "--now")
        self.assertEqual(len(server.requests), 1)

    def test_local_withdrawal_cuts_and_the_queue_is_clean(self):
        held_server, result = self.revoke_while_held(
            "consent", "withdraw", "--local-only")
        self.assertEqual([r.path for r in held_server.requests], [REPORTS])
        self.assertEqual(result["sent"], 0)
        self.assert_nothing_below(PLANTED)

    def test_denying_optional_cuts_and_the_rest_goes_without(self):
        server, result = self.revoke_while_held("consent", "deny", "OPTIONAL")
        # What is being rewritten at that moment goes with the next upload.
        late = json.loads(self.ok("upload", "--now", "--json").stdout)
        self.assertEqual(result["sent"] + late["sent"], 3)
        for pairs in wire.messages_of(server.requests[1:]):
            self.assertFalse({p for p in wire.paths(pairs)
                              if p.startswith(("usage", "features"))})
        self.assertFalse(find.words_below(
            self.state / "queue/new", [PLANTED]))

    def test_a_word_for_one_report_cuts_too(self):
        held = Held(self)
        self.grant_all()
        report, = self.plant(1)
        uploader = self.start("upload")
        held.wait()
        self.ok("consent", "deny", "REQUIRED", "--report", report.id)
        self.assertTrue(held.cut.wait(CUT_MAX_S), "the connection stands")
        uploader.communicate(timeout=20)
        self.assertEqual(self.places(), {"new": 1})

    def test_a_policy_cuts_too(self):
        held = Held(self)
        self.grant_all()
        self.write(self.policy, "allow = REQUIRED FEEDBACK\n")
        self.plant(1)
        uploader = self.start("upload")
        held.wait()
        self.write(self.policy, "allow = none\n")
        self.assertTrue(held.cut.wait(CUT_MAX_S), "the connection stands")
        uploader.communicate(timeout=20)
        self.assertEqual(self.places(), {"new": 1})

    # --- what lies on the disk ---

    def test_denial_rewrites_every_place_and_overwrites_the_bytes(self):
        self.grant_all()
        new, sent, bad = self.plant(3)
        queue = self.state / "queue"
        for report, place in ((sent, "sent"), (bad, "bad")):
            os.rename(queue / "new" / f"{report.id}.inq",
                      queue / place / f"{report.id}.inq")
        links = []
        for number, path in enumerate(queue.glob("*/*.inq")):
            link = self.directory / f"link{number}"
            os.link(path, link)  # the old bytes, whatever their name is
            self.assertTrue(find.words_in(link.read_bytes(), [PLANTED]))
            links.append(link)
        self.assertEqual(len(links), 3)
        for cls in ("OPTIONAL", "FEEDBACK", "SENSITIVE", "DETECTION"):
            self.ok("consent", "deny", cls)
        self.assert_nothing_below(PLANTED)
        self.assertEqual(self.places(), {"new": 1, "sent": 1, "bad": 1})
        for link in links:
            self.assertFalse(any(link.read_bytes()), "old bytes remain")
        kept = json.loads(self.ok("show", new.id, "--json").stdout)
        self.assertIn("crash", kept)  # REQUIRED stays its owner's to read

    def keep_bytes_of(self, *paths):
        """Further names of the files: their bytes, when they are unlinked."""
        links = []
        for path in paths:
            links.append(self.directory / f"bytes-of-{path.name}")
            os.link(path, links[-1])
            self.assertTrue(any(links[-1].read_bytes()))
        return links

    def assert_overwritten(self, links):
        for link in links:
            self.assertFalse(any(link.read_bytes()), f"{link} remains")

    def test_reports_that_are_nothing_without_their_class_go_whole(self):
        self.grant_all()
        reports = [Report(kind=kind, epoch=self.epoch())
                   for kind in ("USAGE", "FEEDBACK", "DETECTION", "CRASH")]
        self.drop(reports, PLANTED)
        links = self.keep_bytes_of(*(self.state / "queue/new").iterdir())
        self.ok("consent", "withdraw", "--local-only")
        self.assertEqual(self.place("new"), {reports[3].id})
        self.assert_nothing_below(PLANTED)
        self.assert_overwritten(links)

    def test_days_of_use_and_ids_are_overwritten_too(self):
        self.serve(FaultServer([status(503), ACCEPT]))
        self.ok("consent", "grant", "OPTIONAL")
        self.old_id()
        self.ok("run", "--", "true")
        days = self.keep_bytes_of(*(self.state / "usage").iterdir())
        self.assertTrue(days)
        ids = self.keep_bytes_of(self.state / "installation-id")
        self.ok("consent", "withdraw")
        self.assert_overwritten(days + ids)
        asked = self.keep_bytes_of(*(self.state / "deletions").iterdir())
        self.ok("upload", "--now")
        self.assert_overwritten(asked)

    def test_the_denial_is_durable_before_anything_else(self):
        self.serve(FaultServer([ACCEPT]))
        self.old_id()
        self.grant_all()
        self.plant(1)
        trace = self.directory / "trace"
        environment = self.environment | {"ASAN_OPTIONS": "detect_leaks=0"}
        done = subprocess.run(
            ["strace", "-f", "-y", "-o", trace, "-e", "trace=/^(rename|fsync|"
             "fdatasync|unlink|connect|openat)", self.program, "consent",
             "withdraw"], env=environment, capture_output=True, text=True)
        self.assertEqual(done.returncode, sender.EX_OK, done.stderr)
        calls = trace.read_text().splitlines()

        def first(*words):
            return next(number for number, line in enumerate(calls)
                        if all(word in line for word in words))
        denied = first("rename", '"consent"')
        written = first("sync(", str(self.state))
        self.assertLess(written, denied)  # the bytes, then the name
        synced = next(number for number, line in enumerate(calls)
                      if number > denied and "sync(" in line)
        for later in (first("connect("), first('"installation-id"', "O_WRONLY"),
                      first("queue/new", "O_RDWR")):
            self.assertLess(synced, later, calls[later])

    def test_the_first_word_on_a_report_is_durable(self):
        """Its directory has its name on the disk before the word is there."""
        report, = self.plant(1)
        trace = self.directory / "trace"
        environment = self.environment | {"ASAN_OPTIONS": "detect_leaks=0"}
        done = subprocess.run(
            ["strace", "-f", "-y", "-o", trace, "-e",
             "trace=/^(mkdir|rename|fsync)", self.program, "consent", "deny",
             "REQUIRED", "--report", report.id], env=environment,
            capture_output=True, text=True)
        self.assertEqual(done.returncode, sender.EX_OK, done.stderr)
        calls = trace.read_text().splitlines()
        made, = (number for number, call in enumerate(calls)
                 if "mkdir" in call and '"per-report"' in call)
        named = next(number for number, call in enumerate(calls)
                     if "rename" in call and "per-report>" in call)
        self.assertTrue(any("fsync(" in call and f"<{self.state}>" in call
                            for call in calls[made:named]), calls)

    def test_a_report_given_back_while_the_queue_is_read_is_not_missed(self):
        """We hold the claim, and give it back when new/ has been read."""
        self.grant_all()
        report, = self.plant(1)
        waiting = self.state / "queue/new" / f"{report.id}.inq"
        busy = self.state / "queue/busy" / waiting.name
        with open(waiting, "rb") as claim:
            fcntl.flock(claim, fcntl.LOCK_EX)
            waiting.rename(busy)
            told, telling = os.pipe()
            process = subprocess.Popen(
                ["strace", "-f", "-y", "-o", f"/proc/self/fd/{telling}", "-e",
                 "trace=getdents64", "-e",
                 "inject=getdents64:delay_enter=100ms",
                 self.program, "consent", "withdraw", "--local-only"],
                env=self.environment | {"ASAN_OPTIONS": "detect_leaks=0"},
                pass_fds=[telling], stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL)
            os.close(telling)
            with open(told, encoding="utf-8") as calls:
                next(call for call in calls
                     if "queue/new>" in call and " = 0 " in call)
                busy.rename(waiting)
                fcntl.flock(claim, fcntl.LOCK_UN)
                calls.read()
        self.assertEqual(process.wait(60), sender.EX_OK)
        self.assertEqual(self.places(), {"new": 1})
        self.assert_nothing_below(PLANTED)

    def test_withdrawal_leaves_the_old_id_nowhere(self):
        server = self.serve(FaultServer([ACCEPT]))
        old = self.old_id()
        self.grant_all()
        self.plant(2)
        self.ok("feedback", "--type", "idea", "--comment", PLANTED)
        self.ok("upload")
        self.plant(2)
        self.ok("consent", "withdraw")
        last = server.requests[-1]
        self.assertEqual(last.path, DELETIONS)
        self.assertEqual(json.loads(last.body), {"installationId": old})
        self.assert_nothing_below(old, PLANTED)
        new = (self.state / "installation-id").read_text().strip()
        self.assertNotEqual(new, old)
        # Consent again: what leaves now says nothing of the old id.
        self.grant_all()
        self.plant(1)
        count = len(server.requests)
        self.ok("upload")
        self.assertEqual(len(server.requests), count + 1)
        self.assertEqual(find.words_in(server.requests[-1].body, [old]), [])
        self.assertTrue(find.words_in(server.requests[-1].body, [new]))

    def test_a_report_recorded_under_the_old_id_leaves_with_the_new_one(self):
        old = self.old_id()
        self.inquest("run", "--", *PYTHON_CRASH)
        held = [(path, path.read_bytes())
                for path in self.state.glob("queue/new/*.inq")]
        self.ok("consent", "withdraw", "--local-only")
        self.grant_all()
        for path, data in held:  # a dumper that was slower than we
            path.write_bytes(data)
        self.ok("consent", "grant", "REQUIRED", "--include-past")
        server = self.serve(FaultServer([ACCEPT]))
        self.ok("upload")
        self.assertTrue(server.requests)
        for request in server.requests:
            self.assertEqual(find.words_in(request.body, [old]), [])

    # --- where programs cannot be told ---

    def untold(self, *arguments):
        """It is stored, and said that running programs are not told."""
        done = self.inquest(*arguments)
        self.assertNotIn(done.returncode, (sender.EX_OK, sender.EX_TEMPFAIL))
        self.assertIn("running programs cannot be told", done.stderr)
        self.assertNotIn("stored", done.stderr)
        return done

    def test_a_word_counts_that_no_program_can_be_told(self):
        self.grant_all()
        plain, = self.plant(1)
        page = self.state / "consent.page"
        page.unlink()
        page.mkdir()
        report = self.state / "queue/new" / f"{plain.id}.inq"
        before = report.read_bytes()
        self.assertIn("OPTIONAL is denied",
                      self.untold("consent", "deny", "OPTIONAL").stderr)
        self.assertNotEqual(report.read_bytes(), before)
        log = (self.state / "audit.log").read_text()
        self.assertIn("OPTIONAL denied", log)
        self.assertIn("OPTIONAL is granted",
                      self.untold("consent", "grant", "OPTIONAL").stderr)
        early, = self.plant(1)
        self.ok("consent", "deny", "REQUIRED", "--report", early.id)
        self.untold("consent", "deny", "REQUIRED")
        self.untold("consent", "grant", "REQUIRED", "--include-past")
        self.assertIn("past.REQUIRED", (self.state / "per-report" /
                                        plain.id).read_text())
        old = self.old_id()
        self.assertIn("consent is withdrawn",
                      self.untold("consent", "withdraw",
                                  "--local-only").stderr)
        self.assert_nothing_below(PLANTED, old)

    # --- the request to delete ---

    def test_local_withdrawal_sends_nothing_ever(self):
        server = self.serve(FaultServer([ACCEPT]))
        self.old_id()
        self.ok("consent", "withdraw", "--local-only")
        self.ok("upload", "--now")
        self.assertEqual(server.requests, [])

    def test_the_request_is_asked_until_it_is_acknowledged(self):
        server = self.serve(FaultServer([status(503), status(503), ACCEPT]))
        old = self.old_id()
        self.ok("consent", "withdraw")
        self.inquest("upload", "--now")
        self.assertTrue(find.words_below(self.state / "deletions", [old]))
        self.inquest("upload", "--now")
        self.assert_nothing_below(old)
        self.inquest("upload", "--now")
        self.assertEqual([(r.method, r.path) for r in server.requests],
                         [("POST", DELETIONS)] * 3)
        self.assertEqual(len({r.body for r in server.requests}), 1)

    def test_two_withdrawals_are_two_requests(self):
        server = self.serve(FaultServer([status(503), ACCEPT]))
        first = self.old_id()
        self.ok("consent", "withdraw")
        second = self.old_id()
        self.ok("consent", "withdraw")
        self.ok("upload", "--now")
        asked = {json.loads(r.body)["installationId"]
                 for r in server.requests[1:]}
        self.assertEqual(asked, {first, second})
        self.assert_nothing_below(first, second)

    def test_the_second_step_is_followed_by_number_alone(self):
        server = self.serve(FaultServer([
            status(202, body=b'{"id": "d-17", "state": "accepted"}'),
            status(200, body=b'{"id": "d-17", "state": "accepted"}'),
            status(200, body=b'{"id": "d-17", "state": "completed"}')]))
        old = self.old_id()
        self.ok("consent", "withdraw")
        self.assert_nothing_below(old)
        for _ in range(4):
            self.ok("upload", "--now")
        self.assertEqual([(r.method, r.path) for r in server.requests],
                         [("POST", DELETIONS)]
                         + [("GET", DELETIONS + "/d-17")] * 2)
        log = self.ok("audit").stdout
        self.assertIn("accepted", log)
        self.assertIn("completed", log)
        self.ok("audit", "verify")

    def test_a_collector_that_is_done_at_once_is_not_asked_again(self):
        server = self.serve(FaultServer([status(
            200, body=b'{"id": "d-17", "state": "completed"}'), ACCEPT]))
        old = self.old_id()
        self.ok("consent", "withdraw")
        self.ok("upload", "--now")
        self.assertEqual(len(server.requests), 1)
        self.assert_nothing_below(old)
        self.assertIn("completed", self.ok("audit").stdout)

    def test_a_number_that_holds_the_old_id_is_not_kept(self):
        old = self.old_id()
        body = json.dumps({"id": f"d-{old}", "state": "accepted"}).encode()
        server = self.serve(FaultServer([status(202, body=body), ACCEPT]))
        self.ok("consent", "withdraw")
        self.ok("upload", "--now")
        self.assertEqual(len(server.requests), 1)
        self.assert_nothing_below(old)

    def test_completion_is_asked_after_for_so_many_days(self):
        server = self.serve(FaultServer([
            status(202, body=b'{"id": "d-17", "state": "accepted"}'),
            status(404), ACCEPT]))
        self.old_id()
        self.ok("consent", "withdraw")
        request, = (self.state / "deletions").iterdir()
        words = request.read_text().splitlines()
        self.write(request, f"{words[0]}\nsince = 1000\n")
        self.write(self.state / "deletions/foreign", "what is this\n")
        self.ok("upload", "--now")
        self.ok("upload", "--now")
        self.assertEqual(len(server.requests), 2)
        self.assertIn("completion never told", self.ok("audit").stdout)
        self.assertEqual([path.name for path in
                          (self.state / "deletions").iterdir()], ["foreign"])

    def test_the_real_collector_deletes_and_says_so(self):
        database = self.directory / "collector"
        database.mkdir()
        collector = Collector(sender.BUILD, database / "db")
        self.addCleanup(lambda: collector.process.poll() is None
                        and collector.stop())
        self.environment["INQUEST_ENDPOINT"] = collector.url
        old = self.old_id()
        self.grant_all()
        self.plant(3)
        self.ok("feedback", "--type", "idea", "--comment", PLANTED)
        self.ok("upload")
        self.assertTrue(find.words_below(database, [old]))
        self.ok("consent", "withdraw")
        self.assert_nothing_below(old, PLANTED)
        end = time.monotonic() + COLLECTOR_MAX_S
        while "completed" not in self.ok("audit").stdout:
            self.assertLess(time.monotonic(), end, "never completed")
            self.ok("upload", "--now")
        self.assertEqual(find.words_below(database, [old]), [])
        collector.stop()
        self.assertEqual(find.words_below(database, [old]), [])
        self.assertEqual(list((self.state / "deletions").iterdir()), [])

    def test_do_not_track_keeps_the_request_back(self):
        server = self.serve(FaultServer([ACCEPT]))
        old = self.old_id()
        self.environment["DO_NOT_TRACK"] = "1"
        self.ok("consent", "withdraw")
        self.ok("upload", "--now")
        self.assertEqual(server.requests, [])
        del self.environment["DO_NOT_TRACK"]
        self.ok("upload", "--now")
        self.assertEqual([r.path for r in server.requests], [DELETIONS])
        self.assert_nothing_below(old)

    # --- grants and the past ---

    def test_a_grant_does_not_reach_back_but_to_what_was_shown(self):
        server = self.serve(FaultServer([ACCEPT]))
        self.ok("consent", "deny", "REQUIRED")
        early, = self.plant(1)
        self.ok("consent", "grant", "REQUIRED")
        self.ok("upload", "--now")
        self.assertEqual(server.requests, [])
        shown = self.ok("consent", "grant", "REQUIRED", "--include-past")
        self.assertIn(early.id, shown.stdout)
        late, = (Report(epoch=early.epoch),)  # recorded then, told now
        self.drop([late])
        self.ok("upload", "--now")
        self.assertEqual([r.headers["idempotency-key"]
                          for r in server.requests], [early.id])

    def test_a_grant_that_reaches_back_ends_with_the_next_denial(self):
        server = self.serve(FaultServer([ACCEPT]))
        self.ok("consent", "deny", "REQUIRED")
        early, = self.plant(1)
        shown = self.ok("consent", "grant", "REQUIRED", "--include-past")
        self.assertIn(early.id, shown.stdout)
        self.ok("consent", "deny", "REQUIRED")
        self.ok("consent", "grant", "REQUIRED")
        self.ok("upload", "--now")
        self.assertEqual(server.requests, [])

    def test_a_report_that_cannot_be_shown_keeps_no_other_here(self):
        server = self.serve(FaultServer([ACCEPT]))
        torn, sealed = self.plant(2)
        new = self.state / "queue/new"
        plain = (new / f"{sealed.id}.inq").read_bytes()
        self.environment["INQUEST_SEAL_KEY"] = SEAL_KEY
        self.ok("list")
        self.assertNotEqual((new / f"{sealed.id}.inq").read_bytes(), plain)
        del self.environment["INQUEST_SEAL_KEY"]
        self.ok("consent", "deny", "REQUIRED")
        early, = self.plant(1)
        (new / f"{torn.id}.inq").write_bytes(b"torn")
        shown = self.ok("consent", "grant", "REQUIRED", "--include-past")
        self.assertIn("reaches back to 1 report", shown.stderr)
        self.assertIn("2 reports could not be shown", shown.stderr)
        self.inquest("upload", "--now")
        self.assertEqual([r.headers["idempotency-key"]
                          for r in server.requests], [early.id])

    def test_the_past_is_shown_as_it_leaves(self):
        server = self.serve(FaultServer([ACCEPT]))
        self.ok("consent", "deny", "REQUIRED")
        self.plant(1)
        shown = self.ok("consent", "grant", "REQUIRED",
                        "--include-past").stdout
        previewed = self.ok("preview").stdout
        self.assertEqual(shown.split("\n", 1)[1], previewed)
        raw = subprocess.run([self.program, "preview", "--raw"],
                             env=self.environment, capture_output=True,
                             check=True).stdout
        self.ok("upload", "--now")
        self.assertEqual(gzip.decompress(server.requests[0].body), raw)

    # --- programs that run ---

    def start_host(self):
        """A program that runs, told of a feature while that is granted."""
        self.ok("consent", "grant", "OPTIONAL")
        host = subprocess.Popen(
            [self.program, "run", "--", sender.BUILD / "bin/host"],
            env=self.environment, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True)
        self.addCleanup(host.stdout.close)
        self.assertEqual(self.say(host, "feature", "spelling", PLANTED), "0")
        self.assertTrue(find.words_below(self.state / "boxes", [PLANTED]))
        return host

    def say(self, host, *fields):
        host.stdin.write("\t".join(fields) + "\n")
        host.stdin.flush()
        return host.stdout.readline().strip()

    def end(self, host):
        host.stdin.write("die\ttrap\n")
        host.stdin.close()
        host.wait(30)
        report = json.loads(self.ok("show", "last", "--json").stdout)
        self.assertNotIn("features", report)
        self.assert_nothing_below(PLANTED)

    def test_a_running_program_heeds_the_denial(self):
        host = self.start_host()
        self.ok("consent", "deny", "OPTIONAL")
        self.assertEqual(self.say(host, "feature", "spelling", PLANTED), "-2")
        self.assert_nothing_below(PLANTED)
        self.end(host)

    def test_what_a_program_told_before_the_denial_is_in_no_report(self):
        self.environment["INQUEST_SAMPLER"] = "0"  # it would wipe it first
        host = self.start_host()
        self.ok("consent", "deny", "OPTIONAL")
        self.end(host)


if __name__ == "__main__":
    unittest.main()
