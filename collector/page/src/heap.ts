// The live heap as a flame graph: callers above what they call, each as wide as
// the memory that it holds; and its sites as a table.
import { el, replace, svg } from "./dom";
import { bytes, count, number, percent, plural } from "./format";
import { frameName, isGuest, isSystem, topFrame } from "./stack";
import type { Frame, Heap, HeapSite, Report } from "./types";

const ROW = 24;          // pixels
const DEPTH_MAX = 64;    // frames of one site
const NARROWEST = 0.002; // of the width: below it nothing can be seen
const SITES_MAX = 200;   // in the table

interface Node {
    name: string;
    system: boolean;
    bytes: number;
    parent: Node | null;
    children: Node[];
}

interface Box {
    node: Node;
    from: number; // of the width, 0 to 1
    width: number;
    row: number;
}

function weight(site: HeapSite): number {
    return number(site.liveBytes) || number(site.allocatedBytes) || 0;
}

function child(parent: Node, frame: Frame): Node {
    const name = frameName(frame);
    const there = parent.children.find((one) => one.name === name);

    if (there)
        return there;
    const fresh: Node = {
        name, system: isSystem(frame), bytes: 0, parent, children: [],
    };
    parent.children.push(fresh);
    return fresh;
}

function grow(sites: HeapSite[]): Node {
    const root: Node = {
        name: "all", system: true, bytes: 0, parent: null, children: [],
    };

    for (const site of sites) {
        const frames = (site.frames ?? []).filter((frame) => !isGuest(frame))
            .reverse().slice(0, DEPTH_MAX);
        let node = root;
        root.bytes += weight(site);
        for (const frame of frames) {
            node = child(node, frame);
            node.bytes += weight(site);
        }
    }
    return root;
}

/** node and all below it that can be seen, the largest first. */
function spread(node: Node, from: number, width: number, row: number): Box[] {
    const below = [...node.children].sort((a, b) => b.bytes - a.bytes);
    const boxes: Box[] = [{ node, from, width, row }];

    for (const one of below) {
        const part = width * one.bytes / Math.max(1, node.bytes);
        if (part >= NARROWEST)
            boxes.push(...spread(one, from, part, row + 1));
        from += part;
    }
    return boxes;
}

/** Everything below top, and its callers at full width. */
function boxesOf(top: Node): Box[] {
    const callers: Node[] = [];

    for (let node = top.parent; node; node = node.parent)
        callers.unshift(node);
    return [
        ...callers.map((node, row) => ({ node, from: 0, width: 1, row })),
        ...spread(top, 0, 1, callers.length),
    ];
}

/** Where an arrow leads: to the caller, the callee, the neighbours. */
function next(boxes: Box[], now: Box, key: string): Box | undefined {
    const inRow = (row: number) => boxes.filter((box) => box.row === row);
    const siblings = inRow(now.row);
    const index = siblings.indexOf(now);

    switch (key) {
    case "ArrowUp":
        return boxes.find((box) => box.node === now.node.parent);
    case "ArrowDown":
        return inRow(now.row + 1).find((box) => box.node.parent === now.node);
    case "ArrowLeft":
        return siblings[index - 1];
    case "ArrowRight":
        return siblings[index + 1];
    default:
        return undefined;
    }
}

class Flame {
    readonly element = el("div", { class: "flame scroll-x" });
    private boxes: Box[] = [];
    private drawn: SVGElement[] = [];

    constructor(private readonly root: Node) {
        this.draw(root);
    }

    private label(node: Node): string {
        const part = percent(node.bytes / Math.max(1, this.root.bytes));

        return `${node.name}: ${bytes(node.bytes)}, ${part}`;
    }

    private boxElement(box: Box, top: Node): SVGElement {
        const { node } = box;
        const part = (value: number) => `${(value * 100).toFixed(3)}%`;

        return svg("svg", {
            class: `flame-box${node.system ? " system" : ""}`,
            x: part(box.from), width: part(box.width),
            y: box.row * ROW, height: ROW - 2,
            role: "button", "aria-label": this.label(node),
            tabindex: node === top ? 0 : -1,
            click: () => this.zoom(node),
            keydown: (event: KeyboardEvent) => this.pressed(event, box),
        }, svg("title", {}, this.label(node)),
        svg("rect", { width: "100%", height: "100%", rx: 2 }),
        svg("text", { x: 6, y: 15 }, node.name));
    }

    private draw(top: Node): void {
        this.boxes = boxesOf(top);
        this.drawn = this.boxes.map((box) => this.boxElement(box, top));
        const rows = 1 + Math.max(...this.boxes.map((box) => box.row));
        replace(this.element, svg("svg", {
            width: "100%", height: rows * ROW, role: "group",
            "aria-label": "Live heap by call path; arrows move, Enter zooms",
        }, this.drawn));
    }

    private zoom(node: Node): void {
        this.draw(node);
        this.focus(this.boxes.find((box) => box.node === node));
    }

    private focus(box: Box | undefined): void {
        const index = box ? this.boxes.indexOf(box) : -1;

        this.drawn[index]?.focus();
    }

    private pressed(event: KeyboardEvent, box: Box): void {
        if (event.key === "Enter" || event.key === " ") {
            this.zoom(box.node);
        } else if (event.key === "Escape") {
            this.zoom(this.root);
        } else if (event.key.startsWith("Arrow")) {
            this.focus(next(this.boxes, box, event.key));
        } else {
            return;
        }
        event.preventDefault();
        event.stopPropagation();
    }
}

function siteRow(site: HeapSite): HTMLElement {
    const frame = topFrame(site);
    const cell = (value: number, text: (value: number) => string) =>
        el("td", { class: "number" }, isNaN(value) ? "–" : text(value));

    return el("tr", null,
        cell(number(site.liveBytes), bytes),
        cell(number(site.liveCount), count),
        cell(number(site.allocatedBytes), bytes),
        el("td", { class: "code" }, frame ? frameName(frame) : "–"));
}

function table(sites: HeapSite[]): HTMLElement {
    const columns: [string, string][] = [["Live", "number"],
        ["Blocks", "number"], ["Ever allocated", "number"], ["Site", ""]];
    const largest = [...sites].sort((a, b) => weight(b) - weight(a))
        .slice(0, SITES_MAX);

    return el("details", { class: "behind" },
        el("summary", null, `${plural(sites.length, "site")} as a table`),
        el("div", { class: "scroll-x", tabindex: "0", role: "region",
            "aria-label": "Sites of the heap" },
        el("table", { class: "data" },
            el("thead", null, el("tr", null, columns.map(([label, kind]) =>
                el("th", { scope: "col", class: kind }, label)))),
            el("tbody", null, largest.map(siteRow)))));
}

export function heapElement(report: Report): HTMLElement | null {
    const sites = report.heap?.sites ?? [];
    const root = grow(sites);

    return root.bytes === 0 ? null
        : el("div", null, new Flame(root).element, table(sites));
}

/** "118 MiB live, sampled every 512 KiB" */
export function heapNote(heap: Heap | undefined): string {
    const live = (heap?.sites ?? []).reduce((sum, site) =>
        sum + weight(site), 0);
    const interval = number(heap?.intervalBytes);

    return isNaN(interval) ? bytes(live)
        : `${bytes(live)}, sampled every ${bytes(interval)}`;
}
