"""Records how real programs use memory, for test_leak_shapes: one run of each
below, 600 readings of /proc/PID/statm a tenth of a second apart, anonymous
pages, one a line. The programs hurry; the test takes each reading for one of
every 10 s. record_series.py DIRECTORY"""

import pathlib
import subprocess
import sys
import time

READINGS = 600
PERIOD_S = 0.1

NODE_GARBAGE = """
const kept = new Map(); let turn = 0;
setInterval(() => {
  for (let i = 0; i < 400; i++)
    kept.set((turn * 400 + i) % 20000, { text: "x".repeat(50) + turn, i });
  turn++;
}, 10);"""

NODE_LEAK = """
const kept = [];
setInterval(() => {
  let garbage = [];
  for (let i = 0; i < 300; i++) garbage.push({ text: "x".repeat(40) + i });
  for (let i = 0; i < 800; i++) kept.push({ at: Date.now() + i, i });
}, 10);"""

PYTHON_CYCLES = """
import gc, time
gc.set_threshold(60000)
class Node:
    pass
while True:
    for _ in range(150):
        one, two = Node(), Node()
        one.other, two.other, one.data = two, one, bytearray(300)
    time.sleep(.01)"""

PYTHON_LEAK = """
import time
kept = []
while True:
    kept.append("x" * 60000)
    sorted(range(20000), reverse=True)
    time.sleep(.01)"""

SQLITE_CACHE = """
import random, sqlite3, time
base = sqlite3.connect("")
base.execute("pragma page_size = 4096")
base.execute("create table t (k integer primary key, v blob)")
base.executemany("insert into t values (?, ?)",
                 ((i, bytes(1000)) for i in range(120000)))
base.commit()
cached = {}
while True:
    for _ in range(400):
        key = min(int(random.expovariate(1 / 15000)), 119999)
        if key not in cached:
            if len(cached) >= 40000:
                del cached[next(iter(cached))]
            cached[key] = base.execute("select v from t where k = ?",
                                       (key,)).fetchone()[0]
    time.sleep(.01)"""

PYTHON_STEADY = """
import time
held = [str(i) for i in range(500000)]
while True:
    sorted(held[:2000])
    time.sleep(.01)"""

PYTHON_BURSTS = """
import json, random, time
held = [{"n": i, "t": "x" * 100} for i in range(20000)]
while True:
    text = json.dumps(held * random.randint(1, 6))
    json.loads(text)
    time.sleep(random.uniform(.05, .6))"""

PERL_STEPS = """
my @kept; $| = 1;
for my $step (1 .. 3) { push @kept, "x" x (40 << 20); sleep 1; }
while (1) { my $text = "y" x 100000; select undef, undef, undef, .01; }"""

PROGRAMS = {
    "node_garbage": ["node", "-e", NODE_GARBAGE],
    "node_leak": ["node", "-e", NODE_LEAK],
    "perl_steps": ["perl", "-e", PERL_STEPS],
    "python_bursts": ["python3", "-c", PYTHON_BURSTS],
    "python_cycles": ["python3", "-c", PYTHON_CYCLES],
    "python_leak": ["python3", "-c", PYTHON_LEAK],
    "python_steady": ["python3", "-c", PYTHON_STEADY],
    "sqlite_cache": ["python3", "-c", SQLITE_CACHE],
}


def anonymous_pages(pid):
    fields = pathlib.Path(f"/proc/{pid}/statm").read_text().split()
    return int(fields[1]) - int(fields[2])


def main():
    directory = pathlib.Path(sys.argv[1])
    running = {name: subprocess.Popen(command)
               for name, command in PROGRAMS.items()}
    series = {name: [] for name in PROGRAMS}
    for _ in range(READINGS):
        time.sleep(PERIOD_S)
        for name, process in running.items():
            series[name].append(anonymous_pages(process.pid))
    for name, process in running.items():
        process.kill()
        process.wait()
        (directory / f"{name}.txt").write_text(
            "".join(f"{pages}\n" for pages in series[name]))


main()
