"""Each interposition can be switched off, and then what it is for is missing
while the program lives and dies as before. test_switches.py BUILD. Context:
tool."""

import os
import pathlib
import shutil
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "hosts"))
import host  # noqa: E402

BUILD = pathlib.Path(sys.argv.pop(1)).resolve()
ROOT = os.geteuid() == 0


def names(report):
    for thread in report["threads"]:
        if thread.get("crashed"):
            return [frame.get("function") for frame
                    in thread.get("frames", [])]
    return []


class Switches(unittest.TestCase):
    def run_with(self, program, switch):
        """The status and the reports of a program of the zoo."""
        ground = host.Ground(BUILD)
        self.addCleanup(ground.close)
        path = ground.top / "program"
        shutil.copy(BUILD / "zoo/deaths" / program, path)
        status, _, _ = ground.run(
            ["/usr/bin/env", f"INQUEST_INTERPOSE={switch}", path], True)
        return status, ground.reports()

    def assert_lost(self, program, switch):
        """With the interposition a report, without it none; dies alike."""
        status, reports = self.run_with(program, "")
        self.assertEqual(len(reports), 1, program)
        again, reports = self.run_with(program, switch)
        self.assertEqual((again, reports), (status, []), (program, switch))

    def test_thread(self):
        self.assert_lost("stack_overflow_pthread", "-thread")

    def test_action(self):
        self.assert_lost("host_handler_exits", "-action")

    def test_mask(self):
        self.assert_lost("signals_blocked", "-mask")
        self.assert_lost("sighold", "-mask")
        self.assert_lost("sigsuspend_handler", "-mask")

    def test_altstack(self):
        self.assert_lost("stack_overflow_main", "-altstack")
        self.assert_lost("altstack_disabled", "-altstack")

    def test_exit(self):
        self.assert_lost("host_handler_exits", "-exit")

    def test_sandbox(self):
        """The filter is not known: that it forbids exec is found out."""
        _, (report,) = self.run_with("seccomp_no_exec", "")
        self.assertIn("filter", report["tier"]["reason"])
        _, (report,) = self.run_with("seccomp_no_exec", "-sandbox")
        self.assertNotIn("filter", report["tier"]["reason"])

    def python(self, code, switch):
        ground = host.Ground(BUILD)
        self.addCleanup(ground.close)
        status, output, _ = ground.run(
            ["/usr/bin/env", f"INQUEST_INTERPOSE={switch}",
             "/usr/bin/python3", "-c", "import os\n" + code], True)
        self.assertEqual(status, 0, output)
        return output.strip()

    def test_fork(self):
        """Without it the child has no sampler."""
        code = "pid = os.fork()\n" \
            "print(len(os.listdir('/proc/self/task')), flush=True) " \
            "if pid == 0 else os.waitpid(pid, 0)"
        self.assertEqual(self.python(code, ""), "2")
        self.assertEqual(self.python(code, "-fork"), "1")

    def test_identity(self):
        """With it the sampler is another one afterwards."""
        code = "before = set(os.listdir('/proc/self/task'))\n" \
            "os.setgid(os.getgid())\n" \
            "print(before == set(os.listdir('/proc/self/task')))"
        self.assertEqual(self.python(code, ""), "False")
        self.assertEqual(self.python(code, "-identity"), "True")

    def test_identity_known(self):
        """Where our thread is left alone libc knows of it, and its fork locks:
        signals wait meanwhile."""
        status, _ = self.run_with("signal_while_forking", "-identity")
        self.assertEqual(status, 0)

    @unittest.skipUnless(ROOT, "needs root")
    def test_identity_of_each_thread(self):
        for switch in ("", "-identity"):
            status, _ = self.run_with("dropped_root_in_sandbox", switch)
            self.assertEqual(status, 0, switch)

    @unittest.skipUnless(ROOT, "needs root")
    def test_place(self):
        for switch, kept in (("", True), ("-place", False)):
            _, (report,) = self.run_with("chroot_away", switch)
            self.assertEqual(bool(report.get("modules")), kept, switch)

    def test_all_at_once(self):
        status, (report,) = self.run_with(
            "null_write", "-thread,-action,-mask,-altstack,-exit,-sandbox,"
            "-identity,-place,-fork")
        self.assertEqual(status, -11)
        self.assertIn("crash_here", names(report))
        status, reports = self.run_with("clean_exit", "-all")
        self.assertEqual((status, reports), (0, []))


if __name__ == "__main__":
    unittest.main()
