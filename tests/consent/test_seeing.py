"""Seeing it: the notice says of every field what the schema says, consent
keeps who, when, how and for which notice, status says what would leave now and
who decides, preview shows the very bytes, the audit log tells it all without a
word of what was sent, and all of it fits a terminal."""

import datetime
import fcntl
import gzip
import json
import os
import pathlib
import pty
import re
import struct
import subprocess
import termios
import unittest

import find
import layers
import sender
import wire
from fault_server import FaultServer, status
from layers import CLASSES, Layers, Report

ACCEPT = status(202, body=b"{}")
PLANTED = "plantedWord7"  # in every field that is not REQUIRED
COLUMNS = 80
NOTICE = pathlib.Path(__file__).resolve().parents[2] / "PRIVACY.md"


def json_name(name):
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


def schema_entries():
    """What report.proto says of each field: its comment and options, read by
    nobody of ours."""
    found = []
    for name, body in re.findall(r"^message (\w+) \{(.*?)^\}",
                                 wire.SCHEMA.read_text(), re.M | re.S):
        found += [(name, field, comment, options)
                  for comment, field, options in fields_of(body)]
    return found


def fields_of(body):
    """(comment, JSON name, options) of the fields of one message."""
    comment = []
    for line, rest in statements(body):
        if line.startswith("//"):
            comment.append(line[2:].strip())
            continue
        if line.startswith("oneof") or line == "}":
            continue
        match = re.match(r"(?:repeated )?(?:map<[^>]+>|[\w.]+) (\w+) = \d+ "
                         r"\[", line)
        if match:
            renamed = re.search(r'json_name = "(\w+)"', rest)
            yield (" ".join(comment), renamed.group(1) if renamed
                   else json_name(match.group(1)), rest)
        comment = []


def statements(body):
    """Each comment line and each field with all its lines."""
    lines = iter(body.splitlines())
    for line in lines:
        text = line = line.strip()
        while " = " in line and "[" in text and "];" not in text:
            text += " " + next(lines).strip()
        if line:
            yield line, text


