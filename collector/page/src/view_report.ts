// One report: what happened first, then where, then everything around it.
import { api } from "./api";
import { copyText } from "./copy";
import { el, type Child } from "./dom";
import {
    ago, bytes, dateTime, duration, number, words,
} from "./format";
import { headline } from "./headline";
import { memoryElement } from "./memory";
import { link, type Route } from "./route";
import {
    actionsElement, modulesElements, notesElement, pairsElement,
    registersElement, symbolBanner, terminationElement,
} from "./report_parts";
import { stackText } from "./stack";
import { threadsElements } from "./threads";
import type { Report, Thread } from "./types";
import { facts, section, type Context, type View } from "./view";

interface Part {
    id: string;
    title: string;
    note?: Child;
    body: HTMLElement | null;
}

function crashedThread(report: Report): Thread | undefined {
    return report.threads?.find((thread) => thread.crashed) ??
        report.threads?.[0];
}

function threadsPart(report: Report): Part {
    const threads = report.threads ?? [];
    const { note, body } = threadsElements(threads);

    return {
        id: "threads", note,
        title: threads.length === 1 ? "Thread" : `${threads.length} threads`,
        body: threads.length === 0 ? null
            : el("div", null, symbolBanner(report), body),
    };
}

/** In the order they are shown; what a report lacks is left out. */
function parts(report: Report, signal: AbortSignal): Part[] {
    const fault = String(report.crash?.signal?.faultAddress ?? "");
    const modules = modulesElements(report);
    const features = Object.fromEntries((report.features ?? []).map(
        (feature) => [feature.name, feature.state ?? ""]));
    const all: Part[] = [
        { id: "end", title: "How it ended", body: terminationElement(report) },
        threadsPart(report),
        { id: "memory", title: "Memory", body: memoryElement(report, signal) },
        // The flame graph of report.heap takes its place here.
        { id: "registers", title: "Registers",
            body: registersElement(crashedThread(report), fault) },
        { id: "actions", title: "Actions", note: "newest first",
            body: actionsElement(report) },
        { id: "annotations", title: "Annotations",
            body: pairsElement(report.annotations) },
        { id: "features", title: "Features", body: pairsElement(features) },
        { id: "modules", title: "Modules", note: modules.note,
            body: report.modules?.length ? modules.body : null },
        { id: "notes", title: "Notes", body: notesElement(report.notes) },
    ];

    return all.filter((part) => part.body !== null);
}

function capturedBy(report: Report): string {
    const tier = report.tier;
    const elapsed = number(tier?.elapsedUs);

    return [
        tier?.name && words(tier.name),
        !isNaN(elapsed) && `${(elapsed / 1000).toFixed(1)} ms`,
    ].filter(Boolean).join(", ");
}

function signalFacts(report: Report): HTMLElement | null {
    const crash = report.crash;
    const signal = crash?.signal;
    const sender = signal?.senderPid !== undefined
        ? `process ${signal.senderPid}, user ${signal.senderUid ?? "?"}` : "";

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
    ].filter(([, value]) => value !== false) as [string, Child][]);
}

function contextFacts(report: Report): (HTMLElement | null)[] {
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
        ].filter(([, value]) => value !== false) as [string, Child][]),
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

function head(report: Report): HTMLElement {
    const address = api.reportAddress(report.reportId);

    return el("header", { class: "page-head" },
        el("nav", { class: "crumbs", "aria-label": "Where you are" },
            report.group
                ? el("a", { href: link("groups", report.group) }, "Group")
                : el("a", { href: link("reports") }, "Reports"),
            el("span", { "aria-hidden": "true" }, "/"),
            el("span", { class: "code" }, report.reportId.slice(0, 13))),
        el("h1", { class: "cause" }, headline(report)),
        el("p", { class: "under" },
            report.crash?.signal?.name && el("span", { class: "tag danger" },
                report.crash.signal.name),
            report.kind !== "CRASH" && el("span", { class: "tag" },
                words(report.kind)),
            el("span", null, `${report.app?.name ?? ""} `,
                el("span", { class: "dim" }, report.app?.version)),
            el("time", { class: "dim", datetime: report.time,
                title: report.time },
            `${dateTime(report.time)}, ${ago(report.time)}`),
            el("span", { class: "spacer" }),
            el("a", { href: address }, "JSON"),
            el("a", { href: `${address}/raw`,
                download: `${report.reportId}.pb` }, "Protobuf")));
}

function jumpNav(report: Report, shown: Part[]): HTMLElement {
    return el("nav", { class: "jump", "aria-label": "Parts of the report" },
        shown.map((part) => el("a", {
            href: link("reports", report.reportId, { at: part.id }),
        }, part.title)));
}

function feedbackElement(report: Report): HTMLElement | null {
    const feedback = report.feedback;

    return facts([
        ["Feedback", feedback?.comment],
        ["Type", feedback?.type && words(feedback.type)],
        ["E-mail", feedback?.email],
    ], "facts wide");
}

function jumpTo(element: HTMLElement, route: Route): void {
    const wanted = route.query.get("at") ?? "";
    const target = wanted && [...element.querySelectorAll<HTMLElement>(
        "[data-part]")].find((one) => one.dataset.part === wanted);

    if (target) {
        target.scrollIntoView({ block: "start" });
        target.focus({ preventScroll: true });
    }
}

export async function reportView({ route, signal }: Context): Promise<View> {
    const report = await api.report(route.id, signal);
    const shown = parts(report, signal);
    const crashed = crashedThread(report);
    const element = el("article", { class: "report" },
        head(report),
        shown.length > 2 && jumpNav(report, shown),
        el("div", { class: "columns" },
            el("div", { class: "column-main" },
                feedbackElement(report),
                shown.map((part) => {
                    const one = section(part.title, part.note ?? null,
                        part.body);
                    one.dataset.part = part.id;
                    one.tabIndex = -1;
                    return one;
                })),
            el("aside", { class: "column-side", "aria-label": "Facts" },
                signalFacts(report), contextFacts(report))));

    return {
        title: headline(report), element,
        arrived: () => jumpTo(element, route),
        update: (next) => Promise.resolve(jumpTo(element, next)),
        shortcuts: [
            { keys: "u", does: "Up to the group", run: () => {
                location.hash = report.group
                    ? link("groups", report.group) : link("reports");
            } },
            ...crashed ? [{ keys: "y", does: "Copy the crashed stack",
                run: () => void copyText(stackText(crashed)) }] : [],
        ],
    };
}
