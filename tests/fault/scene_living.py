"""Programs that live on while something of ours fails beside them: they are
neither stopped nor taken for dead. Context: tool."""

import json

from scene_host import HostScene
from scene_reporter import Command


class Snapshot(Command):
    """A program with a thread in every kind of wait is looked at while the
    dumper's calls fail, or it is killed with the threads standing still."""
    name = "snapshot"
    program = "inquest-dumper"
    without = None
    mallocs = False
    weight = 0.4
    # The program ends at the end of its input: when the snapshot is over.
    script = ('mkfifo go told; "$0" <go >told & pid=$!; exec 3>go 4<told; '
              'read -r ready <&4; "$1" snapshot $pid >/dev/null; status=$?; '
              'exec 3>&-; cat <&4; wait $pid; echo "$?"; exit $status')

    def prepare(self, directory):
        pass

    def command(self, directory):
        return ["/bin/bash", "-c", self.script,
                str(self.build / "bin/many_waits"),
                str(self.build / "bin/inquest")]

    def tool(self, injection, outcome):
        yield from self.general(injection, outcome)

    def follow_up(self, directory, injection, outcome):
        lines = outcome.out.splitlines()
        if lines[1:] != ["7"]:
            yield f"the program ended with {outcome.out!r}"
            return
        counted = json.loads(lines[0])
        if counted["wrong"] or counted["signals"] != counted["sent"]:
            yield f"the program was disturbed: {counted}"
        kinds = [report["kind"] for report in self.reports(directory)]
        if outcome.status == 0 and kinds != ["SNAPSHOT"]:
            yield f"said to be taken, and there are {kinds}"


class LiveReport(HostScene):
    """A program asks for a report of a detection and goes on."""
    name = "live report"
    program = "inquest-dumper"
    module = None
    end, status = "detection", 0
    weight = 0.6

    def command(self, directory):
        return ["/usr/bin/env", "INQUEST_SAMPLER=0",
                f"LD_PRELOAD={self.build / 'lib/libinquest.so'}",
                str(self.build / "bin/api_calls"), self.end]

    def check(self, directory, injection, outcome):
        yield from self.general(injection, outcome)
        words = outcome.out.split()
        if outcome.status != 0 or outcome.err or words[1:] != ["-1"]:
            yield f"the program ended with {outcome}"
        reports, violations = self.afterwards(directory)
        yield from violations
        kinds = [report["kind"] for report in reports]
        if kinds not in ([], ["DETECTION"]) or (words[0] == "0" and not kinds):
            yield f"answered {words[:1]}, and there are {kinds}"
