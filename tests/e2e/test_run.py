"""inquest run is transparent: sd_notify, socket activation, signals, pid 1,
orphans; and --wait-upload is bounded. Context: tool."""

import array
import json
import os
import pathlib
import resource
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

import job

BUILD = pathlib.Path(sys.argv.pop(1))
NOTIFY = """
import array, os, socket, sys
name = os.environ["NOTIFY_SOCKET"]
client = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
client.connect("\\0" + name[1:] if name[0] == "@" else name)
pids = [os.environ.get(n) for n in ("LISTEN_PID", "WATCHDOG_PID")]
client.send(f"READY=1\\nSTATUS={pids == [str(os.getpid())] * 2}".encode())
if sys.argv[1] == "drop":
    os.setuid(65534)
client.sendmsg([b"FDSTORE=1"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS,
                                 array.array("i", [0]))])
client.send(b"STOPPING=1")
os.kill(os.getpid(), 9)
"""
WORKERS = """
import os, sys
for number in range(3):
    if os.fork() == 0:
        os.setuid(65534)
        sys.exit(0)
    os.wait()
print("ready", flush=True)
sys.stdin.readline()
os.kill(os.getpid(), 11)
"""
LAST_WORDS = """
import os, signal, sys
if os.fork() == 0:
    os.setuid(65534)
    sys.exit(0)
os.wait()

def end(number, frame):
    print("ended", flush=True)
    os._exit(3)

signal.signal(signal.SIGTERM, end)
signal.alarm(60)  # nobody may be left to end it
print("ready", flush=True)
while True:
    signal.pause()
"""
DAEMON = """
import os, subprocess, sys
if os.fork():
    os._exit(0)
sys.stdin.readline()
child = subprocess.Popen(["/usr/bin/sleep", "60"])
print(child.pid, flush=True)
print(child.wait(), flush=True)
"""
DUMPER = """#!/bin/sh
echo at work > {told}
read line < {hold}
exec {dumper} "$@"
"""
IN_NAMESPACE = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"]


