"""libinquest-symbolicate as it is installed: a program of somebody else's is
built against header and pkg-config file, and eight threads get one answer;
once more with the library's sources under ThreadSanitizer."""

import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

import forms

BUILD = pathlib.Path(sys.argv.pop(1)).resolve()
SOURCE = forms.HERE.parents[1]
EXPECTED = [r"(shape::)?inner(\(int\))?:\d+ inlined",
            r"(shape::)?middle(\(int\))?:\d+ inlined", r"shape::outer\(int\):\d+"]


class Library(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.at = pathlib.Path(directory.name)
        self.module, _, _ = forms.FORMS["gcc_dwarf_5"](self.at)
        self.address = next(line.split()[0] for line in forms.run(
            "nm", self.module, cwd=self.at).splitlines()
            if line.endswith(" inner_mark"))

    def answers(self, program, **environment):
        result = subprocess.run(
            [program, self.module, self.at / "cache", self.address, "0x10"],
            capture_output=True, text=True, timeout=100,
            env={**os.environ, **environment})
        self.assertEqual(result.returncode, 0, result.stderr[-3000:])
        lines = result.stdout.splitlines()
        self.assertEqual(len(lines), 3, lines)
        for line, expected in zip(lines, EXPECTED):
            self.assertRegex(line, f"^{expected}$")

    def test_a_program_built_against_the_installed_library(self):
        program = (BUILD / "bin/inquest-symbolicate").read_bytes()
        if b"__asan_init" in program or b"__tsan_init" in program:
            self.skipTest("a sanitized library wants a sanitized program")
        prefix = self.at / "prefix"
        forms.run("cmake", "--install", BUILD, "--prefix", prefix,
                  cwd=self.at)
        (pc,) = prefix.rglob("inquest-symbolicate.pc")
        os.environ["PKG_CONFIG_PATH"] = str(pc.parent)
        flags = forms.run("pkg-config", "--cflags", "--libs",
                          "inquest-symbolicate", cwd=self.at).split()
        forms.run("gcc", "-Wall", "-Wextra", "-Werror", "-std=gnu11",
                  forms.HERE / "consumer.c", "-o", "consumer", *flags,
                  "-pthread", cwd=self.at)
        (library,) = prefix.rglob("libinquest-symbolicate.so")
        for _ in range(2):  # the cache is new, then kept
            self.answers(self.at / "consumer",
                         LD_LIBRARY_PATH=str(library.parent))
        forms.run("g++", "-Wall", "-Werror", "-x", "c++", "-fsyntax-only",
                  *flags[:1], prefix / "include/inquest-symbolicate.h",
                  cwd=self.at)

    def test_nothing_else_is_exported(self):
        text = forms.run("nm", "-D", "--defined-only",
                         BUILD / "lib/libinquest-symbolicate.so", cwd=self.at)
        names = [line.split()[-1].split("@")[0] for line in text.splitlines()]
        self.assertTrue(names)
        for name in names:
            self.assertRegex(name, r"^(inquest_symbols_|INQUEST_SYMBOLICATE_0|"
                                   r"__?(asan|ubsan|odr_asan))")

    def test_no_data_race_in_eight_threads(self):
        if b"__asan_init" in (BUILD / "bin/inquest-symbolicate").read_bytes():
            self.skipTest("a library that is not sanitized limits the address "
                          "space that a sanitized worker wants")
        text = (SOURCE / "symbolicate/CMakeLists.txt").read_text()
        sources = re.search(r"add_library\(symbolicate STATIC([^)]*)\)",
                            text).group(1).split()
        base = [SOURCE / "proto/base" / name
                for name in ("err.c", "fd.c", "fmt.c", "io.c")]
        try:
            forms.run("gcc", "-fsanitize=thread", "-g", "-O1", "-std=gnu11",
                      "-D_GNU_SOURCE", f"-I{SOURCE}",
                      f"-I{SOURCE}/symbolicate/library",
                      *(SOURCE / "symbolicate" / name for name in sources),
                      SOURCE / "symbolicate/library/library.c", *base,
                      forms.HERE / "consumer.c", "-o", "racer", "-liberty",
                      "-lz", "-pthread", cwd=self.at)
        except RuntimeError as why:
            if "cannot find -ltsan" in str(why) or "libtsan" in str(why):
                self.skipTest("no ThreadSanitizer here")
            raise
        # It wants the address space as it was before 2023.
        forms.run("setarch", "-R", "true", cwd=self.at)
        racer = self.at / "racer.sh"
        racer.write_text(f'#!/bin/sh\nexec setarch -R {self.at}/racer "$@"\n')
        racer.chmod(0o755)
        self.answers(racer, INQUEST_SYMBOLICATE_HELPERS=str(BUILD / "bin"),
                     TSAN_OPTIONS="halt_on_error=1")


unittest.main()
