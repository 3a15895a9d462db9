"""Who may do what: tokens, passwords, sessions, projects, TLS."""

import os
import pathlib
import socket
import ssl
import subprocess
import sys
import time
import unittest

from collector_test import (PROGRAM, Client, CollectorTest, pack, report)

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]
                       / "deliver"))
from certificates import Authority  # noqa: E402

GUESS_INTERVAL_S = 12
EX_USAGE, EX_NOINPUT, EX_CANTCREAT, EX_CONFIG = 64, 66, 73, 78


class Access(CollectorTest):
    def two_projects(self):
        return self.start(
            f"page_password_file = {self.secret('all', 'everything')}",
            f"page_token_file = {self.secret('token', 'metrics-token')}",
            f"project.red.ingest_token_file = {self.secret('ri', 'red-in')}",
            f"project.red.page_password_file = {self.secret('rp', 'redred')}",
            f"project.blue.ingest_token_file = {self.secret('bi', 'blue-in')}",
            f"project.blue.page_password_file = {self.secret('bp', 'blueb')}")

    def log_in(self, password):
        client = Client(self.collector.url)
        status, headers, _ = client.raw(
            "POST", "/v1/session", f'{{"password": "{password}"}}',
            {"X-Inquest": "1"})
        self.assertEqual(status, 204)
        client.cookie = headers["Set-Cookie"].split(";")[0]
        return client, headers["Set-Cookie"]

    def test_a_project_sees_its_own_data_only(self):
        self.two_projects()
        red_in = Client(self.collector.url, "red-in")
        blue_in = Client(self.collector.url, "blue-in")
        one = report(app="red-app", machine="red-machine")
        packed = pack([one])[0]
        red_in.send_packed(one["reportId"], packed)
        # The same id and content from another tenant is another report.
        self.assertEqual(blue_in.send_packed(one["reportId"], packed)[0], 202)
        blue_in.send(report(["blue"], app="blue-app", machine="blue-machine"))
        red, _ = self.log_in("redred")
        blue, _ = self.log_in("blueb")
        everything, _ = self.log_in("everything")
        self.assertEqual([group["app"] for group in red.groups()], ["red-app"])
        self.assertEqual(len(blue.groups()), 2)
        self.assertEqual(len(everything.groups()), 3)
        self.assertEqual(len(everything.get("/v1/session")["projects"]), 2)
        self.assertEqual([project["name"] for project in
                          red.get("/v1/session")["projects"]], ["red"])
        blue_group = next(group for group in blue.groups()
                          if group["title"] == "blue")
        blue_report = next(row for row in blue.get("/v1/reports")
                           if row["app"] == "blue-app")
        blue_project = blue.get("/v1/session")["project"]["id"]
        for path in (f"/v1/groups/{blue_group['id']}",
                     f"/v1/groups/{blue_group['id']}/explain",
                     f"/v1/reports/{blue_report['reportId']}",
                     f"/v1/reports/{blue_report['reportId']}/raw",
                     f"/v1/reports/{blue_report['reportId']}/explain",
                     f"/v1/groups?project={blue_project}"):
            self.assertEqual(red("GET", path)[0], 404, path)
            self.assertEqual(everything.raw("GET", path)[0], 200, path)
        self.assertEqual(red("PATCH", f"/v1/groups/{blue_group['id']}",
                             {"status": "muted"})[0], 404)
        self.assertEqual(red.get("/v1/facets")["apps"], ["red-app"])
        self.assertEqual([one["app"] for one in red.get("/v1/versions")],
                         ["red-app"])
        self.assertEqual(
            red.get("/v1/reports", machine="blue-machine"), [])
        self.assertEqual(red.get("/v1/reports", q="blue"), [])
        # One machine in two projects: two rows, each in its own.
        shared = report(machine="blue-machine")
        red_in.send(shared)
        self.assertEqual([row["reportId"] for row in red.get(
            "/v1/reports", machine="blue-machine")], [shared["reportId"]])
        self.assertEqual(len(everything.get(
            "/v1/reports", machine="blue-machine")), 2)
        self.assertEqual(len(everything.get(
            "/v1/reports", machine="blue-machine", project=red.get(
                "/v1/session")["project"]["id"])), 1)
        # A deletion request reaches its own project.
        status, answer = red_in("POST", "/v1/deletion-requests",
                                {"installationId": "blue-machine"})
        self.assertEqual(status, 202)
        self.assertEqual(blue_in(
            "GET", f"/v1/deletion-requests/{answer['id']}")[0], 404)

    def test_without_the_right_secret_nothing_is_told(self):
        client = self.two_projects()
        paths = ("/v1/groups", "/v1/reports", "/v1/facets", "/metrics",
                 "/v1/versions", "/v1/groups/0123456789abcdef")
        for token in (None, "wrong", "red-in", ""):
            client.token = token
            for path in paths:
                self.assertEqual(client.raw("GET", path)[0], 401, path)
        for token in (None, "wrong", "metrics-token", "redred"):
            client.token = token
            self.assertEqual(client.raw("POST", "/v1/reports", b"")[0], 401)
            self.assertEqual(client("POST", "/v1/deletion-requests",
                                    {"installationId": "x"})[0], 401)
        client.token = None
        self.assertEqual(client.raw("GET", "/healthz")[0], 200)
        self.assertEqual(client.get("/v1/session"),
                         {"authenticated": False, "required": True})
        client.token = "metrics-token"
        self.assertEqual(client.raw("GET", "/metrics")[0], 200)

    def test_sessions_are_strict_and_end(self):
        self.two_projects()
        client, cookie = self.log_in("everything")
        for word in ("HttpOnly", "SameSite=Strict", "Path=/", "Max-Age="):
            self.assertIn(word, cookie)
        self.assertEqual(client("GET", "/v1/groups")[0], 200)
        # Another site's form has neither the header nor our origin.
        group = "/v1/groups/0123456789abcdef"
        body = '{"status": "muted"}'
        for headers, status in (({}, 403),
                                ({"Origin": "https://evil.example"}, 403),
                                ({"Origin": client.url.geturl()}, 404),
                                ({"X-Inquest": "1"}, 404)):
            self.assertEqual(client.raw("PATCH", group, body, headers)[0],
                             status, headers)
        self.assertEqual(client("DELETE", "/v1/session")[0], 204)
        self.assertEqual(client("GET", "/v1/groups")[0], 401)

    def test_guessing_is_slowed_down(self):
        client = self.two_projects()
        begin = time.monotonic()
        statuses, wait_s = [], 0
        while wait_s < 5 and len(statuses) < 40:
            status, headers, _ = client.raw(
                "POST", "/v1/session", '{"password": "guess"}',
                {"X-Inquest": "1"})
            statuses.append(status)
            wait_s = int(headers.get("Retry-After", 0))
        self.assertEqual(statuses[:5], [401] * 5)
        self.assertEqual(statuses[-1], 429)
        # One more for each interval that a slow machine took.
        self.assertLessEqual(statuses.count(401), 6 + (
            time.monotonic() - begin) / GUESS_INTERVAL_S)
        status = client.raw("POST", "/v1/session",
                            '{"password": "everything"}',
                            {"X-Inquest": "1"})[0]
        self.assertEqual(status, 429)  # the right one waits as well

    def test_hashes_keep_secrets_as_well(self):
        made = self.run_program("--make-token").stdout.split("\n")
        token, line = made[1], made[3]
        hashed = self.run_program("--hash-password", input="open sesame\n")
        self.assertTrue(hashed.stdout.startswith("$argon2id$"))
        client = self.start(
            f"project.p.ingest_token_file = "
            f"{self.secret('t', '# old and new', 'blue', line)}",
            f"page_password_file = {self.secret('p', hashed.stdout.strip())}")
        for accepted in (token, "blue"):
            client.token = accepted
            client.send(report())
        client.token = line
        self.assertEqual(client.raw("POST", "/v1/reports", b"")[0], 401)
        session, _ = self.log_in("open sesame")
        self.assertEqual(session.groups()[0]["count"], 2)

    def test_secrets_come_from_the_credentials_directory(self):
        self.secret("ingest", "from-systemd").chmod(0o644)
        os.environ["CREDENTIALS_DIRECTORY"] = str(self.directory)
        try:
            client = self.start("project.p.ingest_token_file = ingest",
                                token="from-systemd")
        finally:
            del os.environ["CREDENTIALS_DIRECTORY"]
        client.send(report())

    def test_open_it_answers_to_this_machine_by_its_names(self):
        client = self.start()
        for host, status in (("localhost:1", 200), ("127.0.0.1", 200),
                             ("evil.example", 403), ("127.evil.example", 403),
                             ("localhost.evil.example", 403)):
            self.assertEqual(client.raw("GET", "/v1/groups", None,
                                        {"Host": host})[0], status, host)

    def test_what_others_reach_must_be_configured(self):
        private = f"page_password_file = {self.secret('p', 'word')}"
        ingest = f"project.p.ingest_token_file = {self.secret('i', 'word')}"
        for lines, status, words in (
                ((), EX_CONFIG, "page_password_file"),
                ((private,), EX_CONFIG, "ingest_token_file"),
                ((ingest,), EX_CONFIG, "page_password_file")):
            done = self.run_program(
                "--config", self.configure(*lines), "--listen", "0.0.0.0:0",
                "--db", self.database)
            self.assertEqual(done.returncode, status, done.stderr)
            self.assertIn("others can reach this address", done.stderr)
            self.assertIn(words, done.stderr)

    def test_bad_configuration_is_told_with_its_line(self):
        loose = self.directory / "loose"
        loose.write_text("x\n")
        loose.chmod(0o644)
        for line, words in (
                ("no_such = 1", "line 2: no_such: no such key"),
                ("retention_days = x", "a number from 1"),
                ("retention_days = 0", "a number from 1"),
                ("symbols = perhaps", "yes or no"),
                ("page_password_file = /no/such", "No such file"),
                (f"page_password_file = {loose}", "chmod 600"),
                ("project.x.colour = red", "no such key of a project"),
                ("project.x = red", "project.NAME.KEY"),
                ("tls_key_file = x", "need each other")):
            done = self.run_program("--config", self.configure(line))
            self.assertEqual(done.returncode, EX_CONFIG, line)
            self.assertIn(words, done.stderr)
        for arguments, status in (
                (("--config", "/no/such"), EX_CONFIG),
                (("--listen", "nowhere"), EX_USAGE),
                (("--nonsense",), EX_USAGE), (("operand",), EX_USAGE),
                (("--db", "/no/such/dir/db"), EX_CANTCREAT)):
            self.assertEqual(self.run_program(*arguments).returncode, status)
        (self.directory / "text").write_text("no database, but long enough")
        done = self.run_program("--db", self.directory / "text", "--listen",
                                "127.0.0.1:0")
        self.assertEqual(done.returncode, EX_CANTCREAT)
        help_text = self.run_program("--help").stdout
        self.assertIn("page_password_file", help_text)

    def test_tls_by_its_own_certificate(self):
        authority = Authority(self.directory)
        certificate, key = authority.issue("collector")
        client = self.start(
            f"tls_certificate_file = {certificate}", f"tls_key_file = {key}",
            f"page_password_file = {self.secret('p', 'word')}",
            context=ssl.create_default_context(cafile=authority.certificate))
        self.assertTrue(self.collector.url.startswith("https://"))
        client.send(report())
        _, headers, _ = client.raw("POST", "/v1/session",
                                   '{"password": "word"}',
                                   {"X-Inquest": "1"})
        self.assertIn("Secure", headers["Set-Cookie"])
        old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
        old.minimum_version = ssl.TLSVersion.TLSv1
        old.maximum_version = ssl.TLSVersion.TLSv1_1
        old.set_ciphers("ALL:@SECLEVEL=0")
        with socket.create_connection((client.url.hostname,
                                       client.url.port)) as plain:
            with self.assertRaises((ssl.SSLError, ConnectionError)):
                old.wrap_socket(plain)
        self.stop()
        done = self.run_program(
            "--config", self.configure(f"tls_certificate_file = {key}",
                                       f"tls_key_file = {certificate}"),
            "--db", self.database, "--listen", "127.0.0.1:0")
        self.assertEqual(done.returncode, EX_CONFIG, done.stderr)

    def test_behind_a_proxy_that_speaks_https_cookies_are_secure(self):
        password = f"page_password_file = {self.secret('p', 'word')}"
        for lines, secure in (((password,), False),
                              ((password, "secure_cookies = yes"), True)):
            self.start(*lines)
            _, cookie = self.log_in("word")
            self.assertEqual("; Secure" in cookie, secure)
            self.stop()

    def test_no_secret_is_in_the_database_or_on_the_command_line(self):
        self.two_projects()
        self.log_in("everything")
        line = pathlib.Path(f"/proc/{self.collector.process.pid}/cmdline")
        self.assertNotIn(b"everything", line.read_bytes())
        self.stop()
        for name, content in self.files().items():
            for secret in (b"everything", b"red-in", b"metrics-token"):
                self.assertNotIn(secret, content, name)


unittest.main(verbosity=2)
