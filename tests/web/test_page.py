"""The page in Chromium, against the real collector with real reports: this
starts the collector, sends the reports and runs the journeys of *.test.mjs."""

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
SECONDS = 110


def seed(send, inquest):
    """What the journeys look for; the ids they need go to them as JSON."""
    inquest("run", "--", BUILD / "bin/threads_32")
    inquest("run", "--", BUILD / "bin/uncaught_exception")
    inquest.text("upload", "--wait")
    real = json.loads(inquest.text("list", "--json"))
    for machine in range(1, 6):
        send(seeds.crash(machine=machine, hours=30 * machine))
    send(seeds.crash(version="4.1.0", hours=200))
    send(seeds.crash("table::read_row(int)", signal="SIGFPE", hours=5,
                     cause="integer division by zero"))
    return {
        "crash": send(seeds.crash()),
        "hostile": send(seeds.hostile()),
        "memory": send(seeds.out_of_memory()),
        "real": [report["reportId"] for report in real],
        "hostileText": seeds.HOSTILE,
    }


def main():
    web = node.prepare(BUILD, chromium=True)
    node.copy(TESTS, web / "tests")
    shots = web / "shots"
    shots.mkdir(exist_ok=True)
    directory = pathlib.Path(tempfile.mkdtemp(prefix="inquest-web-"))
    collector = job.Collector(BUILD, directory / "reports.db")
    try:
        known = seed(seeds.Sender(BUILD, collector.url),
                     job.Inquest(BUILD, directory, collector.url))
        environment = os.environ | {
            "PAGE_URL": collector.url, "PAGE_KNOWN": json.dumps(known),
            "PAGE_SHOTS": str(shots), "PAGE_CHROMIUM": node.CHROMIUM,
            "TMPDIR": str(directory)}
        files = sorted((web / "tests").glob("*.test.mjs"))
        result = subprocess.run(
            ["node", "--test", "--test-concurrency=1", *files],
            env=environment, timeout=SECONDS, stdin=subprocess.DEVNULL)
    finally:
        collector.stop()
        shutil.rmtree(directory)
    sys.exit(result.returncode)


main()
