"""What an answer may say: the name of the range, nothing beyond a symbol's
size, the call before a return address and the address itself otherwise; as
text and JSON, while input is open."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

import forms
import many_units

BUILD = pathlib.Path(sys.argv.pop(1)).resolve()
PROGRAM = BUILD / "bin/inquest-symbolicate"
EX_DATAERR = 65
ADDRESSES = 20_000  # in one go; what a pipe does not hold at once
PARTS = 4  # addresses of a large module that are read alone

SIZED = """
.text
.globl first, second, bare
.type first, @function
.type second, @function
.type bare, @function
first:
  call second
.size first, . - first
second:
  ret
.size second, . - second
  .fill 64, 1, 0x90
bare:
  ret
  .fill 16, 1, 0x90
"""
SPLIT = """
__attribute__((cold, noinline)) void die(int x) { __builtin_printf("%d", x); }
__attribute__((noinline)) int hot(int x)
{
    if (x == 7) {
        die(x);
        die(x + 1);
        return x;
    }
    return x * 3;
}
int main(int argc, char **argv) { (void)argv; return hot(argc); }
"""


class Answers(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.at = pathlib.Path(directory.name).resolve()

    def program(self, module, text, *arguments, **options):
        return subprocess.run(
            [PROGRAM, "--module", module, "--no-cache", *arguments],
            input=text, capture_output=True, text=True, timeout=60, **options)

    def frames(self, module, addresses):
        result = self.program(module, "".join(f"{a:x}\n" for a in addresses),
                              "--json")
        self.assertEqual(result.returncode, 0, result.stderr)
        return [json.loads(line)["frames"]
                for line in result.stdout.splitlines()]

    def outermost(self, module, addresses):
        return {frames[-1]["function"] if frames else None
                for frames in self.frames(module, addresses)}

    def symbols(self, module):
        """{name: (value, size)}."""
        found = {}
        for line in forms.run("nm", "-S", module, cwd=self.at).splitlines():
            parts = line.split()
            size = int(parts[1], 16) if len(parts) == 4 else 0
            if len(parts) >= 3:
                found[parts[-1]] = int(parts[0], 16), size
        return found

    def sized(self):
        (self.at / "sized.s").write_text(SIZED)
        forms.run("as", "sized.s", "-o", "sized.o", cwd=self.at)
        forms.run("ld", "-shared", "--build-id", "sized.o", "-o", "sized.so",
                  cwd=self.at)
        return self.at / "sized.so", self.symbols(self.at / "sized.so")

    def test_hot_code_is_not_called_cold(self):
        (self.at / "split.c").write_text(SPLIT)
        for language, hot in (("c", "hot"), ("c++", "hot(int)")):
            for debug in ("-g", "-g0"):
                forms.run("gcc", "-x", language, "-O2", debug, "split.c", "-o",
                          "p", cwd=self.at)
                symbols = self.symbols(self.at / "p")
                (cold,) = [name for name in symbols if name.endswith("t.cold")
                           or name.endswith("ti.cold")]
                for name in (cold, cold.removesuffix(".cold")):
                    begin, size = symbols[name]
                    names = self.outermost(self.at / "p",
                                           range(begin, begin + size))
                    if debug == "-g0" and name == cold:
                        self.assertIn("cold", *names)
                        continue
                    self.assertEqual(names, {hot})

    def test_nothing_is_named_beyond_its_size_or_without_one(self):
        module, symbols = self.sized()
        for name in ("first", "second"):
            begin, size = symbols[name]
            self.assertGreater(size, 0)
            self.assertEqual(self.outermost(module,
                                            range(begin, begin + size)),
                             {name})
        begin, size = symbols["second"]
        bare, none = symbols["bare"]
        self.assertEqual(none, 0)
        self.assertEqual(self.outermost(
            module, [*range(begin + size, bare), bare, bare + 4]), {None})

    def with_a_line_of_no_code(self):
        """a.s: behind the last instruction of .text.hot, whose rows are in the
        table behind those of .text, is a row of no length, as gcc leaves."""
        (self.at / "a.c").write_text(
            "int third(int x) { return x - 1; }\n"
            "__attribute__((section(\".text.hot\")))\n"
            "int first(int x) { return x + 1; }\n")
        forms.run("gcc", "-Os", "-fno-toplevel-reorder", "-g", "-fPIC", "-S",
                  "a.c", "-o", "a.s", cwd=self.at)
        text = (self.at / "a.s").read_text()
        end = "\t.size\tfirst, .-first\n"
        self.assertIn(end, text)
        (self.at / "a.s").write_text(text.replace(
            end, end + "\t.loc 1 3 1 view .LVUlast\n"))
        (self.at / "b.s").write_text(
            ".text\n.globl second\n.type second, @function\nsecond: ret\n"
            ".size second, . - second\n")

    def test_a_line_of_no_code_does_not_reach_to_the_next_function(self):
        self.with_a_line_of_no_code()
        lines = {"first": 3, "second": None, "third": 1}
        for sources, names in ((("b.s", "a.s"), ("first", "second", "third")),
                               (("a.s", "b.s"), ("first", "third", "second"))):
            with self.subTest(sources):
                forms.run("gcc", "-shared", "-nostdlib", *sources, "-o",
                          "p.so", cwd=self.at)
                symbols = self.symbols(self.at / "p.so")
                places = [symbols[name] for name in names]
                for (begin, size), behind in zip(places, places[1:]):
                    self.assertEqual(begin + size, behind[0])
                found = self.frames(self.at / "p.so",
                                    [begin for begin, _ in places])
                self.assertEqual(
                    [[(f["function"], f.get("line")) for f in frames]
                     for frames in found],
                    [[(name, lines[name])] for name in names])

    def test_code_that_the_linker_left_out_names_nothing(self):
        """gold leaves its addresses as if it lay at 0: beyond the first page
        they are those of code that is there."""
        step = ("static volatile int sink;\n"
                "static inline __attribute__((always_inline)) void step(int x)"
                "\n{ sink = x; sink = x + 1; }\n")
        hidden = "__attribute__((visibility(\"hidden\"))) void gone"
        calls = "".join(f"step({i});\n" for i in range(1000))
        (self.at / "one.c").write_text(f"{step}{hidden}(void)\n{{{calls}}}\n")
        (self.at / "many.c").write_text(step + "".join(
            f"{hidden}_{i}(void)\n{{step({i});}}\n" for i in range(800)))
        (self.at / "here.c").write_text("static volatile int sink;\n" + "".join(
            f"int here_{i}(int x) {{ sink = x; return sink * {i}; }}\n"
            for i in range(200)))
        for source in ("one.c", "many.c"):
            for sections in ((), ("-ffunction-sections",)):
                with self.subTest(source=source, sections=sections):
                    forms.run("gcc", "-O2", "-g", "-fPIC", "-shared",
                              "-fuse-ld=gold", "-Wl,--gc-sections", *sections,
                              source, "here.c", "-o", "p.so", cwd=self.at)
                    here = {place[0]: name for name, place in self.symbols(
                        self.at / "p.so").items() if "here_" in name}
                    self.assertEqual(len(here), 200)
                    self.assertEqual(
                        [[f["function"] for f in frames] for frames in
                         self.frames(self.at / "p.so", here)],
                        [[name] for name in here.values()])

    def test_a_skeletons_calls_are_in_its_own_files(self):
        """libdw takes such a one's files from the first unit's table."""
        for name in ("one", "two"):
            (self.at / f"{name}.c").write_text(
                "volatile int sink;\n"
                "static inline __attribute__((always_inline)) void step(int x)\n"
                f"{{ sink = x; }}\nvoid {name}(int x) {{ step(x); }}\n"
                .replace("volatile", "static volatile"))
        forms.run("clang", "-O2", "-gdwarf-4", "-gsplit-dwarf", "-shared",
                  "-fsplit-dwarf-inlining", "-fPIC", "one.c", "two.c", "-o",
                  "p.so", cwd=self.at)
        symbols = self.symbols(self.at / "p.so")
        for name in ("one", "two"):
            frames, = self.frames(self.at / "p.so", [symbols[name][0]])
            self.assertEqual(
                [(f["function"], pathlib.Path(f["file"]).name, f["line"])
                 for f in frames],
                [("step", f"{name}.c", 3), (name, f"{name}.c", 4)])

    def test_the_kind_of_a_frame_says_what_is_looked_up(self):
        module, symbols = self.sized()
        at = symbols["second"][0]
        frame = {"module": str(module), "moduleOffset": f"0x{at:x}",
                 "buildId": forms.build_id_of(module)}
        kinds = {"EXACT": "second", "RETURN_ADDRESS": "first", None: "second"}
        report = {"kind": "CRASH", "threads": [{"crashed": True, "frames": [
            dict(frame, **({"pcKind": kind} if kind else {}))
            for kind in kinds]}]}
        result = subprocess.run(
            [BUILD / "bin/inquest", "symbolicate", "-", "--json"],
            input=json.dumps(report), capture_output=True, text=True,
            timeout=60, env=dict(os.environ, HOME=str(self.at),
                                 INQUEST_STATE_DIR=str(self.at / "state"),
                                 INQUEST_SYMBOL_CACHE=""))
        self.assertEqual(result.returncode, 0, result.stderr)
        (thread,) = json.loads(result.stdout)["threads"]
        self.assertEqual([f.get("function") for f in thread["frames"]],
                         list(kinds.values()))

    def test_answers_flow_while_input_is_open(self):
        module, _, _ = forms.FORMS["gcc_dwarf_5"](self.at)
        address = self.symbols(module)["inner_mark"][0]
        for json_too in ((), ("--json",)):
            with subprocess.Popen(
                    [PROGRAM, "--module", module, "--no-cache", *json_too],
                    stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                    text=True) as process:
                for _ in range(3):
                    process.stdin.write(f"{address:x}\n")
                    process.stdin.flush()
                    lines = [process.stdout.readline()
                             for _ in range(1 if json_too else 3)]
                    self.assertIn("inner", lines[0])
                    self.assertIn("outer", lines[-1])
                process.stdin.close()
                self.assertEqual(process.wait(10), 0)

    def watched_workers(self, before="true"):
        """An environment in which each worker writes its last argument, an
        address or the empty name of dwz's file, into a file, then does what
        the shell is told before it reads anything; and that file."""
        helpers, started = self.at / "helpers", self.at / "started"
        helpers.mkdir()
        started.touch()
        worker = helpers / "inquest-symbolicate-worker"
        worker.write_text(f"""#!/bin/sh
