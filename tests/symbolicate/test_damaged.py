"""10,000 ELF files cut short or with bits turned over, in many forms of debug
information: no crash of ours, no answer that takes 10 s, no more than 512 MiB
(INQUEST_TEST_PERCENT of them; ./dev soak does all). The worker may die of one;
then there are no names, which is said or not, and the next file is answered."""

import concurrent.futures
import json
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import time
import unittest

import forms

BUILD = pathlib.Path(sys.argv.pop(1)).resolve()
PROGRAM = BUILD / "bin/inquest-symbolicate"
PERCENT = float(os.environ.get("INQUEST_TEST_PERCENT", "5"))
FILES = max(100, round(10_000 * PERCENT / 100))
SECONDS_MAX, MEMORY_MAX_KIB = 10, 512 << 10
SEED = 20261125
EX_OK, EX_DATAERR, EX_NOINPUT = 0, 65, 66
# Where the damage goes: the file that a form keeps its debug information in.
DAMAGED = {
    "gcc_dwarf_2": "p", "gcc_dwarf_4": "p", "gcc_dwarf_5": "p",
    "clang_dwarf_5": "p", "type_units_dwarf_5": "p", "zlib": "p", "zstd": "p",
    "zlib_old_zdebug": "p", "mini_debug_info": "p", "relocatable": "p.ko",
    "split_dwarf_5": "*.dwo", "dwz_alt": "common.debug",
    "debuglink": "p.debug", "symtab_only": "p",
}

# A unit with one function's code; its abbreviations and entries go on.
UNIT = """
.text
code:
  nop
  ret
  .size code, . - code
.section .debug_abbrev
  .uleb128 1, 0x11              # DW_TAG_compile_unit, with children
  .byte 1
  .uleb128 0x11, 0x01, 0x12, 0x07, 0, 0   # low_pc addr, high_pc data8
.section .debug_info
unit:
  .long unit_end - version
version:
  .short 4
  .long 0
  .byte 8
  .uleb128 1
  .quad code
  .quad 2
"""
# A unit of namespaces, each in the one before, whose DW_AT_sibling leads to
# its own first child: who follows both walks the last one 2^DEPTH times.
DEPTH = 200
TWICE = UNIT + """
.section .debug_abbrev
  .uleb128 2, 0x39              # DW_TAG_namespace, with children
  .byte 1
  .uleb128 0x01, 0x13, 0, 0     # sibling ref4
  .uleb128 3, 0x2e              # DW_TAG_subprogram, without
  .byte 0
  .uleb128 0x03, 0x08, 0x11, 0x01, 0x12, 0x07, 0, 0   # name string
  .byte 0
.section .debug_info
""" + "".join(f"""
  .uleb128 2
  .long child{depth} - unit
child{depth}:
""" for depth in range(DEPTH)) + f"""
  .uleb128 3
  .asciz "innermost"
  .quad code
  .quad 2
  .zero {DEPTH + 2}
unit_end:
"""

# Functions that all have one long list of ranges, none of it code.
FUNCTIONS, RANGES = 20_000, 90_000
SHARED = UNIT + f"""
.section .debug_abbrev
  .uleb128 2, 0x2e              # DW_TAG_subprogram, without
  .byte 0
  .uleb128 0x55, 0x17, 0, 0     # ranges sec_offset
  .byte 0
.section .debug_ranges
  .rept {RANGES}
  .quad 0x10, 0x11
  .endr
  .quad 0, 0
.section .debug_info
  .rept {FUNCTIONS}
  .uleb128 2
  .long 0
  .endr
  .byte 0
unit_end:
"""


def damage(content, choose):
    """Cut short, or some bits turned over: half of them near each other."""
    if choose.random() < 0.3:
        return content[:choose.randrange(len(content))]
    changed = bytearray(content)
    centre = choose.randrange(len(changed))
    for _ in range(choose.choice((1, 1, 2, 4, 16, 64))):
        at = choose.randrange(len(changed))
        if choose.random() < 0.5:
            at = (centre + choose.randrange(256)) % len(changed)
        changed[at] ^= 1 << choose.randrange(8)
    return bytes(changed)