class Run(unittest.TestCase):
    def setUp(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="inquest-run-"))
        self.addCleanup(shutil.rmtree, self.directory)
        self.inquest = job.Inquest(BUILD, self.directory)

    def start(self, *command, **options):
        options.setdefault("stdout", subprocess.PIPE)
        options.setdefault("stdin", subprocess.DEVNULL)
        process = subprocess.Popen(
            [*map(str, options.pop("before", [])),
             self.inquest.build / "bin/inquest",
             "run", *command], env=self.inquest.environment, text=True,
            **options)
        self.addCleanup(self.end, process)
        return process

    @staticmethod
    def end(process):
        """What a failed test leaves running would keep ctest waiting."""
        if process.poll() is None:
            process.kill()
            process.wait()

    def manager(self, name):
        server = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(server.close)
        server.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        server.settimeout(20)
        server.bind(name if name[0] == "/" else "\0" + name[1:])
        self.inquest.environment["NOTIFY_SOCKET"] = name
        return server

    def receive(self, server):
        """Text, sender's pid, how many descriptors came along."""
        data, control, _, _ = server.recvmsg(4096, 4096)
        pid, fds = None, []
        for level, kind, value in control:
            if kind == socket.SCM_RIGHTS:
                fds = array.array("i", value).tolist()
            else:
                pid = array.array("i", value)[0]
        for fd in fds:
            os.close(fd)
        return data.decode(), pid, len(fds)

    def test_sd_notify_is_passed_on_as_ours(self):
        ways = ["stay", "drop"] if os.geteuid() == 0 else ["stay"]
        for way in ways:
            for name in (str(self.directory / f"notify-{way}"),
                         f"@inquest-test-{os.getpid()}-{way}"):
                server = self.manager(name)
                shell = 'export LISTEN_PID=$$ WATCHDOG_PID=$$; exec "$@"'
                process = self.start(
                    "--", sys.executable, "-c", NOTIFY, way,
                    before=["sh", "-c", shell, "sh"])
                told = [self.receive(server) for _ in range(3)]
                self.assertEqual(process.wait(30), -signal.SIGKILL)
                process.stdout.close()
                self.assertEqual(
                    told, [("READY=1\nSTATUS=True", process.pid, 0),
                           ("FDSTORE=1", process.pid, 1),
                           ("STOPPING=1", process.pid, 0)])

    def test_without_a_manager_nothing_is_set(self):
        process = self.start("--", "/bin/sh", "-c", "echo $NOTIFY_SOCKET.")
        self.assertEqual(process.communicate(timeout=30)[0], ".\n")

    def test_signals_reach_the_program_once(self):
        script = ("trap 'echo term' TERM; trap 'echo usr1; exit 3' USR1; "
                  "echo ready; while :; do sleep 0.05; done")
        process = self.start("--", "/bin/sh", "-c", script)
        self.assertEqual(process.stdout.readline(), "ready\n")
        for number, word in ((signal.SIGTERM, "term\n"),
                             (signal.SIGUSR1, "usr1\n")):
            process.send_signal(number)
            self.assertEqual(process.stdout.readline(), word)
        self.assertEqual(process.wait(30), 3)
        self.assertEqual(process.stdout.read(), "")
        process.stdout.close()

    # --- as the first process of a container ---

    def in_namespace(self, *command, **options):
        probe = subprocess.run([*IN_NAMESPACE, "true"], capture_output=True)
        if probe.returncode != 0:
            self.skipTest("pid namespaces are not allowed here")
        return self.start(*command, before=IN_NAMESPACE, **options)

    def test_pid_1_ends_as_a_shell_says_it(self):
        for script, status in (("exit 7", 7), ("kill -SEGV $$", 139),
                               ("kill -KILL $$", 137)):
            process = self.in_namespace("--", "/bin/sh", "-c", script)
            process.communicate(timeout=30)
            self.assertEqual(process.returncode, status)
        kinds = [entry["kind"] for entry in
                 json.loads(self.inquest.text("list", "--json"))]
        self.assertEqual(kinds, ["CRASH", "TERMINATION"])

    def test_pid_1_reaps_orphans_and_forwards_term(self):
        # The orphan's parent is gone when wait returns: pid 1 is ours.
        script = ("(sh -c 'exit 0' & exec true) & wait; "
                  "trap 'exit 5' TERM; echo ready; "
                  "while :; do sleep 0.05; done")
        process = self.in_namespace("--", "/bin/sh", "-c", script)
        self.assertEqual(process.stdout.readline(), "ready\n")
        first, = self.children(process.pid)
        # Whoever was handed over dead is reaped at once, not before "ready".
        job.wait_until(lambda: not any(
            self.is_zombie(pid) for pid in self.children(first)), "no zombie")
        os.kill(first, signal.SIGTERM)
        self.assertEqual(process.wait(30), 5)
        process.stdout.close()

    @staticmethod
    def children(pid):
        path = pathlib.Path(f"/proc/{pid}/task/{pid}/children")
        return [int(child) for child in path.read_text().split()]

    @staticmethod
    def is_zombie(pid):
        try:
            stat = pathlib.Path(f"/proc/{pid}/stat").read_text()
        except OSError:  # reaped since
            return False
        return stat.rsplit(")", 1)[1].split()[0] == "Z"

    # --- without room for us ---

    def check_runs(self, **options):
        process = self.start("--", "/bin/sh", "-c", "umask; exit 7",
                             stderr=subprocess.PIPE, **options)
        out, err = process.communicate(timeout=20)
        self.assertEqual((process.returncode, out), (7, self.umask), err)
        return err

    def test_without_descriptors_the_program_runs(self):
        self.umask = subprocess.check_output(["sh", "-c", "umask"], text=True)
        told = [self.check_runs(preexec_fn=lambda most=most:
                                resource.setrlimit(resource.RLIMIT_NOFILE,
                                                   (most, most)))
                for most in range(4, 20)]
        self.assertIn("directory: Too many open files; running", told[0])
        self.assertIn("running it unwatched", told[0])
        self.assertTrue(any("another death does not" in one for one in told))
        self.assertEqual(told[-1], "")

    @unittest.skipIf(os.geteuid() != 0, "to be another user")
    def test_without_a_process_the_program_runs(self):
        self.umask = subprocess.check_output(["sh", "-c", "umask"], text=True)
        err = self.check_runs(user=65534, preexec_fn=lambda:
                              resource.setrlimit(resource.RLIMIT_NPROC,
                                                 (1, 1)))
        self.assertIn("running it unwatched", err)

    # --- waiting for the upload ---

    @unittest.skipIf(os.geteuid() != 0, "not allowed to be another user")
    def test_boxes_of_the_dead_are_put_away_meanwhile(self):
        """Of workers that gave up root, who cannot do it themselves."""
        self.inquest.environment["INQUEST_SWEEP_INTERVAL"] = "1"
        run = self.start("--", "/usr/bin/python3", "-c", WORKERS,
                         stdin=subprocess.PIPE)
        self.addCleanup(run.stdin.close)
        self.addCleanup(run.stdout.close)
        self.assertEqual(run.stdout.readline(), "ready\n")
        boxes = self.inquest.state / "boxes"
        job.wait_until(lambda: len(list(boxes.glob("*.box"))) == 1,
                       "the workers' boxes are put away")
        run.stdin.write("\n")
        run.stdin.flush()
        self.assertEqual(run.wait(60), -signal.SIGSEGV)
        report, = json.loads(self.inquest.text("list", "--json"))
        self.assertEqual(report["kind"], "CRASH")

    def test_who_is_started_after_run_ended_does_not_end_with_it(self):
        """By a daemon that went to the background."""
        run = self.start("--", "/usr/bin/python3", "-c", DAEMON,
                         stdin=subprocess.PIPE)
        self.addCleanup(run.stdin.close)
        self.addCleanup(run.stdout.close)
        self.assertEqual(run.wait(60), 0)
        run.stdin.write("\n")
        run.stdin.flush()
        child = int(run.stdout.readline())
        boxes = self.inquest.state / "boxes"
        job.wait_until(lambda: list(boxes.glob(f"{child}-*.box")), "its box")
        os.kill(child, signal.SIGKILL)
        self.assertEqual(run.stdout.readline(), "-9\n")
        self.inquest.text("recover")
        self.assertEqual(json.loads(self.inquest.text("list", "--json")), [])

    @unittest.skipIf(os.geteuid() != 0, "not allowed to be another user")
    def test_a_dumper_that_stands_still_keeps_no_signal(self):
        """As on a disk that does not answer, while run waits."""
        copied = self.directory / "installed"
        for name in ("bin/inquest", "bin/inquest-dumper"):
            (copied / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(BUILD / name, copied / name)
        shutil.copytree(BUILD / "lib", copied / "lib", symlinks=True)
        told, hold = self.directory / "told", self.directory / "hold"
        os.mkfifo(told)
        os.mkfifo(hold)
        release = os.open(hold, os.O_RDWR)
        self.addCleanup(os.close, release)
        self.addCleanup(os.write, release, b"go on\n")
        dumper = copied / "bin/inquest-dumper"
        real = dumper.rename(copied / "bin/real-dumper")
        dumper.write_text(DUMPER.format(told=told, hold=hold, dumper=real))
        dumper.chmod(0o755)
        self.inquest = job.Inquest(copied, self.directory)
        self.inquest.environment["INQUEST_SWEEP_INTERVAL"] = "1"
        process = self.start("--", "/usr/bin/python3", "-c", LAST_WORDS)
        self.addCleanup(process.stdout.close)
        self.assertEqual(process.stdout.readline(), "ready\n")
        self.assertEqual(told.read_text(), "at work\n")
        process.send_signal(signal.SIGTERM)
        self.assertTrue(select.select([process.stdout], [], [], 20)[0],
                        "SIGTERM waits for the dumper")
        self.assertEqual(process.stdout.readline(), "ended\n")
        os.write(release, b"go on\n")
        self.assertEqual(process.wait(30), 3)
        self.assertEqual(list((self.inquest.state / "boxes").iterdir()), [])

    def test_wait_upload_delivers_before_run_ends(self):
        collector = job.Collector(BUILD, self.directory / "db")
        self.addCleanup(collector.stop)
        self.inquest.environment["INQUEST_ENDPOINT"] = collector.url
        process = self.start("--wait-upload", "30", "--", *job.PYTHON_CRASH)
        process.communicate(timeout=60)
        sent = list((self.inquest.state / "queue/sent").glob("*.inq"))
        self.assertEqual(len(sent), 1)

    def test_wait_upload_is_bounded(self):
        silent = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(silent.close)
        self.inquest.environment["INQUEST_ENDPOINT"] = \
            f"http://127.0.0.1:{silent.getsockname()[1]}"
        self.inquest.environment["INQUEST_SEND_TIMEOUT"] = "10"
        begin = time.monotonic()
        process = self.start("--wait-upload", "1", "--", *job.PYTHON_CRASH)
        self.assertEqual(process.wait(30), -signal.SIGSEGV)
        process.stdout.close()
        self.assertLess(time.monotonic() - begin, 8)
        silent.close()
        self.inquest("upload", "--wait")  # until the other gave up too


unittest.main(verbosity=2)
