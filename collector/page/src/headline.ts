// What happened, in one sentence.
import { words } from "./format";
import type { Alarm, Group, Report, Termination } from "./types";

const TERMINATIONS: Record<string, string> = {
    OOM_KILL: "Killed, it seems for want of memory",
    KILLED: "Killed",
    RESTARTED: "Gone when the machine or its supervisor restarted",
    UNKNOWN: "Gone without a word",
};

const ALARMS: Record<string, string> = {
    slope: "Memory rises",
    limit: "Memory nears its limit",
    pressure: "Waiting for memory",
};

/** Only the kernel's own word, grade A, makes it certain. */
function ofTermination({ cause = "", grade }: Termination): string {
    return cause === "OOM_KILL" && grade === "A"
        ? "Killed by the kernel for want of memory"
        : TERMINATIONS[cause] ?? words(cause || "ended");
}

function ofAlarm({ rule = "", detail }: Alarm): string {
    return [ALARMS[rule] ?? rule, detail].filter(Boolean).join(": ");
}

function ofCrash(report: Report): string {
    const crash = report.crash;
    const exception = [crash?.exception?.type, crash?.exception?.message]
        .filter(Boolean).join(": ");

    return crash?.cause || crash?.abortMessage || exception ||
        String(crash?.signal?.codeName ?? "");
}

/** What happened and where: "division by zero" in "table::read_row(int)". The
 * place is the last part of the signature, which is where grouping ended. */
export interface Line {
    what: string;
    where: string;
    signature: string; /* the whole, where it says more than the place */
}

const PLACELESS = /^(OOM|no stack|MEMORY .*)$/;

export function groupLine(group: Group): Line {
    const cause = group.cause ?? "";
    const parts = group.title.split(" | ");
    const last = parts.at(-1) ?? "";
    const where = PLACELESS.test(last) || last === cause ? "" : last;
    const said = group.kind === "TERMINATION" ? TERMINATIONS[cause]
        : group.kind === "MEMORY_ALARM" ? ALARMS[cause] : undefined;

    return {
        what: said ?? (cause || group.subtitle || words(group.kind)),
        where, signature: parts.length > 1 && where ? group.title : "",
    };
}

export function headline(report: Report): string {
    const { termination, alarm, detection, feedback, usage } = report;

    return ofCrash(report) ||
        (termination && ofTermination(termination)) ||
        (alarm && ofAlarm(alarm)) ||
        (detection && [detection.domain, detection.ipAddress]
            .filter(Boolean).join(" ")) ||
        feedback?.comment ||
        (usage && `Usage of ${usage.day ?? "one day"}`) ||
        words(report.kind);
}
