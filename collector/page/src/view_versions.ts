// Versions: how many ran, and how many of them ended well.
import { api } from "./api";
import { el, svg } from "./dom";
import { ago, count, dateTime, percent } from "./format";
import { link } from "./route";
import type { Version } from "./types";
import { empty, type Context, type View } from "./view";

/** Where on a bar from 90 % to 100 %: what matters happens there. */
function meter(rate: number): number {
    return Math.max(1, Math.min(100, (rate - 0.9) * 1000));
}

function rate(version: Version): HTMLElement {
    const { crashFreeRate } = version;

    if (crashFreeRate === null || crashFreeRate === undefined) {
        return el("td", { class: "dim" },
            "no usage data");
    }
    const level = crashFreeRate >= 0.995 ? "good"
        : crashFreeRate >= 0.97 ? "fair" : "poor";
    return el("td", null, el("div", { class: "rate",
        title: "the bar reaches from 90 % to 100 %" },
        el("span", { class: "number" }, percent(crashFreeRate)),
        svg("svg", { class: `meter ${level}`, viewBox: "0 0 100 4",
            preserveAspectRatio: "none", "aria-hidden": "true" },
        svg("rect", { class: "bar none", width: 100, height: 4 }),
        svg("rect", { class: "bar", height: 4,
            width: meter(crashFreeRate).toFixed(2) }))));
}

function seen(time: string | undefined): HTMLElement {
    return el("td", { class: "nowrap" }, time
        ? el("time", { datetime: time, title: dateTime(time) }, ago(time))
        : "–");
}

function row(version: Version): HTMLElement {
    const known = typeof version.crashFreeRate === "number";
    const total = (value: number | null | undefined) => el("td",
        { class: "number" },
        known && typeof value === "number" ? count(value) : "–");

    return el("tr", null,
        el("td", null, version.app),
        el("td", null, el("a", { "data-row": true, href: link("groups", "",
            { app: version.app, version: version.version, status: "all" }) },
        version.version || "(none)")),
        rate(version), total(version.starts), total(version.cleanEnds),
        total(version.crashes), seen(version.firstSeen),
        seen(version.lastSeen));
}

export async function versionsView({ route, signal }: Context): Promise<View> {
    const versions = await api.versions({
        project: route.query.get("project") ?? undefined,
        app: route.query.get("app") ?? undefined,
    }, signal);
    const columns: [string, string][] = [
        ["Program", ""], ["Version", ""], ["Crash-free runs", ""],
        ["Starts", "number"], ["Clean ends", "number"], ["Crashes", "number"],
        ["First seen", ""], ["Last seen", ""],
    ];

    return {
        title: "Versions",
        element: el("div", null,
            el("header", { class: "page-head" }, el("h1", null, "Versions"),
                el("p", { class: "under dim" }, "The crash-free rate counts ",
                    "runs of those who have agreed to usage data.")),
            versions.length === 0 ? empty("No report names a version.")
                : el("div", { class: "scroll-x" },
                    el("table", { class: "data rows" },
                        el("thead", null, el("tr", null,
                            columns.map(([label, kind]) => el("th",
                                { scope: "col", class: kind }, label)))),
                        el("tbody", null, versions.map(row))))),
    };
}