def measured(module, addresses):
    """(status, seconds, peak KiB of the largest process, output, errors)."""
    with tempfile.TemporaryFile() as source, tempfile.TemporaryFile() as target, \
            tempfile.TemporaryFile() as errors:
        source.write(addresses)
        source.seek(0)
        begin = time.monotonic()
        process = subprocess.Popen(
            [PROGRAM, "--module", module, "--json", "--no-cache"],
            stdin=source, stdout=target, stderr=errors)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.monotonic() - begin
        target.seek(0)
        errors.seek(0)
        return (process.returncode, seconds, usage.ru_maxrss, target.read(),
                errors.read())


def code_addresses(*files):
    """Of some functions, as far as the files have symbols."""
    found = [0x10, 0x1040]
    for path in files:
        result = subprocess.run(["nm", path], capture_output=True, text=True)
        found += [int(line.split()[0], 16) for line in
                  result.stdout.splitlines()
                  if re.search(r" [tT] (main|_ZN|inner_mark)", line)]
    return "".join(f"{address:x}\n" for address in found).encode()


class Form:
    """One form in a directory of its own, whose one file is damaged."""

    def __init__(self, name, at):
        self.name = name
        self.module, _, _ = forms.FORMS[name](at)
        self.target = next(at.glob(DAMAGED[name]))
        self.content = self.target.read_bytes()
        self.addresses = code_addresses(self.module, self.target)

    def try_one(self, choose):
        self.target.write_bytes(damage(self.content, choose))
        return measured(self.module, self.addresses)


class Damaged(unittest.TestCase):
    def check_soon(self, source, expected):
        """The one function at code, within SECONDS_MAX."""
        with tempfile.TemporaryDirectory() as directory:
            at = pathlib.Path(directory)
            (at / "p.s").write_text(source)
            forms.run("as", "p.s", "-o", "p.o", cwd=at)
            forms.run("ld", "-shared", "p.o", "-o", "p", cwd=at)
            text = forms.run("nm", "p", cwd=at)
            address = next(line.split()[0] for line in text.splitlines()
                           if line.endswith(" code"))
            status, seconds, _, output, _ = measured(at / "p",
                                                     address.encode())
        self.assertEqual(status, EX_OK)
        self.assertLess(seconds, SECONDS_MAX)
        (frame,) = json.loads(output)["frames"]
        self.assertEqual(frame["function"], expected)

    def test_a_sibling_within_its_own_tree_is_not_walked_twice(self):
        self.check_soon(TWICE, "innermost")

    def test_a_list_of_ranges_is_not_read_again_and_again(self):
        self.check_soon(SHARED, "code")

    def check(self, form, number, result):
        status, seconds, peak_kib, output, errors = result
        what = f"{form.name}, file {number} of seed {SEED}: {errors[-300:]!r}"
        self.assertIn(status, (EX_OK, EX_DATAERR, EX_NOINPUT), what)
        self.assertLess(seconds, SECONDS_MAX, what)
        if not self.sanitized:
            self.assertLess(peak_kib, MEMORY_MAX_KIB, what)
        if status == EX_OK:
            for line in output.splitlines():
                json.loads(line)

    def damage_form(self, name, count):
        """A line of account: names left, and the worst of each measure."""
        choose = random.Random(f"{SEED} {name}")
        with tempfile.TemporaryDirectory() as directory:
            try:
                form = Form(name, pathlib.Path(directory))
            except forms.Missing as why:
                return f"{name}: {why}"
            named, slowest, largest = 0, 0, 0
            for number in range(count):
                result = form.try_one(choose)
                self.check(form, number, result)
                named += b'"function"' in result[3]
                slowest = max(slowest, result[1])
                largest = max(largest, result[2])
        return (f"{name}: {count} files, {named} with names left, at most "
                f"{slowest:.2f} s and {largest >> 10} MiB")

    def test_damaged_files_end_in_an_answer_or_in_none(self):
        self.sanitized = b"__asan_init" in PROGRAM.read_bytes()
        files = FILES // 5 if self.sanitized else FILES
        count = max(1, files // len(DAMAGED))
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            for told in pool.map(lambda name: self.damage_form(name, count),
                                 DAMAGED):
                print(told, flush=True)


unittest.main()
