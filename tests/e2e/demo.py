"""./dev demo: three deaths, from the signal to the page."""

import argparse
import json
import pathlib
import signal
import subprocess
import sys
import tempfile

import job


def crash(inquest, title, program, expected):
    print(f"\n$ inquest run -- {title}", flush=True)
    result = inquest("run", "--verbose", "--", *program,
                     capture_output=False)
    if result.returncode != -expected:
        sys.exit(f"expected death by signal {expected}, "
                 f"got {result.returncode}")


def deliver(inquest):
    """Waits for the uploads that run in the background, then sends the rest."""
    inquest.text("upload", "--wait")
    counts = json.loads(inquest.text("status", "--json"))["queue"]
    if counts["new"] != 0:
        sys.exit(f"{counts['new']} reports were not delivered")


def show(inquest, directory):
    reports = json.loads(inquest.text("list", "--json"))
    if len(reports) != 3:
        sys.exit(f"expected 3 reports, found {len(reports)}")
    print("\n$ inquest list\n" + inquest.text("list"))
    python = next(r for r in reports if r["app"].startswith("python"))
    print(f"$ inquest show {python['reportId'][:13]}\n"
          + inquest.text("show", python["reportId"]))
    print("Pages that need nothing but themselves:")
    for report in reports:
        page = directory / f"{report['reportId']}.html"
        inquest.text("show", report["reportId"], "--html", str(page))
        print(f"  {page}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--stay", action="store_true",
                        help="keep the collector until interrupted")
    options = parser.parse_args()
    directory = pathlib.Path(tempfile.mkdtemp(prefix="inquest-demo-"))
    collector = job.Collector(options.build, directory / "reports.db")
    inquest = job.Inquest(options.build, directory, collector.url)
    try:
        crash(inquest, "python3 -c 'import ctypes; ctypes.string_at(0)'",
              job.PYTHON_CRASH, signal.SIGSEGV)
        crash(inquest, "a C++ program with an uncaught exception in a thread",
              [options.build / "bin/uncaught_exception"], signal.SIGABRT)
        crash(inquest, "sh -c 'kill -9 $$'", job.KILLED, signal.SIGKILL)
        deliver(inquest)
        show(inquest, directory)
        if options.stay:
            print(f"The collector's page, until Ctrl-C:\n  {collector.url}/",
                  flush=True)
            try:
                collector.process.wait()
            except KeyboardInterrupt:
                pass
        else:
            print("The collector's page: ./dev demo --stay keeps it up")
    finally:
        if collector.process.poll() is None:
            collector.stop()


main()
