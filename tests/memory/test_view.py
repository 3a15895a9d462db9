"""inquest memory: charts on a terminal and as text, of reports and of a
program that runs."""

import fcntl
import json
import os
import pathlib
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
import unicodedata
import unittest

import stories
from watched import BUILD, WatchedTest, wait_until

SECONDS = 60
ESCAPE = re.compile(r"\033\[[0-9;?]*[A-Za-z]")
ENTER, LEAVE = "\033[?1049h", "\033[?1049l"


def columns(line):
    return sum(unicodedata.east_asian_width(c) in "WF" for c in line) + \
        len(line)


class Terminal:
    """A command on a terminal of its own."""

    def __init__(self, command, environment, size):
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("4H", *size, 0, 0))
        self.before = termios.tcgetattr(slave)
        self.slave = slave
        self.text = ""
        self.process = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave,
            env=environment | {"TERM": "xterm", "LC_ALL": "C.UTF-8"},
            start_new_session=True, preexec_fn=lambda: fcntl.ioctl(
                0, termios.TIOCSCTTY, 0))

    def read_until(self, found):
        end = time.monotonic() + SECONDS
        while not found(self.text):
            ready, _, _ = select.select([self.master], [], [],
                                        end - time.monotonic())
            if not ready:
                raise AssertionError(f"not seen in {self.text[-3000:]!r}")
            self.text += os.read(self.master, 65536).decode(errors="replace")

    def type(self, keys):
        os.write(self.master, keys.encode())

    def resize(self, rows, width):
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ,
                    struct.pack("4H", rows, width, 0, 0))

    def end(self):
        """The rest, the status, and whether the terminal is as it was."""
        status = None
        end = time.monotonic() + SECONDS
        while status is None and time.monotonic() < end:
            if select.select([self.master], [], [], 0.02)[0]:
                self.text += os.read(self.master,
                                     65536).decode(errors="replace")
            status = self.process.poll()
        while select.select([self.master], [], [], 0)[0]:
            self.text += os.read(self.master, 65536).decode(errors="replace")
        same = termios.tcgetattr(self.slave) == self.before
        os.close(self.master)
        os.close(self.slave)
        return status, same


