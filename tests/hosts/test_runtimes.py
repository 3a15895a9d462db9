"""Runtimes that live on SIGSEGV: what they handle makes no report, what they
die of makes one, and they die as bare. test_runtimes.py BUILD. Context: tool.
"""

import itertools
import os
import pathlib
import shutil
import subprocess
import sys
import unittest

import host

BUILD = pathlib.Path(sys.argv.pop(1))
HERE = pathlib.Path(__file__).resolve().parent
COMPILE_S = 120
JAVA_DEPTH = 12
NODE_DEPTH = 20
NODE = f"""
function fall(depth) {{
    if (depth === 0) process.abort();
    return fall(depth - 1) + 1;
}}
fall({NODE_DEPTH});
"""


class Runtimes(unittest.TestCase):
    def setUp(self):
        self.ground = host.Ground(BUILD)
        self.addCleanup(self.ground.close)

    def tool(self, *names):
        """The first that is there, Debian's before others."""
        for name in names:
            found = shutil.which(name, path="/usr/bin") or shutil.which(name)
            if found:
                return found
        return self.skipTest(f"no {' or '.join(names)} here")

    def compile(self, *command):
        done = subprocess.run(
            command, cwd=self.ground.top, capture_output=True, text=True,
            env=self.ground.environment(False), timeout=COMPILE_S,
            check=False)
        self.assertEqual(done.returncode, 0, done.stderr)

    def both(self, *command):
        """Runs it bare and watched; how both end, what the watched one said,
        and its reports."""
        bare, _, _ = self.ground.run(command, False)
        watched, output, _ = self.ground.run(command, True)
        self.assertEqual(bare, watched, output)
        return bare, output, self.ground.reports()

    def crashed(self, report):
        thread, = (t for t in report["threads"] if t.get("crashed"))
        return [frame.get("function", "") for frame in thread["frames"]]

    def check_java_stack(self, report):
        """Through the interpreter, whose code has no description, to the
        thread's start: each call once."""
        thread, = (t for t in report["threads"] if t.get("crashed"))
        names = self.crashed(report)
        self.assertIn("Unsafe_PutInt", names[0])
        self.assertIn("JavaMain", names)
        self.assertEqual(thread.get("notes", []), [])
        places = [frame["pc"] for frame in thread["frames"]]
        runs = [len(list(run)) for _, run in itertools.groupby(places)]
        self.assertIn(" (generated code) [by frame pointer]",
                      self.ground.inquest("show", report["reportId"]))
        # The innermost returns to where it calls the native function.
        self.assertIn(max(runs), (JAVA_DEPTH - 1, JAVA_DEPTH))

    def test_sanitizers(self):
        """They look for faults themselves, and AddressSanitizer refuses whom a
        preloaded library went before: also where a shell starts it."""
        for compiler, sanitizer, found in (
                ("gcc", "address", "heap-buffer-overflow"),
                ("clang", "address", "heap-buffer-overflow"),
                ("gcc", "thread", "data race")):
            with self.subTest(compiler=compiler, sanitizer=sanitizer):
                self.compile(self.tool(compiler), f"-fsanitize={sanitizer}",
                             "-g", "-pthread", "-o", "faulty",
                             str(HERE / "faulty.c"))
                for faults in ("none", sanitizer):
                    status, output, reports = self.both(
                        "/bin/sh", "-c", '"$@"; exit "$?"', "sh",
                        str(self.ground.top / "faulty"), faults)
                    self.assertEqual(status == 0, faults == "none", output)
                    self.assertEqual(found in output, faults != "none", output)
                    self.assertNotIn("libinquest", output)
                    self.assertEqual(reports, [])

    def test_valgrind(self):
        """It sees the program's faults, and none of ours."""
        valgrind = self.tool("valgrind")
        self.compile(self.tool("gcc"), "-g", "-o", "lives",
                     str(HERE / "lives.c"))
        status, output, reports = self.both(
            valgrind, "-q", "--error-exitcode=99", "--vgdb=no",
            str(self.ground.top / "lives"))
        self.assertEqual((status, output, reports), (0, "caught\n", []))

    def test_number_that_is_being_given(self):
        """It may be to our thread: then dup2 waits for it."""
        self.compile(self.tool("gcc"), "-D_GNU_SOURCE", "-pthread", "-o", "busy",
                     str(HERE / "busy.c"))
        for number in range(20):
            pipe = self.ground.top / f"pipe{number}"
            os.mkfifo(pipe)
            status, output, _ = self.ground.run(
                [str(self.ground.top / "busy"), str(pipe)], True)
            self.assertEqual((status, output), (0, ""))

    def python(self):
        """One that counts its threads."""
        found = [path for directory in os.get_exec_path()
                 for path in pathlib.Path(directory).glob("python3.1[2-9]")]
        found += pathlib.Path.home().glob(
            ".pyenv/versions/3.1[2-9]*/bin/python3")
        for path in found:  # a pyenv's may stand for one that is not there
            if subprocess.run([path, "-c", ""], capture_output=True,
                              check=False).returncode == 0:
                return str(path)
        return self.skipTest("no Python of 3.12 or later here")

    def test_python_forks(self):
        """It warns of a second thread, which ours must not be; ours goes on
        behind it, in the parent and in the child."""
        source = """
import logging, os, time  # logging: it has a hook behind each fork
def others():
    return len(os.listdir("/proc/self/task")) - 1
def until(number):
    while others() != number:
        time.sleep(0.001)
until(NUMBER)
for _ in range(20):
    pid = os.fork()
    if pid == 0:
        until(NUMBER)
        second = os.fork()
        if second:
            os.waitpid(second, 0)
        os._exit(0)
    assert os.waitpid(pid, 0)[1] == 0
until(NUMBER)
print("done")
"""
        python = self.python()
        for watched in (False, True):
            program = source.replace("NUMBER", str(int(watched)))
            status, output, _ = self.ground.run(
                [python, "-W", "always", "-c", program], watched)
            self.assertEqual((status, output), (0, "done\n"))

    def test_shell(self):
        """A script looks whether the descriptor of its lock is open."""
        bash = self.tool("bash")
        for number in (99, 100, 199, 200, 201, 202, 222):
            _, output, _ = self.both(
                bash, "-c", f"{{ true >&{number}; }} 2>/dev/null && echo open")
            self.assertEqual(output, "", number)

    def test_java(self):
        java, javac = self.tool("java"), self.tool("javac")
        self.compile(javac, "-nowarn", "-d", ".", str(HERE / "Nulls.java"))
        command = ["/usr/bin/prlimit", "--core=0", java,
                   "-XX:TieredStopAtLevel=1", "-cp", str(self.ground.top)]
        status, output, reports = self.both(*command, "Nulls")
        self.assertEqual((status, reports), (0, []))
        self.assertIn("caught 200", output)
        for option, end in (("-XX:+CreateCoredumpOnCrash", -6),
                            ("-XX:-CreateCoredumpOnCrash", 1)):
            status, output, found = self.both(*command, option, "Nulls",
                                              str(JAVA_DEPTH))
            self.assertEqual(status, end)  # it reports, then ends by itself
            self.assertIn("SIGSEGV", output)  # its own report is as it was
            report, = (one for one in found if one not in reports)
            reports.append(report)
            signal = report["crash"]["signal"]
            self.assertEqual((signal["name"], signal["faultAddress"]),
                             ("SIGSEGV", "0x10"))
            self.check_java_stack(report)

    def test_node(self):
        """Its built-in functions run in a copy of its own text, its own code
        in memory of no file."""
        node = self.tool("node")
        status, _, (report,) = self.both(node, "-e", NODE)
        self.assertEqual(status, -6)
        thread, = (t for t in report["threads"] if t.get("crashed"))
        self.assertEqual(thread.get("notes", []), [])
        self.assertIn("__libc_start_main", self.crashed(report)[-2])
        modules = report["modules"]
        for frame in thread["frames"]:
            if "moduleIndex" in frame:
                self.assertLess(int(frame["moduleOffset"], 16),
                                int(modules[frame["moduleIndex"]]["base"], 16)
                                + int(modules[frame["moduleIndex"]]
                                      ["sizeBytes"]))
        interpreted = [frame for frame in thread["frames"]
                       if "node" in frame.get("module", "")
                       and frame["trust"] == "FRAME_POINTER"]
        self.assertGreater(len(interpreted), NODE_DEPTH)

    def test_go(self):
        go = self.tool("go")
        program = self.ground.top / "nulls"
        self.compile(go, "build", "-o", str(program), str(HERE / "nulls.go"))
        status, output, reports = self.both(program)
        self.assertEqual((status, reports), (0, []))
        self.assertIn("caught 200", output)
        status, _, reports = self.both(program, "die")
        self.assertEqual((status, reports), (2, []))  # by its own decision
        status, _, reports = self.both(
            "/usr/bin/env", "GOTRACEBACK=crash", program, "die")
        self.assertEqual(status, -6)
        report, = reports
        self.assertEqual(report["crash"]["signal"]["name"], "SIGABRT")
        self.assertIn("main.main", self.crashed(report))

    def test_rust(self):
        rustc = self.tool("rustc")
        programs = {}
        for panic in ("unwind", "abort"):
            programs[panic] = self.ground.top / f"panics-{panic}"
            self.compile(rustc, "-O", "-g", "-C", f"panic={panic}", "-o",
                         str(programs[panic]), str(HERE / "panics.rs"))
        status, output, reports = self.both(programs["unwind"], "caught")
        self.assertEqual((status, reports), (0, []))
        self.assertIn("caught true", output)
        status, _, (report,) = self.both(programs["abort"], "abort")
        self.assertEqual(status, -6)
        self.assertEqual(report["crash"]["signal"]["name"], "SIGABRT")
        names = self.crashed(report)
        self.assertIn("rust_panic", names)
        fell = [name for name in names if name.startswith("panics::fall")]
        self.assertTrue(fell, names)

    def test_rust_overflow(self):
        rustc = self.tool("rustc")
        program = self.ground.top / "panics"
        self.compile(rustc, "-O", "-g", "-o", str(program),
                     str(HERE / "panics.rs"))
        status, output, (report,) = self.both(program, "deep")
        self.assertEqual(status, -6)
        self.assertIn("has overflowed its stack", output)
        self.assertEqual(report["crash"]["signal"]["name"], "SIGSEGV")
        self.assertIn("stack overflow", report["crash"]["cause"])


if __name__ == "__main__":
    program = unittest.main(exit=False)
    skipped = program.result.skipped
    sys.exit(1 if not program.result.wasSuccessful() else
             77 if len(skipped) == program.result.testsRun else 0)
