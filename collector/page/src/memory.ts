// Memory over time: lines, the limit, the death; and the same as a table.
import uPlot from "uplot";
import { el, replace } from "./dom";
import { bytes, count, dateTime, number } from "./format";
import { onThemeChange } from "./theme";
import type { Report, Sample } from "./types";

interface Line {
    key: string;
    label: string;
    color: string; // a custom property of style.css
    dash?: number[];
}

const LINES: Line[] = [
    { key: "rssBytes", label: "Resident", color: "--chart-1" },
    { key: "anonBytes", label: "Anonymous", color: "--chart-2" },
    { key: "swapBytes", label: "Swapped", color: "--chart-3" },
    { key: "heapLiveBytes", label: "Live heap", color: "--chart-4" },
    { key: "cgroupCurrentBytes", label: "Control group", color: "--chart-5" },
    { key: "cgroupLimitBytes", label: "Limit", color: "--danger",
        dash: [6, 4] },
];
const COLUMNS: [string, string][] = [
    ["threadCount", "Threads"], ["fdCount", "Descriptors"],
    ["majorFaults", "Major faults"], ["pressureSomePermille", "Pressure ‰"],
    ["oomKillEvents", "OOM kills"],
];
const HEIGHT = 240;
const BYTE_STEPS = Array.from({ length: 44 }, (_, power) => 2 ** power);

function css(name: string): string {
    return getComputedStyle(document.documentElement).getPropertyValue(name)
        .trim();
}

/** A limit far above all use would flatten every line: it is told instead. */
function isFar(line: Line, samples: Sample[]): boolean {
    const high = Math.max(...samples.flatMap((sample) =>
        LINES.filter((one) => !one.dash).map((one) =>
            number(sample[one.key]) || 0)));

    return line.dash !== undefined &&
        samples.every((sample) => number(sample[line.key]) > 4 * high);
}

function linesIn(samples: Sample[]): Line[] {
    return LINES.filter((line) => samples.some((sample) =>
        number(sample[line.key]) > 0));
}

/** The moment of the report, and what it was: a process may have lived on. */
interface Moment {
    at: number; // seconds
    name: string;
}

const MOMENTS: Record<string, string> = {
    MEMORY_ALARM: "alarm", SNAPSHOT: "snapshot", HEAP_PROFILE: "profile",
    HANG: "hang",
};

/** The alarms before, then the report's own. */
function momentsOf(report: Report): Moment[] {
    const seconds = (time: string) => new Date(time).getTime() / 1000;
    const at = seconds(report.time);
    const before = (report.memory?.alarms ?? [])
        .map((alarm) => ({ at: seconds(alarm.time ?? ""), name: "alarm" }))
        .filter((alarm) => alarm.at < at);

    return [...before, { at, name: MOMENTS[report.kind] ?? "death" }];
}

/** The moment, drawn over the lines. */
function mark({ at, name }: Moment): uPlot.Plugin {
    return {
        hooks: {
            draw: (plot) => {
                const x = Math.round(plot.valToPos(at, "x", true));
                const { top, height } = plot.bbox;
                plot.ctx.save();
                plot.ctx.strokeStyle = css("--danger");
                plot.ctx.fillStyle = css("--danger");
                plot.ctx.lineWidth = devicePixelRatio;
                plot.ctx.setLineDash([]);
                plot.ctx.beginPath();
                plot.ctx.moveTo(x, top);
                plot.ctx.lineTo(x, top + height);
                plot.ctx.stroke();
                plot.ctx.font = `${11 * devicePixelRatio}px system-ui`;
                plot.ctx.textAlign = "right";
                plot.ctx.fillText(name, x - 4 * devicePixelRatio,
                    top + height - 6 * devicePixelRatio);
                plot.ctx.restore();
            },
        },
    };
}

function clock(seconds: number, withSeconds: boolean): string {
    return dateTime(new Date(seconds * 1000).toISOString())
        .slice(11, withSeconds ? 19 : 16);
}

function axis(): uPlot.Axis {
    return {
        stroke: css("--dim"), font: "11px system-ui, sans-serif",
        grid: { stroke: css("--line"), width: 1 },
        ticks: { stroke: css("--line"), width: 1, size: 4 },
    };
}

