"""test_page.py BUILD [JOURNEY…]: the page in Chromium, against the real
collector with real reports. Starts the collector, sends the reports and runs
JOURNEY.test.mjs, all of them by default. Pictures: BUILD/web/shots."""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import node
import seeds

sys.path.insert(0, str(node.ROOT / "tests/e2e"))
import job  # noqa: E402

BUILD = pathlib.Path(sys.argv[1])
TESTS = node.ROOT / "tests/web"
JOURNEYS = sys.argv[2:] or sorted(
    path.name.split(".")[0] for path in TESTS.glob("*.test.mjs")
    if path.name != "charts.test.mjs")  # which test_charts.py runs
SECONDS = 280 if sys.argv[2:] else 900
GROUPS_MORE = 50  # so that the list has a second page
PASSWORD = "correct horse battery staple"


def division(version):
    return seeds.crash("table::read_row(int)", version=version, hours=0,
                       signal="SIGFPE", cause="integer division by zero")


def seed(send, inquest, directory):
    """What the journeys look for; the ids they need go to them as JSON."""
    inquest("run", "--", BUILD / "bin/threads_32")
    inquest("run", "--", BUILD / "bin/uncaught_exception")
    inquest.text("upload", "--wait")
    real = json.loads(inquest.text("list", "--json"))
    for machine in range(1, 6):
        send(seeds.crash(machine=machine, hours=30 * machine))
    send(seeds.crash(version="4.1.0", hours=200))
    send(division("4.2.0"))
    for i in range(GROUPS_MORE):
        send(seeds.small(f"filler::step_{i}(int)", hours=300))
    send(seeds.usage("4.2.0", 5000, 20))
    return {
        "crash": send(seeds.crash()),
        "hostile": send(seeds.hostile()),
        "memory": send(seeds.out_of_memory()),
        "killed": send(seeds.out_of_memory(grade="C")),
        "alarm": send(seeds.alarm()),
        "real": [report["reportId"] for report in real],
        "before": send.keep(division("4.2.9"), directory / "before"),
        "regression": send.keep(division("4.3.0"), directory / "regression"),
        "password": PASSWORD,
    }


def locked_collector(directory):
    """One with a password for its page."""
    (directory / "password").write_text(PASSWORD + "\n")
    (directory / "password").chmod(0o600)
    (directory / "config").write_text(
        f"page_password_file = {directory}/password\n")
    (directory / "config").chmod(0o600)
    return job.Collector(BUILD, directory / "locked.db",
                         config=directory / "config")


def main():
    web = node.prepare(BUILD, chromium=True)
    node.copy_tests(web / "tests")
    shots = web / "shots"
    shots.mkdir(exist_ok=True)
    directory = pathlib.Path(tempfile.mkdtemp(prefix="inquest-web-"))
    collector = job.Collector(BUILD, directory / "reports.db")
    locked = locked_collector(directory)
    try:
        known = seed(seeds.Sender(BUILD, collector.url),
                     job.Inquest(BUILD, directory, collector.url), directory)
        environment = os.environ | {
            "PAGE_URL": collector.url, "PAGE_LOCKED_URL": locked.url,
            "PAGE_KNOWN": json.dumps(known), "PAGE_SHOTS": str(shots),
            "PAGE_CHROMIUM": node.CHROMIUM,
            "TMPDIR": str(directory)}
        files = [web / "tests" / f"{name}.test.mjs" for name in JOURNEYS]
        result = subprocess.run(
            ["node", "--test", "--test-concurrency=1", *files],
            env=environment, timeout=SECONDS, stdin=subprocess.DEVNULL)
    finally:
        collector.stop()
        locked.stop()
        shutil.rmtree(directory)
    sys.exit(result.returncode)


main()
