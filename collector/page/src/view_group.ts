// One group: its course, its versions and machines, the newest stack, why its
// reports belong together, and the reports.
import { ApiError, api } from "./api";
import { dayChart, shareList } from "./charts";
import { el, replace, type Child } from "./dom";
import { ago, dateTime, words } from "./format";
import { whyElement } from "./explain";
import { groupLine } from "./headline";
import { reportTable } from "./report_table";
import { link } from "./route";
import { stackElement } from "./stack";
import { statusActions, statusTag } from "./status";
import { symbolBanner } from "./report_parts";
import type { GroupDetail, Report } from "./types";
import { facts, section, type Context, type View } from "./view";
import { tallyOf, whatAndWhere, whatHappened } from "./view_groups";

const STACK_FIRST = 16;

function head(group: GroupDetail, reload: () => Promise<void>): HTMLElement {
    const { signature } = groupLine(group);

    return el("header", { class: "page-head" },
        el("nav", { class: "crumbs", "aria-label": "Where you are" },
            el("a", { href: link("groups") }, "Groups"),
            el("span", { "aria-hidden": "true" }, "/"),
            el("span", { class: "code" }, group.id.slice(0, 12))),
        el("h1", null, whatAndWhere(group)),
        signature && el("p", { class: "under code signature" }, signature),
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

function titleOf(group: GroupDetail): string {
    const { what, where } = groupLine(group);

    return where ? `${what} in ${where}` : what;
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
    const view: View = { title: titleOf(group), element: el("article", null) };
    const showHead = (now: GroupDetail) => {
        const reload = async () => showHead(await api.group(route.id, signal));
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
        newestStack(report),
        whyElement("Why these reports are one group",
            () => api.explain("groups", route.id, signal)),
        section("Reports", words("newest first"), reports),
    ].filter((one) => one !== null));
    return view;
}