for last; do :; done
echo "$last" >>{started}
{before}
exec {BUILD}/bin/inquest-symbolicate-worker "$@"
""")
        worker.chmod(0o755)
        return {**os.environ,
                "INQUEST_SYMBOLICATE_HELPERS": str(helpers)}, started

    def test_few_are_read_alone_and_many_that_wait_all_at_once(self):
        module, names = many_units.build(self.at)
        environment, started = self.watched_workers()
        asked = sorted(names)
        alone = [str(address) for address in asked[:PARTS]]
        for count, workers in ((1, alone[:1]), (PARTS, alone),
                               (PARTS + 1, [""]), (len(asked), [""])):
            started.write_text("")
            text = "".join(f"{a:x}\n" for a in asked[:count])
            result = self.program(module, text, "--json", env=environment)
            self.assertEqual(
                [json.loads(line)["frames"][-1]["function"]
                 for line in result.stdout.splitlines()],
                [names[address] for address in asked[:count]])
            self.assertEqual(started.read_text().splitlines(), workers)

    def test_what_is_answered_does_not_wait_until_all_is_read(self):
        module, names = many_units.build(self.at)
        gate = self.at / "gate"
        os.mkfifo(gate)
        environment, started = self.watched_workers(f"read line <{gate}")
        asked = sorted(names)
        with subprocess.Popen(
                [PROGRAM, "--module", module, "--no-cache"], env=environment,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                text=True) as process:
            process.stdin.write(f"{asked[0]:x}\n")
            process.stdin.flush()
            with gate.open("w"):  # once the worker waits there
                process.stdin.write("".join(f"{a:x}\n" for a in asked[1:]))
                process.stdin.flush()
            self.assertIn(names[asked[0]], process.stdout.readline())
            with gate.open("w"):
                process.stdin.close()
            for address in asked[1:]:
                self.assertIn(names[address], process.stdout.readline())
            self.assertEqual(process.wait(30), 0)
        self.assertEqual(started.read_text().splitlines(),
                         [str(asked[0]), ""])

    def test_text_has_a_line_a_frame(self):
        module, _, _ = forms.FORMS["gcc_dwarf_5"](self.at)
        address = self.symbols(module)["inner_mark"][0]
        result = self.program(module, f"0x{address:x}\n{2**40:x}\n")
        lines = result.stdout.splitlines()
        self.assertRegex(lines[0], rf"^0x{address:x}  (shape::)?inner(\(int\))?"
                         r" at /.*matrix\.cpp:\d+ \(inlined\)$")
        self.assertRegex(lines[1], r"^    called from .*\(inlined\)$")
        self.assertRegex(lines[2], r"^    called from shape::outer\(int\) at "
                         r"/.*matrix\.cpp:\d+$")
        self.assertEqual(lines[3:], [f"0x{2**40:x}  no information"])

    def test_many_lines_are_answered_one_for_one(self):
        module, _, _ = forms.FORMS["gcc_dwarf_5"](self.at)
        begin = self.symbols(module)["main"][0]
        asked = [begin + i % 16 for i in range(ADDRESSES)]
        result = self.program(module, "".join(f"{a:x}\n" for a in asked),
                              "--json")
        said = [int(json.loads(line)["address"], 16)
                for line in result.stdout.splitlines()]
        self.assertEqual(said, asked)

    def test_what_is_no_address_is_said_and_the_rest_answered(self):
        module, symbols = self.sized()
        at = symbols["first"][0]
        for wrong in ("hello", "-1", "1" * 17, "0x", "12 34", "x" * 100_000):
            result = self.program(module, f"{wrong}\n{at:x}\n", "--json")
            self.assertEqual(result.returncode, EX_DATAERR)
            self.assertIn("is not a hexadecimal address", result.stderr)
            answers = [json.loads(line)
                       for line in result.stdout.splitlines()]
            self.assertIn("error", answers[0])
            self.assertEqual(answers[-1]["frames"][0]["function"], "first")


unittest.main()
