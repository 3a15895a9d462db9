// The smaller parts of a report: registers, modules, actions, and the like.
import { el, replace } from "./dom";
import {
    bytes, count, dateTime, duration, number, percent, plural, words,
} from "./format";
import type { Action, Module, Report, SymbolModule, Thread } from "./types";
import { facts } from "./view";

const MODULES_SEARCH_FROM = 8;

export function registersElement(thread: Thread | undefined,
    faultAddress: string): HTMLElement | null {
    const registers = Object.entries(thread?.registers ?? {});

    return registers.length === 0 ? null : el("dl", { class: "registers" },
        registers.map(([name, value]) => el("div",
            { class: faultAddress && value === faultAddress ? "match" : "" },
            el("dt", null, name),
            el("dd", { title: value === faultAddress
                ? "the fault address" : null },
            value.replace(/^0x/, "").padStart(16, "0")))));
}

function symbolCell(symbols: SymbolModule | undefined): HTMLElement {
    if (symbols?.state === "missing") {
        const tried = ["looked in:", ...symbols.tried ?? []].join("\n");
        return el("td", null,
            el("span", { class: "tag warn", title: tried }, "no symbols"));
    }
    return el("td", { class: "dim" }, symbols ? "found" : "");
}

function moduleRow(module: Module, symbols: SymbolModule | undefined,
    withSymbols: boolean): HTMLElement {

    return el("tr", null,
        el("td", { class: "code" }, module.path || "–",
            module.deleted && el("span", { class: "tag" }, "deleted")),
        el("td", { class: "code dim" }, module.buildId || "no build ID"),
        el("td", { class: "code number" }, module.base ?? "–"),
        el("td", { class: "number" }, module.sizeBytes === undefined
            ? "–" : bytes(number(module.sizeBytes))),
        withSymbols && symbolCell(symbols));
}

function modulesTable(rows: HTMLElement[], withSymbols: boolean): HTMLElement {
    return el("div", { class: "scroll-x", tabindex: "0", role: "region",
        "aria-label": "Modules" },
    el("table", { class: "data" },
        el("thead", null, el("tr", null,
            ["Path", "Build ID"].map((label) =>
                el("th", { scope: "col" }, label)),
            ["Base", "Size"].map((label) =>
                el("th", { scope: "col", class: "number" }, label)),
            withSymbols && el("th", { scope: "col" }, "Symbols"))),
        el("tbody", null, rows)));
}

export function modulesElements(report: Report): {
    note: HTMLElement | null;
    body: HTMLElement;
} {
    const modules = report.modules ?? [];
    const symbols = new Map((report.symbolication?.modules ?? [])
        .map((module) => [module.buildId ?? module.name, module]));
    const rows = modules.map((module) => moduleRow(module,
        symbols.get(module.buildId ?? "") ?? symbols.get(module.path ?? ""),
        symbols.size > 0));
    const found = el("span", { class: "dim", role: "status" });
    const input = el("input", {
        type: "search", class: "small", placeholder: "Find a module",
        "aria-label": "Find a module",
        input: () => {
            const wanted = input.value.trim().toLowerCase();
            let shown = 0;
            modules.forEach((module, index) => {
                const row = rows[index] as HTMLElement;
                row.hidden = !`${module.path} ${module.buildId} ${module.base}`
                    .toLowerCase().includes(wanted);
                shown += row.hidden ? 0 : 1;
            });
            replace(found, wanted && `${count(shown)} match`);
        },
    });

    return {
        note: modules.length < MODULES_SEARCH_FROM ? null
            : el("div", { class: "row" }, found, input),
        body: modulesTable(rows, symbols.size > 0),
    };
}

/** "−3.2 s" before the end, which is what counts. */
function beforeEnd(action: Action, end: number): string {
    const age = end - new Date(action.time).getTime();

    return isNaN(age) ? action.time : `${age < 0 ? "+" : "−"}` +
        duration(Math.abs(age));
}

export function actionsElement(report: Report): HTMLElement | null {
    const actions = report.actions ?? [];
    const end = new Date(report.time).getTime();

    return actions.length === 0 ? null : el("ol", { class: "actions" },
        [...actions].reverse().map((action) => el("li", null,
            el("time", { title: dateTime(action.time) },
                beforeEnd(action, end)),
            el("span", { class: "action-name" }, action.name),
            el("span", { class: "attributes" },
                Object.entries(action.attributes ?? {}).map(([key, value]) =>
                    el("span", null, el("span", { class: "key" }, key),
                        value))))));
}

export function pairsElement(
    pairs: Record<string, string> | undefined): HTMLElement | null {
    return facts(Object.entries(pairs ?? {}), "facts wide");
}

export function notesElement(
    notes: string[] | undefined): HTMLElement | null {
    return !notes?.length ? null : el("ul", { class: "notes" },
        notes.map((note) => el("li", null, note)));
}

/** A line above the stack while it does not have all its names. */
export function symbolBanner(report: Report): HTMLElement | null {
    const symbolication = report.symbolication;
    const missing = (symbolication?.modules ?? []).filter((module) =>
        module.state === "missing");

    if (symbolication?.state === "pending") {
        return el("p", { class: "banner" },
            "Functions and lines are being looked up; load again in a moment.");
    }
    if (missing.length === 0)
        return null;
    return el("details", { class: "banner" },
        el("summary", null,
            `${plural(missing.length, "module")} in these stacks without ` +
            "symbols"),
        el("ul", null, missing.map((module) => el("li", null,
            el("span", { class: "code" }, module.name), " ",
            el("span", { class: "code dim" },
                module.buildId || "no build ID"),
            module.tried && module.tried.length > 0 && el("div",
                { class: "dim" }, `Looked in ${module.tried.join(", ")}`)))),
        el("p", { class: "dim" }, "Send its debug file with ",
            el("code", null, "inquest symbols upload FILE"),
            "; reports that came before are done again."));
}

function share(used: number, limit: number): string {
    return isNaN(limit) ? bytes(used)
        : `${bytes(used)} of ${bytes(limit)}, ${percent(used / limit)}`;
}

export function alarmElement(report: Report): HTMLElement | null {
    const alarm = report.alarm ?? {};
    const slope = number(alarm.slopeBytesPerSecond);
    const growth = number(alarm.growthBytes);
    const span = number(alarm.windowMs);
    const used = number(alarm.usedBytes);
    const pressure = number(alarm.pressurePermille);
    const malloc = alarm.malloc ?? {};
    const held = (name: string) => {
        const value = number(malloc[name]);
        return !isNaN(value) && bytes(value);
    };

    return facts([
        ["Rule", alarm.rule], ["Figures", alarm.detail],
        ["Gains", !isNaN(slope) && `${bytes(slope * 60)} a minute`],
        ["Grew by", !isNaN(growth) && bytes(growth)],
        ["Looked back", !isNaN(span) && duration(span)],
        ["Used", !isNaN(used) && share(used, number(alarm.limitBytes))],
        ["Waited for memory", !isNaN(pressure) && percent(pressure / 1000)],
        ["malloc: in use", held("usedBytes")],
        ["malloc: kept free", held("freeBytes")],
        ["malloc: mappings", held("mappedBytes")],
    ], "facts wide");
}

export function terminationElement(report: Report): HTMLElement | null {
    const termination = report.termination;

    if (!termination)
        return null;
    return el("div", null,
        facts([
            ["Cause", termination.cause && words(termination.cause)],
            ["Evidence", termination.grade && `grade ${termination.grade}`],
            ["Signal", termination.signalNumber],
        ]),
        notesElement(termination.evidence));
}
