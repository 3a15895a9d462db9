"""What is read for one address alone is what all says of it: in the forms of
debug information that differ in how units are walked, in a function within a
function, and in a program of many units."""

import pathlib
import subprocess
import sys
import tempfile
import unittest

import forms

BUILD = pathlib.Path(sys.argv.pop(1)).resolve()
COMPARE = BUILD / "bin/symbolicate_parts"
NESTED = forms.HERE / "nested.c"
FORMS = ["gcc_dwarf_2", "gcc_dwarf_4", "gcc_dwarf_5", "clang_dwarf_4",
         "clang_dwarf_5", "split_dwarf_4", "split_dwarf_5", "lto", "lto_clang",
         "c", "dwz_single", "no_aranges", "kernel_module", "symtab_only"]


class Parts(unittest.TestCase):
    def check(self, module, count):
        result = subprocess.run([COMPARE, module, str(count)],
                                capture_output=True, text=True, timeout=120)
        self.assertEqual((result.returncode, result.stdout, result.stderr),
                         (0, "", ""))

    def in_directory(self, build, count):
        with tempfile.TemporaryDirectory() as directory:
            try:
                module, _, _ = build(pathlib.Path(directory))
            except forms.Missing as why:
                self.skipTest(str(why))
            self.check(module, count)

    def test_each_form(self):
        for form in FORMS:
            with self.subTest(form):
                self.in_directory(forms.FORMS[form], 60)

    def test_a_function_within_a_function(self):
        self.in_directory(
            forms.compiled("-g", compiler="gcc", source=NESTED), 200)

    def test_many_units(self):
        self.check(BUILD / "bin/inquest-symbolicate-worker", 40)


unittest.main()
