// The facts beside a report.
import { el } from "./dom";
import { bytes, duration, number, words } from "./format";
import { link } from "./route";
import type { Report } from "./types";
import { facts } from "./view";

function capturedBy(report: Report): string {
    const tier = report.tier;
    const elapsed = number(tier?.elapsedUs);

    return [
        tier?.name && words(tier.name),
        !isNaN(elapsed) && `${(elapsed / 1000).toFixed(1)} ms`,
    ].filter(Boolean).join(", ");
}

/** What the kernel said of the death. */
export function signalFacts(report: Report): HTMLElement | null {
    const crash = report.crash;
    const signal = crash?.signal;
    /* 0: of another pid namespace, or not known. */
    const sender = number(signal?.senderPid) > 0
        ? `process ${signal?.senderPid}, user ${signal?.senderUid ?? "?"}` : "";

    return facts([
        ["Signal", signal && [signal.name, signal.codeName].filter(Boolean)
            .join(", ")],
        ["Fault address", signal?.faultAddress !== undefined &&
            el("span", { class: "code" }, signal.faultAddress)],
        ["Access", crash?.access && words(crash.access)],
        ["Nearest mapping", crash?.nearestMapping],
        ["Abort message", crash?.abortMessage],
        ["Exception", crash?.exception?.type],
        ["what()", crash?.exception?.message],
        ["Sent by", sender],
        ["Phase", crash?.phase && words(crash.phase)],
        ["System call", crash?.systemCall],
    ]);
}

/** Program, machine, capture, account: one list each. */
export function contextFacts(report: Report): (HTMLElement | null)[] {
    const { app = {}, device = {}, process = {} } = report;
    const uptime = number(process.uptimeMs);
    const machine = String(device.installationId ?? device.macAddress ?? "");
    const rss = number(report.memory?.samples?.at(-1)?.rssBytes);

    return [
        facts([
            ["Program", app.name], ["Version", app.version],
            ["Upgrade", app.upgradeStatus && words(app.upgradeStatus) +
                (app.previousVersion ? ` from ${app.previousVersion}` : "")],
            ["Executable", process.executable && el("span", { class: "code" },
                process.executable)],
            ["Process", process.pid],
            ["Uptime", !isNaN(uptime) && duration(uptime)],
            ["Resident", !isNaN(rss) && bytes(rss)],
        ]),
        facts([
            ["System", [device.osName, device.osVersion].filter(Boolean)
                .join(" ")],
            ["Kernel", device.kernel],
            ["Processor", device.cpuModel],
            ["Processors", device.cpuCount],
            ["Machine", machine && el("a", { class: "code",
                href: link("reports", "", { machine }) }, machine)],
        ]),
        facts([
            ["Captured by", capturedBy(report)],
            ["Why not higher", report.tier?.reason],
            ["inquest", report.reporterVersion],
            ["Report", el("span", { class: "code" }, report.reportId)],
        ]),
        facts(Object.entries(report.account ?? {}).map(([key, value]) =>
            [words(key.replace(/([A-Z])/g, "_$1")), value])),
    ];
}
