"""Adds up ctest's JUnit files: the last line of ./dev test.

    count_tests.py RUN=FILE…

Names what failed and why something was skipped, then prints
"N passed, N failed, N skipped" and ends with 1 if anything failed. A file that
is missing is a run that did not build or start: one failure. Context: tool.
"""
import sys
import xml.etree.ElementTree as ElementTree

REASON_CHARS_MAX = 200


def reason(case):
    """The last line that a skipped test printed."""
    text = (case.findtext("system-out") or "").strip()
    return text.splitlines()[-1][:REASON_CHARS_MAX] if text else "no reason"


def count_file(run, path, counts):
    try:
        cases = ElementTree.parse(path).getroot().iter("testcase")
    except (OSError, ElementTree.ParseError):
        print(f"failed: the {run} tests did not build or start")
        counts["failed"] += 1
        return
    for case in cases:
        name, status = case.get("name"), case.get("status")
        if status == "run":
            counts["passed"] += 1
        elif case.find("skipped") is not None:
            counts["skipped"] += 1
            print(f"skipped: {name} ({run}): {reason(case)}")
        else:
            counts["failed"] += 1
            print(f"failed: {name} ({run})")


def main():
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    for argument in sys.argv[1:]:
        run, path = argument.split("=", 1)
        count_file(run, path, counts)
    print(", ".join(f"{count} {word}" for word, count in counts.items()))
    return 1 if counts["failed"] or not counts["passed"] else 0


sys.exit(main())
