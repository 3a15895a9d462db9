"""The main job, end to end, on real programs: what issue 2 promises."""

import json
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest
import urllib.error
import urllib.request

import job

BUILD = pathlib.Path(sys.argv.pop(1))


def get(url):
    with urllib.request.urlopen(url, timeout=10) as answer:
        return answer.read()


class EndToEnd(unittest.TestCase):
    def setUp(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="inquest-e2e-"))
        self.addCleanup(shutil.rmtree, self.directory)

    def collector(self, port=0):
        collector = job.Collector(BUILD, self.directory / "db", port)
        self.addCleanup(lambda: collector.process.poll() is None
                        and collector.stop())
        return collector

    def inquest(self, endpoint=None):
        return job.Inquest(BUILD, self.directory, endpoint)

    def report(self, inquest):
        return json.loads(inquest.text("show", "last", "--json"))

    def test_python_crash_is_told_rightly(self):
        inquest = self.inquest()
        bare = subprocess.run(job.PYTHON_CRASH).returncode
        result = inquest("run", "--", *job.PYTHON_CRASH)
        self.assertEqual(result.returncode, bare)
        self.assertEqual(bare, -signal.SIGSEGV)
        report = self.report(inquest)
        told = report["crash"]["signal"]
        self.assertEqual(told["name"], "SIGSEGV")
        self.assertEqual(told["codeName"], "SEGV_MAPERR")
        self.assertEqual(told["faultAddress"], "0x0")
        frames = report["threads"][0]["frames"]
        self.assertIn("libc.so", frames[0]["module"])
        modules = " ".join(frame.get("module", "") for frame in frames)
        self.assertIn("_ctypes", modules)
        self.assertIn("libffi", modules)
        for module in report["modules"]:
            self.assertIn("buildId", module, module["path"])
        self.assertEqual(report["tier"]["name"], "DUMPER")
        self.assertTrue(report["memory"]["samples"])

    def test_all_32_threads_are_there_with_frames_and_names(self):
        inquest = self.inquest()
        inquest("run", "--", BUILD / "bin/threads_32")
        report = self.report(inquest)
        times = [sample["time"] for sample in report["memory"]["samples"]]
        self.assertEqual(times, sorted(times))
        threads = report["threads"]
        self.assertEqual(len(threads), 32)
        self.assertTrue(threads[0]["crashed"])
        for thread in threads:
            self.assertGreaterEqual(len(thread["frames"]), 3)
        names = {thread["name"] for thread in threads}
        self.assertEqual(names, {"threads_32"} |
                         {f"worker-{i}" for i in range(31)})

    def test_json_decodes_by_the_schema_and_says_the_same_again(self):
        inquest = self.inquest()
        inquest("run", "--", *job.PYTHON_CRASH)
        inquest("run", "--", *job.KILLED)
        for item in json.loads(inquest.text("list", "--json")):
            shown = inquest.text("show", item["reportId"], "--json")
            again = subprocess.run([BUILD / "bin/report_round_trip"],
                                   input=shown, capture_output=True, text=True)
            self.assertEqual((again.returncode, again.stderr), (0, ""))
            self.assertEqual(json.loads(again.stdout), json.loads(shown))

    def test_exception_in_a_thread_is_an_abort_of_that_thread(self):
        inquest = self.inquest()
        result = inquest("run", "--", BUILD / "bin/uncaught_exception")
        self.assertEqual(result.returncode, -signal.SIGABRT)
        report = self.report(inquest)
        self.assertEqual(report["crash"]["signal"]["name"], "SIGABRT")
        self.assertEqual(report["threads"][0]["name"], "loader")
        self.assertEqual(report["crash"]["exception"],
                         {"type": "std::runtime_error",
                          "message": "settings file is empty"})
        self.assertEqual(report["crash"]["cause"],
                         "uncaught exception: settings file is empty")
        functions = [frame.get("function", "")
                     for frame in report["threads"][0]["frames"]]
        self.assertIn("load_settings", " ".join(functions))

    def test_sigkill_makes_a_termination_report(self):
        inquest = self.inquest()
        result = inquest("run", "--", *job.KILLED)
        self.assertEqual(result.returncode, -signal.SIGKILL)
        report = self.report(inquest)
        self.assertEqual(report["kind"], "TERMINATION")
        self.assertEqual(report["termination"]["cause"], "KILLED")
        self.assertEqual(report["tier"]["name"], "NEXT_START")

    def test_exit_status_is_that_of_the_program(self):
        inquest = self.inquest()
        for status in (0, 3, 255):
            result = inquest("run", "--", "/bin/sh", "-c", f"exit {status}")
            self.assertEqual(result.returncode, status)
        self.assertEqual(json.loads(inquest.text("list", "--json")), [])
        self.assertEqual(list((inquest.state / "boxes").iterdir()), [])

    def test_program_that_is_not_there_ends_as_in_a_shell(self):
        self.assertEqual(
            self.inquest()("run", "--", "/no/such/program").returncode, 127)

    def test_without_endpoint_no_internet_socket_is_opened(self):
        inquest = self.inquest()
        log = self.directory / "strace"
        subprocess.run(
            ["strace", "-f", "-e", "trace=socket", "-o", log,
             BUILD / "bin/inquest", "run", "--", *job.PYTHON_CRASH],
            env=inquest.environment, capture_output=True)
        inquest.text("upload")
        traced = log.read_text()
        self.assertIn("SIGSEGV", traced)  # the trace saw the program die
        self.assertNotIn("AF_INET", traced)

    def test_preview_is_the_body_and_holds_no_optional_data(self):
        collector = self.collector()
        inquest = self.inquest(collector.url)
        inquest("run", "--", *job.PYTHON_CRASH)
        inquest.text("upload", "--wait")
        report = self.report(inquest)
        raw = inquest("preview", report["reportId"], "--raw").stdout
        address = f"{collector.url}/v1/reports/{report['reportId']}"
        self.assertEqual(raw, get(address + "/raw"))
        received = json.loads(get(address))
        for name in ("usage", "features", "sensitive"):
            self.assertNotIn(name, received)
            self.assertNotIn(name, report)

    def test_run_sends_by_itself(self):
        collector = self.collector()
        inquest = self.inquest(collector.url)
        inquest("run", "--wait-upload", "30", "--", *job.PYTHON_CRASH)
        self.assertEqual(len(json.loads(get(collector.url + "/v1/reports"))), 1)

    def test_report_waits_for_the_collector_and_arrives_once(self):
        first = self.collector()
        first.stop()
        inquest = self.inquest(first.url)
        inquest("run", "--", *job.PYTHON_CRASH)
        self.assertNotEqual(inquest("upload", "--wait").returncode, 0)
        self.assertEqual(len(json.loads(inquest.text("list", "--json"))), 1)
        second = self.collector(first.port)
        for _ in range(2):
            inquest.text("upload", "--wait")
        self.assertEqual(len(json.loads(get(second.url + "/v1/reports"))), 1)

    def test_garbage_is_refused_with_a_sentence(self):
        collector = self.collector()
        request = urllib.request.Request(
            collector.url + "/v1/reports", data=b"garbage",
            headers={"Content-Type": "application/x-protobuf",
                     "Idempotency-Key": "01943f6e-7a51-7cc3-98c4-dc0c0c07398f"})
        with self.assertRaises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(request, timeout=10)
        self.assertEqual(refused.exception.code, 400)
        self.assertIn("not an inquest.v1.Report",
                      json.loads(refused.exception.read())["error"])

    def test_killed_collector_loses_no_accepted_report(self):
        collector = self.collector()
        inquest = self.inquest(collector.url)
        inquest("run", "--", *job.PYTHON_CRASH)
        inquest.text("upload", "--wait")
        collector.process.kill()
        collector.process.wait()
        collector.process.stdout.close()
        again = self.collector()
        self.assertEqual(len(json.loads(get(again.url + "/v1/reports"))), 1)


unittest.main(verbosity=2)
