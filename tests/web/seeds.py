"""Reports for the page: JSON as the schema maps it, packed by the project's
own codec and posted as an uploader posts them."""

import datetime
import json
import subprocess
import urllib.request
import uuid

LIBC = "/usr/lib/x86_64-linux-gnu/libc.so.6"
EDITOR = "/opt/editor/bin/editor"
HOSTILE = ("<img src=x onerror=\"window.pwned=1\"><script>window.pwned=1"
           "</script>'\"`${window.pwned=1}{{7*7}}</title></style>"
           "javascript:window.pwned=1\u202egnp.exe\u0007\u0085&#60;")


def ago(hours=0.0, seconds=0.0):
    at = (datetime.datetime.now(datetime.timezone.utc)
          - datetime.timedelta(hours=hours, seconds=seconds))
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def frame(function, file="", line=0, module=EDITOR, **more):
    known = {"pc": "0x55d0c0de1234", "module": module, "trust": "CFI",
             "moduleOffset": "0x1234", "buildId": "8ea80b0bf6a31a6b"}
    if function:
        known["function"] = function
    if file:
        known |= {"file": file, "line": line}
    return known | more


def blend_frames(top):
    return [
        frame("__memmove_avx_unaligned_erms", module=LIBC, trust="CONTEXT"),
        frame("std::copy<int*>(int*, int*, int*)",
              "/usr/include/c++/12/bits/stl_algobase.h", 612, inlined=True),
        frame(top, "/src/editor/raster/canvas.cpp", 218),
        frame("visit(Node*)", "/src/editor/tree/visit.cpp", 31),
        frame("walk(Node*, int)", "/src/editor/tree/visit.cpp", 48),
        frame("", module="/usr/lib/x86_64-linux-gnu/libgtk-3.so.0",
              trust="SCAN"),
        {"pc": "0x7f0cc0941260", "trust": "CFI"},  # made by a runtime
        frame("main", "/src/editor/main.cpp", 63, trust="FRAME_POINTER"),
    ]


def threads(top):
    waiting = [
        frame("__futex_abstimed_wait_common", module=LIBC, trust="CONTEXT"),
        frame("Pool::worker()", "/src/editor/pool.cpp", 77)]
    crashed = {
        "tid": 4242, "name": "editor", "crashed": True,
        "registers": {"rip": "0x55d0c0de1234", "rsp": "0x7ffd00001000",
                      "rsi": "0x7f12aa000ff8", "rax": "0x0"},
        "frames": blend_frames(top),
        "repeated": [{"afterFrame": 3, "period": 2, "count": 20412}],
        "notes": ["the end of the stack was not mapped"]}
    workers = [{"tid": 4250 + i, "name": f"worker-{i}", "frames": waiting}
               for i in range(40)]
    return [crashed, *workers]


def samples(hours, count=40):
    return [{"time": ago(hours, count - i),
             "rssBytes": str((90 + i) << 20), "anonBytes": str((70 + i) << 20),
             "cgroupCurrentBytes": str((100 + i) << 20),
             "cgroupLimitBytes": str(256 << 20), "threadCount": 41}
            for i in range(count)]


def crash(top="raster::Canvas::blend(Layer const&)", version="4.2.0", hours=1.0,
          machine=1, signal="SIGSEGV", cause="read of address 0x7f12aa000ff8, "
          "just below the mapping of a layer"):
    numbers = {"SIGSEGV": 11, "SIGBUS": 7, "SIGFPE": 8}
    return {
        "reportId": str(uuid.uuid4()), "kind": "CRASH", "time": ago(hours),
        "schemaVersion": 1, "reporterVersion": "0.1.0",
        "tier": {"name": "DUMPER", "elapsedUs": "3120"},
        "app": {"name": "editor", "version": version,
                "upgradeStatus": "UPGRADED", "previousVersion": "4.1.0"},
        "device": {"installationId": str(uuid.UUID(int=machine)),
                   "osName": "debian", "osVersion": "12",
                   "kernel": "6.1.0-18-amd64", "cpuCount": 8},
        "process": {"pid": 4242, "executable": EDITOR, "uptimeMs": "8123400"},
        "crash": {"signal": {"number": numbers[signal], "name": signal,
                             "code": 1, "codeName": "SEGV_MAPERR",
                             "faultAddress": "0x7f12aa000ff8"},
                  "access": "READ", "cause": cause, "phase": "RUNNING"},
        "threads": threads(top),
        "modules": [{"path": path, "buildId": f"{i:040x}", "base":
                     f"0x7f12ab{i:06x}", "sizeBytes": str(4096 * (i + 1))}
                    for i, path in enumerate(
                        [EDITOR, LIBC, *(f"/usr/lib/libpart{i}.so.{i}"
                                         for i in range(30))])],
        "memory": {"samples": samples(hours)},
        "actions": [{"time": ago(hours, 320), "name": "start"},
                    {"time": ago(hours, 2), "name": "undo",
                     "attributes": {"depth": "3"}}],
        "annotations": {"renderer": "vulkan", "experiment": "tiles-v2"},
        "notes": ["thread 4280 could not be stopped within 50 ms"],
    }


