"""Secrets planted wherever a crash reporter might find them: none is in any
request, in plain, base64, hexadecimal or UTF-16, unless its class was
granted."""

import json
import os
import shutil
import subprocess
import unittest

import find
import layers
import person
import sender
from fault_server import FaultServer, status

ACCEPT = status(202, body=b"{}")
# Long enough that no register holds one.
ARGUMENT = "argumentCanary0a1"
ENVIRONMENT = "environmentCanary0b2"
DIRECTORY = "directoryCanary0c3"
HEAP = "heapCanary0d4secret"
STACK = "stackCanary0e5secret"
THREAD = "threadCnry0f6"
ACTION = "actionCanary0g7"
FEATURE = "featureCanary0h8"
DETECTION = "detection-canary-0i9.example"
COMMENT = "commentCanary0j1"
ACCOUNT = "accountCanary0k2"
SENSITIVE = (ARGUMENT, ENVIRONMENT, DIRECTORY, HEAP, STACK)
NAMES = (person.USER, person.HOST)
NEVER = (THREAD, *NAMES)  # a redaction, not a class
CLASSES = {"REQUIRED": (ACTION, ACCOUNT), "OPTIONAL": (FEATURE,),
           "DETECTION": (DETECTION,), "FEEDBACK": (COMMENT,),
           "SENSITIVE": SENSITIVE}
EVERYTHING = (*SENSITIVE, *NEVER, ACTION, ACCOUNT, FEATURE, DETECTION, COMMENT)


class Canaries(layers.ConsentTest):
    def setUp(self):
        super().setUp()
        os.chmod(self.directory, 0o755)
        self.home = self.directory / "homeCanary0l3"
        person.settle(self.home)
        self.addCleanup(person.leave)
        shutil.copy(sender.BUILD / "bin/host", self.home / "ledger")
        self.cwd = self.home / DIRECTORY
        self.cwd.mkdir()
        for path in (self.home / "ledger", self.cwd):
            os.chown(path, person.UID, person.UID)
        self.state = self.home / "state"
        self.environment.update({
            "HOME": str(self.home), "USER": person.USER,
            "LOGNAME": person.USER, "INQUEST_STATE_DIR": str(self.state),
            "CANARY": ENVIRONMENT, "INQUEST_PRIVACY_SETTING": "on",
            "XDG_CONFIG_HOME": str(self.home)})
        self.environment.pop("INQUEST_POLICY_FILE")
        self.server = self.serve(FaultServer([ACCEPT]))

    def ok(self, *arguments, **options):
        done = subprocess.run(person.as_user(self.program, *arguments),
                              env=self.environment, capture_output=True,
                              text=True, timeout=60, **options)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done

    def run_host(self, how="trap"):
        lines = [
            ("app", "ledger", "2.7"),
            ("action", ACTION, "file", f"{self.home}/notes of "
             f"{person.USER} on {person.HOST}"),
            ("annotate", "last", f"{self.home}/drafts"),
            ("account", "1", ACCOUNT),
            ("feature", "spelling", FEATURE),
            ("detection", DETECTION, "192.0.2.66"),
            ("feedback", "2", COMMENT, "ann@example.org"),
            ("thread", THREAD), ("thread", "worker-1"),
            ("keep", HEAP), ("die", how, STACK)]
        script = "".join("\t".join(line) + "\n" for line in lines)
        done = subprocess.run(
            person.as_user(self.program, "run", "--wait-upload", "20", "--",
                           self.home / "ledger", ARGUMENT),
            env=self.environment, cwd=self.cwd, input=script, text=True,
            capture_output=True, timeout=60)
        self.assertLess(done.returncode, 0, done.stderr)
        self.ok("upload", "--now", "--wait")

    def crash_id(self):
        listed = self.ok("list", "--kind", "CRASH", "--json").stdout
        return json.loads(listed)[0]["reportId"]

    def sent(self):
        """All bytes of all requests, headers too."""
        return [repr(request.headers).encode() + b"\n" + request.path.encode()
                + b"\n" for request in self.server.requests] + \
               [request.body for request in self.server.requests]

    def found(self, words):
        return [hit for data in self.sent() for hit in
                find.words_in(data, words)]

    def check(self, granted):
        allowed = {word for cls in granted for word in CLASSES[cls]}
        self.assertEqual(self.found(set(EVERYTHING) - allowed), [])
        for word in allowed - set(SENSITIVE):
            self.assertTrue(self.found([word]), f"{word} did not arrive")
        self.assertEqual(self.found(["homeCanary0l3"]), [])

    def test_by_default_only_what_the_program_told_as_required(self):
        self.run_host()
        self.assertTrue(self.server.requests)
        # Feedback was typed for its report, so it leaves with it.
        self.check(["REQUIRED", "FEEDBACK"])

    def test_nothing_of_a_killed_program_either(self):
        self.run_host("kill")
        self.assertTrue(self.server.requests)
        self.check(["REQUIRED", "FEEDBACK"])

    def test_nothing_of_a_failed_assertion_either(self):
        self.run_host("assert")
        self.check(["REQUIRED", "FEEDBACK"])

    def test_nothing_by_the_second_tier_either(self):
        self.environment["INQUEST_TIER"] = "2"
        self.run_host()
        self.ok("recover")
        self.ok("upload", "--now", "--wait")
        self.assertTrue(self.server.requests)
        self.check(["REQUIRED"])  # and feedback wants the first tier

    def test_each_class_with_its_grant(self):
        self.ok("consent", "grant", "OPTIONAL")
        self.environment["INQUEST_PRIVACY_SETTING"] = "off"
        self.run_host()
        self.check(["REQUIRED", "FEEDBACK", "OPTIONAL", "DETECTION"])

    def test_denied_feedback_stays(self):
        self.ok("consent", "deny", "FEEDBACK")
        self.run_host()
        self.check(["REQUIRED"])

    def test_denied_required_keeps_everything(self):
        self.ok("consent", "deny", "REQUIRED")
        self.run_host()
        self.assertEqual(self.server.requests, [])

    def test_raw_evidence_needs_a_grant_and_the_report_by_name(self):
        self.ok("consent", "grant", "SENSITIVE")
        self.run_host()
        self.assertEqual(self.found(SENSITIVE), [])
        self.server.requests.clear()
        crash = self.crash_id()
        self.ok("consent", "grant", "SENSITIVE", "--report", crash)
        sent = self.state / "queue/sent" / f"{crash}.inq"
        sent.rename(self.state / "queue/new" / sent.name)
        self.ok("upload", "--now", "--wait")
        for word in (ARGUMENT, ENVIRONMENT, DIRECTORY, STACK, *NAMES):
            self.assertTrue(self.found([word]), f"{word} did not arrive")

    def test_a_public_export_names_nobody(self):
        self.run_host()
        crash = self.crash_id()
        public = self.ok("export", crash, "--public").stdout
        text = self.ok("export", crash, "--public", "--text").stdout
        for out in (public, text):
            self.assertEqual(find.words_in(out.encode(), (
                *EVERYTHING, "homeCanary0l3")), [])
        self.assertIn("SIGILL", public)
        self.assertIn("worker-1", public)
        for thread in json.loads(public)["threads"]:
            # Any other register may hold eight bytes of anything.
            self.assertLessEqual(set(thread.get("registers", {})),
                                 {"rip", "rsp", "rbp"})


if __name__ == "__main__":
    person.enter()
    unittest.main()
