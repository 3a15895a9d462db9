"""The sweep: for a scene, each of its calls, each error: fail the first call
of the program, the second, … until it ends untouched; once that call only,
once that and all later ones. At a share (INQUEST_TEST_PERCENT) the cases are
taken evenly over the whole. Context: tool."""

import concurrent.futures
import itertools
import os
import pathlib
import re
import sys

from injection import ERRORS, ONCE, Injection, Skipped, run, scratch

PERCENT = float(os.environ.get("INQUEST_TEST_PERCENT", "5"))
WORKERS = os.cpu_count() or 1
SHOWN_MAX = 40
EXAMPLES = 3
CASES_A_PERCENT = 3  # of one scene, so that a share is quick
NAMES = re.compile(r"[0-9a-f]{8}-[-0-9a-f]+|\d+")  # ids and numbers


def cases(scene, seen):
    """Every injection of a scene whose faultless run saw these calls."""
    wanted = scene.calls or [call for call in ERRORS
                             if call not in scene.spared]
    for call, on in itertools.product(wanted, (False, True)):
        for error in ERRORS[call]:
            if error in ONCE and on:
                continue
            # One more than there are: that run must end untouched.
            for nth in range(1, seen.get(call, 0) + 2 if seen.get(call) else 0):
                yield Injection(call, error, nth, on)
    if scene.kills:
        for nth in range(1, seen[None] + 2):
            yield Injection(None, None, nth)


def share(everything, weight):
    """Evenly over the whole, at least one."""
    count = max(1, round(len(everything) * min(PERCENT, 100) / 100))
    if PERCENT < 100:
        count = min(count, round(CASES_A_PERCENT * PERCENT * weight))
    count = max(1, count)
    step = len(everything) / count
    return [everything[int(index * step)] for index in range(count)]


class Account:
    """What the sweeps did, one line a scene, and what did not hold."""

    def __init__(self):
        self.violations = []
        self.ran = 0

    def add(self, scene, everything, ran, fired, failures):
        calls = {case.call for case in everything if case.error}
        deepest = max((case.nth for case in everything if case.error),
                      default=0)
        kills = sum(1 for case in everything if not case.error)
        print(f"{scene.name:22} {len(calls):3} functions, N to {deepest:3}, "
              f"{kills:4} kills: {ran:5} of {len(everything):5} cases, "
              f"{fired:5} struck, {len(failures):3} violations", flush=True)
        self.ran += ran
        self.violations += failures

    def end(self):
        """The last line, and the exit status. Like violations are one."""
        groups = {}
        for scene, injection, text in self.violations:
            groups.setdefault((scene, NAMES.sub("…", text)), []).append(
                f"{injection}: {text}")
        for (scene, _), lines in list(groups.items())[:SHOWN_MAX]:
            print(f"violation: {scene}, {len(lines)} times: "
                  + " | ".join(lines[:EXAMPLES]))
        print(f"{self.ran} cases, {len(self.violations)} violations")
        return 1 if self.violations or not self.ran else 0


def run_case(build, scene, template, injection):
    """(whether it struck, the violations)."""
    with scratch(template) as directory:
        outcome = run(build, scene, directory, injection)
        found = [(scene.name, injection, text)
                 for text in scene.check(directory, injection, outcome)]
    return outcome.fired > 0, found


def sweep(build, scene, account):
    with scratch() as template:
        scene.prepare(template)
        with scratch(template) as directory:
            faultless = Injection(None, None, 0)
            outcome = run(build, scene, directory, faultless)
            for text in scene.check(directory, faultless, outcome):
                account.violations.append((scene.name, "no fault", text))
        everything = list(cases(scene, outcome.calls))
        chosen = share(everything, scene.weight)
        with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
            results = list(pool.map(
                lambda case: run_case(build, scene, template, case), chosen))
    account.add(scene, everything, len(chosen),
                sum(struck for struck, _ in results),
                [one for _, found in results for one in found])


def main(scenes):
    """sweep SCENE… of build; argv: BUILD [NAME OF A SCENE]."""
    build = pathlib.Path(sys.argv[1]).resolve()
    wanted = sys.argv[2:]
    account = Account()
    try:
        for scene in scenes:
            if not wanted or scene.name in wanted:
                sweep(build, scene(build), account)
    except Skipped as reason:
        print(reason)
        return 77
    return account.end()
