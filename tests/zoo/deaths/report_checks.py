"""What the zoo asks of a report. Context: tool."""

import functools
import re
import subprocess

DEADLINE_US = 2_000_000
FRAMES_FOLDED_MAX = 40


def frames_of(report):
    for thread in report.get("threads", []):
        if thread.get("crashed"):
            return thread, thread.get("frames", [])
    return {}, []


def check_chain(case, frames):
    names = [frame.get("function", "").split("(")[0] for frame in frames
             if not frame.get("inlined")]
    at = 0
    for name in case.chain:
        if name not in names[at:]:
            return [f"chain: no {name} in order in {names[:16]}"]
        at = names.index(name, at)
    if case.top and names[:1] != [case.chain[0]]:
        return [f"top frame {names[:1]}, expected {case.chain[0]}"]
    return []


def check_signal(case, crash):
    wrong = []
    seen = crash.get("signal", {})
    for field, wish in (("name", case.signal), ("codeName", case.code)):
        if wish and seen.get(field) != wish:
            wrong.append(f"signal.{field} {seen.get(field)}, expected {wish}")
    address = seen.get("faultAddress")
    if case.address == -1 and address is not None:
        wrong.append(f"faultAddress {address}, should be unknown")
    if case.address not in (None, -1) and (
            address is None or int(address, 16) != case.address):
        wrong.append(f"faultAddress {address}, expected {case.address:#x}")
    if case.sender and not seen.get("senderPid"):
        wrong.append("no senderPid")
    return wrong


def check_instruction(case, crash, rip):
    """Where it begins, and the bytes there: of the text of files alone."""
    wish = case.instruction
    if case.top and not wish and not crash.get("instructionBytes"):
        return ["no instructionBytes"]
    if not wish:
        return []
    found = crash.get("instructionBytes", "")
    if not found.startswith(wish.replace(" ", "")):
        return [f"instructionBytes {found[:32]}, expected {wish}"]
    behind = rip - int(crash["instructionAddress"], 16)
    if behind != case.behind:
        return [f"the instruction lies {behind} before the pc, expected "
                f"{case.behind}"]
    return []


def check_thread(thread, frames):
    """The first frame is where the registers say; a file has its id."""
    registers = thread.get("registers", {})
    wrong = []
    if not frames or frames[0].get("pc") != registers.get("rip"):
        wrong.append(f"rip {registers.get('rip')}, first frame "
                     f"{frames[:1]}")
    if not registers.get("rsp"):
        wrong.append("no rsp")
    if frames and frames[0].get("trust") != "CONTEXT":
        wrong.append(f"trust of the first frame {frames[0].get('trust')}")
    for frame in frames:
        if frame.get("module") and not frame.get("buildId") and \
                not frame["module"].startswith("["):
            wrong.append(f"no build-id: {frame}")
    return wrong


def check_stack(case, thread, frames):
    """How it was walked, and what is left out."""
    frames = [frame for frame in frames if not frame.get("inlined")]
    wrong = []
    if case.frames is not None and len(frames) != case.frames:
        wrong.append(f"{len(frames)} frames, expected {case.frames}")
    trust = tuple(frame.get("trust") for frame in frames)
    if case.trust and trust[:len(case.trust)] != case.trust:
        wrong.append(f"trust {trust[:8]}, expected {case.trust}")
    if not case.trust and case.chain and "FRAME_POINTER" in trust:
        wrong.append(f"guessed: {trust}")
    if case.note and not any(case.note in note
                             for note in thread.get("notes", [])):
        wrong.append(f"notes {thread.get('notes')} lack {case.note!r}")
    folded = thread.get("repeated", [])
    if case.repeated and [(int(part.get("period", 0)), part.get("count", 0) > 0)
                          for part in folded] != [(case.period, True)]:
        wrong.append(f"repeated {folded}, expected period {case.period}")
    if folded and len(frames) > FRAMES_FOLDED_MAX:
        wrong.append(f"{len(frames)} frames of a folded stack")
    return wrong


@functools.lru_cache(maxsize=None)
def build_id_of(program):
    notes = subprocess.run(["readelf", "-n", program], capture_output=True,
                           text=True, check=True).stdout
    return re.search(r"Build ID: ([0-9a-f]+)", notes).group(1)


def check_modules(report, program):
    """The executable, by what its file says of itself."""
    wish = build_id_of(program)
    found = {module.get("buildId") for module in report.get("modules", [])}
    return [] if wish in found else [f"no module with build-id {wish}"]


def check_tier(case, report):
    """Which tier, in time; a lower one says why."""
    wrong = []
    tier = report.get("tier", {})
    if case.tier and tier.get("name") != case.tier:
        wrong.append(f"tier {tier}, expected {case.tier}")
    if (tier.get("name") == "DUMPER") != (not tier.get("reason")):
        wrong.append(f"reason of {tier}")
    if int(tier.get("elapsedUs", 0)) > DEADLINE_US:
        wrong.append(f"late: {tier}")
    return wrong


def check_exception(case, crash):
    found = crash.get("exception", {})
    wish = case.exception
    if wish and (found.get("type"), found.get("message")) != wish:
        return [f"exception {found}, expected {wish}"]
    return []


def check_report(case, report, program):
    """What is wrong with the report of a case; program: the file that died."""
    if case.kind == "TERMINATION":
        return check_tier(case, report)
    crash = report.get("crash", {})
    thread, frames = frames_of(report)
    wrong = check_signal(case, crash) + check_chain(case, frames)
    wrong += check_tier(case, report)
    wrong += check_thread(thread, frames)
    wrong += check_stack(case, thread, frames)
    if case.modules:
        wrong += check_modules(report, program)
    if case.says and not any(case.says in note
                             for note in report.get("notes", [])):
        wrong.append(f"notes {report.get('notes')} lack {case.says!r}")
    rip = int(thread.get("registers", {}).get("rip", "0"), 16)
    wrong += check_instruction(case, crash, rip)
    for field, wish in (("access", case.access), ("phase", case.phase)):
        if wish is not None and crash.get(field, "") != wish:
            wrong.append(f"crash.{field} {crash.get(field)}, expected {wish}")
    for field, wish in (("cause", case.cause),
                        ("abortMessage", case.message),
                        ("nearestMapping", case.near)):
        if wish and wish.lower() not in crash.get(field, "").lower():
            wrong.append(f"crash.{field} {crash.get(field)!r} lacks {wish!r}")
    if case.message == "" and crash.get("abortMessage"):
        wrong.append(f"abortMessage of another abort: {crash}")
    wrong += check_exception(case, crash)
    names = [thread.get("name") for thread in report.get("threads", [])]
    if case.threads is not None and len(names) != case.threads:
        wrong.append(f"threads {len(names)}, expected {case.threads}: "
                     f"{names[:4]}")
    return wrong
