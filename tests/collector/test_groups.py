"""Groups: what belongs together, how it is shown, set and reopened."""

import sqlite3
import subprocess
import time
import unittest

from collector_test import (PROGRAM, CollectorTest, frame, report, usage)


class Groups(CollectorTest):
    def test_alike_crashes_are_one_group_with_its_counts(self):
        client = self.start()
        client.send(report(version="1.0", machine="m1"),
                    report(version="1.1", machine="m2"),
                    report(version="1.1", machine="m2"),
                    report(["other", "main"]))
        groups = {one["title"]: one for one in client.groups()}
        self.assertEqual(set(groups), {"work", "other"})
        work = groups["work"]
        self.assertEqual((work["count"], work["machines"]), (3, 2))
        self.assertEqual((work["firstVersion"], work["lastVersion"]),
                         ("1.0", "1.1"))
        self.assertEqual(work["trend"], [0] * 13 + [3])
        self.assertEqual((work["status"], work["signal"], work["kind"]),
                         ("open", "SIGSEGV", "CRASH"))
        whole = client.get(f"/v1/groups/{work['id']}")
        self.assertEqual(whole["byVersion"], [{"version": "1.1", "count": 2},
                                              {"version": "1.0", "count": 1}])
        self.assertEqual({one["machine"]: one["count"]
                          for one in whole["byMachine"]}, {"m1": 1, "m2": 2})
        self.assertEqual(len(whole["byDay"]), 30)
        self.assertEqual(whole["byDay"][-1]["count"], 3)
        self.assertEqual(whole["algorithmVersion"], 1)

    def test_a_group_shows_the_cause_of_its_newest_report(self):
        client = self.start()
        now_ms = time.time() * 1000
        for ago_ms, cause in ((1000, "newest"), (9000, "older"), (5000, "old")):
            one = report(time_ms=now_ms - ago_ms)
            one["crash"]["cause"] = cause
            client.send(one)
        group, = client.groups()
        self.assertEqual((group["count"], group["cause"]), (3, "newest"))
        self.assertEqual(client.get(f"/v1/groups/{group['id']}")["cause"],
                         "newest")

    def test_a_version_was_first_seen_when_its_oldest_report_was_made(self):
        client = self.start()
        now_ms = time.time() * 1000
        made = [report(time_ms=now_ms - ago_ms * 1000)
                for ago_ms in (60, 7200, 3600)]
        client.send(*made)
        version, = client.get("/v1/versions")
        self.assertEqual((version["firstSeen"], version["lastSeen"]),
                         (made[1]["time"], made[0]["time"]))

    def test_lists_are_filtered_sorted_and_paged(self):
        client = self.start()
        client.send(*[report([f"function_{i}", "main"], app=f"app{i % 3}",
                             version=f"{i}.0", machine=f"m{i}",
                             signal="SIGBUS" if i % 2 else "SIGSEGV")
                      for i in range(10)], report(["function_9", "main"],
                                                  app="app0", version="9.0",
                                                  signal="SIGBUS"))
        self.assertEqual(len(client.groups(signal="SIGBUS")), 5)
        self.assertEqual(len(client.groups(app="app1")), 3)
        self.assertEqual([one["title"] for one in client.groups(q="CTION_7")],
                         ["function_7"])
        self.assertEqual(client.groups(q="%"), [])
        self.assertEqual([one["title"] for one in
                          client.groups(function="main", version="4.0")],
                         ["function_4"])
        self.assertEqual(len(client.groups(machine="m3")), 1)
        self.assertEqual(client.groups(kind="HANG"), [])
        self.assertEqual(client.groups(status="muted"), [])
        self.assertEqual(client.groups(until="2020-01-01"), [])
        self.assertEqual(len(client.groups(since="2020-01-01")), 10)
        self.assertEqual(client.groups(sort="count")[0]["title"],
                         "function_9")
        seen, cursor = [], ""
        for _ in range(10):
            page = client.get("/v1/groups", limit=3, cursor=cursor)
            self.assertEqual(page["total"], 10)
            seen += [one["id"] for one in page["groups"]]
            if not (cursor := page.get("next", "")):
                break
        self.assertEqual((len(seen), len(set(seen))), (10, 10))
        self.assertEqual(len(client.get("/v1/reports", function="function_9")),
                         2)
        for query, count in (
                ({"app": "app1"}, 3), ({"app": "app0", "version": "9.0"}, 2),
                ({"version": "3.0"}, 1), ({"machine": "m4"}, 1),
                ({"machine": "m1"}, 2), ({"machine": "m0"}, 1),
                ({"machine": "none"}, 0), ({"app": "none"}, 0),
                ({"signal": "SIGBUS"}, 6), ({"signal": "SIGFPE"}, 0),
                ({"signal": "SIGBUS", "machine": "m1"}, 2),
                ({"signal": "SIGSEGV", "app": "app0", "q": "function_6"}, 1),
                ({"status": "open", "version": "9.0"}, 2),
                ({"status": "muted"}, 0), ({"kind": "CRASH"}, 11)):
            found = client.get("/v1/reports", **query)
            self.assertEqual(len(found), count, query)
            times = [one["time"] for one in found]
            self.assertEqual(times, sorted(times, reverse=True))
            self.assertEqual(client.get("/v1/reports", project=client.get(
                "/v1/session")["projects"][0]["id"], **query), found)
        some = client.get("/v1/reports", limit=1)[0]["reportId"]
        self.assertEqual(
            [one["reportId"] for one in
             client.get("/v1/reports", q=some[:9])], [some])
        for wrong in ("kind=NONE", "sort=x", "status=x", "since=x", "group=1"):
            self.assertEqual(client("GET", f"/v1/groups?{wrong}")[0], 400)

    def test_no_application_frame_makes_no_giant_bucket(self):
        client = self.start()
        client.send(*[report([frame(None, "/lib/libc.so.6", offset=100 + i),
                              frame(None, "/lib/libc.so.6", offset=7)])
                      for i in range(20)])
        groups = client.groups()
        self.assertEqual(len(groups), 20)
        self.assertIn("libc.so.6@abababab+0x", groups[0]["title"])

    def test_a_group_is_explained(self):
        client = self.start()
        one = report(["raise", "abort", "memcpy", "work", "main"],
                     crash={"signal": {"name": "SIGABRT", "code": -6},
                            "abortMessage": "bad size 17"})
        client.send(one)
        group = client.groups()[0]
        for path in (f"/v1/groups/{group['id']}/explain",
                     f"/v1/reports/{one['reportId']}/explain"):
            told = client.get(path)
            self.assertEqual(told["signature"], "memcpy | work")
            self.assertEqual(told["group"], group["id"])
            self.assertEqual([step["rule"] for step in told["steps"]],
                             ["irrelevant", "irrelevant", "prefix", "taken",
                              "none"])
            self.assertEqual(told["steps"][2]["list"], "prefix.txt")
            self.assertGreater(told["steps"][2]["line"], 0)
            self.assertEqual(told["parts"],
                             {"signal": "SIGABRT", "code": "sent",
                              "abortMessage": "bad size N"})

    def test_resolved_is_reopened_by_that_version_or_a_later_one(self):
        client = self.start()
        client.send(report(version="1.9"))
        path = f"/v1/groups/{client.groups()[0]['id']}"
        status, group = client("PATCH", path, {"status": "resolved",
                                               "resolvedVersion": "1.10"})
        self.assertEqual((status, group["status"], group["resolvedVersion"]),
                         (200, "resolved", "1.10"))
        client.send(report(version="1.9"))
        self.assertEqual(client.get(path)["status"], "resolved")
        client.send(report(version="1.11"))
        group = client.get(path)
        self.assertEqual((group["status"], group["regressed"]),
                         ("open", True))
        client("PATCH", path, {"status": "muted"})
        client.send(report(version="2.0"))
        group = client.get(path)
        self.assertEqual((group["status"], group["regressed"]),
                         ("muted", False))
        for wrong in ({}, {"status": "gone"}, [], {"status": "open",
                                                   "resolvedVersion": 1}):
            self.assertEqual(client("PATCH", path, wrong)[0], 400)
        self.assertEqual(client("PATCH", "/v1/groups/0123456789abcdef",
                                {"status": "open"})[0], 404)

    def test_usage_makes_the_crash_free_rate(self):
        client = self.start()
        client.send(usage(100, 3), usage(100, 1, machine="m2"),
                    usage(10, 0, version="2.0"), report(version="3.0"))
        rates = {one["version"]: one for one in client.get("/v1/versions")}
        self.assertEqual((rates["1.0"]["starts"], rates["1.0"]["crashes"],
                          rates["1.0"]["cleanEnds"]), (200, 4, 196))
        self.assertAlmostEqual(rates["1.0"]["crashFreeRate"], 0.98)
        self.assertEqual(rates["2.0"]["crashFreeRate"], 1.0)
        self.assertIsNone(rates["3.0"]["crashFreeRate"])
        self.assertEqual(client.get("/v1/versions", app="none"), [])
        self.assertEqual(len(client.groups()), 1)  # usage is of no group
        facets = client.get("/v1/facets")
        self.assertEqual(facets["apps"], ["app"])
        self.assertEqual(set(facets["kinds"]), {"CRASH", "USAGE"})
        self.assertEqual(facets["machines"], 2)

    def test_regrouping_moves_what_other_lists_group_otherwise(self):
        client = self.start()
        client.send(report(["work", "first"]), report(["work", "second"]))
        old = client.groups()
        self.assertEqual([one["count"] for one in old], [2])
        client("PATCH", f"/v1/groups/{old[0]['id']}", {"status": "muted"})
        self.stop()
        lists = self.directory / "lists"
        lists.mkdir()
        (lists / "prefix.txt").write_text("work\n")
        config = self.configure(f"siglists_dir = {lists}")
        done = subprocess.run([PROGRAM, "--config", config, "--db",
                               self.database, "--regroup"],
                              capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stdout),
                         (0, "regrouped 2 stacks, 2 changed their group\n"))
        client = self.start(f"siglists_dir = {lists}")
        groups = client.groups()
        self.assertEqual({one["title"] for one in groups},
                         {"work | first", "work | second"})
        self.assertEqual([one["count"] for one in groups], [1, 1])
        self.assertEqual({one["status"] for one in groups}, {"muted"})
        self.assertEqual(client.get(f"/v1/groups/{groups[0]['id']}")["byDay"]
                         [-1]["count"], 1)

    def test_a_newer_algorithm_groups_again_at_the_start(self):
        client = self.start()
        client.send(report())
        self.stop()
        with sqlite3.connect(self.database) as database:
            database.execute("UPDATE stack SET algorithm = 0")
        database.close()
        self.start()
        self.stop()
        with sqlite3.connect(self.database) as database:
            self.assertEqual(
                database.execute("SELECT algorithm FROM stack").fetchall(),
                [(1,)])
        database.close()


unittest.main(verbosity=2)
