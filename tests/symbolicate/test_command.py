"""inquest symbolicate: reports from a queue, files, a directory and standard
input; and the lines of source that --source shows."""

import json
import os
import pathlib
import pty
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

BUILD = pathlib.Path(sys.argv.pop(1)).resolve()
sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
import job  # noqa: E402

PLACES_MAX = 100_000
PERCENT = float(os.environ.get("INQUEST_TEST_PERCENT", "5"))


def read_terminal(terminal):
    """All that was written to a terminal whose other end is closed; the
    kernel hands it over in pieces."""
    text = b""
    try:
        while piece := os.read(terminal, 65536):
            text += piece
    except OSError:  # EIO: the end
        pass
    return text.decode()


class Command(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.at = pathlib.Path(directory.name)
        self.inquest = job.Inquest(BUILD, directory.name)
        self.inquest("run", "--", BUILD / "bin/threads_32")
        (self.file,) = (self.inquest.state / "queue/new").iterdir()
        self.raw = json.loads(self.inquest.text("show", "--raw", "--json"))

    def functions(self, report):
        (thread,) = [t for t in report["threads"] if t.get("crashed")]
        return [f.get("function") for f in thread["frames"]]

    def build_without_id(self, name):
        """A program that crashes in a function of this name."""
        source = self.at / "program.c"
        source.write_text(
            "__attribute__((noinline)) void %s(volatile int *at)\n"
            "{\n    *at = 1;\n}\n"
            "int main(int count, char **arguments)\n"
            "{\n    %s((void *)(long)count);\n    return !arguments;\n}\n"
            % (name, name))
        program = self.at / "program"
        program.unlink(missing_ok=True)
        subprocess.run(["cc", "-g", "-O1", "-Wl,--build-id=none", "-o",
                        program, source], check=True)
        return program

    def test_without_a_build_id_a_changed_file_gives_no_names(self):
        self.inquest("run", "--app", "nameless", "--",
                     self.build_without_id("the_right_one"))
        shown = self.inquest.text("show", "last")
        self.assertIn("#0   the_right_one at ", shown)
        self.build_without_id("another_one")
        shown = self.inquest.text("show", "last")
        self.assertNotIn("another_one", shown)
        self.assertIn("#0   program+0x", shown)
        self.assertIn("program (build-id none): the file was replaced since",
                      shown)

    def answered(self, *arguments, **options):
        result = self.inquest("symbolicate", "--json", *arguments, text=True,
                              **options)
        self.assertEqual(result.returncode, 0, result.stderr)
        return [json.loads(line) for line in result.stdout.splitlines()]

    def test_a_report_is_named_the_same_from_wherever_it_comes(self):
        shown = json.loads(self.inquest.text("show", "--json"))
        self.assertNotIn(None, self.functions(shown)[:3])
        self.assertEqual(self.functions(self.raw).count(None),
                         len(self.functions(self.raw)))
        plain = self.at / "report.json"
        plain.write_text(json.dumps(self.raw))
        for operands in ((), ("last",), (shown["reportId"],), (self.file,),
                         (plain,)):
            (report,) = self.answered(*operands)
            self.assertEqual(self.functions(report), self.functions(shown))

    def test_what_was_named_already_is_not_named_twice(self):
        shown = self.inquest.text("show", "--json")
        plain = self.at / "shown.json"
        plain.write_text(shown)
        (report,) = self.answered(plain)
        self.assertEqual(self.functions(report),
                         self.functions(json.loads(shown)))

    def test_a_directory_is_answered_file_by_file(self):
        batch = self.at / "batch"
        batch.mkdir()
        for i in range(5):
            (batch / f"{i}.inq").write_bytes(self.file.read_bytes())
        (batch / "torn").write_bytes(self.file.read_bytes()[:-9])
        result = self.inquest("symbolicate", "--json", batch, text=True)
        self.assertEqual(result.returncode, 65)
        self.assertEqual(len(result.stdout.splitlines()), 5)
        self.assertIn("torn", result.stderr)

    def test_a_batch_says_on_a_terminal_how_far_it_is(self):
        batch = self.at / "batch"
        batch.mkdir()
        for i in range(5):
            (batch / f"{i}.inq").write_bytes(self.file.read_bytes())
        terminal, other = pty.openpty()
        with open(self.at / "out", "w") as out:
            subprocess.run([BUILD / "bin/inquest", "symbolicate", "--json",
                            batch], env=self.inquest.environment, stdout=out,
                           stderr=other, stdin=subprocess.DEVNULL, timeout=60,
                           check=True)
        os.close(other)
        told = read_terminal(terminal)
        os.close(terminal)
        for i in range(5):
            self.assertIn(f"{i + 1} of 5", told)
        reports = (self.at / "out").read_text().splitlines()
        self.assertEqual(len(reports), 5)
        for report in reports:
            self.assertEqual(self.functions(json.loads(report))[0], "main")

    def test_what_lacks_names_its_build_id_places_and_package(self):
        self.inquest("run", "--", *job.PYTHON_CRASH)
        text = self.inquest.text("show")
        lacking = [line.strip() for line in
                   text[text.index("\nSymbols\n"):].splitlines()]
        (at, module), *_ = [
            (i, line) for i, line in enumerate(lacking)
            if re.match(r"/usr/\S*python3[.\d]* \(build-id [0-9a-f]{40}\): "
                        r"functions only", line)]
        path, build_id = re.match(r"(\S+) \(build-id (\w+)\)",
                                  module).groups()
        self.assertRegex(lacking[at + 1], r"^the Debian package "
                         r"python3\S*-dbg(sym)? would have them$")
        self.assertTrue(lacking[at + 2].startswith(
            f"tried /usr/lib/debug/.build-id/{build_id[:2]}/{build_id[2:]}"))
        self.assertIn("tried", lacking[at + 3])

    def watched(self, filter_of):
        """An inquest whose child gets what the shell's filter passes on, and
        the file that holds it."""
        box, asked = self.at / "box", self.at / "asked"
        box.mkdir()
        shutil.copy(BUILD / "bin/inquest", box)
        child = box / "inquest-symbolicate"
        child.write_text(f"#!/bin/sh\n{filter_of} | tee {asked} | "
                         f"{BUILD}/bin/inquest-symbolicate \"$@\"\n")
        child.chmod(0o755)
        return box / "inquest", asked

    def named(self, program, report):
        result = subprocess.run(
            [program, "symbolicate", "-"], env=self.inquest.environment,
            input=json.dumps(report), capture_output=True, text=True,
            timeout=60)
        self.assertEqual(result.returncode, 0, result.stderr)
        return result.stdout

    def test_a_place_is_asked_for_once_however_often_it_stands_there(self):
        program, asked = self.watched("cat")
        (crashed,) = [t for t in self.raw["threads"] if t.get("crashed")]
        crashed["frames"] = crashed["frames"] * 300
        self.raw["threads"] = self.raw["threads"] * 3
        text = self.named(program, self.raw)
        places = [line for line in asked.read_text().splitlines()
                  if "address" in line]
        self.assertGreater(len(places), 3)
        self.assertEqual(len(places), len(set(places)))
        self.assertIn("#0   main at", text)
        self.assertNotIn("not looked up", text)

    def test_frames_that_nobody_looked_up_are_counted(self):
        program, _ = self.watched("sed -u 2q")
        text = self.named(program, self.raw)
        count = re.search(r"(\d+) frames were not looked up: "
                          r"inquest-symbolicate ended early", text)
        frames = sum(len(t["frames"]) for t in self.raw["threads"])
        self.assertLess(int(count.group(1)), frames)
        self.assertGreater(int(count.group(1)), 1)

    def test_more_places_than_one_report_may_ask_for_are_said(self):
        if PERCENT < 100:
            self.skipTest("a hundred thousand questions: ./dev soak")
        (crashed,) = [t for t in self.raw["threads"] if t.get("crashed")]
        frame = crashed["frames"][0]
        frames = [dict(frame, moduleOffset=hex(i))
                  for i in range(PLACES_MAX + 7)]
        report = dict(self.raw, threads=[dict(crashed, frames=frames)])
        self.assertIn("7 frames were not looked up: too many places",
                      self.named(BUILD / "bin/inquest", report))

    def test_an_answer_comes_while_input_is_open(self):
        with subprocess.Popen([BUILD / "bin/inquest", "symbolicate", "-",
                               "--json"], env=self.inquest.environment,
                              stdin=subprocess.PIPE, text=True,
                              stdout=subprocess.PIPE) as process:
            for _ in range(2):
                process.stdin.write(json.dumps(self.raw) + "\n")
                process.stdin.flush()
                answer = json.loads(process.stdout.readline())
                self.assertEqual(self.functions(answer)[0], "main")
            process.stdin.close()
            self.assertEqual(process.wait(30), 0)

    def test_source_shows_the_line_of_the_crash(self):
        text = self.inquest.text("show", "--source")
        marked = [line for line in text.splitlines()
                  if line.strip().startswith(">")]
        self.assertTrue(marked)
        self.assertNotIn(">  ", self.inquest.text("show"))


unittest.main()
