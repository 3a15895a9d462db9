// What a view is: it loads, then stands in the page until the address leaves.
import { ApiError } from "./api";
import { el, type Child } from "./dom";
import type { Shortcut } from "./keys";
import type { Route } from "./route";

export interface View {
    title: string;
    element: HTMLElement;
    shortcuts?: Shortcut[];
    /** Set by the router, for a view to call when its shortcuts change. */
    changed?: () => void;
    /** It stands in the page now, and can be scrolled. */
    arrived?: () => void;
    /** Only the query changed: the view keeps its controls and its focus. */
    update?: (route: Route, signal: AbortSignal) => Promise<void>;
}

export interface Context {
    route: Route;
    signal: AbortSignal; // aborted when the reader goes elsewhere
}

export type ViewMaker = (context: Context) => Promise<View>;

export function section(title: string, note: Child,
    ...children: Child[]): HTMLElement {
    return el("section", { class: "section" },
        el("header", { class: "section-head" }, el("h2", null, title),
            note !== null && el("div", { class: "section-note" }, note)),
        children);
}

export function empty(sentence: string, ...more: Child[]): HTMLElement {
    return el("div", { class: "empty" }, el("p", null, sentence), more);
}

/** Pairs of name and value; pairs without a value are left out. */
export function facts(pairs: [string, Child][],
    className = "facts"): HTMLElement | null {
    const shown = pairs.filter(([, value]) =>
        value !== undefined && value !== null && value !== "" &&
        value !== false);

    return shown.length === 0 ? null : el("dl", { class: className },
        shown.map(([name, value]) => el("div", null,
            el("dt", null, name), el("dd", null, value))));
}

export function problem(error: unknown): View {
    const sentence = error instanceof Error ? error.message : String(error);
    const gone = error instanceof ApiError && error.status === 404;

    return {
        title: gone ? "Not found" : "Error",
        element: el("div", { class: "empty", role: "alert" },
            el("h1", null, gone ? "Not here" : "That did not work"),
            el("p", null, sentence),
            el("button", { class: "button", click: () => location.reload() },
                "Try again")),
    };
}
