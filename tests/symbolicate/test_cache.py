"""The symbol cache on disk: whole or not there, never believed, made anew when
it is torn or of another version, and never more than its limit."""

import json
import os
import pathlib
import random
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
import unittest
import zlib

import forms
import many_units

BUILD = pathlib.Path(sys.argv.pop(1)).resolve()
PROGRAM = BUILD / "bin/inquest-symbolicate"
HEADER_BYTES, VERSION_AT, CRC_AT = 272, 8, 268
FLIPS = 40
KILLS = 12
MIB = 1 << 20


class Cache(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.at = pathlib.Path(directory.name).resolve()
        self.store = self.at / "cache"
        self.sanitized = b"__asan_init" in PROGRAM.read_bytes()

    def run_program(self, module, *arguments, text="", store=None, **options):
        return subprocess.run(
            [PROGRAM, "--module", module, "--cache-dir", store or self.store,
             *arguments], input=text, capture_output=True, text=True,
            timeout=60, **options)

    def matrix(self):
        """The module, what it is asked, and what it must answer."""
        module, _, _ = forms.FORMS["gcc_dwarf_5"](self.at)
        symbols = forms.run("nm", "-S", module, cwd=self.at)
        asked = []
        for line in symbols.splitlines():
            parts = line.split()
            if len(parts) == 4 and parts[2] in "tT":
                begin, size = int(parts[0], 16), int(parts[1], 16)
                asked += range(begin, begin + size, 3)
        text = "".join(f"{address:x}\n" for address in asked)
        right = self.run_program(module, "--json", text=text)
        self.assertEqual(right.returncode, 0, right.stderr)
        frames = [json.loads(line)["frames"]
                  for line in right.stdout.splitlines()]
        self.assertEqual(len(frames), len(asked))
        self.assertGreater(max(map(len, frames)), 2)
        return module, text, right.stdout

    def the_file(self):
        (file,) = self.store.iterdir()
        self.assertEqual(file.suffix, ".symcache")
        return file

    def test_its_name_is_the_build_id_and_nobody_else_may_read_it(self):
        module, _, _ = self.matrix()
        file = self.the_file()
        self.assertEqual(file.stem, forms.build_id_of(module))
        self.assertEqual(file.stat().st_mode & 0o777, 0o600)
        self.assertEqual(self.store.stat().st_mode & 0o777, 0o700)

    def test_a_kept_one_is_used_without_a_worker(self):
        module, text, right = self.matrix()
        before = self.the_file().stat().st_ino
        nowhere = self.at / "nowhere"
        nowhere.mkdir()
        again = self.run_program(module, "--json", text=text, env={
            **os.environ, "INQUEST_SYMBOLICATE_HELPERS": str(nowhere)})
        self.assertEqual(again.stdout, right)
        self.assertEqual(self.the_file().stat().st_ino, before)

    def test_flipped_bits_are_noticed_and_it_is_made_anew(self):
        module, text, right = self.matrix()
        whole = self.the_file().read_bytes()
        choose = random.Random(20261125)
        for number in range(FLIPS):
            torn = bytearray(whole)
            at = choose.randrange(len(whole)) if number else VERSION_AT
            torn[at] ^= 1 << choose.randrange(8)
            self.the_file().write_bytes(torn)
            answer = self.run_program(module, "--json", text=text)
            self.assertEqual(answer.stdout, right, f"byte {at} of {number}")

    def test_one_cut_short_is_made_anew(self):
        module, text, right = self.matrix()
        whole = self.the_file().read_bytes()
        for size in (0, 1, HEADER_BYTES - 1, HEADER_BYTES, len(whole) // 2,
                     len(whole) - 1):
            self.the_file().write_bytes(whole[:size])
            answer = self.run_program(module, "--json", text=text)
            self.assertEqual(answer.stdout, right, size)
            self.assertEqual(self.the_file().read_bytes(), whole, size)

    def test_another_version_is_made_anew(self):
        module, text, right = self.matrix()
        whole = self.the_file().read_bytes()
        for version in (0, 1, 99):
            other = bytearray(whole)
            struct.pack_into("<I", other, VERSION_AT, version)
            struct.pack_into("<I", other, CRC_AT,
                             zlib.crc32(bytes(other[:CRC_AT])))
            self.the_file().write_bytes(other)
            answer = self.run_program(module, "--json", text=text)
            self.assertEqual(answer.stdout, right)
            self.assertEqual(self.the_file().read_bytes(), whole)

    def test_a_rebuilt_program_with_the_same_build_id_is_read_anew(self):
        flags = ("-g", "-Wl,--build-id=0xabcdef")
        module, _, _ = forms.compiled(*flags)(self.at)
        ask = "".join(f"{a:x}\n" for a in range(0x1000, 0x1400, 4))
        before = self.run_program(module, text=ask).stdout
        forms.run("g++", "-O0", *flags, forms.SOURCE, "-o", "p", cwd=self.at)
        after = self.run_program(module, text=ask).stdout
        self.assertNotEqual(before, after)
        self.assertEqual(after, self.run_program(module, "--no-cache",
                                                 text=ask).stdout)

    def test_a_writer_that_is_killed_leaves_nothing_or_a_whole_one(self):
        module = BUILD / "bin/inquest"
        self.run_program(module, "--build-cache")
        whole = self.the_file().read_bytes()
        begin = time.monotonic()
        shutil.rmtree(self.store)
        self.run_program(module, "--build-cache")
        takes = time.monotonic() - begin
        seen = set()
        for number in range(KILLS):
            shutil.rmtree(self.store)
            process = subprocess.Popen(
                [PROGRAM, "--module", module, "--cache-dir", self.store,
                 "--build-cache"], stdin=subprocess.DEVNULL)
            try:
                process.wait(takes * number / (KILLS - 2))
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
                process.wait()
            self.store.mkdir(exist_ok=True)
            left = [path.read_bytes() for path in self.store.iterdir()]
            self.assertIn(left, ([], [whole]))
            seen.add(len(left))
        self.assertIn(0, seen)

    def test_the_least_recently_used_leave_at_the_limit(self):
        modules = [forms.compiled("-g", f"-DMODULE_{i}")
                   for i in range(4)]
        paths = []
        for number, make in enumerate(modules):
            place = self.at / str(number)
            place.mkdir()
            paths.append(make(place)[0])
        names = [forms.build_id_of(path) for path in paths]
        if len(set(names)) != len(names):
            self.fail("the modules are one and the same")
        for number in (0, 1, 2):
            self.run_program(paths[number], "--build-cache")
            file = self.store / f"{names[number]}.symcache"
            with file.open("ab") as grown:  # on disk; its header is older
                grown.write(os.urandom(400_000))
            os.utime(file, (1_000_000 + number, 1_000_000))
        self.run_program(paths[0], "--where")  # its use
        os.utime(self.store / f"{names[0]}.symcache",
                 (2_000_000, 1_000_000))
        self.run_program(paths[3], "--build-cache", "--cache-size", "1")
        left = {file.stem for file in self.store.iterdir()}
        self.assertEqual(left, {names[0], names[2], names[3]} - (
            {names[2]} if self.size() > MIB else set()))
        self.assertLessEqual(self.size(), MIB)
        self.assertNotIn(names[1], left)

    def size(self):
        return sum(file.stat().st_blocks * 512
                   for file in self.store.iterdir())

    def test_a_look_up_counts_as_use(self):
        module, text, _ = self.matrix()
        file = self.the_file()
        os.utime(file, (1_000_000, 1_000_000))
        self.run_program(module, text=text)
        self.assertGreater(file.stat().st_atime, time.time() - 60)

    def test_a_store_that_others_may_write_to_is_not_used(self):
        module, text, right = self.matrix()
        shutil.rmtree(self.store)
        self.store.mkdir()
        self.store.chmod(0o777)
        answer = self.run_program(module, "--json", text=text)
        self.assertEqual(answer.stdout, right)
        self.assertEqual(list(self.store.iterdir()), [])

    def test_a_full_disk_or_no_store_answers_all_the_same(self):
        module, text, right = self.matrix()
        for store in ("/dev/null/none", "/proc/none", ""):
            answer = self.run_program(module, "--json", text=text, store=store)
            self.assertEqual(answer.stdout, right)

    def test_it_is_built_on_two_cores_within_limits(self):
        if not shutil.which("strace"):
            self.skipTest("strace is not installed")
        module, names = many_units.build(self.at)
        trace = self.at / "trace"
        asked = sorted(names)
        result = subprocess.run(
            ["strace", "-f", "-o", trace, "-e", "trace=clone3,prlimit64",
             PROGRAM, "--module", module, "--no-cache", "--json"],
            input="".join(f"{address:x}\n" for address in asked),
            env={**os.environ, "ASAN_OPTIONS": "detect_leaks=0"},  # strace
            capture_output=True, text=True, timeout=100)
        self.assertEqual(result.returncode, 0, result.stderr)
        answers = [json.loads(line)["frames"]
                   for line in result.stdout.splitlines()]
        self.assertEqual([[f["function"] for f in frames]
                          for frames in answers],
                         [[names[address]] for address in asked])
        log = trace.read_text()
        self.assertRegex(log, "CLONE_THREAD" if os.cpu_count() > 1 else "")
        self.assertRegex(log, "RLIMIT_CPU, {rlim_cur=")
        if not self.sanitized:
            self.assertRegex(log, r"RLIMIT_AS, {rlim_cur=4194304\*1024")


unittest.main()
