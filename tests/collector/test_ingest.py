"""Ingest: once and for all, limits, slow clients, the end of the process."""

import gzip
import http.client
import json
import pathlib
import resource
import signal
import socket
import sqlite3
import subprocess
import struct
import threading
import time
import unittest
import zlib

from collector_test import (PROGRAM, CollectorTest, Client, pack, report,
                            scaled, wait_until)

BODY_MAX = 16 << 20
REPORT_MAX = 64 << 20
PEAK_KIB_MAX = 200 << 10
SANITIZED = any(name in PROGRAM.read_bytes()
                for name in (b"__asan_init", b"__tsan_init"))
STOP_S = 10             # HTTP_STOP_S of collector/http/http.h
ACCEPTOR_PAUSE_S = 0.1  # collector/http/acceptor.h


def varint(number):
    """As protobuf writes lengths, after the tag of notes, 22."""
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes([*out, number])


class Ingest(CollectorTest):
    def test_a_report_is_taken_once_and_its_content_counts(self):
        client = self.start()
        one = report()
        packed, other = pack([one, one | {"notes": ["other"]}])
        taken = client.send_packed(one["reportId"], packed)
        again = client.send_packed(one["reportId"], packed)
        wrong = client.send_packed(one["reportId"], other)
        self.assertEqual((taken[0], again[0], wrong[0]), (202, 200, 422))
        self.assertEqual((taken[1]["duplicate"], again[1]["duplicate"]),
                         (False, True))
        self.assertIn("other content", wrong[1]["error"])
        self.assertEqual(client.raw("GET", f"/v1/reports/{one['reportId']}"
                                    "/raw")[2], packed)
        self.assertEqual(client.groups()[0]["count"], 1)

    def test_a_narrower_copy_of_the_same_machine_replaces(self):
        """As when the answer was lost and OPTIONAL is denied since."""
        client = self.start()
        narrow = report()
        wide = narrow | {"memory": {"samples": [
            {"time": narrow["time"], "rssBytes": str(4096 * n)}
            for n in range(1, 9)]}}
        another = narrow | {"device": {"installationId": "m2"}}
        key = narrow["reportId"]
        more, less, others = pack([wide, narrow, another])
        self.assertEqual(client.send_packed(key, more)[0], 202)
        group = client.groups()[0]
        client("PATCH", f"/v1/groups/{group['id']}", {"status": "muted"})
        self.assertEqual(client.send_packed(key, others)[0], 422)
        status, answer = client.send_packed(key, less)
        self.assertEqual((status, answer["duplicate"], answer["replaced"]),
                         (200, True, True))
        self.assertEqual(client.raw("GET", f"/v1/reports/{key}/raw")[2], less)
        after, = client.groups(status="muted")
        self.assertEqual((after["id"], after["count"]), (group["id"], 1))
        # One that was kept back on its way brings nothing back.
        self.assertEqual(client.send_packed(key, more)[0], 422)
        self.assertEqual(client.raw("GET", f"/v1/reports/{key}/raw")[2], less)
        self.assertEqual(client.send_packed(key, less)[1]["replaced"], False)

    def test_what_is_wrong_is_said_and_nothing_of_it_kept(self):
        client = self.start()
        one = report()
        packed = pack([one])[0]
        unknown, no_kind = one | {"reportId": "x"}, one | {
            "kind": "KIND_UNSPECIFIED"}
        bad_id, without_kind = pack([unknown, no_kind])
        key = one["reportId"]
        for status, word, body, headers in (
                (400, "Report", b"garbage", {}),
                (400, "gzip", packed, {"Content_Encoding": "gzip"}),
                (415, "gzip", packed, {"Content_Encoding": "br"}),
                (415, "protobuf", packed, {"Content_Type": "text/plain"}),
                (415, "protobuf", packed,
                 {"Content_Type": "application/x-protobuffer"}),
                (422, "UUID", bad_id, {"Idempotency_Key": "x"}),
                (422, "Key", packed, {"Idempotency_Key": "x"}),
                (422, "kind", without_kind, {})):
            fields = {"Content-Type": "application/x-protobuf",
                      "Idempotency-Key": key}
            fields.update({name.replace("_", "-"): value
                           for name, value in headers.items()})
            got, _, text = client.raw("POST", "/v1/reports", body, fields)
            self.assertEqual(got, status, text)
            self.assertIn(word, json.loads(text)["error"])
        self.assertEqual(client.get("/v1/reports"), [])
        self.assertEqual(client("GET", "/nowhere")[0], 404)
        self.assertEqual(client("DELETE", "/v1/reports")[0], 405)

    def test_parameters_of_the_media_type_do_no_harm(self):
        client = self.start()
        one = report()
        got = client.raw("POST", "/v1/reports", pack([one])[0],
                         {"Content-Type": "Application/X-Protobuf; a=b",
                          "Idempotency-Key": one["reportId"]})[0]
        self.assertEqual(got, 202)

    def test_a_clock_that_is_ahead_makes_no_report_of_the_future(self):
        client = self.start()
        ahead = report(time_ms=(time.time() + 400 * 86400) * 1000)
        client.send(ahead)
        row, = client.get("/v1/reports")
        self.assertLessEqual(row["time"][:10], time.strftime(
            "%Y-%m-%d", time.gmtime(time.time() + 86400)))
        self.assertEqual(client.groups()[0]["trend"][-1], 1)

    def test_a_machine_without_an_installation_id_is_its_adapter(self):
        client = self.start()
        one = report()
        one["device"] = {"macAddress": "02:42:ac:11:00:02"}
        client.send(one)
        row, = client.get("/v1/reports")
        self.assertEqual(row["machine"], "02:42:ac:11:00:02")
        self.assertEqual(client.groups(machine="02:42:ac:11:00:02")[0]
                         ["machines"], 1)

    def test_bombs_and_large_bodies_are_refused(self):
        client = self.start()
        key = report()["reportId"]
        fields = {"Content-Type": "application/x-protobuf",
                  "Idempotency-Key": key}
        status = client.raw("POST", "/v1/reports", b"x" * (BODY_MAX + 1),
                            fields)[0]
        self.assertEqual(status, 413)
        client = Client(self.collector.url)
        bomb = gzip.compress(b"\0" * (REPORT_MAX + 1), 9)
        status = client.raw("POST", "/v1/reports", bomb,
                            fields | {"Content-Encoding": "gzip"})[0]
        self.assertEqual(status, 413)
        # 8 Mi empty threads: 16 MiB on the wire, gigabytes as messages.
        threads = zlib.compressobj(9, wbits=31)
        tiny = threads.compress(b"\x52\0" * (8 << 20)) + threads.flush()
        status = client.raw("POST", "/v1/reports", tiny,
                            fields | {"Content-Encoding": "gzip"})[0]
        self.assertEqual(status, 413)
        resident = client.metric("process_resident_memory_bytes")
        self.assertLess(resident, 512 << 20)

    def send_while_the_store_waits(self, note_bytes, count, until):
        """Reports with a note so long, at once; what they are answered."""
        reports = [report() for _ in range(count)]
        note = b"\xb2\x01" + varint(note_bytes) + b"a" * note_bytes
        bodies = [gzip.compress(packed + note, 1) for packed in pack(reports)]
        answers = []

        def send(one, body):
            status, _, text = Client(self.collector.url).raw(
                "POST", "/v1/reports", body,
                {"Content-Type": "application/x-protobuf",
                 "Content-Encoding": "gzip",
                 "Idempotency-Key": one["reportId"]})
            answers.append((status, json.loads(text).get("error")))
        senders = [threading.Thread(target=send, args=pair)
                   for pair in zip(reports, bodies)]
        with sqlite3.connect(self.database, isolation_level=None) as other:
            other.execute("BEGIN IMMEDIATE")
            for sender in senders:
                sender.start()
            wait_until(lambda: until(answers), "nothing came of it")
            other.execute("ROLLBACK")
        other.close()
        for sender in senders:
            sender.join()
        # The store says 503 too, when it had to wait for too long.
        self.assertIn(202, [status for status, _ in answers])
        self.assertLessEqual({status for status, _ in answers}, {202, 503})
        return answers

    @unittest.skipIf(SANITIZED, "what is freed stays resident for a while")
    def test_several_large_reports_take_no_more_than_one(self):
        self.start()
        self.used, self.looks = None, 0
        self.send_while_the_store_waits(40 << 20, 6, self.idle)
        self.assertLess(self.peak_kib(), PEAK_KIB_MAX)

    def test_what_waits_for_the_store_is_bounded(self):
        self.start()
        full = (503, "too much at once")
        answers = self.send_while_the_store_waits(
            2000 << 10, 40, lambda answers: full in answers)
        self.assertIn(full, answers)

    def process_file(self, name):
        return pathlib.Path(
            f"/proc/{self.collector.process.pid}/{name}").read_text()

    def peak_kib(self):
        return int(self.process_file("status").split("VmHWM:")[1].split()[0])

    def idle(self, _):
        """A large report was unpacked, and in 20 looks it used no time; on a
        busy machine it may only seem so, and less is proved."""
        used = self.process_file("stat").rsplit(")")[1].split()[11:13]
        self.looks = self.looks + 1 if used == self.used else 0
        self.used = used
        return self.looks >= 20 and self.peak_kib() > 80 << 10

    def test_slow_clients_are_cut_and_hold_up_nobody(self):
        client = self.start("request_seconds = 2")
        address = (client.url.hostname, client.url.port)
        slow = []
        for _ in range(scaled(400, least=20)):
            one = socket.create_connection(address, timeout=30)
            one.sendall(b"POST /v1/reports HTTP/1.1\r\nHost: localhost\r\n")
            slow.append(one)
        begin = time.monotonic()
        client.send(report())
        self.assertLess(time.monotonic() - begin, 5)
        stopping = threading.Event()

        def drip():
            while not stopping.wait(0.2):
                for one in slow:
                    try:
                        one.sendall(b"X")  # never silent for long
                    except OSError:
                        pass
        dripper = threading.Thread(target=drip)
        dripper.start()
        for one in slow:
            try:
                self.assertEqual(one.recv(1), b"")
            except ConnectionError:
                pass  # cut all the same
            one.close()
        stopping.set()
        dripper.join()
        self.assertGreaterEqual(
            client.metric("inquest_connections_cut_total"), len(slow))

    def limit_descriptors(self, soft, hard):
        resource.prlimit(self.collector.process.pid, resource.RLIMIT_NOFILE,
                         (soft, hard))

    def test_without_descriptors_it_waits_and_does_not_spin(self):
        client = self.start()
        failed = "inquest_accepts_failed_total"
        self.assertEqual(client.metric(failed), 0)  # it is connected
        limits = resource.prlimit(self.collector.process.pid,
                                  resource.RLIMIT_NOFILE)
        begin = time.monotonic()
        self.limit_descriptors(1, limits[1])
        other = Client(client.url.geturl())
        sender = threading.Thread(target=other.send, args=(report(),))
        sender.start()
        wait_until(lambda: client.metric(failed) >= 3, "nothing failed")
        tries = client.metric(failed)
        self.assertLessEqual(
            tries, 2 + (time.monotonic() - begin) / ACCEPTOR_PAUSE_S)
        self.limit_descriptors(*limits)
        sender.join()
        self.assertEqual(len(client.get("/v1/reports")), 1)

    def test_more_than_descriptors_are_for_wait_their_turn(self):
        """64 of them make 32 connections; the others stay the store's."""
        client = self.start(descriptors=64)
        silent = [socket.create_connection(
            (client.url.hostname, client.url.port), timeout=30)
            for _ in range(100)]
        for one in silent:
            one.sendall(b"GET /healthz HTTP/1.0\r\n\r\n")
            self.assertTrue(one.recv(1))
            one.close()
        client.send(report())
        self.assertEqual(client.metric("inquest_accepts_failed_total"), 0)

    def test_sigterm_lets_a_request_finish(self):
        client = self.start()
        one = report()
        body = gzip.compress(pack([one])[0])
        head = (f"POST /v1/reports HTTP/1.1\r\nHost: localhost\r\n"
                f"Content-Type: application/x-protobuf\r\n"
                f"Content-Encoding: gzip\r\nContent-Length: {len(body)}\r\n"
                f"Idempotency-Key: {one['reportId']}\r\n\r\n").encode()
        with socket.create_connection((client.url.hostname, client.url.port),
                                      timeout=30) as connection:
            connection.sendall(head + body[:10])
            wait_until(lambda: client.metric("inquest_requests_active") == 2,
                       "the head was not read")
            self.collector.process.send_signal(signal.SIGTERM)
            wait_until(lambda: self.refuses(client), "still accepting")
            connection.sendall(body[10:])
            answer = http.client.HTTPResponse(connection)
            answer.begin()
            self.assertEqual(answer.status, 202)
        self.assertEqual(self.collector.process.wait(20), 0)

    def slow_down_the_disk(self, seconds):
        """A thread's first sync takes so long from now on."""
        tracer = subprocess.Popen(
            ["strace", "-f", "-p", str(self.collector.process.pid), "-e",
             "trace=fsync,fdatasync", "-e",
             f"inject=fsync,fdatasync:delay_enter={seconds}s:when=1"],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        self.addCleanup(tracer.stderr.close)
        self.addCleanup(tracer.wait)
        for line in tracer.stderr:
            if "attached" in line:
                threading.Thread(target=tracer.stderr.read).start()
                return
        self.skipTest("no strace here")

    @unittest.skipIf(SANITIZED, "LeakSanitizer cannot work under strace")
    def test_sigterm_while_the_disk_stands_still(self):
        """For longer than requests under way are waited for: what the store
        has to do is answered all the same."""
        client = self.start()
        one = report()
        body = pack([one])[0]
        head = (f"POST /v1/reports HTTP/1.1\r\nHost: localhost\r\n"
                f"Content-Type: application/x-protobuf\r\n"
                f"Content-Length: {len(body)}\r\n"
                f"Idempotency-Key: {one['reportId']}\r\n\r\n").encode()
        self.slow_down_the_disk(STOP_S + 3)
        with socket.create_connection((client.url.hostname, client.url.port),
                                      timeout=60) as connection:
            connection.sendall(head + body)
            wait_until(lambda: client.metric("inquest_requests_active") == 2,
                       "the head was not read")
            self.collector.process.send_signal(signal.SIGTERM)
            answer = http.client.HTTPResponse(connection)
            answer.begin()
            self.assertEqual(answer.status, 202)
        self.assertEqual(self.collector.process.wait(120), 0)

    def refuses(self, client):
        try:
            with socket.create_connection(
                    (client.url.hostname, client.url.port),
                    timeout=5) as one:
                one.sendall(b"GET /healthz HTTP/1.0\r\n\r\n")
                return one.recv(1) == b""
        except OSError:
            return True

    def test_killed_at_any_moment_it_keeps_all_it_accepted(self):
        """Reports from several senders, kill -9, start again: what was
        answered with 202 is there, once, and the counts are right."""
        accepted = set()
        for turn in range(scaled(60, least=3)):
            client = self.start()
            reports = [report(machine=f"m{i % 5}") for i in range(150)]
            packed = pack(reports)
            senders = [threading.Thread(
                target=self.send_some, args=(client.url.geturl(), reports,
                                             packed, share, accepted))
                for share in range(3)]
            for sender in senders:
                sender.start()
            time.sleep(0.02 + 0.013 * turn)  # any moment will do
            self.kill()
            for sender in senders:
                sender.join()
        client = self.start()
        there = [one["reportId"]
                 for one in client.get("/v1/reports", limit=1000)]
        if len(there) < 1000:
            self.assertLessEqual(accepted, set(there))
            self.assertEqual(len(there), len(set(there)))
        for one in list(accepted)[:50]:
            self.assertEqual(client("GET", f"/v1/reports/{one}")[0], 200)
        self.stop()
        with sqlite3.connect(self.database) as database:
            rows, counted, bodies, integrity = database.execute(
                "SELECT (SELECT count(*) FROM report),"
                " (SELECT sum(count) FROM report_group),"
                " (SELECT count(*) FROM body),"
                " (SELECT * FROM pragma_integrity_check)").fetchone()
        database.close()
        self.assertEqual((rows, bodies, integrity), (counted, counted, "ok"))
        self.assertGreaterEqual(rows, len(accepted))

    def send_some(self, url, reports, packed, share, accepted):
        client = Client(url)
        for one, body in list(zip(reports, packed))[share::3]:
            try:
                if client.send_packed(one["reportId"], body)[0] == 202:
                    accepted.add(one["reportId"])
            except (OSError, http.client.HTTPException, struct.error):
                return  # killed

    def test_a_database_of_version_1_is_taken_over(self):
        reports = [report(["old", "main"]), report(["older", "main"])]
        with sqlite3.connect(self.database) as database:
            database.execute(
                "CREATE TABLE report (id TEXT PRIMARY KEY, kind TEXT, time"
                " INTEGER, app TEXT, version TEXT, signal TEXT, cause TEXT,"
                " installation TEXT, packed BLOB NOT NULL) WITHOUT ROWID")
            database.executemany(
                "INSERT INTO report (id, packed) VALUES (?, ?)",
                [(one["reportId"], packed)
                 for one, packed in zip(reports, pack(reports))] +
                [("broken", b"\xff\xff")])
        database.close()
        client = self.start()
        self.assertEqual({one["title"] for one in client.groups()},
                         {"old", "older"})
        self.assertEqual({one["reportId"]
                          for one in client.get("/v1/reports")},
                         {one["reportId"] for one in reports})

    def indexes(self):
        with sqlite3.connect(self.database) as database:
            rows = database.execute("SELECT name, sql FROM sqlite_master"
                                    " WHERE type = 'index'").fetchall()
        database.close()
        return set(rows)

    def test_a_database_of_version_2_is_brought_up_to_date(self):
        client = self.start()
        client.send(report())
        self.stop()
        fresh = self.indexes()
        with sqlite3.connect(self.database) as database:
            database.execute("ALTER TABLE deletion DROP COLUMN mac")
            database.execute("DROP INDEX deletion_whose")
            database.execute("ALTER TABLE deletion DROP COLUMN whose")
            database.execute("DROP INDEX report_newest")
            database.execute("INSERT INTO deletion (id, project, installation,"
                             " state, accepted) VALUES ('x', 1, 'm1', 0, 0)")
            database.execute("PRAGMA user_version = 2")
        database.close()
        client = self.start()
        wait_until(lambda: client.get("/v1/deletion-requests/x")["state"] ==
                   "completed", "deletion")
        self.assertEqual(client.get("/v1/reports"), [])
        self.stop()
        self.assertEqual(self.indexes(), fresh)
        with sqlite3.connect(self.database) as database:
            database.execute("PRAGMA user_version = 99")
        database.close()
        done = self.run_program("--db", self.database, "--listen",
                                "127.0.0.1:0")
        self.assertEqual(done.returncode, 78)
        self.assertIn("newer inquest-collector", done.stderr)

    def test_many_at_once_share_commits(self):
        client = self.start()
        reports = [report(machine=f"m{i}") for i in range(scaled(4000, 200))]
        packed = pack(reports)
        senders = [threading.Thread(
            target=self.send_all, args=(list(zip(reports, packed))[i::16],))
            for i in range(16)]
        for sender in senders:
            sender.start()
        for sender in senders:
            sender.join()
        self.assertEqual(client.groups()[0]["count"], len(reports))
        self.assertEqual(client.groups()[0]["machines"], len(reports))
        self.assertLess(client.metric("inquest_commits_total"),
                        len(reports))

    def send_all(self, pairs):
        client = Client(self.collector.url)
        for one, body in pairs:
            client.send_packed(one["reportId"], body)


unittest.main(verbosity=2)
