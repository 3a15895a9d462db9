"""One program in every form of debug information: function, file, line and
chain of inlined calls must be right in each, from the units alone, from a new
cache and from a kept one."""

import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

import forms

BUILD = pathlib.Path(sys.argv.pop(1)).resolve()
PROGRAM = BUILD / "bin/inquest-symbolicate"


def lines_of(source):
    marks = {}
    for number, line in enumerate(source.read_text().splitlines(), 1):
        if "// LINE " in line:
            marks[line.split("// LINE ")[1].strip()] = number
    return marks


def symbol(module, name):
    """(value, size) by nm, of a symbol whose mangled name holds name."""
    text = forms.run("nm", "-S", module, cwd=module.parent)
    for line in text.splitlines():
        parts = line.split()
        if name in parts[-1] and parts[-2] in "tT":
            return int(parts[0], 16), parts
    raise RuntimeError(f"{module} has no symbol {name}")


def ask(module, addresses, *arguments, cache=None):
    keep = ["--cache-dir", str(cache)] if cache else ["--no-cache"]
    result = subprocess.run(
        [PROGRAM, "--module", module, "--json", *keep, *arguments],
        input="".join(f"{a:x}\n" for a in addresses), text=True,
        capture_output=True, timeout=60)
    if result.returncode != 0:
        raise RuntimeError(f"{module}: {result.returncode} {result.stderr}")
    return [json.loads(line)["frames"] for line in result.stdout.splitlines()]


class Matrix(unittest.TestCase):
    def check_full(self, frames, source, names):
        marks = lines_of(source)
        found = [(f.get("function", "??"), pathlib.Path(f["file"]).name,
                  f.get("line"), f["inlined"]) for f in frames]
        expected = [(name, source.name, marks[short], inlined)
                    for short, name, inlined in names]
        for one, two in zip(found, expected):
            self.assertIn(one[0], two[0])
            self.assertEqual(one[1:], two[1:])
        self.assertEqual(len(found), len(expected), found)

    def check(self, name, at):
        module, kind, arguments = forms.FORMS[name](at)
        holder = at / "q" if (at / "q").exists() and kind == forms.FULL \
            else module
        if "debuglink" in name or name == "build_id_tree":
            holder = next(at.rglob("p*.debug" if name != "build_id_tree"
                                   else "*.debug"))
        if name == "mini_debug_info":
            holder = at / "q"
            forms.run("g++", "-O2", forms.SOURCE, "-o", "q", cwd=at)
        address, _ = symbol(holder, "inner_mark")
        if name == "dwz_alt":
            address, _ = symbol(module, "inner_mark")
        if arguments == ["strip"]:
            forms.run("strip", module, cwd=at)
            arguments = []
        cache = at / "cache"
        for keep in (None, cache, cache):
            frames, = ask(module, [address], *arguments, cache=keep)
            if kind == forms.FUNCTION:
                self.assertIn(frames[0]["function"],
                              ("shape::outer(int)", "inner_mark"))
                self.assertNotIn("file", frames[0])
                continue
            plain_c = name in ("c", "c_clang")
            self.check_full(
                frames, forms.C_SOURCE if plain_c else forms.SOURCE, (
                    ("inner", ("inner", "shape::inner(int)"), True),
                    ("middle", ("middle", "shape::middle(int)"), True),
                    ("outer", ("outer",) if plain_c
                     else ("shape::outer(int)",), False)))

    def test_rust(self):
        for mangling in ("legacy", "v0"):
            with self.subTest(mangling), \
                    tempfile.TemporaryDirectory() as directory:
                at = pathlib.Path(directory)
                source = forms.HERE / "matrix.rs"
                try:  # the one that is not the default is not stable
                    forms.run("rustc", "-g", "-O", "-Z", "unstable-options",
                              "-C", f"symbol-mangling-version={mangling}",
                              source, "-o", "p", cwd=at, RUSTC_BOOTSTRAP="1")
                except forms.Missing as why:
                    self.skipTest(str(why))
                _, parts = symbol(at / "p", "shape5outer")
                self.assertTrue(parts[-1].startswith(
                    "_R" if mangling == "v0" else "_ZN"), parts)
                address, _ = symbol(at / "p", "inner_mark")
                frames, = ask(at / "p", [address])
                self.check_full(frames, source, (
                    ("inner", ("matrix::shape::inner", "p::shape::inner"),
                     True),
                    ("outer", ("matrix::shape::outer", "p::shape::outer"),
                     False)))

    def test_code_of_a_kernel_module_is_named_outside_text_too(self):
        with tempfile.TemporaryDirectory() as directory:
            at = pathlib.Path(directory)
            module, _, _ = forms.FORMS["kernel_module"](at)
            text = forms.run("readelf", "-SW", module, cwd=at)
            size = int(next(line for line in text.splitlines()
                            if " .text " in line).split(".text ")[1]
                       .split()[3], 16)
            answers = ask(module, range(size, size + 64))
            named = {f["function"] for frames in answers for f in frames}
            self.assertIn("init_module", named)

    def test_plt_stub_has_its_functions_name(self):
        with tempfile.TemporaryDirectory() as directory:
            at = pathlib.Path(directory)
            for flag in ("-fcf-protection=none", "-fcf-protection=full"):
                forms.run("g++", "-O2", flag, forms.SOURCE, "-o", "p", cwd=at)
                text = forms.run("objdump", "-d", "p", cwd=at)
                stubs = {line.split("<")[1].rstrip(">:"): int(line.split()[0],
                                                             16)
                         for line in text.splitlines() if line.endswith(">:")
                         and line.endswith("@plt>:")}
                self.assertTrue(stubs)
                for name, address in stubs.items():
                    frames, = ask(at / "p", [address + 4])
                    self.assertEqual(frames[0]["function"], name)

    def test_nothing_is_said_beyond_the_code(self):
        with tempfile.TemporaryDirectory() as directory:
            at = pathlib.Path(directory)
            module, _, _ = forms.FORMS["gcc_dwarf_5"](at)
            answers = ask(module, [0, 1, 0x10, 2**40, 2**64 - 1])
            self.assertEqual(answers, [[]] * 5)


def add(name):
    def test(self):
        with tempfile.TemporaryDirectory() as directory:
            try:
                self.check(name, pathlib.Path(directory))
            except forms.Missing as why:
                self.skipTest(str(why))
    setattr(Matrix, f"test_{name}", test)


for form in forms.FORMS:
    add(form)
unittest.main()
