"""Which file answers: the places in their order, what each module's report
says of them, and that a file with another build-id is never used."""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

import forms

BUILD = pathlib.Path(sys.argv.pop(1)).resolve()
PROGRAM = BUILD / "bin/inquest-symbolicate"
OTHER_ID = "00" * 20
EX_NOINPUT = 66


class Find(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.at = pathlib.Path(directory.name).resolve()

    def separate(self, *flags):
        """p is stripped and names kept/p.debug, which is nowhere yet."""
        forms.separate(self.at, *flags)
        address = next(line.split()[0] for line in forms.run(
            "nm", "p.debug", cwd=self.at).splitlines()
            if line.endswith(" inner_mark"))
        forms.run("objcopy", "--add-gnu-debuglink=p.debug", "p", cwd=self.at)
        (self.at / "kept").mkdir()
        self.debug = (self.at / "p.debug").rename(self.at / "kept/p.debug")
        self.address = address

    def tree(self, name, build_id, suffix=".debug"):
        return self.at / name / ".build-id" / build_id[:2] / \
            f"{build_id[2:]}{suffix}"

    def put(self, path, source=None):
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source or self.debug, path)
        return path

    def program(self, *arguments, module="p", text="", keep=False):
        named = ["--module", self.at / module] if module else []
        store = ["--cache-dir", self.at / "cache"] if keep else ["--no-cache"]
        return subprocess.run([PROGRAM, *named, *store, "--json", *arguments],
                              input=text, capture_output=True, text=True,
                              timeout=60)

    def where(self, *arguments, **options):
        return json.loads(self.program("--where", *arguments,
                                       **options).stdout)

    def frames(self, *arguments, **options):
        result = self.program(*arguments, text=f"{self.address}\n", **options)
        self.assertEqual(result.returncode, 0, result.stderr)
        return json.loads(result.stdout)["frames"]

    def assert_full(self, frames):
        self.assertEqual([pathlib.Path(f["file"]).name for f in frames],
                         ["matrix.cpp"] * 3)

    def test_each_place_in_its_order_and_all_that_were_tried(self):
        self.separate()
        name = forms.build_id_of(self.at / "p")
        one, two = self.at / "one", self.at / "two"
        at = str(self.at)
        system = pathlib.Path("/usr/lib/debug")
        places = [
            self.tree("one", name), self.tree("two", name),
            system / ".build-id" / name[:2] / f"{name[2:]}.debug",
            self.at / "p.debug", self.at / ".debug/p.debug",
            pathlib.Path(f"{one}{at}/p.debug"), one / "p.debug",
            pathlib.Path(f"{two}{at}/p.debug"), two / "p.debug",
            pathlib.Path(f"{system}{at}/p.debug"),
        ]
        ours = [place for place in places if system not in place.parents]
        for place in ours:
            self.put(place)
        options = ["--debug-dir", one, "--debug-dir", two]
        for place in ours:
            told = self.where(*options)
            self.assertEqual((told["state"], told["path"], told["buildId"]),
                             ("found", str(place), name))
            before = places[:places.index(place)]
            self.assertEqual([t.split(": ")[0] for t in told["tried"]],
                             [str(path) for path in before])
            self.assert_full(self.frames(*options))
            place.unlink()
        told = self.where(*options)
        self.assertEqual((told["state"], told["path"]), ("symtab", f"{at}/p"))
        self.assertEqual([t.split(": ")[0] for t in told["tried"]],
                         [str(path) for path in places])

    def test_a_module_with_debug_information_needs_no_other(self):
        module, _, _ = forms.FORMS["gcc_dwarf_5"](self.at)
        told = self.where()
        self.assertEqual((told["state"], told["path"], told["tried"]),
                         ("found", str(module), []))

    def test_a_debug_file_with_another_build_id_is_passed_over(self):
        self.separate()
        name = forms.build_id_of(self.at / "p")
        forms.run("g++", "-O2", "-g", "-DOTHER", "-Wl,--build-id=0xabcdef",
                  forms.SOURCE, "-o", "other", cwd=self.at)
        wrong = self.at / "other"
        self.put(self.tree("one", name), wrong)
        self.put(self.at / "p.debug", wrong)
        right = self.put(self.tree("two", name))
        options = ["--debug-dir", self.at / "one", "--debug-dir",
                   self.at / "two"]
        told = self.where(*options)
        self.assertEqual(told["path"], str(right))
        self.assertIn("has another build-id", told["tried"][0])
        right.unlink()
        told = self.where(*options)
        self.assertEqual(told["state"], "symtab")
        said = [t for t in told["tried"] if "has another build-id" in t]
        self.assertEqual(len(said), 2, told)
        self.assertFalse([f for f in self.frames(*options) if "file" in f])

    def test_a_module_with_another_build_id_says_so_and_names_nothing(self):
        self.separate()
        self.put(self.at / "p.debug")
        for keep in (False, True):
            result = self.program("--build-id", OTHER_ID, text="1139\n",
                                  keep=keep)
            self.assertEqual(result.returncode, EX_NOINPUT)
            self.assertEqual(result.stdout, "")
            self.assertIn("the file has another build-id", result.stderr)
            self.assertIn(f"tried {self.at}/p: has another", result.stderr)
        told = self.where("--build-id", OTHER_ID)
        self.assertEqual(told["state"], "mismatch")

    def test_without_a_build_id_the_checksum_of_the_link_decides(self):
        self.separate("-Wl,--build-id=none")
        beside = self.put(self.at / "p.debug")
        self.assertEqual(self.where()["path"], str(beside))
        with beside.open("ab") as file:
            file.write(b"\0")
        told = self.where()
        self.assertEqual(told["state"], "symtab")
        self.assertIn("its checksum is another", told["tried"][0])

    def test_what_dwz_moved_out_is_used_by_its_build_id_alone(self):
        forms.FORMS["dwz_alt"](self.at)
        self.address = next(line.split()[0] for line in forms.run(
            "nm", "p", cwd=self.at).splitlines()
            if line.endswith(" inner_mark"))
        self.assert_full(self.frames())
        common = self.at / "common.debug"
        name = forms.build_id_of(common)
        common.rename(self.at / "kept.debug")
        self.put(self.tree("one", name), self.at / "kept.debug")
        self.assert_full(self.frames("--debug-dir", self.at / "one"))
        self.put(common, self.at / "q")  # there, but not that file
        told = self.where()
        self.assertIn(f"{common}: has another build-id", told["tried"])
        names = [f.get("function", "") for f in self.frames()]
        self.assertFalse([n for n in names if n and "inner" not in n and
                          "middle" not in n and "outer" not in n], names)

    def test_a_build_id_alone_finds_debug_file_and_then_the_cache(self):
        self.separate()
        name = forms.build_id_of(self.at / "p")
        place = self.put(self.tree("one", name))
        options = ["--build-id", name, "--debug-dir", self.at / "one"]
        for _ in range(2):
            self.assert_full(self.frames(*options, module=None, keep=True))
            if place.exists():
                place.unlink()
        told = self.where("--build-id", name, module=None, keep=True)
        self.assertEqual(told["state"], "found")

    def test_nothing_there_is_said_with_every_place(self):
        result = self.program("--build-id", OTHER_ID, "--debug-dir",
                              self.at / "one", module=None, text="1000\n")
        self.assertEqual(result.returncode, EX_NOINPUT)
        tried = [line.split(": ")[0].split()[1] for line in
                 result.stderr.splitlines() if line.startswith("  tried ")]
        system = pathlib.Path("/usr/lib/debug")
        self.assertEqual(tried, [str(path) for path in (
            self.tree("one", OTHER_ID, ""),
            system / ".build-id/00" / OTHER_ID[2:],
            self.tree("one", OTHER_ID),
            system / ".build-id/00" / f"{OTHER_ID[2:]}.debug")])

    def test_split_units_that_are_gone_are_said_and_come_back(self):
        module, _, _ = forms.FORMS["split_dwarf_5"](self.at)
        self.address = next(line.split()[0] for line in forms.run(
            "nm", module, cwd=self.at).splitlines()
            if line.endswith(" inner_mark"))
        self.assert_full(self.frames(keep=True))
        shutil.rmtree(self.at / "cache")
        units = {path.name: path.read_bytes()
                 for path in self.at.glob("*.dwo")}
        for name in units:
            (self.at / name).unlink()
        frames = self.frames(keep=True)
        self.assertEqual(len(frames), 1)  # lines stayed in the program
        result = self.program("--where", keep=True)
        self.assertIn(".dwo", json.loads(result.stdout)["tried"][-1])
        for name, content in units.items():
            (self.at / name).write_bytes(content)
        (cache,) = (self.at / "cache").iterdir()
        self.assertEqual(len(self.frames(keep=True)), 1)
        os.utime(cache, (time.time(), time.time() - 2 * 3600))
        self.assert_full(self.frames(keep=True))


unittest.main()
