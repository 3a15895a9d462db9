// One group: its course, its versions and machines, the newest stack, why its
// reports belong together, and the reports.
import { ApiError, api } from "./api";
import { dayChart, shareList } from "./charts";
import { el, replace, type Child } from "./dom";
import { ago, dateTime, words } from "./format";
import { reportTable } from "./report_table";
import { link } from "./route";
import { stackElement } from "./stack";
import { statusActions, statusTag } from "./status";
import { symbolBanner } from "./report_parts";
import type { Explanation, GroupDetail, Report, Step } from "./types";
import { facts, section, type Context, type View } from "./view";
import { tallyOf, whatHappened } from "./view_groups";

const STACK_FIRST = 16;

const RULES: Record<string, string> = {
    sentinel: "starts the signature",
    irrelevant: "skipped",
    prefix: "kept, and on to its caller",
    taken: "ends the signature",
    none: "not reached",
};

function head(group: GroupDetail, reload: () => void): HTMLElement {
    return el("header", { class: "page-head" },
        el("nav", { class: "crumbs", "aria-label": "Where you are" },
            el("a", { href: link("groups") }, "Groups"),
            el("span", { "aria-hidden": "true" }, "/"),
            el("span", { class: "code" }, group.id.slice(0, 12))),
        el("h1", { class: "code" }, group.title || "(no name)"),
        el("p", { class: "under" },
            statusTag(group), whatHappened(group),
            el("span", { class: "dim" }, group.app),
            el("span", { class: "spacer" }),
            el("span", { class: "buttons" },
                statusActions(group, reload).map((action) => el("button", {
                    class: `button${action.primary ? " primary" : ""}`,
                    title: `${action.does} (${action.key})`, click: action.run,
                }, action.label)))),
        group.regressed && group.status === "open" && el("p",
            { class: "banner alarm" }, "Seen again",
            group.lastVersion && ` in ${group.lastVersion}`,
            " after it was resolved",
            group.resolvedVersion && ` in ${group.resolvedVersion}`, "."));
}

function overview(group: GroupDetail): HTMLElement {
    const seen = (time: string) => el("time",
        { datetime: time, title: dateTime(time) }, ago(time));
    const list = (title: string, body: Child) =>
        el("div", { class: "overview-part" }, el("h2", null, title), body);

    return el("div", { class: "overview" },
        list(tallyOf(group), dayChart(group.byDay ?? [])),
        list("Seen", facts([
            ["First", seen(group.firstSeen)], ["Last", seen(group.lastSeen)],
            ["First version", group.firstVersion],
            ["Last version", group.lastVersion],
            ["Resolved in", group.resolvedVersion],
        ])),
        list("Versions", shareList((group.byVersion ?? []).map((one) => ({
            name: one.version || "(none)", count: one.count,
            ...(one.version && { href: link("groups", "",
                { version: one.version, app: group.app }) }),
        })), group.count, "No report names a version.")),
        list("Machines", shareList((group.byMachine ?? []).map((one) => ({
            name: one.machine || "(none)", count: one.count,
            ...(one.machine && { href: link("reports", "",
                { machine: one.machine }) }),
        })), group.count, "No report names its machine.")));
}

function newestStack(report: Report | null): HTMLElement | null {
    const thread = report?.threads?.find((one) => one.crashed) ??
        report?.threads?.[0];

    if (!report || !thread?.frames?.length)
        return null;
    return section("Newest stack",
        el("a", { href: link("reports", report.reportId) },
            `Report of ${dateTime(report.time)}`),
        symbolBanner(report), stackElement(thread, STACK_FIRST));
}

function stepRow(step: Step): HTMLElement {
    return el("tr", { class: `step-${step.rule}` },
        el("td", { class: "number dim" }, step.frame),
        el("td", { class: "code grow" }, step.function || step.module || "–"),
        el("td", null, el("span", { class: "tag" }, step.rule)),
        el("td", { class: "dim nowrap" }, RULES[step.rule] ?? ""),
        el("td", { class: "code dim nowrap" }, step.list &&
            `${step.list}${step.line ? `:${step.line}` : ""}`));
}

function explanationElement(explanation: Explanation): HTMLElement {
    const { parts } = explanation;

    return el("div", null,
        facts([
            ["Signature", el("span", { class: "code" },
                explanation.signature)],
            ["Signal", parts?.signal], ["Code", parts?.code],
            ["Abort message", parts?.abortMessage],
            ["Exception", parts?.exception],
            ["Algorithm", explanation.algorithmVersion &&
                `version ${explanation.algorithmVersion}`],
        ], "facts wide"),
        explanation.steps.length > 0 && el("div", { class: "scroll-x",
            tabindex: "0", role: "region", "aria-label": "Steps" },
        el("table", { class: "data" },
            el("thead", null, el("tr", null,
                ["Frame", "Function", "Rule", "So it is", "List"].map(
                    (label) => el("th", { scope: "col" }, label)))),
            el("tbody", null, explanation.steps.map(stepRow)))));
}

function whySection(id: string, signal: AbortSignal): HTMLElement {
    const body = el("div", null, el("p", { class: "dim" }, "Loading…"));
    const details = el("details", {
        class: "why",
        toggle: () => void load(),
    }, el("summary", null, "Why these reports are one group"), body);
    let asked = false;

    async function load(): Promise<void> {
        if (asked || !details.open)
            return;
        asked = true;
        try {
            replace(body, explanationElement(await api.explain(id, signal)));
        } catch (error) {
            replace(body, (error as Error).message);
        }
    }
    return details;
}

/** A group whose reports were deleted has none to show. */
async function newestReport(id: string,
    signal: AbortSignal): Promise<Report | null> {
    const [row] = await api.reports({ group: id, limit: 1 }, signal);

    if (!row)
        return null;
    return api.report(row.reportId, signal).catch((error: unknown) => {
        if (error instanceof ApiError && error.status === 404)
            return null;
        throw error;
    });
}

export async function groupView(context: Context): Promise<View> {
    const { route, signal } = context;
    const [group, report, reports] = await Promise.all([
        api.group(route.id, signal), newestReport(route.id, signal),
        reportTable({ group: route.id }, false, signal)]);
    const place = el("div");
    const view: View = { title: group.title, element: el("article", null) };
    const showHead = (now: GroupDetail) => {
        const reload = () => void api.group(route.id, signal).then(showHead);
        replace(place, head(now, reload), overview(now));
        view.shortcuts = [
            { keys: "u", does: "Up to the list",
                run: () => { location.hash = link("groups"); } },
            ...statusActions(now, reload).map((action) => ({
                keys: action.key, does: action.does, run: action.run,
            }))];
        view.changed?.();
    };

    showHead(group);
    view.element.append(place, ...[
        newestStack(report), whySection(route.id, signal),
        section("Reports", words("newest first"), reports),
    ].filter((one) => one !== null));
    return view;
}
