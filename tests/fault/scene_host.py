"""The host and its dumper. Context: tool."""

from scene import Scene


class HostScene(Scene):
    """A host with our library: its own behaviour is the first thing."""
    program = "fault_host"
    module = "libinquest"
    without = None
    end, status = "exit", 7
    sampler = "0"
    descriptors_max = 6  # three of its own, then box, state and dumper

    def command(self, directory):
        return ["/usr/bin/env", f"INQUEST_SAMPLER={self.sampler}",
                f"LD_PRELOAD={self.build / 'lib/libinquest.so'}",
                str(self.build / "bin/fault_host"), self.end]

    def check(self, directory, injection, outcome):
        yield from self.general(injection, outcome)
        if self.was_killed(injection, outcome):
            return
        if outcome.status != self.status:
            yield f"the host ended with {outcome.status}, not {self.status}"
        words = outcome.out.split()
        if words[:1] != ["descriptors:"] or len(words) != 2:
            yield f"the host's output is {outcome.out!r}"
        elif int(words[1]) > self.descriptors_max:
            yield f"the host has {words[1]} descriptors"
        if outcome.err:
            yield f"something was said on the host's stderr: {outcome.err!r}"

    def was_killed(self, injection, outcome):
        """The host itself, not the dumper nor what stands between them."""
        return injection.error is None and outcome.fired and \
            self.program == "fault_host" and outcome.status == -9

    def afterwards(self, directory):
        """Recovers, and counts: (reports, violations)."""
        self.age(directory)
        violations = []
        done = self.inquest(directory, "recover")
        if done.returncode != 0:
            violations.append(f"recover said {done.stderr.strip()!r}")
        violations += self.queue(directory)
        for path in (directory / "state/boxes").glob("*"):
            violations.append(f"a box stayed: {path.name}")
        return self.reports(directory), violations


class HostStart(HostScene):
    """Start and clean end of a host."""
    name = "host start"
    kills = False  # that would kill the host

    def check(self, directory, injection, outcome):
        yield from super().check(directory, injection, outcome)
        reports, violations = self.afterwards(directory)
        yield from violations
        if reports:
            yield f"a clean end made a report: {reports[0]['kind']}"


class HostThread(HostStart):
    """The sampler's thread, which libc makes: its calls are the host's."""
    name = "sampler start"
    sampler = "1"
    descriptors_max = 18  # and what the sampler reads
    module = "libc.so"
    calls = ("clone3", "mmap", "mprotect")


class CrashPath(HostScene):
    """A crash, the calls of the library failing from its start on, or the
    host or its middle process killed at each. One call that fails loses no
    report: what it was needed for is tried again, or done otherwise."""
    name = "crash path"
    end, status = "crash", -11
    kills = True

    def check(self, directory, injection, outcome):
        yield from super().check(directory, injection, outcome)
        reports, violations = self.afterwards(directory)
        yield from violations
        if len(reports) > 1:
            yield f"{len(reports)} reports of one crash"
        kinds = {"CRASH"}
        if self.was_killed(injection, outcome):
            kinds.add("TERMINATION")
        elif not reports and not injection.on:
            yield "the report is lost"
        if any(report["kind"] not in kinds for report in reports):
            yield f"a crash made a {reports[0]['kind']}"


class Dumper(CrashPath):
    """A crash, the calls of the dumper failing: the report is never lost."""
    name = "dumper"
    program = "inquest-dumper"
    module = None
    kills = True

    def check(self, directory, injection, outcome):
        yield from super().check(directory, injection, outcome)
        if len(self.reports(directory)) != 1:
            yield "the report is lost"
