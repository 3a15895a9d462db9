// The filters above a list. They live in the address, and are read from there.
import { api, type Filter } from "./api";
import { el, replace } from "./dom";
import { count, words } from "./format";
import { icon } from "./icon";
import { link, parseRoute, type Route } from "./route";
import { replaceQuery } from "./router";
import type { Facets } from "./types";

const TYPING_MS = 250;
const HOURS: Record<string, number> = {
    "24h": 24, "7d": 7 * 24, "14d": 14 * 24, "30d": 30 * 24, "90d": 90 * 24,
};
const TIMES: [string, string][] = [
    ["", "Any time"], ["24h", "Last 24 hours"], ["7d", "Last 7 days"],
    ["14d", "Last 14 days"], ["30d", "Last 30 days"], ["90d", "Last 90 days"],
    ["days", "From … to …"],
];
const SELECTS = ["app", "version", "signal", "kind"] as const;
const LABELS: Record<string, string> = {
    app: "Program", version: "Version", signal: "Signal", kind: "Kind",
    function: "Function", machine: "Machine",
};
// What may be typed into the search as name:value.
const TOKEN = /(^|\s)(app|version|signal|kind|function|machine):(\S+)/g;

function isDay(text: string | null): text is string {
    return text !== null && /^\d{4}-\d\d-\d\d$/.test(text);
}

/** The instant of a day, or of "7d" ago, as the API wants it. */
function instant(text: string | null, end: boolean): string | undefined {
    const hours = HOURS[text ?? ""];

    if (hours)
        return new Date(Date.now() - hours * 3_600_000).toISOString();
    if (!isDay(text))
        return undefined;
    const at = new Date(`${text}T${end ? "23:59:59.999" : "00:00:00"}`);
    return isNaN(at.getTime()) ? undefined : at.toISOString();
}

/** What the address asks for, in the API's words. */
export function apiFilter(route: Route): Filter {
    const filter: Filter = {};

    for (const name of ["project", "q", "function", "machine", ...SELECTS])
        filter[name] = route.query.get(name) ?? undefined;
    filter.since = instant(route.query.get("since"), false);
    filter.until = instant(route.query.get("until"), true);
    return filter;
}

function changed(route: Route, changes: Record<string, string>): string {
    const query = new URLSearchParams(route.query);

    for (const [name, value] of Object.entries(changes)) {
        if (value)
            query.set(name, value);
        else
            query.delete(name);
    }
    return link(route.view, "", query);
}

/** "version:1.2 spline" is a version and a search. */
export function parseSearch(text: string): Record<string, string> {
    const found: Record<string, string> = {};
    const rest = text.replace(TOKEN, (_all, _space, name: string,
        value: string) => {
        found[name] = value;
        return " ";
    });

    return { ...found, q: rest.trim().replace(/\s+/g, " ") };
}

export interface FilterBar {
    element: HTMLElement;
    show: (route: Route) => void;
}

function fillSelect(select: HTMLSelectElement, any: string, values: string[],
    now: string): void {
    const all = now && !values.includes(now) ? [now, ...values] : values;
    const kind = select.name === "kind";

    replace(select, el("option", { value: "" }, any),
        all.map((value) => el("option",
            { value, selected: value === now }, kind ? words(value) : value)));
}

class Bar implements FilterBar {
    readonly element: HTMLElement;
    private readonly search = el("input", {
        id: "search", type: "search", name: "q", autocomplete: "off",
        placeholder: "Search causes and functions",
        "aria-label": "Search; also function:NAME, machine:ID, version:V",
        title: "also function:NAME, machine:ID, version:V, signal:S",
        input: () => this.typed(),
        keydown: (event: KeyboardEvent) => {
            if (event.key === "Enter")
                this.apply();
        },
    });
    private readonly selects = SELECTS.map((name) => el("select", {
        name, "aria-label": LABELS[name] ?? name,
        change: (event: Event) => this.set(
            { [name]: (event.target as HTMLSelectElement).value }),
    }));
    private readonly time = el("select", {
        "aria-label": "Time",
        change: () => this.set({ until: "", since: this.time.value === "days"
            ? new Date().toISOString().slice(0, 10) : this.time.value }),
    }, TIMES.map(([value, label]) => el("option", { value }, label)));
    private readonly days = (["since", "until"] as const).map((name) =>
        el("input", {
            type: "date", "aria-label": name === "since" ? "From" : "To",
            change: (event: Event) => this.set(
                { [name]: (event.target as HTMLInputElement).value }),
        }));
    private readonly chips = el("div", { class: "chips" });
    private timer = 0;

    constructor(private route: Route, private readonly facets: Facets,
        extra: HTMLElement | null) {
        this.element = el("div", { class: "filters", role: "search" }, extra,
            el("div", { class: "search" }, icon("search"), this.search,
                el("kbd", { "aria-hidden": "true" }, "/")),
            this.selects, this.time, this.days, this.chips);
    }

    show(route: Route): void {
        const since = route.query.get("since");
        const custom = isDay(since) || isDay(route.query.get("until"));

        this.route = route;
        if (document.activeElement !== this.search)
            this.search.value = route.query.get("q") ?? "";
        for (const select of this.selects) {
            const name = select.name as typeof SELECTS[number];
            fillSelect(select, `Any ${LABELS[name]?.toLowerCase()}`,
                this.facets[`${name}s`] ?? [], route.query.get(name) ?? "");
        }
        this.time.value = custom ? "days" : since ?? "";
        this.days.forEach((input, index) => {
            const value = route.query.get(index === 0 ? "since" : "until");
            input.hidden = !custom;
            input.value = isDay(value) ? value : "";
        });
        this.showChips();
    }

    private showChips(): void {
        const chips = ["function", "machine"].filter((name) =>
            this.route.query.get(name));

        replace(this.chips, chips.map((name) => el("button", {
            class: "chip", click: () => this.set({ [name]: "" }),
            "aria-label": `Remove: ${LABELS[name]} is ` +
                `${this.route.query.get(name)}`,
        }, `${LABELS[name]}: `, el("span", { class: "code" },
            this.route.query.get(name)), icon("close"))));
    }

    private set(changes: Record<string, string>): void {
        location.hash = changed(this.route, changes);
    }

    private typed(): void {
        clearTimeout(this.timer);
        this.timer = window.setTimeout(() => {
            const q = this.search.value.trim();
            // Not back to here, when another view is being loaded.
            if (this.search.isConnected &&
                parseRoute(location.hash).view === this.route.view)
                replaceQuery(changed(this.route, { q }));
        }, TYPING_MS);
    }

    private apply(): void {
        const changes = parseSearch(this.search.value);

        clearTimeout(this.timer);
        this.search.value = changes.q ?? "";
        this.set(changes);
    }
}

export async function filterBar(route: Route, extra: HTMLElement | null,
    signal: AbortSignal): Promise<FilterBar> {
    const project = route.query.get("project") ?? undefined;
    const bar = new Bar(route, await api.facets({ project }, signal), extra);

    bar.show(route);
    return bar;
}

/** "12 of 340 groups" */
export function shownOf(shown: number, total: number, noun: string): string {
    return shown < total
        ? `${count(shown)} of ${count(total)} ${noun}s`
        : `${count(total)} ${noun}${total === 1 ? "" : "s"}`;
}
