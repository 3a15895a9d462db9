// The list of groups: what happens, how often, since when, does it grow.
import { api, type Filter } from "./api";
import { sparkline } from "./charts";
import { el, replace, type Child } from "./dom";
import { apiFilter, filterBar, shownOf } from "./filters";
import { ago, count, dateTime, plural, words } from "./format";
import { groupLine } from "./headline";
import { link, type Route } from "./route";
import { attempt } from "./shell";
import { statusTag } from "./status";
import type { Group } from "./types";
import { empty, type Context, type View } from "./view";

const PAGE = 50;
const STATUSES: [string, string][] = [
    ["open", "Open"], ["resolved", "Resolved"], ["muted", "Muted"],
    ["all", "All"],
];
const SORTS: [string, string][] = [
    ["last", "Last seen"], ["first", "Newest"], ["count", "Most reports"],
];

function listFilter(route: Route): Filter {
    const status = route.query.get("status") ?? "open";

    return {
        ...apiFilter(route), limit: PAGE,
        status: status === "all" ? undefined : status,
        sort: route.query.get("sort") ?? undefined,
    };
}

/** Links that change one part of the query and keep the rest. */
function choices(route: Route, name: string, fallback: string, label: string,
    options: [string, string][]): HTMLElement {
    const now = route.query.get(name) ?? fallback;

    return el("nav", { class: "choices", "aria-label": label },
        options.map(([value, text]) => {
            const query = new URLSearchParams(route.query);
            query.set(name, value);
            if (value === fallback)
                query.delete(name);
            return el("a", {
                href: link("groups", "", query),
                "aria-current": value === now ? "true" : null,
            }, text);
        }));
}

function when(time: string): HTMLElement {
    return el("time", { datetime: time, title: dateTime(time) }, ago(time));
}

function versions(group: Group): Child {
    const { firstVersion, lastVersion } = group;

    if (!firstVersion || !lastVersion || firstVersion === lastVersion)
        return lastVersion || firstVersion || "–";
    return [firstVersion, el("span", { class: "dim" }, " → "), lastVersion];
}

/** "division by zero in table::read_row(int)" */
export function whatAndWhere(group: Group): Child[] {
    const { what, where } = groupLine(group);

    return [el("span", null, what), " ",
        where && el("span", null, "in ", el("code", null, where))];
}

/** The signal or kind, then what the subtitle says beside it. */
export function whatHappened(group: Group): Child[] {
    const first = group.signal || words(group.kind);
    const subtitle = group.subtitle ?? "";
    const rest = subtitle.startsWith(first)
        ? subtitle.slice(first.length).trim() : subtitle;

    return [el("span", { class: "signal" }, first),
        rest && el("span", { class: "ellipsis" }, rest)];
}

function row(group: Group): HTMLElement {
    const resting = group.status === "open" ? "" : " resting";
    const { signature } = groupLine(group);

    return el("tr", { class: `group${resting}` },
        el("td", { class: "group-title" },
            el("a", { href: link("groups", group.id), "data-row": true },
                whatAndWhere(group)),
            el("div", { class: "group-sub" }, statusTag(group),
                whatHappened(group),
                group.app && el("span", null, group.app),
                signature && el("span", { class: "code signature",
                    title: signature }, signature))),
        el("td", { class: "group-trend" }, sparkline(group.trend ?? [])),
        el("td", { class: "number group-count",
            "data-label": group.count === 1 ? "report" : "reports" },
        count(group.count)),
        el("td", { class: "number group-machines" }, count(group.machines)),
        el("td", { class: "group-seen" }, when(group.lastSeen),
            group.count > 1 && el("div", { class: "dim" }, "first ",
                when(group.firstSeen))),
        el("td", { class: "group-versions" }, versions(group)));
}

function table(rows: HTMLElement): HTMLElement {
    return el("table", { class: "groups" },
        el("thead", null, el("tr", null,
            el("th", { scope: "col" }, "Group"),
            el("th", { scope: "col" }, "14 days"),
            el("th", { scope: "col", class: "number" }, "Reports"),
            el("th", { scope: "col", class: "number" }, "Machines"),
            el("th", { scope: "col" }, "Last seen"),
            el("th", { scope: "col" }, "Versions"))),
        rows);
}

function isFiltered(route: Route): boolean {
    return [...route.query.keys()].some((name) =>
        !["project", "sort"].includes(name));
}

function nothing(route: Route): HTMLElement {
    return isFiltered(route)
        ? empty("No group matches.", el("a", { class: "button",
            href: "#/groups" }, "Remove the filters"))
        : empty("Nothing has happened yet.", el("p", { class: "dim" },
            "Run a program under ", el("code", null, "inquest run"),
            " with this collector as its endpoint."));
}

async function loadList(route: Route,
    signal: AbortSignal): Promise<HTMLElement> {
    const body = el("tbody");
    const tally = el("span", { class: "dim", role: "status" });
    const more = el("button", { class: "button" }, "Show more");
    let cursor: string | undefined;
    let shown = 0;
    const load = async () => {
        const page = await api.groups({ ...listFilter(route), cursor }, signal);
        shown += page.groups.length;
        cursor = page.next;
        body.append(...page.groups.map(row));
        more.hidden = !cursor;
        replace(tally, shownOf(shown, page.total, "group"));
    };

    more.addEventListener("click", () => attempt(load));
    await load();
    return el("div", null,
        el("div", { class: "list-head" },
            choices(route, "status", "open", "Status", STATUSES), tally,
            el("span", { class: "spacer" }),
            choices(route, "sort", "last", "Order", SORTS)),
        shown === 0 ? nothing(route) : table(body), more);
}

export async function groupsView({ route, signal }: Context): Promise<View> {
    const place = el("div");
    const [bar, list] = await Promise.all([
        filterBar(route, null, signal), loadList(route, signal)]);

    place.append(list);
    return {
        title: "Groups",
        element: el("div", null,
            el("h1", { class: "hidden-text" }, "Groups"), bar.element, place),
        update: async (next, loading) => {
            const fresh = await loadList(next, loading);
            bar.show(next);
            replace(place, fresh);
        },
    };
}

/** "3 reports on 2 machines" */
export function tallyOf(group: Group): string {
    return `${plural(group.count, "report")} on ` +
        plural(group.machines, "machine");
}