def small(top, hours):
    """One frame of one thread: quick to pack, a group of its own."""
    report = crash(top, hours=hours)
    report["threads"] = [{"tid": 1, "name": "filler", "crashed": True,
                          "frames": [frame(top, "/src/filler.cpp", 1)]}]
    for name in ("modules", "memory", "actions", "annotations", "notes"):
        del report[name]
    return report


def out_of_memory(hours=2.0, grade="A"):
    return {
        "reportId": str(uuid.uuid4()), "kind": "TERMINATION",
        "time": ago(hours), "schemaVersion": 1,
        "tier": {"name": "NEXT_START", "reason": "killed by signal 9"},
        "app": {"name": "indexer", "version": "1.0"},
        "device": {"installationId": str(uuid.UUID(int=9))},
        "termination": {"cause": "OOM_KILL", "grade": grade, "signalNumber": 9,
                        "evidence": ["the kernel log names process 77"]},
        "memory": {"samples": samples(hours)},
    }


def heap_site(top, live_mib, count, module=EDITOR):
    callers = [frame("Cache::keep(Tile)", "/src/indexer/cache.cpp", 91),
               frame("main", "/src/indexer/main.cpp", 40)]
    if module == LIBC:
        callers = callers[1:]
    return {"liveBytes": str(live_mib << 20), "liveCount": str(count),
            "allocatedBytes": str(live_mib << 21),
            "frames": [frame(top, "/src/indexer/tiles.cpp", 12,
                             module=module), *callers]}


def alarm(hours=1.5):
    """Memory that rises, and where it was allocated."""
    return {
        "reportId": str(uuid.uuid4()), "kind": "MEMORY_ALARM",
        "time": ago(hours), "schemaVersion": 1,
        "app": {"name": "indexer", "version": "1.1"},
        "device": {"installationId": str(uuid.UUID(int=9))},
        "alarm": {"rule": "slope", "detail": "104 MiB/min over 10 min",
                  "slopeBytesPerSecond": "1817487",
                  "usedBytes": str(139 << 20), "limitBytes": str(256 << 20)},
        "memory": {"samples": samples(hours)},
        "heap": {"intervalBytes": str(512 << 10), "sites": [
            heap_site("load_tiles(int)", 80, 4000),
            heap_site("parse_row(char const*)", 20, 900),
            heap_site("__fopen_internal", 4, 12, LIBC)]},
    }


def usage(version, starts, crashes):
    return {
        "reportId": str(uuid.uuid4()), "kind": "USAGE", "time": ago(3),
        "schemaVersion": 1, "app": {"name": "editor", "version": version},
        "device": {"installationId": str(uuid.UUID(int=1))},
        "usage": {"day": ago(24)[:10], "starts": starts,
                  "cleanEnds": starts - crashes, "crashes": crashes},
    }


# Members that are not free text: the codec or the collector checks them.
FIXED = {"reportId", "kind", "time", "trust", "access", "phase",
         "upgradeStatus", "day"}


def made_hostile(value, name=""):
    """The same report with every string that may be free set to HOSTILE."""
    if isinstance(value, dict):
        return {key: made_hostile(one, key) for key, one in value.items()}
    if isinstance(value, list):
        return [made_hostile(one, name) for one in value]
    free = isinstance(value, str) and name not in FIXED and \
        not value.startswith("0x") and not value.isdigit() and \
        not (name == "buildId" and len(value) == 40)
    return HOSTILE if free else value


def hostile():
    report = crash()
    report |= {
        "account": {"userId": "x", "tenantId": "x", "userPrincipalName": "x"},
        "features": [{"name": "x", "state": "x"}],
        "detection": {"domain": "x", "ipAddress": "x"},
        "feedback": {"email": "x", "comment": "x", "type": "FROWN"},
        "alarm": {"rule": "x", "detail": "x"},
        "termination": {"cause": "KILLED", "grade": "B", "evidence": ["x"]},
        "tier": {"name": "IN_PROCESS", "reason": "x"}}
    report["crash"] |= {"abortMessage": "x", "nearestMapping": "x",
                        "exception": {"type": "x", "message": "x"}}
    report["device"] |= {"architecture": "x", "cpuModel": "x"}
    kept = {"tier": "name", "feedback": "type", "termination": "cause"}
    bad = made_hostile(report)
    for outer, inner in kept.items():
        bad[outer][inner] = report[outer][inner]
    bad["termination"]["grade"] = "B"
    bad["annotations"] = {HOSTILE: HOSTILE}
    bad["actions"][1]["attributes"] = {HOSTILE: HOSTILE}
    bad["device"]["installationId"] = HOSTILE
    return bad


class Sender:
    def __init__(self, build, url):
        self.build, self.url = build, url

    def pack(self, report):
        packed = subprocess.run([self.build / "bin/pack_report"],
                                input=json.dumps(report).encode(),
                                capture_output=True)
        if packed.returncode != 0:
            raise RuntimeError(packed.stderr.decode())
        return packed.stdout

    def keep(self, report, path):
        """For a journey to send at its time."""
        path.write_bytes(self.pack(report))
        return {"id": report["reportId"], "path": str(path)}

    def __call__(self, report):
        headers = {"Content-Type": "application/x-protobuf",
                   "Idempotency-Key": report["reportId"]}
        request = urllib.request.Request(
            self.url + "/v1/reports", data=self.pack(report), headers=headers)
        with urllib.request.urlopen(request, timeout=10) as answer:
            answer.read()
        return report["reportId"]
