"""Sealed reports: once sealed nobody on this machine reads them, consent still
decides, and the collector that holds the key has them as any other. Context:
tool."""

import gzip
import json
import os
import pathlib
import struct
import subprocess
import sys
import tempfile
import unittest
import urllib.request

from job import Collector, Inquest, PYTHON_CRASH

BUILD = pathlib.Path(sys.argv.pop(1)).resolve()
EX_DATAERR, EX_NOPERM, EX_TEMPFAIL = 65, 77, 75
HEADER_BYTES = 24


class Sealed(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory(prefix="inquest-seal-")
        self.addCleanup(scratch.cleanup)
        self.directory = pathlib.Path(scratch.name)
        self.key = self.make_key("one")
        self.inquest = Inquest(BUILD, self.directory)
        self.inquest.environment["INQUEST_SEAL_KEY"] = self.key

    def make_key(self, name):
        """The public key; the secret one lies in the file name."""
        done = subprocess.run(
            [BUILD / "bin/inquest-collector", "--make-seal-key",
             self.directory / name], check=True, capture_output=True, text=True)
        self.assertEqual((self.directory / name).stat().st_mode & 0o777, 0o600)
        (line,) = [line for line in done.stdout.splitlines()
                   if line.startswith("seal_key = ")]
        self.assertNotIn(line.split()[2], (self.directory / name).read_text())
        return line.split()[2]

    def collector(self, key_file=None):
        config = self.directory / "collector.conf"
        config.write_text(f"seal_key_file = {self.directory / key_file}\n"
                          if key_file else "symbols = no\n")
        config.chmod(0o600)
        collector = Collector(BUILD, self.directory / "reports.db",
                              config=config)
        self.addCleanup(collector.stop)
        self.inquest.environment["INQUEST_ENDPOINT"] = collector.url
        return collector

    def crash(self):
        self.inquest("run", "--", *PYTHON_CRASH)

    def files(self, place="*"):
        return list((self.inquest.state / "queue").glob(f"{place}/*.inq"))

    def parts(self):
        """How many the one waiting file has; its frame says sealed."""
        (path,) = self.files("new")
        data = path.read_bytes()
        self.assertEqual(struct.unpack("<H", data[6:8]), (1,), "flags")
        return struct.unpack("<I", data[HEADER_BYTES:HEADER_BYTES + 4])[0]

    def stored(self, collector):
        with urllib.request.urlopen(f"{collector.url}/v1/reports") as answer:
            listed = json.load(answer)
        reports = []
        for one in listed:
            with urllib.request.urlopen(
                    f"{collector.url}/v1/reports/{one['reportId']}") as answer:
                reports.append(json.load(answer))
        return reports

    def test_nobody_here_can_read_it(self):
        self.crash()
        self.assertEqual(self.parts(), 1)
        for path in self.inquest.state.rglob("*"):
            data = path.read_bytes() if path.is_file() else b""
            self.assertNotIn(b"string_at", data, path)
            at = data.find(b"\x1f\x8b\x08")
            while at >= 0:  # no gzip stream of a report is left anywhere
                try:
                    plain = gzip.decompress(data[at:])
                except (OSError, EOFError):
                    plain = b""
                self.assertNotIn(b"python3", plain, path)
                at = data.find(b"\x1f\x8b\x08", at + 1)
        for command, status in (("show", EX_NOPERM), ("preview", EX_NOPERM),
                                ("export", EX_NOPERM),
                                ("symbolicate", EX_DATAERR)):
            done = self.inquest(command, "last", text=True)
            self.assertEqual(done.returncode, status, (command, done))
            self.assertIn("sealed", done.stderr, command)
        listed = self.inquest.text("list")
        self.assertIn("SEALED", listed)
        (row,) = json.loads(self.inquest.text("list", "--json"))
        self.assertIn("sealed", row["error"])
        self.assertIn(row["reportId"], self.inquest.text("list", "--ids"))
        self.assertEqual(self.inquest("rm", row["reportId"]).returncode, 0)
        self.assertEqual(self.files(), [])

    def test_the_collector_has_it_as_any_other(self):
        collector = self.collector("one")
        self.inquest.environment["INQUEST_ENDPOINT"] = ""
        self.crash()
        self.inquest.environment["INQUEST_ENDPOINT"] = collector.url
        done = self.inquest("upload", "--now", text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        (report,) = self.stored(collector)
        self.assertEqual(report["crash"]["signal"]["name"], "SIGSEGV")
        self.assertTrue(report["threads"][0]["frames"])
        self.assertEqual(len(self.files("sent")), 1)
        self.assertEqual(self.inquest("show", "last").returncode, EX_NOPERM)
        # Plain reports of before are taken as well.
        del self.inquest.environment["INQUEST_SEAL_KEY"]
        self.inquest("run", "--wait-upload", "20", "--", *PYTHON_CRASH)
        self.inquest("upload", "--wait=20")
        self.assertEqual(len(self.stored(collector)), 2)

    def test_kept_where_nobody_has_the_key_and_refused_with_another(self):
        self.make_key("other")
        self.crash()
        collector = self.collector()
        done = self.inquest("upload", "--now", text=True)
        self.assertEqual(done.returncode, EX_TEMPFAIL)
        self.assertIn("503", done.stderr)
        self.assertEqual(len(self.files("new")), 1)
        collector.stop()
        collector = self.collector("other")
        self.inquest("upload", "--now")
        (refused,) = self.files("bad")
        self.assertIn("422", refused.with_name(
            refused.name + ".reason").read_text())
        # While a key is replaced the collector has both.
        both = self.directory / "other"
        both.write_text(both.read_text() +
                        (self.directory / "one").read_text())
        collector.stop()
        collector = self.collector("other")
        done = self.inquest("upload", refused.stem, "--now", text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(len(self.stored(collector)), 1)

    def test_a_denial_takes_optional_data_out_of_a_sealed_report(self):
        place = self.directory / "inquest"
        place.mkdir()
        (place / "config").write_text("feature.canary = on\n")
        self.inquest("consent", "grant", "OPTIONAL")
        self.crash()
        self.crash()
        for path in self.files("new"):
            self.assertEqual(path.read_bytes()[HEADER_BYTES], 2, "parts")
        collector = self.collector("one")
        self.inquest("upload", self.files("new")[0].stem, "--now")
        self.assertEqual(len(self.stored(collector)), 1)
        done = self.inquest("consent", "deny", "OPTIONAL", text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.parts(), 1)
        self.inquest("upload", "--now")
        reports = self.stored(collector)
        self.assertEqual(len(reports), 2)
        self.assertEqual(sorted("features" in report for report in reports),
                         [False, True])

    def test_a_denial_of_required_holds_it_and_withdrawal_erases_it(self):
        self.crash()
        collector = self.collector("one")
        self.inquest("consent", "deny", "REQUIRED")
        self.inquest("upload", "--now")
        self.assertEqual(self.stored(collector), [])
        self.crash()  # may not leave: its owner's to read
        self.assertEqual(self.inquest("show", "last").returncode, 0)
        self.inquest("consent", "withdraw", "--local-only")
        for path in self.files():
            self.assertEqual(path.read_bytes()[6:8], b"\0\0", "sealed")
        self.inquest("upload", "--now")
        self.assertEqual(self.stored(collector), [])

    def test_a_key_that_is_none_sends_nothing_and_says_so(self):
        collector = self.collector("one")
        for key in ("0" * 63, "z" * 64):
            with self.subTest(key=key):
                self.inquest.environment["INQUEST_SEAL_KEY"] = key
                self.inquest.environment["INQUEST_ENDPOINT"] = ""
                self.crash()
                self.inquest.environment["INQUEST_ENDPOINT"] = collector.url
                done = self.inquest("upload", "--now", text=True)
                self.assertNotEqual(done.returncode, 0)
                self.assertIn("seal_key", done.stderr)
        self.assertEqual(self.stored(collector), [])
        self.assertEqual(self.inquest("show", "last").returncode, 0)

    def test_a_secret_key_file_is_guarded(self):
        config = self.directory / "collector.conf"
        (self.directory / "one").chmod(0o644)
        config.write_text(f"seal_key_file = {self.directory / 'one'}\n")
        config.chmod(0o600)
        for change in (lambda: None,
                       lambda: os.truncate(self.directory / "one", 10)):
            change()
            done = subprocess.run(
                [BUILD / "bin/inquest-collector", "--config", config,
                 "--listen", "127.0.0.1:0", "--db", self.directory / "x.db"],
                capture_output=True, text=True, timeout=20)
            self.assertEqual(done.returncode, 78, done.stderr)
            self.assertIn("seal_key_file", done.stderr)
            (self.directory / "one").chmod(0o600)
        again = subprocess.run(
            [BUILD / "bin/inquest-collector", "--make-seal-key",
             self.directory / "one"], capture_output=True, text=True)
        self.assertEqual(again.returncode, 73)  # nothing is written over


unittest.main(verbosity=2)
