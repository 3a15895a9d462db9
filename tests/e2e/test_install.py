"""cmake --install into a prefix: programs run from there, man pages, units and
completions are what their readers want. Context: tool."""

import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

import job

BUILD = pathlib.Path(sys.argv.pop(1))
UNITS = [f"lib/systemd/{manager}/inquest-upload.{kind}"
         for manager in ("user", "system")
         for kind in ("service", "path", "timer")]
UNITS.append("lib/systemd/system/inquest-collector.service")
COMPLETE = """
source "$1"
COMP_WORDS=(inquest $2) COMP_CWORD=$3
_inquest 2>/dev/null
printf '%s\\n' "${COMPREPLY[@]}"
"""


class Install(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.root = pathlib.Path(tempfile.mkdtemp(prefix="inquest-install-"))
        cls.addClassCleanup(shutil.rmtree, cls.root)
        cls.prefix = cls.root / "usr"
        subprocess.run(["cmake", "--install", BUILD, "--prefix", cls.prefix],
                       check=True, capture_output=True)

    def inquest(self, name):
        return job.Inquest(self.prefix, self.root / name)

    def names(self):
        """The commands, as the help lists them."""
        text = self.inquest("names").text("--help")
        return [line.split()[0] for line in text.splitlines()
                if line.startswith("  ") and not line.startswith("   ")
                and not line.strip().startswith("inquest")]

    def test_programs_work_from_the_prefix(self):
        inquest = self.inquest("run")
        result = inquest("run", "--", *job.PYTHON_CRASH)
        self.assertEqual(result.returncode, -signal.SIGSEGV)
        report = json.loads(inquest.text("show", "last", "--json"))
        self.assertEqual(report["tier"]["name"], "DUMPER")
        self.assertEqual(inquest("doctor", "/usr/bin/python3").returncode, 0)
        libraries = {module["path"] for module in report["modules"]}
        self.assertIn(str((self.prefix / "lib/libinquest.so").resolve()),
                      libraries)

    def test_prefix_that_cannot_be_preloaded(self):
        """ld.so would look for its parts, one of them where the program is."""
        for name in ("us r", "us:r", "us$r"):
            with self.subTest(name=name):
                prefix = self.root / name
                shutil.copytree(self.prefix, prefix, symlinks=True)
                inquest = job.Inquest(prefix, self.root / f"state {name}")
                result = inquest("run", "--", *job.PYTHON_CRASH)
                self.assertEqual(result.returncode, -signal.SIGSEGV)
                self.assertIn(b"has a blank, a colon or a dollar", result.stderr)
                self.assertNotIn(b"ld.so", result.stderr)
                report = json.loads(inquest.text("show", "last", "--json"))
                self.assertEqual(report["kind"], "TERMINATION")
                doctor = inquest("doctor")
                self.assertNotEqual(doctor.returncode, 0)
                self.assertIn(b"has a blank, a colon or a dollar", doctor.stdout)

    def test_plain_preload_finds_the_dumper_in_the_prefix(self):
        inquest = self.inquest("preload")
        environment = {**inquest.environment,
                       "LD_PRELOAD": str(self.prefix / "lib/libinquest.so")}
        subprocess.run(job.PYTHON_CRASH, env=environment)
        report = json.loads(inquest.text("show", "last", "--json"))
        self.assertEqual(report["tier"]["name"], "DUMPER")

    def test_every_command_has_a_page_that_formats(self):
        pages = self.prefix / "share/man"
        wanted = ["man1/inquest.1", "man5/inquest.conf.5"]
        wanted += [f"man1/inquest-{name}.1" for name in self.names()]
        self.assertGreater(len(wanted), 15)
        for name in wanted:
            text = (pages / name).read_text()
            self.assertTrue(text.startswith(".TH "), name)
            self.assertTrue(text.isascii(), name)
            if shutil.which("groff"):
                done = subprocess.run(["groff", "-ww", "-man", "-Tutf8",
                                       pages / name], capture_output=True)
                self.assertEqual((done.returncode, done.stderr), (0, b""),
                                 name)
        text = (pages / "man5/inquest.conf.5").read_text()
        for key in ("endpoint", "keep_days", "rate_limit"):
            self.assertIn(key, text.replace("\\", ""))

    def test_units_start_the_installed_program(self):
        for name in UNITS:
            text = (self.prefix / name).read_text()
            self.assertNotIn("@prefix", text, name)
        service = (self.prefix / UNITS[0]).read_text()
        self.assertIn(f"ExecStart={self.prefix}/bin/inquest upload --quiet\n",
                      service)

    def test_the_timers_service_makes_reports_of_the_dead(self):
        inquest = self.inquest("timer")
        environment = {**inquest.environment, "INQUEST_TIER": "2",
                       "LD_PRELOAD": str(self.prefix / "lib/libinquest.so")}
        done = subprocess.run(job.PYTHON_CRASH, env=environment)
        self.assertEqual(done.returncode, -signal.SIGSEGV)
        boxes = inquest.state / "boxes"
        self.assertEqual(len(list(boxes.iterdir())), 1)
        service = (self.prefix / UNITS[0]).read_text()
        command = re.search("^ExecStart=(.*)$", service, re.M)[1].split()
        allowed = re.search("^SuccessExitStatus=(.*)$", service, re.M)[1]
        done = subprocess.run(command, env=inquest.environment)
        self.assertIn(done.returncode, [0, *map(int, allowed.split())])
        self.assertEqual(list(boxes.iterdir()), [])
        self.assertEqual(len(list((inquest.state / "queue/new").iterdir())), 1)
        report = json.loads(inquest.text("show", "last", "--json"))
        self.assertEqual((report["kind"], report["tier"]["name"]),
                         ("CRASH", "IN_PROCESS"))

    def test_system_units_are_valid_and_confined(self):
        if not shutil.which("systemd-analyze"):
            self.skipTest("no systemd-analyze here")
        system = [self.prefix / name for name in UNITS if "system/" in name]
        done = subprocess.run(["systemd-analyze", "verify", "--man=no",
                               *system], capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        for unit, most in ((system[0], 30), (system[-1], 15)):
            done = subprocess.run(["systemd-analyze", "security",
                                   "--offline=true", f"--threshold={most}",
                                   unit], capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, done.stdout[-200:])

    def complete(self, *words):
        script = self.prefix / "share/bash-completion/completions/inquest"
        done = subprocess.run(
            ["bash", "-c", COMPLETE, "bash", script, " ".join(words),
             str(len(words))], capture_output=True, text=True, check=True,
            env={**self.inquest("complete").environment,
                 "PATH": f"{self.prefix}/bin:{os.environ['PATH']}"})
        return done.stdout.split()

    def test_bash_completes_commands_options_and_ids(self):
        inquest = self.inquest("complete")
        inquest("run", "--", *job.PYTHON_CRASH)
        report_id, = inquest.text("list", "--ids").split()
        self.assertEqual(self.complete("upl"), ["upload"])
        self.assertIn("--wait-upload=", self.complete("run", "--w"))
        self.assertEqual(self.complete("show", report_id[:8]), [report_id])

    def test_pkg_config_and_header_serve_a_program(self):
        source = self.root / "uses.c"
        source.write_text('#include <inquest.h>\n'
                          'int main(void) { return inquest_action("a", 0, 0) '
                          '!= INQUEST_UNWATCHED; }\n')
        flags = subprocess.run(
            ["pkg-config", "--cflags", "inquest"], text=True, check=True,
            capture_output=True,
            env={**os.environ,
                 "PKG_CONFIG_PATH": str(self.prefix / "lib/pkgconfig")})
        subprocess.run(["cc", "-o", self.root / "uses", source,
                        *flags.stdout.split()], check=True)
        subprocess.run([self.root / "uses"], check=True)


unittest.main(verbosity=2)
