"""Deletion in two steps, retention by the schema, webhooks, figures."""

import json
import os
import random
import re
import sqlite3
import sys
import pathlib
import time
import unittest
import unittest.mock
import uuid

from collector_test import (BUILD, CollectorTest, frame, pack, report, scaled,
                            usage, wait_until)

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]
                       / "deliver"))
from fault_server import FaultServer, status  # noqa: E402

DAY_MS = 86_400_000


class Forget(CollectorTest):
    def planted(self, machine, secret):
        """A report with the secret in every text that is kept."""
        return report([f"f_{secret}", "main"], app=f"a-{secret}",
                      version=f"v-{secret}", machine=machine,
                      crash={"signal": {"name": "SIGABRT"},
                             "cause": f"cause {secret}",
                             "abortMessage": f"text {secret}"})

    def send_plain(self, client, one):
        """Not compressed by the sender: its words could lie there as such."""
        self.assertEqual(client.raw(
            "POST", "/v1/reports", pack([one])[0],
            {"Content-Type": "application/x-protobuf",
             "Idempotency-Key": one["reportId"]})[0], 202)

    def find(self, *words):
        return {word for content in self.files().values() for word in words
                if word.encode() in content}

    def test_deletion_is_accepted_then_completed_and_leaves_nothing(self):
        client = self.start()
        self.send_plain(client, self.planted("machine-gone", "plantedgone"))
        self.send_plain(client, self.planted("machine-kept", "plantedkept"))
        client.send(*[report(machine="machine-gone")
                      for _ in range(scaled(10000, 450))],
                    report(machine="machine-kept"),
                    usage(10, 1, version="9.9", machine="machine-gone"))
        words = ("plantedgone", "machine-gone", "plantedkept", "machine-kept")
        self.assertEqual(self.find(*words), set(words))
        count = client.metric("inquest_reports_stored")
        code, answer = client("POST", "/v1/deletion-requests",
                              {"installationId": "machine-gone"})
        self.assertEqual((code, answer["state"]), (202, "accepted"))
        path = f"/v1/deletion-requests/{answer['id']}"
        done = wait_until(
            lambda: (one := client.get(path))["state"] == "completed" and one,
            "deletion")
        self.assertEqual(done["deleted"], count - 2)
        self.assertIn("completedAt", done)
        # While it runs: database, write-ahead log and all beside them.
        self.assertEqual(self.find(*words), {"plantedkept", "machine-kept"})
        left = client.get("/v1/reports")
        self.assertEqual({one["machine"] for one in left}, {"machine-kept"})
        groups = {one["title"]: one for one in client.groups()}
        self.assertEqual(set(groups), {"work", "f_plantedkept"})
        self.assertEqual((groups["work"]["count"],
                          groups["work"]["machines"]), (1, 1))
        self.assertEqual(client.get("/v1/facets")["machines"], 1)
        self.assertNotIn("9.9", [one["version"]
                                 for one in client.get("/v1/versions")])
        self.assertEqual(client("GET", "/v1/deletion-requests/none")[0], 404)
        for wrong in ({}, {"installationId": ""}, {"installationId": 5}):
            self.assertEqual(client("POST", "/v1/deletion-requests",
                                    wrong)[0], 400)

    def test_the_same_request_is_the_same_and_knows_the_adapter(self):
        client = self.start()
        by_mac = report()
        by_mac["device"] = {"macAddress": "02:42:ac:11:00:02"}
        client.send(*[report(machine="gone") for _ in range(600)], by_mac,
                    report(machine="kept"))
        body = {"installationId": "gone", "macAddress": "02:42:ac:11:00:02"}
        path = "/v1/deletion-requests"
        first = client("POST", path, body)[1]["id"]
        again = client("POST", path, body)[1]
        if again["id"] != first:  # only if the first was through already
            self.assertEqual(client.get(f"{path}/{first}")["state"],
                             "completed")
        wait_until(lambda: client.get(f"{path}/{again['id']}")["state"] ==
                   "completed", "deletion")
        self.assertEqual(client.get(f"{path}/{first}")["deleted"], 601)
        self.assertEqual([one["machine"] for one in
                          client.get("/v1/reports")], ["kept"])
        self.assertEqual(self.find("02:42:ac", "gone"), set())
        self.assertEqual(client("POST", path, body | {"macAddress": 1})[0],
                         400)

    def ask_deletion(self, client, machine):
        """Where its state is told."""
        return "/v1/deletion-requests/" + client(
            "POST", "/v1/deletion-requests", {"installationId": machine})[1][
                "id"]

    def wait_deleted(self, client, *paths):
        for path in paths:
            wait_until(lambda: client.get(path)["state"] == "completed",
                       "deletion")

    def forget(self, client, machine):
        self.wait_deleted(client, self.ask_deletion(client, machine))

    def test_what_was_made_before_its_deletion_and_comes_late_stays_out(self):
        """In flight from another uploader, or from a copy of the queue."""
        client = self.start()
        known, late, later = (
            report(machine="machine-gone", time_ms=when * 1000)
            for when in (time.time() - 5, time.time() - 5, time.time() + 60))
        client.send(known)
        self.forget(client, "machine-gone")
        for one in (known, late):
            status, answer = client.send_packed(one["reportId"],
                                                pack([one])[0])
            self.assertEqual(status, 422, answer)
            self.assertIn("deletion", answer["error"])
        self.assertEqual(client.get("/v1/reports"), [])
        self.assertEqual(self.find("machine-gone"), set())
        # Of who goes on under the same name, a clone of the machine:
        client.send(later)
        client.send(report(machine="machine-kept", time_ms=0))

    def test_pages_that_were_shared_out_anew_keep_nothing(self):
        """SQLite leaves copies behind where it moves rows to other pages."""
        client = self.start()
        dice = random.Random(1)
        machines = [str(uuid.UUID(int=dice.getrandbits(128)))
                    for _ in range(400)]
        reports = [report([f"f{machine[:8]}{dice.random()}", "main"],
                          version=f"v-{machine}", machine=machine)
                   for machine in machines * 4]
        dice.shuffle(reports)
        client.send(*reports)
        gone = dice.sample(machines, 200)
        paths = [self.ask_deletion(client, machine) for machine in gone]
        self.wait_deleted(client, *paths)
        self.assertEqual(self.find(*machines), set(machines) - set(gone))
        self.stop()
        with sqlite3.connect(self.database) as database:
            self.assertEqual(database.execute("PRAGMA integrity_check")
                             .fetchall(), [("ok",)])
        database.close()

    def test_a_stack_that_was_deleted_does_not_come_back_with_its_names(self):
        """Its number is another stack's by then."""
        self.symbols = True
        client = self.start_with_slow_child()
        gone, kept = (
            report([frame(None, module=f"/opt/{name}")], machine=name)
            for name in ("planted-gone", "planted-kept"))
        client.send(gone)
        wait_until((self.directory / "asked").exists, "the child was asked")
        self.forget(client, "planted-gone")
        client.send(kept)
        (self.directory / "go").touch()
        wait_until(lambda: client.metric("inquest_stacks_pending") == 0,
                   "all named")
        self.assertEqual(self.find("planted-gone", "planted-kept"),
                         {"planted-kept"})
        title, = [one["title"] for one in client.groups()]
        self.assertIn("planted-kept", title)

    def test_a_deletion_that_was_accepted_survives_kill_9(self):
        client = self.start()
        client.send(*[report(machine="gone") for _ in range(300)])
        path = self.ask_deletion(client, "gone")
        self.kill()
        client = self.start()
        self.wait_deleted(client, path)
        self.assertEqual(client.get("/v1/reports"), [])
        self.assertEqual(client.groups(), [])

    def age(self, days):
        """As if all had come so long ago."""
        with sqlite3.connect(self.database) as database:
            database.execute("UPDATE report SET received = received - ?1,"
                             " expires = expires - ?1", (days * DAY_MS,))
        database.close()

    def test_fields_go_when_their_days_in_the_schema_are_over(self):
        client = self.start()
        whole = report(
            machine="machine-old",
            features=[{"name": "planted-feature", "state": "on"}],
            feedback={"type": "FROWN", "comment": "planted-comment"},
            sensitive={"hostName": "planted-host"})
        short = report(["short", "main"])
        client.send(whole, short)
        path = f"/v1/reports/{whole['reportId']}"
        for days, there, gone in (
                (0, {"features", "feedback", "sensitive", "crash"}, set()),
                (31, {"feedback", "crash", "threads"},
                 {"features", "sensitive"}),
                (60, {"feedback"}, {"crash", "threads", "app", "device"})):
            self.stop()
            self.age(days)
            client = self.start()
            wait_until(lambda: gone.isdisjoint(client.get(path)),
                       f"{gone} forgotten")
            self.assertLessEqual(there, set(client.get(path)), days)
        wait_until(lambda: client(
            "GET", f"/v1/reports/{short['reportId']}")[0] == 404, "expiry")
        self.assertEqual(client.get("/v1/reports")[0]["machine"], "")
        wait_until(lambda: not self.find("machine-old"), "machine forgotten")
        self.stop()
        self.age(365)
        client = self.start()
        wait_until(lambda: client.get("/v1/reports") == [], "the rest")
        self.assertEqual(client.groups(), [])
        self.assertEqual(client.metric("inquest_reports_stored"), 0)

    def test_configuration_forgets_sooner(self):
        client = self.start("retention_days = 7")
        client.send(report())
        self.stop()
        self.age(8)
        client = self.start("retention_days = 7")
        wait_until(lambda: client.get("/v1/reports") == [], "expiry")
        self.assertEqual(client.metric("inquest_reports_expired_total"), 1)

    # --- telling ---

    def hook(self, script):
        server = FaultServer(script)
        self.addCleanup(server.close)
        return server

    def told(self, server):
        return [(body["event"], body["group"]["title"]) for body in
                (json.loads(one.body) for one in server.requests)]

    def test_webhooks_tell_of_new_groups_regressions_and_spikes(self):
        server = self.hook([status(204)])
        client = self.start(f"webhook_url = {server.url}/hook")
        yesterday = (time.time() - 86400) * 1000
        client.send(report(time_ms=yesterday), report(),
                    report(["muted", "main"]))
        self.assertTrue(server.wait_for_requests(2))
        self.assertEqual(set(self.told(server)),
                         {("new-group", "work"), ("new-group", "muted")})
        self.assertEqual(server.requests[0].path, "/hook")
        ids = {one["title"]: one["id"] for one in client.groups()}
        client("PATCH", f"/v1/groups/{ids['muted']}", {"status": "muted"})
        client("PATCH", f"/v1/groups/{ids['work']}",
               {"status": "resolved", "resolvedVersion": "1.0"})
        client.send(*[report() for _ in range(12)], report(["muted", "main"]))
        self.assertTrue(server.wait_for_requests(3))
        # The janitor looks for spikes at its start as well.
        self.stop()
        client = self.start(f"webhook_url = {server.url}/hook")
        self.assertTrue(server.wait_for_requests(4))
        self.assertEqual(self.told(server)[2:],
                         [("regression", "work"), ("spike", "work")])
        wait_until(lambda: client.metric(
            'inquest_webhooks_total{result="told"}') == 1, "counted")

    def test_a_clock_that_jumps_ahead_deletes_nothing(self):
        shift = self.directory / "shift"
        shift.write_text("0")
        shifted = {"CLOCK_SHIFT": str(shift),
                   "ASAN_OPTIONS": "verify_asan_link_order=0",
                   "LD_PRELOAD": str(BUILD / "lib/libclock_shift.so")}
        with unittest.mock.patch.dict(os.environ, shifted):
            client = self.start()
        client.send(report())
        beside = shift.with_suffix(".new")
        beside.write_text(str(10 * 365 * 86400))
        beside.rename(shift)
        for round_of_the_janitor in ("one", "two"):
            _, answer = client("POST", "/v1/deletion-requests",
                               {"installationId": round_of_the_janitor})
            wait_until(lambda id=answer["id"]: client(
                "GET", f"/v1/deletion-requests/{id}")[1]["state"]
                == "completed", "completed")
        self.assertEqual(client.metric("inquest_reports_expired_total"), 0)
        self.assertEqual(len(client("GET", "/v1/reports")[1]), 1)

    def test_a_clock_that_was_set_back_keeps_nobody_waiting(self):
        """Who reckons in a wall clock that is an hour ahead of the kernel's
        waits as long as when it is set back."""
        server = self.hook([status(204)])
        shifted = {"CLOCK_SHIFT": "3600",
                   "ASAN_OPTIONS": "verify_asan_link_order=0",
                   "LD_PRELOAD": str(BUILD / "lib/libclock_shift.so")}
        with unittest.mock.patch.dict(os.environ, shifted):
            client = self.start(f"webhook_url = {server.url}/hook")
        for count, function in enumerate(("one", "two", "three"), 1):
            client.send(report([function, "main"]))
            self.assertTrue(server.wait_for_requests(count), function)

    def test_a_dead_webhook_holds_up_nobody_and_is_tried_again(self):
        server = self.hook([status(500)])
        client = self.start(f"webhook_url = {server.url}")
        client.send(report())
        self.assertTrue(server.wait_for_requests(1))
        server.script = [server.hang]
        client.send(*[report([f"f{i}", "main"]) for i in range(20)])
        self.assertTrue(server.wait_for_requests(2))
        begin = time.monotonic()
        client.send(report())
        self.assertLess(time.monotonic() - begin, 3)
        self.assertGreaterEqual(client.metric("inquest_webhooks_pending"), 20)
        server.close()
        self.stop()
        again = self.hook([status(200)])
        with sqlite3.connect(self.database) as database:
            database.execute("UPDATE event SET due = 0")
        database.close()
        self.start(f"webhook_url = {again.url}")
        self.assertTrue(again.wait_for_requests(21))

    def test_metrics_are_prometheus_text(self):
        client = self.start()
        client.send(report(), report())
        code, headers, body = client.raw("GET", "/metrics")
        self.assertEqual((code, headers["Content-Type"]),
                         (200, "text/plain; version=0.0.4; charset=utf-8"))
        kinds, names = {}, []
        for line in body.decode().splitlines():
            if line.startswith("# TYPE "):
                _, _, name, kind = line.split(" ")
                self.assertNotIn(name, kinds)
                self.assertIn(kind, ("counter", "gauge"))
                kinds[name] = kind
            elif not line.startswith("# HELP "):
                found = re.fullmatch(
                    r'([a-z_]+)(\{[a-z]+="[a-z0-9]+"\})? ([0-9.e+]+)', line)
                self.assertTrue(found, line)
                name = found[1]
                self.assertIn(name, kinds)
                self.assertEqual(name.endswith("_total"),
                                 kinds[name] == "counter", name)
                names.append((name, found[2]))
        self.assertEqual(len(names), len(set(names)))
        self.assertEqual(client.metric(
            'inquest_reports_total{result="accepted"}'), 2)
        self.assertEqual(client.metric("inquest_groups"), 1)
        self.assertLess(client.metric("process_resident_memory_bytes"),
                        2 << 30)


unittest.main(verbosity=2)
