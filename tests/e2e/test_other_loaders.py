"""Programs that our library is not for, below a shell that is watched: another
libc, 32 bits. They say and end as bare. test_other_loaders.py BUILD.
Context: tool.
"""

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

BUILD = pathlib.Path(sys.argv.pop(1)).resolve()
HERE = pathlib.Path(__file__).resolve().parent
LOADER = "/lib64/ld-linux-x86-64.so.2"
LOADER_32_BIT = "/lib/ld-linux.so.2"
COMPILE_S = 60
OTHER_LIBRARY = "libm.so.6"  # one that others preload


class OtherLoaders(unittest.TestCase):
    def setUp(self):
        self.directory = pathlib.Path(
            tempfile.mkdtemp(prefix="inquest-other-"))
        self.addCleanup(shutil.rmtree, self.directory)
        self.inquest = job.Inquest(BUILD, self.directory)
        self.program = self.directory / "program"

    def compile(self, *command):
        if not shutil.which(command[0]):
            self.skipTest(f"no {command[0]} here")
        subprocess.run([*command, "-o", self.program], check=True,
                       timeout=COMPILE_S)

    def ends(self, done):
        return done.returncode, done.stdout, done.stderr

    def below_a_shell(self, *command):
        return self.inquest("run", "--", "/bin/sh", "-c",
                            '"$@"; exit "$?"', "sh", *command)

    def check_as_bare(self):
        """Named as run does, and as one would who sets it himself."""
        bare = subprocess.run([self.program], capture_output=True)
        self.assertEqual(bare.returncode, 3)
        self.assertEqual(self.ends(self.below_a_shell(self.program)),
                         self.ends(bare))
        return bare

    def test_musl(self):
        self.compile("musl-gcc", "-pthread", HERE / "other_libc.c")
        bare = self.check_as_bare()
        self.assertEqual(bare.stdout, b"thread\ncaught\n")
        named = subprocess.run([self.program], capture_output=True, env={
            **self.inquest.environment,
            "LD_PRELOAD": str(BUILD / "lib/libinquest.so")})
        self.assertEqual(self.ends(named), self.ends(bare))

    def test_32_bits(self):
        if not os.path.exists(LOADER_32_BIT):
            self.skipTest("no 32-bit loader here")
        self.compile("gcc", "-m32", "-nostdlib", "-fPIE", "-pie",
                     f"-Wl,--dynamic-linker={LOADER_32_BIT}",
                     HERE / "start_32_bit.c")
        self.assertEqual(self.check_as_bare().stderr, b"")

    def bring(self, program, root):
        """With its loader and libraries."""
        told = subprocess.run(["ldd", program], check=True, text=True,
                              capture_output=True).stdout
        for path in (program, *re.findall(r"(/\S+) \(0x", told)):
            there = root / path[1:]
            there.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, there)

    @unittest.skipIf(os.geteuid() != 0, "not allowed to call chroot")
    def test_another_root_directory(self):
        """Where the library is not, and where it is."""
        self.bring("/bin/true", self.directory)
        command = ("chroot", self.directory, "/bin/true")
        self.assertEqual(self.ends(self.below_a_shell(*command)),
                         (0, b"", b""))
        self.bring("/usr/bin/env", self.directory)
        there = self.directory / str(BUILD / "lib").lstrip("/")
        shutil.copytree(BUILD / "lib", there, symlinks=True)
        done = self.below_a_shell("chroot", self.directory, "/usr/bin/env")
        self.assertIn(f"LD_PRELOAD={BUILD}/lib/inquest/$LIB/libinquest.so",
                      done.stdout.decode())
        self.assertEqual(done.stderr, b"")

    @unittest.skipIf(os.geteuid() != 0, "not allowed to be another user")
    def test_another_user(self):
        """Who may not enter the directory that it lies in."""
        copied = self.directory / "installed"
        for name in ("bin/inquest", "bin/inquest-dumper"):
            (copied / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(BUILD / name, copied / name)
        shutil.copytree(BUILD / "lib", copied / "lib", symlinks=True)
        self.inquest = job.Inquest(copied, self.directory)
        done = self.inquest(
            "run", "--", "/bin/sh", "-c",
            f'LD_PRELOAD="$LD_PRELOAD:{OTHER_LIBRARY}" setpriv '
            "--reuid=65534 --clear-groups /usr/bin/env; :")
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        self.assertIn(f"\nLD_PRELOAD={OTHER_LIBRARY}\n",
                      done.stdout.decode())

    def test_our_own_as_a_program(self):
        done = self.inquest("run", "--", LOADER, *job.PYTHON_CRASH)
        self.assertEqual(done.returncode, -signal.SIGSEGV)
        self.assertNotIn(b"cannot watch", done.stderr)
        report = json.loads(self.inquest.text("show", "last", "--json"))
        self.assertEqual(report["tier"]["name"], "DUMPER")

    def test_what_our_own_loads_goes_by_its_name(self):
        """In the report, in the list and where starts are counted."""
        program = os.path.realpath(job.PYTHON_CRASH[0])
        name = os.path.basename(program)
        relative = os.path.relpath(program)
        self.inquest("consent", "grant", "OPTIONAL")
        for options in ((), ("--inhibit-cache", "--argv0", "another")):
            for path in (program, relative):
                with self.subTest(options=options, path=path):
                    self.inquest("run", "--", LOADER, *options, path,
                                 *job.PYTHON_CRASH[1:])
                    report = json.loads(
                        self.inquest.text("show", "last", "--json"))
                    self.assertEqual(report["app"]["name"], name)
                    self.assertEqual(report["process"]["executable"], program)
        listed = json.loads(self.inquest.text("list", "--json"))
        self.assertEqual([entry["app"] for entry in listed], [name] * 4)
        counted, = (self.inquest.state / "usage").iterdir()
        self.assertIn(f"name = {name}\n", counted.read_text())
        self.assertIn("starts = 4\n", counted.read_text())

    def test_what_our_own_loads_is_watched_by_its_name(self):
        name = os.path.basename(os.path.realpath(job.PYTHON_CRASH[0]))
        for children, reports in ((name, 1), (os.path.basename(LOADER), 0)):
            with self.subTest(children=children):
                self.inquest("run", f"--children={children}", "--", "/bin/sh",
                             "-c", '"$@"; exit 0', "sh", LOADER,
                             *job.PYTHON_CRASH)
                listed = json.loads(self.inquest.text("list", "--json"))
                self.assertEqual(len(listed), reports)
                self.inquest("rm", "all")

    def test_our_own_is_watched(self):
        """Also where only LD_PRELOAD was left of our variables."""
        for remove in ((), ("env", "-u", "INQUEST_DUMPER")):
            with self.subTest(remove=remove):
                done = self.below_a_shell(*remove, *job.PYTHON_CRASH)
                self.assertEqual(done.returncode, 128 + signal.SIGSEGV)
                report = json.loads(self.inquest.text("show", "last", "--json"))
                self.assertEqual((report["kind"], report["tier"]["name"]),
                                 ("CRASH", "DUMPER"))
        self.assertEqual(len(json.loads(self.inquest.text("list", "--json"))),
                         2)


unittest.main()