class ViewTest(WatchedTest):
    def keep(self, report):
        self.inquest("list")  # makes the state directory
        subprocess.run([BUILD / "bin/pack_report", self.state], check=True,
                       input=json.dumps(report).encode())
        return report["reportId"]

    def drawn(self, report_id, width, **environment):
        self.inquest.environment |= {"COLUMNS": str(width)} | environment
        return self.inquest.text("memory", report_id)

    def start(self):
        """A watched program with some samples: its supervisor, its pid."""
        runner = subprocess.Popen(
            [BUILD / "bin/inquest", "run", "--app", "sleeper", "--",
             "/bin/sleep", "300"], env=self.inquest.environment,
            stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(runner.wait)
        self.addCleanup(runner.terminate)
        children = pathlib.Path(
            f"/proc/{runner.pid}/task/{runner.pid}/children")
        pid, = wait_until(lambda: children.read_text().split(), "a sleeper")
        wait_until(lambda: len(self.samples(pid)) >= 2, "samples", SECONDS)
        return runner, pid

    def samples(self, pid):
        seen = self.inquest("memory", pid, "--json", text=True)
        return json.loads(seen.stdout)["memory"]["samples"] \
            if seen.returncode == 0 else []

    def test_no_line_is_wider_than_the_window(self):
        report_id = self.keep(stories.leak_to_the_limit())
        for locale in ("C.UTF-8", "C"):
            for width in (40, 60, 80, 200):
                text = self.drawn(report_id, width, LC_ALL=locale)
                for line in text.splitlines():
                    self.assertLessEqual(columns(line), width, line)
                    self.assertEqual(line, line.rstrip(), "blanks at the end")
                self.assertEqual(text.isascii(), locale == "C")

    def test_marks_limit_and_figures_are_there_without_colour(self):
        text = self.drawn(self.keep(stories.leak_to_the_limit()), 80,
                          LC_ALL="C.UTF-8")
        self.assertNotIn("\033", text)
        for words in ("indexer ended: OOM_KILL", "Resident    247.0 MiB",
                      "Limit       256.0 MiB", "256 MiB ┤",
                      "▲ 11:53:00 alarm", "✕ 12:00:00 OOM_KILL grade A",
                      "Nothing was swapped out.", "The last 10 minutes",
                      "Some wait     60.0 %", "Threads       12, highest 14",
                      "Heap        170.0 MiB  75 %"):
            self.assertIn(words, text)
        chart = text[text.index("\nMemory\n"):text.index("Resident  ")]
        self.assertRegex(chart, "[\u2801-\u28ff]")
        self.assertEqual(chart.count("✕"), 1)

    def test_swap_is_a_line_without_holes(self):
        text = self.drawn(self.keep(stories.swapping()), 80, LC_ALL="C")
        self.assertIn("Swapped      60.0 MiB", text)
        self.assertNotIn("Nothing was swapped out.", text)
        charts = re.split("\nMemory\n|\nThe last 10 minutes\n", text)[1:]
        self.assertEqual(len(charts), 2)
        for chart in charts:
            rows = [line[10:] for line in chart.splitlines()[:10]]
            drawn = {column for row in rows
                     for column, sign in enumerate(row) if sign == "s"}
            self.assertEqual(drawn, set(range(min(drawn), max(drawn) + 1)))

    def test_page_has_every_chart_with_a_table(self):
        """What a browser makes of it: tests/web/test_charts.py."""
        path = self.directory / "page.html"
        for story in (stories.leak_to_the_limit, stories.short_crash,
                      stories.large_cgroup, stories.swapping,
                      stories.one_sample):
            self.inquest.text("memory", self.keep(story()), "--html", path)
            page = path.read_text()
            self.assertNotIn("<script", page)
            charts = page.count("<figure class='chart ")
            self.assertEqual(page.count("<details class=behind>"), charts)
            self.assertEqual(charts == 0, story is stories.one_sample)

    def test_colour_where_it_is_asked_for(self):
        self.inquest.environment["LC_ALL"] = "C.UTF-8"
        report_id = self.keep(stories.short_crash())
        plain = self.inquest.text("memory", report_id)
        colored = self.inquest.text("memory", report_id, "--color")
        self.assertIn("\033[34m", colored)
        self.assertEqual(ESCAPE.sub("", colored), plain)

    def test_one_sample_or_none_is_said(self):
        text = self.drawn(self.keep(stories.one_sample()), 80)
        self.assertIn("One sample, 2026-11-24", text)
        self.assertNotIn("Memory\n", text)
        empty = stories.one_sample()
        del empty["memory"]
        self.assertIn("no memory sample", self.drawn(self.keep(empty), 80))

    def test_json_has_what_the_chart_is_made_of(self):
        report = stories.leak_to_the_limit()
        part = json.loads(
            self.inquest.text("memory", self.keep(report), "--json"))
        self.assertEqual(part["memory"]["samples"],
                         report["memory"]["samples"])
        self.assertEqual(part["termination"]["grade"], "A")

    def test_running_program_as_text_and_json_without_a_terminal(self):
        runner, pid = self.start()
        text = self.inquest.text("memory", pid)
        self.assertIn(f"sleeper is running (pid {pid})", text)
        self.assertIn("Resident", text)
        part = json.loads(self.inquest.text("memory", pid, "--json"))
        self.assertEqual(part["app"]["name"], "sleeper")
        self.assertEqual(part["process"]["pid"], int(pid))
        self.assertNotIn("kind", part)
        self.assertEqual(self.reports(), [])

    def live(self, pid, size=(30, 70)):
        terminal = Terminal([BUILD / "bin/inquest", "memory", pid],
                            self.inquest.environment, size)
        self.addCleanup(lambda: terminal.process.poll() is None and
                        terminal.process.kill())
        # Drawn anew with what was sampled meanwhile.
        terminal.read_until(lambda text: len(set(
            re.findall(r"in (\d+) samples", text))) >= 2)
        return terminal

    def check_given_back(self, terminal, status, last):
        """The terminal is as it was, and the last drawing stays on it."""
        ended, same = terminal.end()
        self.assertEqual(ended, status)
        self.assertTrue(same)
        self.assertEqual(terminal.text.count(ENTER),
                         terminal.text.count(LEAVE))
        left = terminal.text[terminal.text.rindex(LEAVE):]
        self.assertIn(last, ESCAPE.sub("", left))

    def test_live_is_drawn_again_and_ends_with_q(self):
        runner, pid = self.start()
        terminal = self.live(pid)
        terminal.type("2")
        terminal.type("q")
        self.check_given_back(terminal, 0, f"is running (pid {pid})")
        self.assertIsNone(runner.poll())

    def test_live_ends_with_an_interrupt_and_keeps_the_program(self):
        runner, pid = self.start()
        terminal = self.live(pid)
        terminal.type("\x03")
        self.check_given_back(terminal, 0, f"is running (pid {pid})")
        self.assertIsNone(runner.poll())

    def test_live_ends_when_the_program_dies(self):
        runner, pid = self.start()
        terminal = self.live(pid)
        os.kill(int(pid), signal.SIGKILL)
        self.check_given_back(terminal, 0, f"sleeper ended (pid {pid})")

    def test_live_follows_the_size_of_its_window(self):
        runner, pid = self.start()
        terminal = self.live(pid)
        terminal.resize(20, 44)
        mark = len(terminal.text)
        terminal.read_until(lambda text: "Resident memory" in text[mark:] and
                            "q ends" in text[mark:])
        frame = terminal.text[mark:].split("\033[H")[-1]
        for line in ESCAPE.sub("", frame).split("\r\n"):
            self.assertLessEqual(columns(line), 60, line)
        self.assertLessEqual(frame.count("\r\n"), 20)
        terminal.type("q")
        self.check_given_back(terminal, 0, "is running")

    def test_what_is_not_there_is_said(self):
        unwatched = self.inquest("memory", str(os.getpid()), text=True)
        self.assertEqual(unwatched.returncode, 66)
        self.assertIn("is not watched", unwatched.stderr)
        self.assertIn("inquest snapshot", unwatched.stderr)
        gone = self.inquest("memory", "4194305", text=True)
        self.assertEqual(gone.returncode, 66)
        self.assertIn("no process 4194305", gone.stderr)
        none = self.inquest("memory", "last", text=True)
        self.assertEqual(none.returncode, 66)


if __name__ == "__main__":
    unittest.main()
