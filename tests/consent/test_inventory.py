"""Every row of the published inventory has its way in and its way out: it
arrives when it is allowed, and does not when it is not."""

import gzip
import json
import re
import subprocess
import unittest

import find
import layers
import sender
import wire
from fault_server import FaultServer, status
from job import PYTHON_CRASH

ACCEPT = status(202, body=b"{}")
NEW, SAME, UPGRADED, DOWNGRADED = "1", "2", "3", "4"
SMILE, FROWN, IDEA = "1", "2", "3"
KINDS = {"CRASH": "1", "TERMINATION": "2", "DETECTION": "9", "FEEDBACK": "10",
         "USAGE": "11"}


class Inventory(layers.ConsentTest):
    def setUp(self):
        super().setUp()
        self.environment.pop("INQUEST_POLICY_FILE")
        self.server = self.serve(FaultServer([ACCEPT]))

    def configure(self, *lines):
        self.write(self.directory / "inquest/config", "\n".join(lines) + "\n")

    def ok(self, *arguments):
        done = self.inquest(*arguments)
        self.assertEqual(done.returncode, sender.EX_OK, done.stderr)
        return done

    def run_host(self, *lines, options=(), program="host"):
        script = "".join("\t".join(line) + "\n" for line in lines)
        done = subprocess.run(
            [self.program, "run", "--wait-upload", "20", *options, "--",
             sender.BUILD / "bin" / program], env=self.environment,
            input=script, text=True, capture_output=True, timeout=60)
        self.ok("upload", "--now", "--wait")
        return done

    def crash(self, *lines, **options):
        done = self.run_host(*lines, ("die", "trap"), **options)
        self.assertLess(done.returncode, 0, done.stderr)

    def arrived(self, kind):
        """The reports of a kind that came in, as {path: [value]}."""
        reports = []
        for pairs in wire.messages_of(self.server.requests):
            values = {}
            for path, value in pairs:
                values.setdefault(path, []).append(value)
            if values["kind"] == [KINDS[kind]]:
                reports.append(values)
        return reports

    def one(self, kind="CRASH"):
        reports = self.arrived(kind)
        self.assertEqual(len(reports), 1)
        return reports[0]

    def says(self, word):
        return any(find.words_in(request.body, [word])
                   for request in self.server.requests)

    def assert_silent_without_required(self, act):
        self.ok("consent", "deny", "REQUIRED")
        act()
        self.assertEqual(self.server.requests, [])

    # --- required: device, account, app, actions, crash logs, memory ---

    DEVICE = ("time", "device.installation_id", "device.os_name",
              "device.os_version", "device.kernel", "device.architecture",
              "device.cpu_model", "device.cpu_count")

    def test_the_three_forms_of_the_notice_tell_the_same(self):
        notice = json.loads(self.ok("privacy", "--json").stdout)
        table = self.ok("privacy", "--markdown").stdout
        text = self.ok("privacy").stdout
        self.assertTrue(notice["fields"])
        for field in notice["fields"]:
            row = (f"| `{field['field']}` | {field['class']} | "
                   f"{field['purpose']} | {field['retentionDays']} days |")
            self.assertIn(row, table)
            self.assertIn(f"\n  {field['field']}\n", text)
            self.assertIn(f"\n### {field['message']}\n", table)
        for name, of in notice["classes"].items():
            self.assertIn(f"| {name} | {of['what']} | {of['leaves']} | "
                          f"{of['noticeVersion']} |", table)

    def test_device_information_arrives(self):
        self.crash()
        report = self.one()
        for path in self.DEVICE:
            self.assertIn(path, report)
        self.assertTrue(self.says(
            (self.state / "installation-id").read_text().strip()))
        self.assertNotIn("device.mac_address", report)

    def test_device_information_stays(self):
        self.assert_silent_without_required(self.crash)

    def test_account_information_arrives_from_program_and_configuration(self):
        self.configure("account.tenant_id = tenantFromFile",
                       "account.user_id = userFromFile")
        self.crash(("account", "1", "userFromProgram"))
        report = self.one()
        self.assertEqual(report["account.tenant_id"], ['"tenantFromFile"'])
        self.assertEqual(report["account.user_id"], ['"userFromProgram"'])

    ACCOUNT = ("device_id", "user_id", "tenant_id", "organization_id",
               "user_principal_name")  # in the order of inquest.h

    def test_every_account_id_arrives_from_either(self):
        def value(source, name):
            return f"{source}-{name}@example.org"  # as a principal's name is
        self.configure(*(f"account.{name} = {value('file', name)}"
                         for name in self.ACCOUNT))
        self.crash()
        self.crash(*(("account", str(number), value("program", name))
                     for number, name in enumerate(self.ACCOUNT)))
        for source, report in zip(("file", "program"), self.arrived("CRASH"),
                                  strict=True):
            for name in self.ACCOUNT:
                self.assertEqual(report[f"account.{name}"],
                                 [f'"{value(source, name)}"'])

    def test_account_information_stays(self):
        self.configure("account.tenant_id = tenantFromFile")
        self.assert_silent_without_required(
            lambda: self.crash(("account", "1", "userFromProgram")))

    def test_app_information_and_every_upgrade_status_arrive(self):
        for version in ("1.9", "1.9", "1.10", "1.10", "1.9~rc1"):
            self.crash(options=("--app", "ledger", "--app-version", version))
        told = [(r["app.version"][0].strip('"'), r["app.upgrade_status"][0],
                 r.get("app.previous_version", ['""'])[0].strip('"'))
                for r in self.arrived("CRASH")]
        self.assertEqual(told, [
            ("1.9", NEW, ""), ("1.9", SAME, "1.9"), ("1.10", UPGRADED, "1.9"),
            ("1.10", SAME, "1.10"), ("1.9~rc1", DOWNGRADED, "1.10")])

    def test_app_information_stays(self):
        self.assert_silent_without_required(
            lambda: self.crash(options=("--app", "ledger")))

    def test_clean_runs_count_for_the_upgrade_status(self):
        for version in ("1.0", "1.1"):
            self.run_host(options=("--app", "ledger",
                                   "--app-version", version))
        self.crash(options=("--app", "ledger", "--app-version", "1.1"))
        report = self.one()
        self.assertEqual(report["app.upgrade_status"], [SAME])

    def test_a_program_that_names_itself_is_remembered(self):
        for version in ("2.0", "2.0", "2.1"):
            self.crash(("app", "self-named", version))
        self.assertEqual([r["app.upgrade_status"][0]
                          for r in self.arrived("CRASH")],
                         [NEW, SAME, UPGRADED])

    def test_the_package_note_names_a_program(self):
        self.crash(program="noted_host")
        report = self.one()
        self.assertEqual(report["app.name"], ['"noted-ledger"'])
        self.assertEqual(report["app.version"], ['"3.2-1"'])
        self.assertEqual(report["app.upgrade_status"], [NEW])

    def test_the_package_that_owns_it_gives_the_version(self):
        path = subprocess.run(["realpath", PYTHON_CRASH[0]], text=True,
                              capture_output=True, check=True).stdout.strip()
        owner = subprocess.run(["dpkg-query", "-S", path], text=True,
                               capture_output=True)
        if owner.returncode != 0:
            self.skipTest("no Debian package owns python3 here")
        name = re.match("([^:]+)", owner.stdout).group(1)
        version = subprocess.run(
            ["dpkg-query", "-W", "-f", "${Version}", name], text=True,
            capture_output=True, check=True).stdout
        self.inquest("run", "--wait-upload", "20", "--", *PYTHON_CRASH)
        self.ok("upload", "--now", "--wait")
        report = self.one()
        self.assertEqual(report["app.name"], [f'"{path.rsplit("/")[-1]}"'])
        self.assertEqual(report["app.version"], [f'"{version}"'])

    def test_a_program_of_nobodys_goes_by_file_and_build_id(self):
        self.crash()
        report = self.one()
        shown = json.loads(self.ok("show", "last", "--json").stdout)
        self.assertEqual(shown["app"]["name"], "host")
        self.assertIn("app.build_id", report)
        self.assertNotIn("app.version", report)

    def test_actions_arrive(self):
        self.crash(("action", "open-document", "pages", "12"))
        report = self.one()
        self.assertEqual(report["actions.name"], ['"open-document"'])
        self.assertTrue(self.says("pages"))

    def test_actions_stay(self):
        self.assert_silent_without_required(
            lambda: self.crash(("action", "open-document")))

    def test_crash_logs_and_memory_usage_arrive(self):
        self.crash()
        report = self.one()
        for path in ("crash.signal.number", "threads.frames.pc",
                     "modules.build_id", "memory.samples.rss_bytes"):
            self.assertIn(path, report)

    def test_crash_logs_and_memory_usage_stay(self):
        self.assert_silent_without_required(self.crash)

    # --- detection ---

    DETECTION = (("detection", "malware.example", "192.0.2.66"),)

    def test_a_detection_arrives_while_the_privacy_setting_is_off(self):
        self.configure("privacy_setting = off")
        self.run_host(*self.DETECTION)
        report = self.one("DETECTION")
        self.assertTrue(self.says("malware.example"))
        self.assertEqual(report["detection.ip_address"], ['"192.0.2.66"'])

    def test_a_detection_stays_by_default_and_when_it_is_on(self):
        for line in ("", "privacy_setting = on"):
            self.configure(line)
            self.run_host(*self.DETECTION)
        self.assertEqual(self.server.requests, [])

    def test_a_detection_stays_when_the_policy_locks_the_setting(self):
        self.configure("privacy_setting = off")
        self.environment["INQUEST_POLICY_FILE"] = str(self.policy)
        self.write(self.policy, "privacy_setting = on\n")
        self.run_host(*self.DETECTION)
        self.assertEqual(self.server.requests, [])

    def test_a_detection_stays_when_it_is_denied(self):
        self.configure("privacy_setting = off")
        self.ok("consent", "deny", "DETECTION")
        self.run_host(*self.DETECTION)
        self.assertEqual(self.server.requests, [])

    # --- optional: usage, features ---

    def a_day_passes(self):
        """What was counted today was counted on another day."""
        for path in self.state.glob("usage/*"):
            text = re.sub("^day = .*", "day = 2026-01-02", path.read_text(),
                          flags=re.M)
            path.unlink()
            self.write(path.with_name("2026-01-02" + path.name[10:]), text)

    def use(self):
        options = ("--app", "ledger", "--app-version", "4.2")
        self.run_host(options=options)
        self.run_host(("die", "trap"), options=options)
        self.run_host(options=options)
        self.a_day_passes()
        self.ok("upload", "--now", "--wait")

    def test_usage_arrives_once_a_day_and_version(self):
        self.ok("consent", "grant", "OPTIONAL")
        self.use()
        report = self.one("USAGE")
        self.assertEqual(report["usage.day"], ['"2026-01-02"'])
        self.assertEqual(report["usage.starts"], ["3"])
        self.assertEqual(report["usage.clean_ends"], ["2"])
        self.assertEqual(report["usage.crashes"], ["1"])
        self.assertEqual(report["app.name"], ['"ledger"'])
        self.assertEqual(report["app.version"], ['"4.2"'])
        for path in ("usage.seconds", "usage.cpu_percent",
                     "usage.network_rx_bytes", "usage.network_tx_bytes"):
            self.assertIn(path, report)
        self.assertEqual(list(self.state.glob("usage/*")), [])
        self.ok("upload", "--now", "--wait")
        self.one("USAGE")  # not again

    def test_usage_is_not_even_collected_without_a_grant(self):
        self.use()
        self.assertEqual(self.arrived("USAGE"), [])
        self.assertFalse((self.state / "usage").exists())
        crash = self.one("CRASH")
        self.assertFalse([path for path in crash if path.startswith("usage")
                          or path.endswith("cpu_permille")])

    def test_usage_goes_with_a_denial(self):
        self.ok("consent", "grant", "OPTIONAL")
        self.run_host(options=("--app", "ledger"))
        self.assertTrue(list(self.state.glob("usage/*")))
        self.ok("consent", "deny", "OPTIONAL")
        self.assertEqual(list(self.state.glob("usage/*")), [])

    def test_features_of_the_administrator_and_the_program_arrive(self):
        self.configure("feature.sync = enabled")
        self.ok("consent", "grant", "OPTIONAL")
        self.crash(("feature", "spelling", "on"))
        report = self.one()
        self.assertEqual(set(report["features.name"]), {'"sync"',
                                                        '"spelling"'})
        self.assertTrue(self.says("enabled"))

    def test_features_stay_without_a_grant(self):
        self.configure("feature.sync = enabled")
        self.crash(("feature", "spelling", "on"))
        self.assertFalse([path for path in self.one()
                          if path.startswith("features")])

    # --- feedback ---

    def feedback(self, *arguments):
        self.ok("feedback", *arguments)
        self.ok("upload", "--now", "--wait")

    def test_feedback_of_each_type_arrives(self):
        for kind in ("smile", "FROWN", "Idea"):
            self.feedback("--type", kind, "--comment", f"words of a {kind}",
                          "--email", "ann@example.org")
        reports = self.arrived("FEEDBACK")
        self.assertEqual([r["feedback.type"] for r in reports],
                         [[SMILE], [FROWN], [IDEA]])
        for report in reports:
            self.assertIn("feedback.comment", report)
        self.assertTrue(self.says("ann@example.org"))

    def test_the_email_of_feedback_is_optional(self):
        self.feedback("--type", "idea", "--comment", "without an address")
        self.assertNotIn("feedback.email", self.one("FEEDBACK"))

    def test_feedback_of_a_program_arrives(self):
        self.run_host(("feedback", "2", "It froze.", "ann@example.org"))
        report = self.one("FEEDBACK")
        self.assertEqual(report["feedback.type"], [FROWN])
        self.assertIn("feedback.email", report)

    def test_the_email_of_a_programs_feedback_is_optional(self):
        self.run_host(("feedback", "3", "More colours."))
        report = self.one("FEEDBACK")
        self.assertEqual(report["feedback.type"], [IDEA])
        self.assertNotIn("feedback.email", report)

    def test_feedback_stays_when_it_is_denied(self):
        self.ok("consent", "deny", "FEEDBACK")
        self.feedback("--type", "idea", "--comment", "words")
        self.run_host(("feedback", "2", "It froze."))
        self.assertEqual(self.server.requests, [])

    def test_feedback_is_in_no_other_report(self):
        self.feedback("--type", "idea", "--comment", "wordsTypedOnce")
        self.server.requests.clear()
        self.crash(("feedback", "2", "wordsTypedTwice"))
        for report in self.arrived("CRASH"):
            self.assertFalse([p for p in report if p.startswith("feedback")])

    # --- what a program says last ---

    def test_of_an_exceptions_text_the_known_words_leave(self):
        self.inquest("run", "--wait-upload", "20", "--",
                     sender.BUILD / "bin/uncaught_exception")
        self.ok("upload", "--now", "--wait")
        report = self.one()
        self.assertEqual(report["crash.exception.message"],
                         ['"* file is empty"'])
        self.assertEqual(report["crash.cause"],
                         ['"uncaught exception: * file is empty"'])
        shown = json.loads(self.ok("show", "last", "--json").stdout)["crash"]
        self.assertEqual(shown["exception"]["message"],
                         "settings file is empty")

    # --- text that is no UTF-8 ---

    def test_foreign_bytes_do_not_break_the_message(self):
        script = b"action\tgr\xfc\xdfe\nannotate\tkey\t\xff\xfe\ndie\ttrap\n"
        subprocess.run([self.program, "run", "--wait-upload", "20", "--",
                        sender.BUILD / "bin/host"], env=self.environment,
                       input=script, capture_output=True, timeout=60)
        self.ok("upload", "--now", "--wait")
        body = gzip.decompress(self.server.requests[0].body)
        decoded = subprocess.run(
            ["protoc", "-I", wire.SCHEMA.parents[1], "--decode",
             "inquest.v1.Report", "proto/report.proto"], input=body,
            capture_output=True)
        self.assertEqual(decoded.returncode, 0, decoded.stderr)
        self.assertNotIn(b"UTF-8", decoded.stderr)
        self.assertIn(b'"gr??e"', decoded.stdout)
        show = self.ok("show", "last", "--json").stdout
        self.assertEqual(json.loads(show)["actions"][0]["name"], "gr??e")


if __name__ == "__main__":
    unittest.main()
