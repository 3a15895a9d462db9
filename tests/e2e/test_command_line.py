"""The shell of the command: help, wrong use, exit statuses, prefixes, filters,
what can be piped. Context: tool."""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

import job

BUILD = pathlib.Path(sys.argv.pop(1))
OK, USAGE, NOINPUT = 0, 64, 66
SEGV = ["/bin/sh", "-c", "kill -SEGV $$"]

# Where root's state lies without a word on it: not the machine's own.
OWN_ROOM = [] if os.geteuid() != 0 else [
    "unshare", "--mount", "sh", "-c",
    'mount -t tmpfs none /var/lib && mount -t tmpfs none /run && exec "$@"',
    "sh"]


class CommandLine(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        directory = pathlib.Path(tempfile.mkdtemp(prefix="inquest-shell-"))
        cls.addClassCleanup(shutil.rmtree, directory)
        cls.inquest = job.Inquest(BUILD, directory)
        cls.ids_directory = directory / "rm"
        cls.inquest("run", "--app", "editor", "--", *SEGV)
        cls.inquest("run", "--app", "viewer", "--", *job.KILLED)
        cls.ids = cls.inquest.text("list", "--ids").split()

    def fails(self, status, words, *arguments):
        done = self.inquest(*arguments, text=True)
        self.assertEqual(done.returncode, status, done.stderr)
        self.assertEqual(done.stdout, "")
        self.assertTrue(done.stderr.startswith("inquest: error: "))
        self.assertIn(words, done.stderr)

    def listed(self, *arguments):
        return [entry["reportId"] for entry in
                json.loads(self.inquest.text("list", "--json", *arguments))]

    def test_help_goes_to_stdout_and_wrong_use_to_stderr(self):
        for arguments in (("--help",), ("help",), ("help", "run"),
                          ("run", "--help"), ("--version",)):
            done = self.inquest(*arguments, text=True)
            self.assertEqual((done.returncode, done.stderr), (OK, ""))
        self.assertTrue(self.inquest.text("--version").startswith("inquest "))
        done = self.inquest(text=True)
        self.assertEqual((done.returncode, done.stdout), (USAGE, ""))

    def test_wrong_use_says_what_and_where(self):
        self.fails(USAGE, "did you mean list?", "lsit")
        self.fails(USAGE, "--help lists them", "frobnicate")
        self.fails(USAGE, "--jsn: see inquest show --help", "show", "--jsn")
        self.fails(USAGE, "foo: see inquest list --help", "list", "foo")
        self.fails(USAGE, "a value is missing for", "list", "--app")
        self.fails(USAGE, "2026-11-24", "list", "--since", "yesterday")
        self.fails(USAGE, "CRASH", "list", "--kind", "KRASH")
        self.fails(USAGE, "whole seconds", "upload", "--wait=soon")
        self.fails(USAGE, "whole seconds", "run", "--wait-upload", "x", "true")
        self.fails(USAGE, "run what?", "run")

    def test_a_relative_state_directory_is_not_ignored_in_silence(self):
        home = self.ids_directory.parent
        environment = {**self.inquest.environment, "XDG_STATE_HOME": str(home),
                       "INQUEST_STATE_DIR": "here/state"}
        for command in (("list",), ("run", "--", "/bin/true")):
            done = subprocess.run(
                [*OWN_ROOM, BUILD / "bin/inquest", *command], text=True,
                env=environment, cwd=home, capture_output=True, timeout=60,
                stdin=subprocess.DEVNULL, check=False)
            self.assertEqual((done.returncode, done.stdout), (0, ""))
            self.assertIn("warning: INQUEST_STATE_DIR: here/state is no "
                          "absolute path; using ", done.stderr)
        self.assertFalse((home / "here").exists())

    def test_prefixes_of_ids_are_enough_unless_ambiguous(self):
        for report_id in self.ids:
            shown = json.loads(self.inquest.text("show", report_id[:18],
                                                 "--json"))
            self.assertEqual(shown["reportId"], report_id)
        self.fails(NOINPUT, "several reports begin with", "show",
                   self.ids[0][:4])
        self.fails(NOINPUT, "no report begins with ffff", "show", "ffff")

    def test_filters_of_list(self):
        self.assertEqual(self.listed("--app", "editor"), self.ids[:1])
        self.assertEqual(self.listed("--kind", "termination"), self.ids[1:])
        self.assertEqual(self.listed("--since", "2099-01-01"), [])
        self.assertEqual(self.listed("--since", "2020-01-01"), self.ids)

    def test_json_is_json_everywhere(self):
        for arguments in (("list",), ("show",), ("status",), ("doctor",),
                          ("privacy",), ("recover",), ("upload",),
                          ("consent", "status"), ("audit",), ("preview",),
                          ("export",), ("audit", "verify"),
                          ("symbolicate", "last")):
            done = self.inquest(*arguments, "--json", text=True)
            with self.subTest(arguments=arguments):
                lines = arguments in (("audit",), ("symbolicate", "last"))
                for text in done.stdout.splitlines() if lines \
                        else [done.stdout]:
                    json.loads(text)


    def test_children_are_watched_as_told(self):
        nested = ["/bin/sh", "-c", "/usr/bin/env -- sh -c 'kill -SEGV $$'; "
                  "/usr/bin/perl -e 'kill 11, $$'; true"]
        for which, apps in ((None, ["dash", "perl"]), ("all", ["dash", "perl"]),
                            ("none", []), ("perl", ["perl"]),
                            ("bash,perl,dash", ["dash", "perl"]),
                            ("per", [])):
            inquest = job.Inquest(BUILD, self.ids_directory / str(which))
            flags = ["--children", which] if which else []
            inquest("run", *flags, "--", *nested)
            listed = json.loads(inquest.text("list", "--json"))
            self.assertEqual(sorted(entry["app"] for entry in listed), apps,
                             which)

    def test_rm_says_what_became_of_each(self):
        inquest = job.Inquest(BUILD, self.ids_directory)
        inquest("run", "--", *SEGV)
        report_id, = inquest.text("list", "--ids").split()
        self.assertEqual(json.loads(inquest.text("rm", "last", "--json")),
                         [{"reportId": report_id, "deleted": True}])
        self.assertEqual(inquest.text("list", "--ids"), "")


unittest.main(verbosity=2)
