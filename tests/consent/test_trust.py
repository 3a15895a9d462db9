"""Files that decide: one that is malformed, unreadable, a symbolic link or
open for others to write denies everything, and the command says so. What the
administrator decides is shown as that."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

import layers
import wire
from fault_server import FaultServer, status
from layers import Report

ACCEPT = status(202, body=b"{}")
MARK = "INQUEST_TEST_TRUST"
NOBODY = 65534
GOOD = {"policy": "allow = REQUIRED FEEDBACK\n", "vendor": "allow = REQUIRED\n",
        "consent": "epoch = 3\n", "config": "parallel = 2\n"}


class Trust(layers.ConsentTest):
    def setUp(self):
        super().setUp()
        self.server = self.serve(FaultServer([ACCEPT]))
        self.paths = {"policy": self.policy, "vendor": self.vendor,
                      "consent": self.state / "consent",
                      "config": self.directory / "inquest/config"}
        self.drop([Report(epoch=1)])

    def run_as(self, user, *arguments):
        command = [self.program, *arguments]
        if user:
            for path in (self.directory, *self.directory.rglob("*")):
                if not path.is_symlink():
                    os.chown(path, user, user)
            command = ["setpriv", f"--reuid={user}", f"--regid={user}",
                       "--clear-groups", "--", *command]
        return subprocess.run(command, env=self.environment, text=True,
                              capture_output=True, timeout=60)

    def expect_denied(self, name, user=None):
        """Why, as it is said."""
        done = self.run_as(user, "upload", "--now")
        self.assertEqual(self.server.requests, [], name)
        self.assertIn("nothing is sent", done.stderr, name)
        said, = re.findall(r"nothing is sent: ([^:]+)(?::\d+)?: (.+)\n",
                           done.stderr)
        self.assertEqual(os.path.normpath(said[0]),
                         str(self.paths[name].absolute()), done.stderr)
        shown = self.run_as(user, "status", "--json")
        classes = json.loads(shown.stdout)["consent"]["classes"]
        for cls, entry in classes.items():
            self.assertFalse(entry["allowed"], f"{name} {cls}")
            self.assertTrue(entry["decidedBy"], f"{name} {cls}")
        return said[1]

    def each(self):
        for name, path in self.paths.items():
            with self.subTest(file=name):
                yield name, path
                if path.is_symlink() or path.exists():
                    path.unlink()

    def test_good_files_let_it_out(self):
        for name, path in self.paths.items():
            self.write(path, GOOD[name], 0o644)
        done = self.inquest("upload", "--now")
        self.assertEqual(len(self.server.requests), 1, done.stderr)

    def test_malformed(self):
        for name, path in self.each():
            self.write(path, "this is no line\n")
            self.assertIn("KEY = VALUE", self.expect_denied(name))

    def test_a_symbolic_link(self):
        target = self.directory / "target"
        for name, path in self.each():
            self.write(target, GOOD[name])
            path.parent.mkdir(parents=True, exist_ok=True)
            path.symlink_to(target)
            self.assertIn("symbolic link", self.expect_denied(name))

    def test_open_for_others_to_write(self):
        for mode in (0o602, 0o620):
            for name, path in self.each():
                self.write(path, GOOD[name], mode)
                self.assertIn("others may write", self.expect_denied(name))

    def test_a_directory(self):
        for name, path in self.paths.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.mkdir()
            self.expect_denied(name)
            path.rmdir()

    def test_too_long(self):
        for name, path in self.each():
            self.write(path, "# much\n" * 20000)
            self.expect_denied(name)

    @unittest.skipIf(os.geteuid() != 0, "root alone can be another user")
    def test_unreadable_and_another_users(self):
        os.chmod(self.directory, 0o755)
        for name, path in self.each():
            self.write(path, GOOD[name], 0o000)
            self.expect_denied(name, NOBODY)
        for name, path in self.each():
            self.write(path, GOOD[name], 0o644)
            done = self.run_as(NOBODY, "status")
            os.chown(path, 12345, 12345)
            done = subprocess.run(
                ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}",
                 "--clear-groups", "--", self.program, "upload", "--now"],
                env=self.environment, text=True, capture_output=True)
            self.assertEqual(self.server.requests, [], name)
            self.assertIn("nothing is sent", done.stderr, name)

    def test_a_word_for_one_report_that_is_no_word_denies_it(self):
        self.inquest("status")
        report_id, = self.place("new")
        words = self.state / "per-report"
        elsewhere = self.directory / "elsewhere"
        for no_word in ("granted\n", "denied = EVERYTHING\n",
                        f"denied = {'R' * 40}\n"):
            self.write(words / report_id, no_word)
            self.inquest("upload", "--now")
        (words / report_id).unlink()
        shutil.rmtree(words)
        elsewhere.mkdir()
        words.symlink_to(elsewhere)
        self.inquest("upload", "--now")
        self.assertEqual(self.server.requests, [])

    def test_after_a_word_that_is_no_word_another_can_be_said(self):
        """As a denial leaves on a full disk (denial_mark.h)."""
        self.inquest("status")
        report_id, = self.place("new")
        self.write(self.state / "per-report" / report_id, "", 0o620)
        for word, cls in (("deny", "OPTIONAL"), ("grant", "REQUIRED")):
            self.inquest("upload", "--now")
            self.assertEqual(self.server.requests, [])
            done = self.inquest("consent", word, cls, "--report", report_id)
            self.assertEqual(done.returncode, 0, done.stderr)
        self.inquest("upload", "--now")
        self.assertEqual(len(self.server.requests), 1)

    def test_a_state_directory_that_others_may_write_is_refused(self):
        os.chmod(self.state, 0o777)
        done = self.inquest("upload", "--now")
        self.assertEqual(done.returncode, 77, done.stderr)
        self.assertEqual(self.server.requests, [])



class Administrator(layers.ConsentTest):
    """/etc/inquest of a mount namespace, owned by its root."""

    def setUp(self):
        super().setUp()
        self.environment.pop("INQUEST_POLICY_FILE")
        self.server = self.serve(FaultServer([ACCEPT]))
        self.system = pathlib.Path("/etc/inquest")
        self.system.mkdir()
        self.addCleanup(shutil.rmtree, self.system)

    def rule(self, *lines, mode=0o644):
        self.write(self.system / "policy.conf", "\n".join(lines) + "\n", mode)

    def sent(self):
        self.drop([Report(epoch=9)])
        before = len(self.server.requests)
        self.inquest("upload", "--now")
        return len(self.server.requests) > before

    def test_mandatory_is_shown_and_cannot_be_denied(self):
        self.rule("mandatory = REQUIRED")
        done = self.inquest("consent", "deny", "REQUIRED")
        self.assertEqual(done.returncode, 77)
        self.assertIn("set by your administrator", done.stderr)
        self.assertIn("set by your administrator",
                      self.inquest("status").stdout)
        status_json = json.loads(self.inquest("status", "--json").stdout)
        self.assertTrue(status_json["consent"]["setByAdministrator"])
        self.assertTrue(self.sent())

    def test_mandatory_outweighs_an_earlier_denial_and_nothing_else(self):
        self.inquest("consent", "deny", "REQUIRED")
        self.assertFalse(self.sent())
        self.rule("mandatory = REQUIRED")
        self.assertTrue(self.sent())
        self.environment["DO_NOT_TRACK"] = "1"
        self.assertFalse(self.sent())
        self.assertIn("set by your administrator, but DO_NOT_TRACK is set",
                      self.inquest("status").stdout)
        del self.environment["DO_NOT_TRACK"]
        self.rule("mandatory = REQUIRED", "allow = none")
        self.assertFalse(self.sent())

    def test_a_policy_of_the_users_makes_nothing_mandatory(self):
        self.inquest("consent", "deny", "REQUIRED")
        self.environment["INQUEST_POLICY_FILE"] = str(self.policy)
        self.write(self.policy, "mandatory = REQUIRED\n")
        self.assertFalse(self.sent())

    def test_the_ceiling_is_a_ceiling(self):
        for cls in ("REQUIRED", "OPTIONAL"):
            self.inquest("consent", "grant", cls)
        self.rule("allow = REQUIRED")
        self.assertTrue(self.sent())
        paths = wire.paths(wire.messages_of(self.server.requests)[0])
        self.assertFalse([p for p in paths if p.startswith("usage")])
        self.rule("allow = OPTIONAL")
        self.assertFalse(self.sent())

    def test_the_administrator_configures_without_a_line_of_code(self):
        self.write(self.system / "10-site.conf", "feature.sync = enabled\n"
                   "account.tenant_id = tenant-of-site\n", 0o644)
        self.inquest("consent", "grant", "OPTIONAL")
        self.inquest("feedback", "--type", "idea", "--comment", "words")
        self.inquest("upload", "--now")
        (pairs,) = wire.messages_of(self.server.requests)
        self.assertIn(("features.name", '"sync"'), pairs)
        self.assertIn(("account.tenant_id", '"tenant-of-site"'), pairs)

    def test_a_changed_policy_is_in_the_log(self):
        self.rule("allow = REQUIRED")
        self.inquest("status")
        self.rule("allow = none")
        self.inquest("status")
        self.inquest("status")
        log = self.inquest("audit").stdout
        self.assertEqual(log.count(" policy "), 2, log)
        self.assertEqual(self.inquest("audit", "verify").returncode, 0)

    def test_one_that_others_may_write_allows_nothing(self):
        self.rule("mandatory = REQUIRED", mode=0o666)
        self.assertFalse(self.sent())


def enter():
    """An /etc of our own above the machine's."""
    if os.environ.get(MARK):
        upper = pathlib.Path(tempfile.mkdtemp(prefix="inquest-etc-"))
        for name in ("upper", "work"):
            (upper / name).mkdir()
        done = subprocess.run(
            ["mount", "-t", "overlay", "overlay", "-o",
             f"lowerdir=/etc,upperdir={upper}/upper,workdir={upper}/work",
             "/etc"], capture_output=True, text=True)
        if done.returncode != 0:
            print(f"skipped in part: no overlay on /etc: {done.stderr.strip()}")
            del globals()["Administrator"]
        return upper
    root = ["--mount"] if os.geteuid() == 0 else \
        ["--user", "--map-root-user", "--mount"]
    os.environ[MARK] = "1"
    os.execvp("unshare", ["unshare", *root, "--", sys.executable, "-B",
                          *sys.orig_argv[sys.orig_argv.index(sys.argv[0]):]])


if __name__ == "__main__":
    upper = enter()
    try:
        unittest.main()
    finally:
        shutil.rmtree(upper, ignore_errors=True)