class Seeing(layers.ConsentTest):
    def setUp(self):
        super().setUp()
        self.server = self.serve(FaultServer([ACCEPT]))

    def ok(self, *arguments):
        done = self.inquest(*arguments)
        self.assertEqual(done.returncode, sender.EX_OK, done.stderr)
        return done

    def read(self, *arguments):
        return json.loads(self.ok(*arguments, "--json").stdout)

    def on_terminal(self, *arguments, answer=None):
        """What a person sees in COLUMNS columns; and the exit status."""
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ,
                    struct.pack("HHHH", 40, COLUMNS, 0, 0))
        process = subprocess.Popen([self.program, *arguments], stdin=slave,
                                   stdout=slave, stderr=slave,
                                   env=self.environment)
        os.close(slave)
        seen = b""
        while True:
            try:
                part = os.read(master, 65536)
            except OSError:  # nobody has the other end any more
                break
            seen += part
            if answer and b"[y/N]" in part:
                os.write(master, answer.encode() + b"\n")
        os.close(master)
        return process.wait(30), seen.decode().replace("\r", "")

    # --- the notice ---

    def test_the_notice_says_of_every_field_what_the_schema_says(self):
        told = {(e["message"], e["field"]): e
                for e in self.read("privacy")["fields"]}
        page = NOTICE.read_text()
        text = " ".join(self.ok("privacy").stdout.split())
        entries = schema_entries()
        self.assertEqual({entry[:2] for entry in entries}, set(told))
        for message, field, comment, options in entries:
            with self.subTest(message=message, field=field):
                entry = told[message, field]
                cls, purpose, days = (
                    re.search(rf"{key}: (\w+)", options).group(1)
                    for key in ("class", "purpose", "retention_days"))
                example = re.search(r"example: '([^']*)'", options)
                self.assertTrue(comment)
                self.assertEqual(
                    (entry["class"], entry["purpose"],
                     entry["retentionDays"], entry["comment"]),
                    (cls, purpose, int(days), comment))
                self.assertTrue(entry["example"])
                if example:
                    self.assertEqual(entry["example"], example.group(1))
                self.assertRegex(
                    page, rf"\| `{field}` \| {cls} \| {purpose} \| "
                    rf"{days} days \| `[^|]+` \| [^|\n]+ \|\n")
                self.assertIn(f" {field} {comment} {cls}, {days} days, "
                              f"{purpose} ", text)

    # --- consent ---

    def test_a_word_has_its_time_actor_way_and_notice(self):
        self.assertEqual(set(self.read("consent", "status")["classes"]
                             ["OPTIONAL"]), {"state", "allowed", "decidedBy"})
        notices = self.notices()
        for words, state, way in ((("grant", "OPTIONAL"), "granted",
                                   "command"),
                                  (("deny", "OPTIONAL"), "denied", "command"),
                                  (("withdraw",), "denied", "withdrawal")):
            before = datetime.datetime.now(datetime.timezone.utc)
            self.ok("consent", *words)
            entry = self.read("consent", "status")["classes"]["OPTIONAL"]
            self.assertEqual(
                (entry["state"], entry["actor"], entry["way"],
                 entry["noticeVersion"]),
                (state, f"uid:{os.geteuid()}", way, notices["OPTIONAL"]))
            told = datetime.datetime.fromisoformat(
                entry["time"].replace("Z", "+00:00"))
            self.assertLess(abs((told - before).total_seconds()), 60)

    def test_a_grant_for_another_notice_counts_no_more(self):
        old = {cls: "0badf00d" for cls in CLASSES}
        self.apply(Layers(user={cls: "granted" for cls in CLASSES}), old)
        self.assertIn("notice changed", self.ok("consent").stdout)
        self.drop([Report()])
        self.ok("upload", "--now")
        pairs, = wire.messages_of(self.server.requests)
        self.assertFalse({path for path in wire.paths(pairs)
                          if path.startswith(("usage", "features"))})

    def test_the_past_leaves_only_with_a_yes_on_the_terminal(self):
        self.ok("consent", "deny", "REQUIRED")
        report = Report(epoch=1)
        self.drop([report])
        grant = ("consent", "grant", "REQUIRED", "--include-past")
        for answer, code, sent in (("n", 77, 0), ("", 77, 0), ("y", 0, 1)):
            done, seen = self.on_terminal(*grant, answer=answer or " ")
            self.assertEqual(done, code, seen)
            self.assertIn(report.id, seen)
            self.ok("upload", "--now")
            self.assertEqual(len(self.server.requests), sent, answer)

    # --- what would be sent now ---

    LAYERS = {
        "vendor.conf": dict(vendor=frozenset()),
        "administrator": dict(policy=frozenset({"FEEDBACK"})),
        "DO_NOT_TRACK": dict(do_not_track=True),
        "you denied it": dict(user={"REQUIRED": "denied"}),
        "before you granted it": dict(user={"REQUIRED": "granted"}),
    }

    def test_status_says_what_would_be_sent_and_which_layer_decides(self):
        notices = self.notices()
        for words, setting in self.LAYERS.items():
            with self.subTest(layer=words):
                self.clear()
                self.server.requests.clear()
                self.apply(Layers(**setting), notices)
                self.drop([Report(epoch=layers.SINCE - 1)])
                would = self.read("status")["wouldSend"]
                self.assertEqual((would["waiting"], would["leave"]), (1, 0))
                self.assertIn(words, would["stay"][0]["decidedBy"])
                self.assertEqual(would["stay"][0]["class"], "REQUIRED")
                self.assertIn(words, self.ok("status").stdout)
                self.upload("--now")
                self.assertEqual(self.server.requests, [])

    def test_what_status_counts_is_what_upload_sends(self):
        self.apply(Layers(user={"FEEDBACK": "denied"}, privacy_off=False),
                   self.notices())
        self.drop([Report(kind=kind) for kind in
                   ("CRASH", "CRASH", "FEEDBACK", "DETECTION", "USAGE")])
        would = self.read("status")["wouldSend"]
        self.assertEqual((would["waiting"], would["leave"]), (5, 2))
        self.assertEqual({(one["class"], one["count"])
                          for one in would["stay"]},
                         {("FEEDBACK", 1), ("DETECTION", 1), ("OPTIONAL", 1)})
        self.assertIn("2 of 5 waiting", self.ok("status").stdout)
        self.ok("upload", "--now")
        self.assertEqual(len(self.server.requests), 2)

    def test_without_an_endpoint_nothing_would_be_sent(self):
        del self.environment["INQUEST_ENDPOINT"]
        self.drop([Report()])
        self.assertIn("nothing: no endpoint", self.ok("status").stdout)
        self.assertEqual(self.read("status")["wouldSend"]["leave"], 0)

    def test_a_preview_is_the_body_for_every_kind(self):
        self.ok("consent", "grant", "OPTIONAL")
        self.environment["INQUEST_PRIVACY_SETTING"] = "off"
        reports = [Report(kind=kind) for kind in
                   ("CRASH", "TERMINATION", "FEEDBACK", "DETECTION", "USAGE")]
        self.drop(reports, PLANTED)
        shown = {}
        for report in reports:
            raw = subprocess.run(
                [self.program, "preview", report.id, "--raw"],
                env=self.environment, capture_output=True, check=True).stdout
            shown[report.id] = raw
            text = self.ok("preview", report.id).stdout
            self.assertEqual(json.loads(text)["kind"], report.kind)
            self.assertEqual(PLANTED.encode() in raw, PLANTED in text)
        self.ok("upload", "--now")
        self.assertEqual({r.headers["idempotency-key"]:
                          gzip.decompress(r.body)
                          for r in self.server.requests}, shown)

    # --- the log ---

    def tell_it_all(self):
        """Consent, policy, a send, a discard, a deletion."""
        self.environment["INQUEST_PRIVACY_SETTING"] = "off"
        self.ok("consent", "grant", "OPTIONAL")
        self.write(self.policy, "allow = REQUIRED FEEDBACK OPTIONAL\n")
        report, other = Report(), Report()
        self.drop([report, other], PLANTED)
        self.ok("feedback", "--type", "idea", "--comment", PLANTED)
        self.ok("upload", "--now")
        self.ok("rm", other.id)
        self.ok("consent", "withdraw")
        return report

    def test_the_log_tells_it_all_and_no_content(self):
        report = self.tell_it_all()
        lines = [json.loads(line) for line in
                 self.ok("audit", "--json").stdout.splitlines()]
        self.assertLessEqual({"consent", "policy", "sent", "discarded",
                              "withdrawal", "deletion"},
                             {line["event"] for line in lines})
        self.assertTrue([line for line in lines if line["event"] == "sent"
                         and report.id in line["detail"]])
        log = (self.state / "audit.log").read_bytes()
        self.assertEqual(find.words_in(log, [PLANTED]), [])
        self.assertEqual(os.stat(self.state / "audit.log").st_mode & 0o777,
                         0o600)

    def test_a_changed_log_is_said_to_be_one(self):
        self.tell_it_all()
        self.assertTrue(self.read("audit", "verify")["whole"])
        path = self.state / "audit.log"
        log = path.read_bytes()
        for changed in (log.replace(b"granted", b"denied ", 1),
                        log[:log[:-1].rindex(b"\n") + 1]):
            path.write_bytes(changed)
            done = self.inquest("audit", "verify")
            self.assertEqual(done.returncode, sender.EX_DATAERR)
            self.assertIn("not what was written", done.stderr)

    # --- on a terminal ---

    def test_it_all_fits_the_terminal(self):
        self.tell_it_all()
        self.ok("consent", "deny", "REQUIRED")
        self.drop([Report(), Report(kind="FEEDBACK")])
        for command in (("status",), ("consent",), ("privacy",), ("audit",),
                        ("audit", "verify")):
            with self.subTest(command=command):
                _, seen = self.on_terminal(*command)
                self.assertTrue(seen)
                # A path or a name of a file has no place to be broken at.
                long = [line for line in seen.splitlines()
                        if len(line) > COLUMNS and str(self.state) not in line]
                self.assertEqual(long, [])


if __name__ == "__main__":
    unittest.main()
