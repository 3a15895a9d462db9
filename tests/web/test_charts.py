"""test_charts.py BUILD: the pages of inquest memory --html and show --html in
Chromium. Pictures: BUILD/web/shots."""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import node

sys.path[:0] = [str(node.ROOT / "tests/e2e"), str(node.ROOT / "tests/memory")]
import job  # noqa: E402
import stories  # noqa: E402

BUILD = pathlib.Path(sys.argv[1])
SECONDS = 280


def keep(inquest, report):
    """Into the queue, as if it had happened here."""
    subprocess.run([BUILD / "bin/pack_report", inquest.state],
                   input=json.dumps(report).encode(), check=True)
    return report["reportId"]


def page_of(inquest, directory, name, report):
    path = directory / f"{name}.html"
    inquest.text("memory", keep(inquest, report), "--html", path)
    samples = report["memory"]["samples"]
    return {"path": str(path), "count": len(samples),
            "hours": sum(one["time"] >= stories.at(-7199.6)
                         for one in samples),
            "minutes": sum(one["time"] >= stories.at(-599.6)
                           for one in samples)}


def has_line(seen):
    """Two samples make one, and one more to see it by."""
    return seen.returncode == 0 and \
        len(json.loads(seen.stdout)["memory"]["samples"]) > 2


def page_of_life(inquest, directory):
    """A watched program, as it runs."""
    path = directory / "live.html"
    runner = subprocess.Popen(
        [BUILD / "bin/inquest", "run", "--", "/bin/sleep", "60"],
        env=inquest.environment, stdin=subprocess.DEVNULL)
    try:
        children = pathlib.Path(
            f"/proc/{runner.pid}/task/{runner.pid}/children")
        pid, = job.wait_until(lambda: children.read_text().split(),
                              "a sleeper")
        job.wait_until(lambda: has_line(inquest("memory", pid, "--json")),
                       "samples")
        inquest.text("memory", pid, "--html", path)
    finally:
        runner.terminate()
        runner.wait()
    return {"path": str(path)}


def page_of_crash(inquest, directory):
    """The whole report of a real one."""
    path = directory / "report.html"
    inquest("run", "--", BUILD / "bin/threads_32")
    inquest.text("show", "last", "--html", path)
    report = json.loads(inquest.text("show", "last", "--json"))
    return {"path": str(path), "count": len(report["memory"]["samples"])}


def main():
    web = node.prepare(BUILD, chromium=True)
    node.copy_tests(web / "tests")
    shots = web / "shots"
    shots.mkdir(exist_ok=True)
    directory = pathlib.Path(tempfile.mkdtemp(prefix="inquest-charts-"))
    inquest = job.Inquest(BUILD, directory)
    inquest("list")  # makes the state directory
    try:
        known = {
            "leak": page_of(inquest, directory, "leak",
                            stories.leak_to_the_limit()),
            "crash": page_of(inquest, directory, "crash",
                             stories.short_crash()),
            "cgroup": page_of(inquest, directory, "cgroup",
                              stories.large_cgroup()),
            "swap": page_of(inquest, directory, "swap", stories.swapping()),
            "one": page_of(inquest, directory, "one", stories.one_sample()),
            "live": page_of_life(inquest, directory),
            "report": page_of_crash(inquest, directory),
        }
        environment = os.environ | {
            "PAGE_URL": "file://", "PAGE_KNOWN": json.dumps(known),
            "PAGE_SHOTS": str(shots), "PAGE_CHROMIUM": node.CHROMIUM,
            "TMPDIR": str(directory)}
        result = subprocess.run(
            ["node", "--test", web / "tests/charts.test.mjs"],
            env=environment, timeout=SECONDS, stdin=subprocess.DEVNULL)
    finally:
        shutil.rmtree(directory)
    sys.exit(result.returncode)


main()
