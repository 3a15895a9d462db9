"""Every answer of DESIGN section 8, and every way an answer can go wrong:
where the report is then, how the sender ends, what it says."""

import email.utils
import json
import time
import unittest

from fault_server import FaultServer, flood, raw, reset, status
from sender import (EX_CONFIG, EX_DATAERR, EX_OK, EX_TEMPFAIL, EX_UNAVAILABLE,
                    DeliveryTest)

ACCEPT = status(202, body=b"{}")


class Answers(DeliveryTest):
    def expect(self, script, exit_status, places, *words, on_accept=None):
        """One report, one upload; what it says holds the words."""
        server = self.serve(FaultServer(script, on_accept=on_accept))
        self.id = self.make()[0]
        done = self.upload()
        self.assertEqual(done.returncode, exit_status, done.stderr)
        self.assertEqual(self.places(), places, done.stderr)
        for word in words:
            self.assertIn(word, done.stderr)
        self.assertNotIn("\x1b", done.stderr)  # nothing for the terminal
        return server

    def kept(self, script, *words, **options):
        """Kept, to be tried again, and that works."""
        server = self.expect(script, EX_TEMPFAIL, {"new": 1}, *words,
                             **options)
        self.assertEqual(self.backoff()["attempt"], "1")
        server.on_accept = None
        server.script = [ACCEPT]
        done = self.upload("--now")
        self.assertEqual(done.returncode, EX_OK, done.stderr)
        self.assertEqual(self.places(), {"sent": 1})
        self.assertEqual(self.backoff()["attempt"], "0")
        return server

    # --- the table of DESIGN section 8 ---

    def test_accepted_reports_are_kept_as_sent(self):
        for code in (200, 202):
            with self.subTest(code=code):
                self.setUp()
                server = self.expect([status(code)], EX_OK, {"sent": 1},
                                     "1 sent")
                request = server.requests[0]
                self.assertEqual((request.method, request.path),
                                 ("POST", "/v1/reports"))
                headers = request.headers
                self.assertEqual(headers["content-type"],
                                 "application/x-protobuf")
                self.assertEqual(headers["content-encoding"], "gzip")
                self.assertEqual(headers["idempotency-key"], self.id)
                self.assertNotIn("authorization", headers)
                self.assertNotIn("expect", headers)
                self.assertEqual(request.body[:2], b"\x1f\x8b")

    def test_refused_reports_go_to_bad_with_the_reason(self):
        for code in (400, 413, 415, 422):
            with self.subTest(code=code):
                self.setUp()
                self.expect([status(code, body=b"no such kind\nmore")],
                            EX_DATAERR, {"bad": 1}, str(code))
                self.assertIn(f"answered {code}: no such kind",
                              self.reason(self.id))

    def test_refused_senders_keep_the_report_and_stop(self):
        for code in (401, 403):
            with self.subTest(code=code):
                self.setUp()
                self.expect([status(code)], EX_CONFIG, {"new": 1},
                            f"answered {code}", "nothing more was tried")

    def test_unforeseen_answers_keep_the_report_and_stop(self):
        for code in (201, 204, 206, 300, 303, 304, 305, 402, 404, 405, 409,
                     410, 418, 451, 600, 999):
            with self.subTest(code=code):
                self.setUp()
                self.expect([status(code)], EX_CONFIG, {"new": 1},
                            f"answered {code}")

    def test_busy_servers_are_asked_again(self):
        for code in (408, 429, 500, 501, 502, 503, 504, 507, 599):
            with self.subTest(code=code):
                self.setUp()
                self.kept([status(code)], f"answered {code}")

    def test_one_failure_stops_the_round(self):
        server = self.serve(FaultServer([status(503)]))
        self.environment["INQUEST_PARALLEL"] = "1"
        self.make(20)
        self.assertEqual(self.upload().returncode, EX_TEMPFAIL)
        self.assertEqual(len(server.requests), 1)
        self.assertEqual(self.places(), {"new": 20})

    def test_one_round_is_one_failure_however_many_were_on_their_way(self):
        server = FaultServer([ACCEPT])
        server.script = [server.together(8, status(503))]
        self.serve(server)
        self.make(8)
        self.assertEqual(self.upload().returncode, EX_TEMPFAIL)
        self.assertEqual(len(server.requests), 8)
        self.assertEqual(self.backoff()["attempt"], "1")
        self.assertEqual(self.places(), {"new": 8})

    def test_one_refused_report_does_not_stop_the_others(self):
        server = self.serve(FaultServer([status(422), ACCEPT]))
        self.environment["INQUEST_PARALLEL"] = "1"
        self.make(5)
        self.assertEqual(self.upload().returncode, EX_DATAERR)
        self.assertEqual(len(server.requests), 5)
        self.assertEqual(self.places(), {"bad": 1, "sent": 4})

    # --- Retry-After and back-off ---

    def test_retry_after_in_seconds_is_kept_and_heeded(self):
        server = self.expect([status(503, {"Retry-After": "120"})],
                             EX_TEMPFAIL, {"new": 1})
        self.assertAlmostEqual(int(self.backoff()["next"]),
                               time.time() + 120, delta=5)
        self.assertEqual(self.backoff()["by"], "server")
        for arguments in ((), ("--quiet",), ("--wait",), ("--wait=1",)):
            done = self.upload(*arguments)
            self.assertEqual(done.returncode, EX_TEMPFAIL)
        self.assertEqual(len(server.requests), 1)
        server.script = [ACCEPT]
        self.assertEqual(self.upload("--now").returncode, EX_OK)

    def test_retry_after_as_a_date_is_kept_and_heeded(self):
        date = email.utils.formatdate(time.time() + 600, usegmt=True)
        server = self.expect([status(429, {"Retry-After": date})],
                             EX_TEMPFAIL, {"new": 1})
        self.assertAlmostEqual(int(self.backoff()["next"]),
                               time.time() + 600, delta=5)
        self.assertEqual(self.upload().returncode, EX_TEMPFAIL)
        self.assertEqual(len(server.requests), 1)

    def test_senseless_retry_after_is_ours_to_choose(self):
        for text in ("soon", "", "-1", "1e9", "\x01\x02"):
            with self.subTest(text=text):
                self.setUp()
                self.expect([status(503, {"Retry-After": text})], EX_TEMPFAIL,
                            {"new": 1})
                self.assertEqual(self.backoff()["by"], "us")

    def test_machines_heed_our_back_off_and_persons_do_not(self):
        server = self.expect([status(503)], EX_TEMPFAIL, {"new": 1})
        file = self.state / "backoff"  # chance may have drawn one second
        file.write_text(file.read_text().replace(
            f"next = {self.backoff()['next']}",
            f"next = {int(time.time()) + 60}"))
        for _ in range(3):
            self.upload("--quiet")
        self.assertEqual(len(server.requests), 1)
        self.upload()
        self.assertEqual(len(server.requests), 2)
        self.assertEqual(self.backoff()["attempt"], "2")

    def test_waiting_upload_sends_when_the_server_is_ready(self):
        server = self.serve(FaultServer(
            [status(503, {"Retry-After": "1"}), ACCEPT]))
        self.make(3)
        done = self.upload("--wait=30")
        self.assertEqual(done.returncode, EX_OK, done.stderr)
        self.assertEqual(self.places(), {"sent": 3})
        self.assertGreaterEqual(len(server.requests), 4)

    # --- answers that are cut, late, huge, garbage ---

    def test_answer_cut_in_its_headers(self):
        self.kept([raw(b"HTTP/1.1 202 Accepted\r\nContent-Le")], "no answer")

    def test_answer_cut_in_its_body(self):
        self.kept([raw(b"HTTP/1.1 202 Accepted\r\nContent-Length: 99\r\n\r\n"
                       b"half")], "no answer")

    def test_answer_cut_in_a_chunk(self):
        self.kept([raw(b"HTTP/1.1 202 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                       b"ff\r\nhalf")], "no answer")

    def test_no_answer_but_the_end(self):
        self.kept([raw(b"")], "no answer")

    def test_reset_before_the_answer(self):
        self.kept([reset], "no answer")

    def test_reset_within_the_answer(self):
        self.kept([raw(b"HTTP/1.1 202 OK\r\nContent-Length: 9\r\n\r\nhal",
                       then=reset)], "no answer")

    def test_reset_at_accept(self):
        self.kept([ACCEPT], "no answer", on_accept=reset)

    def test_answer_that_never_comes_costs_a_bounded_time(self):
        self.environment["INQUEST_SEND_TIMEOUT"] = "1"
        server = FaultServer([ACCEPT])
        server.script = [server.hang]
        self.serve(server)
        self.make()
        begin = time.monotonic()
        self.assertEqual(self.upload().returncode, EX_TEMPFAIL)
        self.assertLess(time.monotonic() - begin, 5)
        self.assertEqual(self.places(), {"new": 1})

    def test_answer_that_drips_costs_a_bounded_time(self):
        self.environment["INQUEST_SEND_TIMEOUT"] = "1"
        server = FaultServer([ACCEPT])
        server.script = [server.drip(b"HTTP/1.1 202 Accepted\r\n" * 100)]
        self.serve(server)
        self.make()
        begin = time.monotonic()
        self.assertEqual(self.upload().returncode, EX_TEMPFAIL)
        self.assertLess(time.monotonic() - begin, 5)
        self.assertEqual(self.places(), {"new": 1})

    def test_slow_whole_answer_counts(self):
        server = FaultServer([ACCEPT])
        server.script = [server.drip(
            b"HTTP/1.1 202 OK\r\nContent-Length: 2\r\n\r\n{}", 0.01)]
        self.serve(server)
        self.make()
        self.assertEqual(self.upload().returncode, EX_OK)
        self.assertEqual(self.places(), {"sent": 1})

    def test_server_that_accepts_nothing_costs_a_bounded_time(self):
        self.environment["INQUEST_SEND_TIMEOUT"] = "1"
        server = FaultServer([ACCEPT])
        server.on_accept = server.hang
        self.serve(server)
        self.make()
        begin = time.monotonic()
        self.assertEqual(self.upload().returncode, EX_TEMPFAIL)
        self.assertLess(time.monotonic() - begin, 5)
        self.assertEqual(self.places(), {"new": 1})

    def test_huge_accepting_answer_is_read_no_further_than_needed(self):
        self.expect([flood(202, b"x" * 65536, 4096)], EX_OK, {"sent": 1})

    def test_huge_refusing_answer_leaves_a_short_reason(self):
        self.expect([flood(422, b"x" * 65536, 4096)], EX_DATAERR, {"bad": 1})
        self.assertLess(len(self.reason(self.id)), 400)

    def test_endless_headers_are_no_answer(self):
        self.kept([flood(202, b"X-Long: " + b"y" * 1000 + b"\r\n", 100000,
                         headers=b"A: b")], "no answer")

    def test_garbage_is_no_answer(self):
        for garbage in (b"\x00" * 3000, b"SSH-2.0-OpenSSH_9.2\r\n",
                        b"HTTP/9.9 what\r\n\r\n", b"\xff" * 70000,
                        b"HTTP/1.1 20\r\n\r\n"):
            with self.subTest(garbage=garbage[:9]):
                self.setUp()
                self.kept([raw(garbage)], "no answer")

    def test_what_a_server_says_cannot_steer_the_terminal(self):
        evil = b"\x1b]0;owned\x07\x1b[2J\x9b31m\r\nsecond line"
        self.expect([status(400, body=evil)], EX_DATAERR, {"bad": 1})
        self.assertNotIn("\x1b", self.reason(self.id))
        self.assertNotIn("second line", self.reason(self.id))

    def test_preliminary_answers_are_no_answer(self):
        self.expect([raw(b"HTTP/1.1 100 Continue\r\n\r\n"
                         b"HTTP/1.1 103 Early Hints\r\nLink: </>\r\n\r\n"
                         b"HTTP/1.1 202 OK\r\nContent-Length: 0\r\n\r\n")],
                    EX_OK, {"sent": 1})

    # --- redirects ---

    def test_redirect_within_the_server_is_followed_with_the_report(self):
        for code in (301, 302, 307, 308):
            with self.subTest(code=code):
                self.setUp()
                server = self.expect(
                    [status(code, {"Location": "/elsewhere/v1/reports"}),
                     ACCEPT], EX_OK, {"sent": 1})
                first, second = server.requests
                self.assertEqual(second.path, "/elsewhere/v1/reports")
                self.assertEqual((second.method, second.body),
                                 ("POST", first.body))

    def test_redirect_elsewhere_is_refused(self):
        other = FaultServer([ACCEPT])
        self.addCleanup(other.close)
        targets = (other.url + "/v1/reports", "http://example.invalid/",
                   "https://127.0.0.1/", "//example.invalid/x",
                   "file:///etc/passwd", "ftp://127.0.0.1/",
                   "http://127.0.0.1.example.invalid/")
        for target in targets:
            with self.subTest(target=target):
                self.setUp()
                self.expect([status(307, {"Location": target})], EX_CONFIG,
                            {"new": 1}, "redirects elsewhere, refused")
        self.assertEqual(other.connections, 0)

    def test_endless_redirects_end(self):
        server = self.expect(
            [status(307, {"Location": "/again"})], EX_CONFIG, {"new": 1},
            "too many redirects")
        self.assertLessEqual(len(server.requests), 5)

    # --- answers that are read ---

    def explain(self, *script):
        self.serve(FaultServer(script))
        return self.inquest("explain-group", "0123456789abcdef", "--json")

    def test_the_body_of_a_redirect_is_no_part_of_the_answer(self):
        done = self.explain(
            status(307, {"Location": "/elsewhere"}, b"<p>moved</p>"),
            status(200, body=b'{"group": "0123456789abcdef"}'))
        self.assertEqual(done.returncode, EX_OK, done.stderr)
        self.assertEqual(json.loads(done.stdout)["group"], "0123456789abcdef")

    def test_what_is_no_answer_of_a_collector_is_said_to_be_none(self):
        for answer, word in (
                (status(200, body=b"<p>welcome</p>"), "no JSON"),
                (status(307, {"Location": "http://example.invalid/"}),
                 "redirects elsewhere")):
            with self.subTest(word=word):
                done = self.explain(answer)
                self.assertEqual(done.returncode, EX_UNAVAILABLE, done.stdout)
                self.assertIn(word, done.stderr)
                self.assertEqual(done.stdout, "")

    # --- connections ---

    def test_connections_are_kept_alive(self):
        server = self.serve(FaultServer([ACCEPT]))
        self.environment["INQUEST_PARALLEL"] = "1"
        self.make(20)
        self.assertEqual(self.upload().returncode, EX_OK)
        self.assertEqual(len(server.requests), 20)
        self.assertEqual(server.connections, 1)

    def test_a_large_report_is_sent_without_asking_first(self):
        """Beyond 1 MiB curl would wait a second for 100 Continue."""
        server = self.serve(FaultServer([ACCEPT]))
        self.make(note_bytes=3 << 20)
        self.assertEqual(self.upload().returncode, EX_OK)
        request, = server.requests
        self.assertGreater(len(request.body), 1 << 20)
        self.assertNotIn("expect", request.headers)

    def test_several_are_sent_at_once(self):
        server = FaultServer([ACCEPT])
        server.script = [server.together(8, ACCEPT)]
        self.serve(server)
        self.make(24)
        self.assertEqual(self.upload().returncode, EX_OK)
        self.assertEqual(server.connections, 8)
        self.assertEqual(self.places(), {"sent": 24})

    def test_server_that_closes_after_each_answer_gets_all(self):
        server = self.serve(FaultServer([status(202, close=True)]))
        self.make(10)
        done = self.upload()
        self.assertEqual(done.returncode, EX_OK, done.stderr)
        self.assertEqual(self.places(), {"sent": 10})
        self.assertEqual({request.headers["idempotency-key"]
                          for request in server.requests},
                         self.place("sent"))

    def test_nobody_listens(self):
        server = FaultServer([ACCEPT])
        server.close()
        self.environment["INQUEST_ENDPOINT"] = server.url
        self.make()
        done = self.upload()
        self.assertEqual(done.returncode, EX_TEMPFAIL)
        self.assertIn("no answer", done.stderr)
        self.assertEqual(self.places(), {"new": 1})

    def test_torn_report_goes_to_bad_unsent(self):
        server = self.serve(FaultServer([ACCEPT]))
        report_id = self.make()[0]
        path = self.state / "queue/new" / f"{report_id}.inq"
        path.write_bytes(path.read_bytes()[:-1])
        done = self.upload()
        self.assertEqual(done.returncode, EX_DATAERR)
        self.assertEqual(self.places(), {"bad": 1})
        self.assertEqual(server.requests, [])
        self.assertIn("checksum", self.reason(report_id))


unittest.main(verbosity=2)
