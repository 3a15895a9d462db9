// One report: what happened first, then where, then everything around it.
import { api } from "./api";
import { copyText } from "./copy";
import { el, replace, type Child } from "./dom";
import { whyElement } from "./explain";
import { ago, dateTime, plural, words } from "./format";
import { headline } from "./headline";
import { heapElement, heapNote } from "./heap";
import { memoryElement } from "./memory";
import { link } from "./route";
import { reload } from "./router";
import { contextFacts, signalFacts } from "./report_facts";
import {
    actionsElement, alarmElement, modulesElements, notesElement, pairsElement,
    registersElement, symbolBanner, terminationElement,
} from "./report_parts";
import { stackText } from "./stack";
import { threadsElements } from "./threads";
import type { Report, Thread } from "./types";
import { facts, section, type Context, type View } from "./view";

const REFRESH_MS = 2000;
const REFRESHES_MAX = 10;

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
        { id: "alarm", title: "Why the alarm", body: alarmElement(report) },
        threadsPart(report),
        { id: "memory", title: "Memory", body: memoryElement(report, signal) },
        { id: "heap", title: "Live heap", note: heapNote(report.heap),
            body: heapElement(report) },
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
        { id: "group", title: "Grouping", body: report.group ? whyElement(
            "Why this report is in its group",
            () => api.explain("reports", report.reportId, signal)) : null },
    ];

    return all.filter((part) => part.body !== null);
}

/** Told by its name as soon as that is known. */
function groupLink(id: string, signal: AbortSignal): HTMLElement {
    const name = el("a", { href: link("groups", id), class: "crumb-group" },
        "Group");

    api.group(id, signal).then((group) => replace(name,
        `${group.title || "(no name)"}, ${plural(group.count, "report")}`),
    () => undefined); // the link does without
    return name;
}

function head(report: Report, signal: AbortSignal): HTMLElement {
    const address = api.reportAddress(report.reportId);

    return el("header", { class: "page-head" },
        el("nav", { class: "crumbs", "aria-label": "Where you are" },
            report.group
                ? groupLink(report.group, signal)
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

function jumpTo(part: string): void {
    const target = [...document.querySelectorAll<HTMLElement>("[data-part]")]
        .find((one) => one.dataset.part === part);

    target?.scrollIntoView({ block: "start" });
    target?.focus({ preventScroll: true });
}

function jumpNav(report: Report, shown: Part[]): HTMLElement {
    return el("nav", { class: "jump", "aria-label": "Parts of the report" },
        shown.map((part) => el("a", {
            href: link("reports", report.reportId, { at: part.id }),
            click: () => jumpTo(part.id), // also when the address stays
        }, part.title)));
}

function feedbackElement(report: Report): HTMLElement | null {
    const feedback = report.feedback;

    return facts([
        ["Feedback", feedback?.comment],
        ["Type", feedback?.type && words(feedback.type)],
        ["E-mail", feedback?.email],
    ], "facts wide feedback");
}

/** Looks again, a few times, while the collector still looks up symbols. */
function refreshWhilePending(report: Report, signal: AbortSignal): void {
    let left = report.symbolication?.state === "pending" ? REFRESHES_MAX : 0;
    const timer = setInterval(() => {
        if (--left < 0) {
            clearInterval(timer);
            return;
        }
        void api.report(report.reportId, signal).then((fresh) => {
            if (fresh.symbolication?.state !== "pending" && !signal.aborted) {
                clearInterval(timer);
                reload();
            }
        }, () => clearInterval(timer));
    }, REFRESH_MS);

    signal.addEventListener("abort", () => clearInterval(timer));
}

export async function reportView({ route, signal }: Context): Promise<View> {
    const report = await api.report(route.id, signal);
    const shown = parts(report, signal);
    const crashed = crashedThread(report);
    const element = el("article", { class: "report" },
        head(report, signal),
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
        arrived: () => {
            jumpTo(route.query.get("at") ?? "");
            refreshWhilePending(report, signal);
        },
        update: (next) => Promise.resolve(jumpTo(next.query.get("at") ?? "")),
        shortcuts: [
            { keys: "u", does: "Up to the group", run: () => {
                location.hash = report.group
                    ? link("groups", report.group) : link("reports");
            } },
            ...crashed ? [{ keys: "a", does: "Own frames only, or all",
                run: () => document.getElementById("own-frames")?.click() },
            { keys: "y", does: "Copy the crashed stack",
                run: () => void copyText(stackText(crashed)) }] : [],
        ],
    };
}
