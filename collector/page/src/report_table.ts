// Reports as rows, newest first, with more on demand.
import { api, type Filter } from "./api";
import { el } from "./dom";
import { ago, dateTime, words } from "./format";
import { link } from "./route";
import { attempt } from "./shell";
import type { ReportRow } from "./types";
import { empty } from "./view";

const PAGE = 50;

function row(report: ReportRow, withApp: boolean): HTMLElement {
    const machine = report.machine ?? report.installationId ?? "";

    return el("tr", null,
        el("td", { class: "nowrap" }, el("a", {
            href: link("reports", report.reportId), "data-row": true,
            title: dateTime(report.time),
        }, dateTime(report.time))),
        el("td", { class: "nowrap dim" }, ago(report.time)),
        withApp && el("td", null, report.app || "–"),
        el("td", null, report.version || "–"),
        el("td", { class: "nowrap" }, report.signal || words(report.kind)),
        el("td", { class: "grow" }, report.cause || "–"),
        el("td", { class: "code dim nowrap" }, machine.slice(0, 8) || "–"));
}

/** All that match filter, a page at a time. */
export async function reportTable(filter: Filter, withApp: boolean,
    signal: AbortSignal): Promise<HTMLElement> {
    const body = el("tbody");
    const more = el("button", { class: "button" }, "Show older reports");
    let offset = 0;
    const load = async () => {
        const rows = await api.reports({ ...filter, limit: PAGE, offset },
            signal);
        offset += rows.length;
        body.append(...rows.map((one) => row(one, withApp)));
        more.hidden = rows.length < PAGE;
    };

    more.addEventListener("click", () => attempt(load));
    await load();
    if (offset === 0)
        return empty("No report matches.");
    return el("div", null,
        el("div", { class: "scroll-x" }, el("table", { class: "data rows" },
            el("thead", null, el("tr", null,
                ["Time", "Age", ...withApp ? ["Program"] : [], "Version",
                    "Kind", "Cause", "Machine"].map((label) =>
                    el("th", { scope: "col" }, label)))),
            body)),
        more);
}