function options(lines: Line[], width: number, moments: Moment[],
    onCursor: (index: number | null | undefined) => void): uPlot.Options {
    const last = Math.max(...moments.map((one) => one.at));

    return {
        width, height: HEIGHT, legend: { show: false },
        padding: [8, 28, 0, 0],
        cursor: { y: false, points: { size: 6 } },
        scales: {
            x: { range: (_plot, low, high) => [low, Math.max(high, last)] },
            y: { range: (_plot, _low, high) => [0, high * 1.08 || 1] },
        },
        axes: [{
            ...axis(), space: 80, size: 30,
            values: (_plot, values, _axis, _space, step) =>
                values.map((value) => clock(value, step < 60)),
        }, {
            ...axis(), size: 68, incrs: BYTE_STEPS,
            values: (_plot, values) => values.map((value) => bytes(value)),
        }],
        series: [{}, ...lines.map((line): uPlot.Series => ({
            label: line.label, stroke: css(line.color), width: 1.5,
            points: { show: false }, spanGaps: true,
            ...(line.dash && { dash: line.dash }),
        }))],
        plugins: moments.map(mark),
        hooks: { setCursor: [(plot) => onCursor(plot.cursor.idx)] },
    };
}

function data(samples: Sample[], lines: Line[]): uPlot.AlignedData {
    return [
        samples.map((sample) => new Date(sample.time).getTime() / 1000),
        ...lines.map((line) => samples.map((sample) => {
            const value = number(sample[line.key]);
            return isNaN(value) ? null : value;
        })),
    ];
}

/** The legend tells the values under the cursor, the last ones without it. */
function legend(samples: Sample[], lines: Line[]): {
    element: HTMLElement;
    show: (index: number | null | undefined) => void;
} {
    const time = el("span", { class: "legend-time" });
    const values = lines.map(() => el("span", { class: "legend-value" }));
    const show = (index: number | null | undefined) => {
        const sample = samples[index ?? samples.length - 1];
        replace(time, sample ? dateTime(sample.time) : "");
        lines.forEach((line, i) => {
            const value = number(sample?.[line.key]);
            replace(values[i] as Element, isNaN(value) ? "–" : bytes(value));
        });
    };
    const element = el("div", { class: "legend" }, time,
        lines.map((line, i) => el("span", null,
            el("span", { class: `swatch swatch${line.color.slice(1)}` }),
            `${line.label} `, values[i])));

    show(null);
    return { element, show };
}

function chart(samples: Sample[], lines: Line[], moments: Moment[],
    signal: AbortSignal): HTMLElement {
    const { element: legendElement, show } = legend(samples, lines);
    const box = el("div", { class: "chart", role: "img",
        "aria-label": `Memory before the ${moments.at(-1)?.name}; ` +
            "the table below tells it" });
    let plot: uPlot | null = null;
    const draw = () => {
        plot?.destroy();
        plot = box.clientWidth === 0 ? null : new uPlot(
            options(lines, box.clientWidth, moments, show),
            data(samples, lines), box);
    };
    const observer = new ResizeObserver(draw);

    observer.observe(box);
    onThemeChange(draw, signal);
    signal.addEventListener("abort", () => {
        observer.disconnect();
        plot?.destroy();
    });
    return el("div", null, legendElement, box);
}

function table(samples: Sample[]): HTMLElement {
    const lines = linesIn(samples);
    const columns = COLUMNS.filter(([key]) =>
        samples.some((sample) => sample[key] !== undefined));
    const cell = (value: number, text: (value: number) => string) =>
        el("td", { class: "number" }, isNaN(value) ? "–" : text(value));

    return el("table", { class: "data" },
        el("thead", null, el("tr", null, el("th", { scope: "col" }, "Time"),
            [...lines.map((line) => line.label),
                ...columns.map(([, label]) => label)].map((label) =>
                el("th", { scope: "col", class: "number" }, label)))),
        el("tbody", null, [...samples].reverse().map((sample) => el("tr", null,
            el("td", null, dateTime(sample.time)),
            lines.map((line) => cell(number(sample[line.key]), bytes)),
            columns.map(([key]) => cell(number(sample[key]), count))))));
}

/** One row a sample, built when it is opened. */
function tableBehind(samples: Sample[]): HTMLElement {
    const box = el("div", { class: "scroll-x", tabindex: "0", role: "region",
        "aria-label": "Memory samples" });
    const details = el("details", {
        class: "behind",
        toggle: () => {
            if (details.open && !box.firstChild)
                box.append(table(samples));
        },
    }, el("summary", null, `${count(samples.length)} samples as a table`), box);

    return details;
}

export function memoryElement(report: Report,
    signal: AbortSignal): HTMLElement | null {
    const samples = report.memory?.samples ?? [];
    const lines = linesIn(samples).filter((line) => !isFar(line, samples));
    const far = linesIn(samples).find((line) => isFar(line, samples));
    const limit = number(far && samples.at(-1)?.[far.key]);

    if (samples.length === 0)
        return null;
    if (samples.length === 1)
        return el("div", null, table(samples));
    return el("div", null,
        chart(samples, lines, momentsOf(report), signal),
        !isNaN(limit) && el("p", { class: "dim" },
            `The limit of ${bytes(limit)} lies far above.`),
        tableBehind(samples));
}
