// Small charts of counts: a trend in a row, days as bars, names as bars.
import { el, svg, type Child } from "./dom";
import { count, day, plural } from "./format";

const SPARK = { width: 98, height: 22, gap: 2 };
const SHARES_FIRST = 6;
const DAYS = { width: 600, height: 96, gap: 3 };

function bars(values: number[], size: typeof SPARK,
    title?: (index: number) => string): SVGElement[] {
    const high = Math.max(1, ...values);
    const step = size.width / Math.max(1, values.length);

    return values.map((value, index) => {
        const height = value === 0 ? 1
            : Math.max(2, value / high * size.height);
        return svg("rect", {
            class: value === 0 ? "bar none" : "bar",
            x: (index * step).toFixed(2), width: (step - size.gap).toFixed(2),
            y: (size.height - height).toFixed(2), height: height.toFixed(2),
        }, title && svg("title", {}, title(index)));
    });
}

/** Counts of days, oldest first. */
export function sparkline(values: number[]): SVGElement {
    return svg("svg", {
        class: "spark", viewBox: `0 0 ${SPARK.width} ${SPARK.height}`,
        role: "img", "aria-label": `Last ${values.length} days: ` +
            `${plural(values.reduce((sum, one) => sum + one, 0), "report")}, ` +
            `at most ${count(Math.max(0, ...values))} a day`,
    }, bars(values, SPARK));
}

export function dayChart(days: { day: string; count: number }[]): HTMLElement {
    const values = days.map((one) => one.count);

    return el("figure", { class: "days" },
        svg("svg", {
            viewBox: `0 0 ${DAYS.width} ${DAYS.height}`, role: "img",
            preserveAspectRatio: "none",
            "aria-label": `Reports by day: at most ${count(
                Math.max(0, ...values))} a day`,
        }, bars(values, DAYS, (index) =>
            `${days[index]?.day}: ${count(values[index] ?? 0)}`)),
        el("figcaption", null,
            el("span", null, days[0] && day(`${days[0].day}T00:00:00`)),
            el("span", null, `most: ${count(Math.max(0, ...values))} a day`),
            el("span", null, days.at(-1) &&
                day(`${days.at(-1)?.day}T00:00:00`))));
}

export interface Share {
    name: string;
    count: number;
    href?: string;
}

function shareRow(share: Share, total: number): HTMLElement {
    return el("li", null,
        share.href
            ? el("a", { href: share.href, class: "share-name" }, share.name)
            : el("span", { class: "share-name" }, share.name),
        svg("svg", { class: "share", viewBox: "0 0 100 4",
            preserveAspectRatio: "none", "aria-hidden": "true" },
        svg("rect", { class: "bar none", width: 100, height: 4 }),
        svg("rect", { class: "bar", height: 4,
            width: (100 * share.count / Math.max(1, total)).toFixed(2) })),
        el("span", { class: "share-count" }, count(share.count)));
}

/** Names with their share as a bar; largest first as given. */
export function shareList(shares: Share[], total: number,
    nothing: Child): HTMLElement {
    if (shares.length === 0)
        return el("p", { class: "dim" }, nothing);
    const rows = shares.map((share) => shareRow(share, total));
    const more = el("li", null, el("button", {
        click: () => more.replaceWith(...rows.slice(SHARES_FIRST)),
    }, `${count(rows.length - SHARES_FIRST)} more`));

    return el("ul", { class: "shares" }, rows.slice(0, SHARES_FIRST),
        rows.length > SHARES_FIRST && more);
}
