"""Names at the collector: build-id trees, uploads, reports that came before
their symbols, and the two commands that ask."""

import hashlib
import json
import pathlib
import shutil
import signal
import subprocess
import sys
import threading
import unittest

import collector_test
from collector_test import (BUILD, Client, CollectorTest, report, wait_until)

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]
                       / "deliver"))
from fault_server import FaultServer, status  # noqa: E402

job = collector_test.job
ORIGINAL = BUILD / "bin/symbols_program"


class Symbols(CollectorTest):
    symbols = True

    def setUp(self):
        super().setUp()
        # A crash of a stripped copy, whose debug file is elsewhere.
        self.program = self.directory / "place/symbols_program"
        self.program.parent.mkdir()
        self.debug = self.directory / "symbols_program.debug"
        for command in (("--only-keep-debug", ORIGINAL, self.debug),
                        ("--strip-all", ORIGINAL, self.program)):
            subprocess.run(["objcopy", *command], check=True)
        self.build_id = json.loads(subprocess.run(
            [BUILD / "bin/inquest-symbolicate", "--module", self.debug,
             "--where", "--json"], capture_output=True).stdout)["buildId"]

    def crash(self, url=None):
        """Dies under inquest run; the report arrives where url says."""
        self.inquest = job.Inquest(BUILD, self.directory,
                                   url or self.collector.url)
        self.inquest("run", "--wait-upload", "30", "--", self.program)

    def title(self, client):
        return client.groups()[0]["title"]

    def named(self, client):
        return wait_until(
            lambda: client.metric("inquest_stacks_pending") == 0 and
            self.title(client), "names")

    def test_reports_before_their_symbols_are_named_when_they_come(self):
        client = self.start("local_modules = no")
        self.crash()
        before = self.named(client)
        self.assertRegex(before, "^symbols_program@[0-9a-f]{8}\\+0x")
        old = client.groups()[0]
        client("PATCH", f"/v1/groups/{old['id']}", {"status": "muted"})
        found = self.inquest("symbols", "upload", self.debug, text=True)
        self.assertEqual((found.returncode, found.stderr), (0, ""))
        self.assertIn(f"{self.build_id}  sent", found.stdout)
        wait_until(lambda: self.title(client) == "innermost_inlined",
                   "regrouped")
        groups = client.groups()
        self.assertEqual([(one["count"], one["status"]) for one in groups],
                         [(1, "muted")])  # what was decided goes along
        self.assertEqual(client("GET", f"/v1/groups/{old['id']}")[0], 404)
        # The report shows its frames, inlined ones too, with their lines.
        row = client.get("/v1/reports")[0]
        whole = client.get(f"/v1/reports/{row['reportId']}")
        frames = whole["threads"][0]["frames"]
        self.assertEqual([one.get("function") for one in frames[:3]],
                         ["innermost_inlined", "middle_function", "main"])
        self.assertEqual([one.get("inlined", False) for one in frames[:3]],
                         [True, False, False])
        self.assertTrue(frames[0]["file"].endswith("symbols_program.c"))
        self.assertGreater(frames[0]["line"], 0)
        modules = {pathlib.Path(one["name"]).name: one for one in
                   whole["symbolication"]["modules"]}
        self.assertEqual(modules["symbols_program"]["state"], "found")
        self.assertEqual(modules["symbols_program"]["buildId"],
                         self.build_id)
        # Again: it is there.
        found = self.inquest("symbols", "upload", self.debug, text=True)
        self.assertIn("was there", found.stdout)
        self.assertEqual(client.metric("inquest_symbol_files_total"), 1)
        # A new report of the same stack goes to the named group at once.
        self.crash()
        self.assertEqual([one["count"] for one in client.groups()], [2])

    def test_explain_group_tells_the_rules(self):
        client = self.start()
        self.crash()
        self.named(client)
        said = self.inquest("explain-group", text=True)
        self.assertEqual((said.returncode, said.stderr), (0, ""))
        self.assertIn(client.groups()[0]["id"], said.stdout)
        self.assertIn("kept, ends the signature", said.stdout)
        group = client.groups()[0]["id"]
        told = json.loads(self.inquest.text("explain-group", group, "--json"))
        self.assertEqual(told["group"], group)
        missing = self.inquest("explain-group", "0123456789abcdef", text=True)
        self.assertEqual(missing.returncode, 66)
        self.assertIn("no group with this id", missing.stderr)
        nowhere = job.Inquest(BUILD, self.directory)
        self.assertEqual(nowhere("explain-group", group).returncode, 78)

    def test_a_build_id_tree_names_without_upload(self):
        tree = self.directory / "tree/.build-id" / self.build_id[:2]
        tree.mkdir(parents=True)
        self.debug.rename(tree / f"{self.build_id[2:]}.debug")
        client = self.start("local_modules = no",
                            f"debug_dirs = {self.directory}/tree")
        self.crash()
        wait_until(lambda: self.title(client) == "innermost_inlined", "named")

    def test_a_debuginfod_server_names_without_upload(self):
        asked = f"/buildid/{self.build_id}/debuginfo"

        def serve(connection, request):
            body = self.debug.read_bytes() if request.path == asked else b""
            return status(200 if body else 404, body=body)(connection, request)
        server = FaultServer([serve])
        self.addCleanup(server.close)
        client = self.start("local_modules = no",
                            f"debuginfod_urls = {server.url}")
        self.crash()
        wait_until(lambda: self.title(client) == "innermost_inlined", "named")
        self.assertIn(asked, [one.path for one in server.requests])

    def test_without_the_child_reports_are_taken_and_shown(self):
        self.symbols = False
        client = self.start()
        self.crash()
        row = client.get("/v1/reports")[0]
        whole = client.get(f"/v1/reports/{row['reportId']}")
        self.assertEqual(whole["symbolication"]["state"], "pending")
        self.assertTrue(whole["threads"][0]["frames"])

    def digest(self, data):
        return hashlib.blake2b(data, digest_size=32).hexdigest()

    def put(self, client, data, offset, chunk, build_id=None, digest=None):
        status, _, text = client.raw(
            "PUT", f"/v1/symbols/{build_id or self.build_id}?offset={offset}"
            f"&size={len(data)}&digest={digest or self.digest(data)}", chunk)
        return status, json.loads(text)

    def test_symbols_that_come_while_a_stack_is_named_name_it(self):
        client = self.start_with_slow_child("local_modules = no")
        self.crash()
        wait_until((self.directory / "asked").exists, "the child was asked")
        data = self.debug.read_bytes()
        self.assertEqual(self.put(client, data, 0, data)[0], 201)
        (self.directory / "go").touch()
        wait_until(lambda: self.title(client) == "innermost_inlined", "named")

    def test_files_that_take_long_to_check_hold_up_nobody_else(self):
        client = self.start_with_slow_child("local_modules = no")
        senders = [threading.Thread(target=self.put, args=(
            Client(self.collector.url), data, 0, data)) for data in
            (b"file %d" % i for i in range(8))]
        for sender in senders:
            sender.start()
        wait_until((self.directory / "asked").exists, "the child was asked")
        wait_until(lambda: client.metric("inquest_requests_active") == 9,
                   "all are under way")
        for _ in range(8):
            Client(self.collector.url).get("/healthz")
        (self.directory / "go").touch()
        for sender in senders:
            sender.join()

    def test_the_end_waits_for_nobody_for_ever(self):
        """A child stands still; the bound's alarm comes sooner here."""
        client = self.start_with_slow_child("local_modules = no")
        client.send(report([collector_test.frame(None)]))
        wait_until((self.directory / "asked").exists, "the child was asked")
        process = self.collector.process
        process.terminate()
        with self.assertRaises(subprocess.TimeoutExpired):
            process.wait(1)
        process.send_signal(signal.SIGALRM)
        self.assertEqual(process.wait(30), 74)
        (self.directory / "go").touch()

    def test_symbols_whose_collector_was_killed_name_at_its_start(self):
        """The file was in its place, and nobody knew of it yet."""
        client = self.start("local_modules = no")
        self.crash()
        wait_until(lambda: client.metric("inquest_stacks_pending") == 0,
                   "not named")
        self.kill()
        tree = self.directory / "reports.db.symbols/1/.build-id"
        place = tree / self.build_id[:2] / f"{self.build_id[2:]}.debug"
        place.parent.mkdir(parents=True)
        shutil.copy(self.debug, place)
        client = self.start("local_modules = no")
        wait_until(lambda: self.title(client) == "innermost_inlined", "named")

    def test_an_upload_that_was_cut_off_goes_on_from_there(self):
        client = self.start("local_modules = no")
        data = self.debug.read_bytes()
        half = len(data) // 2
        status, answer = self.put(client, data, 0, data[:half])
        self.assertEqual((status, answer["state"], answer["offset"]),
                         (202, "partial", half))
        self.kill()
        client = self.start("local_modules = no")
        look = f"/v1/symbols/{self.build_id}?digest={self.digest(data)}"
        self.assertEqual(client.get(look)["offset"], half)
        status, answer = self.put(client, data, 0, data)
        self.assertEqual((status, answer["offset"]), (409, half))
        status, answer = self.put(client, data, half, data[half:])
        self.assertEqual((status, answer["state"]), (201, "complete"))
        self.assertEqual(client.get(look)["state"], "complete")
        (kept,) = pathlib.Path(f"{self.database}.symbols").glob(
            f"*/.build-id/*/*.debug")
        self.assertEqual(kept.read_bytes(), data)

    def test_what_is_not_what_it_says_is_thrown_away(self):
        client = self.start()
        data, other = self.debug.read_bytes(), "cd" * 20
        for content, build_id, digest in (
                (data, other, None),  # another build-id
                (b"no ELF file at all", None, None),
                (data, None, self.digest(b"other"))):
            status, answer = self.put(client, content, 0, content, build_id,
                                      digest)
            self.assertEqual(status, 422, answer)
            self.assertEqual(client.get(
                f"/v1/symbols/{build_id or self.build_id}?digest="
                f"{digest or self.digest(content)}")["state"], "missing")
        for build_id in ("../../etc/passwd", "ABCDEF0123456789", "ab", "x" * 8):
            status = client.raw("GET", f"/v1/symbols/{build_id}")[0]
            self.assertIn(status, (400, 404), build_id)
        self.assertEqual(self.put(client, data, 0, b"", digest="../x")[0],
                         400)
        self.assertEqual(client.raw(
            "PUT", f"/v1/symbols/{self.build_id}?offset=0&size={5 << 30}"
            f"&digest={self.digest(data)}", b"x")[0], 400)
        self.crash()
        done = self.inquest("symbols", "upload", __file__, text=True)
        self.assertEqual(done.returncode, 65)
        self.assertIn("no ELF file", done.stderr)
        self.assertEqual(self.inquest("symbols").returncode, 64)

    def test_files_of_one_project_name_nothing_of_another(self):
        self.start(f"page_token_file = {self.secret('page', 'looking')}",
                   f"project.a.ingest_token_file = {self.secret('a', 'aaa')}",
                   f"project.b.ingest_token_file = {self.secret('b', 'bbb')}",
                   "local_modules = no")
        looking = Client(self.collector.url, "looking")
        data = self.debug.read_bytes()
        self.assertEqual(self.put(Client(self.collector.url), data, 0,
                                  data)[0], 401)
        self.assertEqual(self.put(Client(self.collector.url, "aaa"), data, 0,
                                  data)[0], 201)
        for name in ("a", "b"):
            self.crash()
            self.inquest.environment["INQUEST_TOKEN_FILE"] = str(
                self.directory / name)
            self.inquest("upload", "--wait", "--now")
        wait_until(lambda: len(looking.groups()) == 2 and looking.metric(
            "inquest_stacks_pending") == 0, "names")
        self.assertEqual(
            sorted("@" in one["title"] for one in looking.groups()),
            [False, True])


unittest.main(verbosity=2)
