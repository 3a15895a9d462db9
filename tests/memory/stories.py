"""Reports with a memory history, as JSON: what the charts are tested on."""

import datetime
import math
import random
import uuid

MIB = 1 << 20
NOON = datetime.datetime(2026, 11, 24, 12, 0, 0, tzinfo=datetime.timezone.utc)


def at(seconds):
    moment = NOON + datetime.timedelta(seconds=seconds)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def ring_times(end_s):
    """When the rings of a program that ran so long have samples: a day at 2
    min, 2 h at 10 s, 10 min at 1 s; seconds before its end."""
    day = [-t for t in range(86400, 7200, -120)]
    hours = [-t for t in range(7200, 600, -10)]
    minutes = [-t for t in range(600, -1, -1)]
    return [t for t in day + hours + minutes if t >= -end_s]


def sample(t, rss, anon, choose, **more):
    return {"time": at(t), "rssBytes": str(int(rss * MIB)),
            "anonBytes": str(int(anon * MIB)), "swapBytes": "0",
            "minorFaults": int(choose.random() * 2000),
            "majorFaults": 0, "threadCount": 12 + int(-t / 3000) % 3,
            "fdCount": 40 + int(choose.random() * 4),
            "pressureSomePermille": 0, "pressureFullPermille": 0} | more


def report(kind, name, samples, time, **more):
    return {
        # The time in it is that of the test, so that the newest is last.
        "reportId": make_id(), "kind": kind, "time": at(time),
        "schemaVersion": 1, "app": {"name": name, "version": "2.1"},
        "process": {"pid": 4242, "executable": f"/usr/bin/{name}",
                    "uptimeMs": str(90000)},
        "memory": {"samples": samples, "categories": {
            "heapBytes": str(170 * MIB), "anonymousBytes": str(31 * MIB),
            "stackBytes": str(2 * MIB), "fileBytes": str(19 * MIB),
            "sharedBytes": str(4 * MIB),
            "proportionalBytes": str(210 * MIB),
            "privateBytes": str(205 * MIB)}}} | more


def make_id():
    """UUID version 7 of now: reports are listed by it."""
    now = int(datetime.datetime.now().timestamp() * 1000)
    value = uuid.uuid4().int & ((1 << 80) - 1) | now << 80
    value = value & ~(0xf << 76) | 7 << 76
    return str(uuid.UUID(int=value & ~(3 << 62) | 2 << 62))


def leak_to_the_limit(hours=24):
    """A leak, an alarm, pressure, and the kernel's kill."""
    choose = random.Random(1)
    limit = 256 * MIB
    samples = []
    for t in ring_times(hours * 3600):
        part = 1 + t / (hours * 3600)
        anon = 20 + 215 * part ** 1.6 + 3 * math.sin(t / 40)
        more = {"cgroupCurrentBytes": str(int(min((anon + 18) * MIB, limit))),
                "cgroupLimitBytes": str(limit)}
        if t > -300:
            more["pressureSomePermille"] = int(600 * (t + 300) / 300)
            more["pressureFullPermille"] = int(350 * (t + 300) / 300)
            more["majorFaults"] = int(choose.random() * 90)
        if t == 0:
            more["oomKillEvents"] = 1
        samples.append(sample(t, anon + 12, anon, choose, **more))
    memory = report("TERMINATION", "indexer", samples, 0.4)
    memory["memory"]["alarms"] = [
        {"rule": "slope", "detail": "8.1 MiB/min for 30 min: its lowest level "
         "rose by 240.0 MiB", "time": at(-5400)},
        {"rule": "limit", "detail": "231.0 of 256.0 MiB in use (90 %)",
         "time": at(-420)}]
    memory["termination"] = {
        "cause": "OOM_KILL", "grade": "A", "signalNumber": 9,
        "evidence": ["the kernel log says: Killed process 4242 (indexer)"]}
    return memory


def short_crash():
    """Ten seconds with a gap, and a crash; no cgroup."""
    choose = random.Random(2)
    times = [t for t in range(-40, 1) if not -30 < t < -12]
    samples = [sample(t, 30 + (t + 40) / 8, 18 + (t + 40) / 8, choose)
               for t in times]
    return report(
        "CRASH", "editor", samples, 0.2,
        crash={"signal": {"number": 11, "name": "SIGSEGV", "code": 1,
                          "codeName": "SEGV_MAPERR", "faultAddress": "0x0"},
               "cause": "null pointer dereference", "phase": "RUNNING"},
        actions=[{"time": at(-3), "name": "open-document"}])


def large_cgroup():
    """A small program in a cgroup many times its size, limit far above."""
    choose = random.Random(3)
    samples = [sample(t, 24, 10, choose, cgroupLimitBytes=str(64 << 30),
                      cgroupCurrentBytes=str(5000 * MIB + t * MIB))
               for t in range(-120, 1)]
    return report("MEMORY_ALARM", "worker", samples, 0, alarm={
        "rule": "pressure", "detail": "tasks waited", "time": at(-1)})


def swapping():
    """What grows is swapped out; as the sampler has it: the coarse rings know
    swap always, the fine one every ten seconds."""
    choose = random.Random(5)
    samples = []
    for t in ring_times(3600):
        swap = max(0, 60 * (t + 1800) // 1800)
        one = sample(t, 80, 70, choose, swapBytes=str(swap * MIB))
        if t >= -600 and t % 10:
            del one["swapBytes"]
        samples.append(one)
    return report("SNAPSHOT", "swapper", samples, 0.1)


def one_sample():
    return report("SNAPSHOT", "sleeper",
                  [sample(0, 12, 4, random.Random(4))], 0)
