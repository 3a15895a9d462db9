// The frames of one thread, innermost first.
import { el, svg, type Child } from "./dom";
import { baseName, count, number, shortFile } from "./format";
import type { Frame, Thread } from "./types";
import { facts } from "./view";

const FRAMES_FIRST = 64; // the rest on demand
const GUEST = "libinquest.so"; // our own frames are nobody's bug

const TRUST: Record<string, [string, string]> = {
    CONTEXT: ["exact", "from the registers at the signal"],
    CFI: ["exact", "by the unwind tables"],
    FRAME_POINTER: ["frame pointer", "by the frame pointer: callers may be " +
        "missing"],
    SCAN: ["guess", "found by scanning the stack: may be left over from an " +
        "earlier call"],
};

const SYSTEM = /^(\/usr)?\/lib(32|64|x32)?\/|^\[|^linux-(vdso|gate)/;

export function isSystem(frame: Frame): boolean {
    return !frame.module || SYSTEM.test(frame.module);
}

export function isGuest(frame: Frame): boolean {
    return baseName(frame.module ?? "") === GUEST;
}

/** The name that a frame goes by, symbols or not. */
export function frameName(frame: Frame): string {
    if (frame.function)
        return frame.function;
    if (frame.module)
        return `${baseName(frame.module)}+${frame.moduleOffset ?? "?"}`;
    /* All but the first are code; of no file, a runtime has made it. */
    return frame.pc && frame.trust && frame.trust !== "CONTEXT"
        ? `${frame.pc} (generated code)` : frame.pc ?? "unknown";
}

function location(frame: Frame): string {
    if (!frame.file)
        return "";
    return frame.line === undefined
        ? shortFile(frame.file) : `${shortFile(frame.file)}:${frame.line}`;
}

/** "load<int>" and, paler, "(char const*)". */
function functionName(frame: Frame): Child[] {
    const name = frameName(frame);
    const open = frame.function ? name.indexOf("(", 1) : -1;

    return open < 0 || name.startsWith("(")
        ? [el("span", { class: "name" }, name)]
        : [el("span", { class: "name" }, name.slice(0, open)),
            el("span", { class: "arguments" }, name.slice(open))];
}

function trustMark(frame: Frame): Child {
    const [word, why] = TRUST[frame.trust ?? ""] ?? ["", ""];
    const kind = (frame.trust ?? "none").toLowerCase();

    if (!word)
        return null;
    return el("span", { class: `trust trust-${kind}`, title: why },
        svg("svg", { class: "trust-mark", viewBox: "0 0 8 8",
            "aria-hidden": "true" },
        svg("circle", { cx: 4, cy: 4, r: 3 })),
        el("span", { class: word === "exact" ? "hidden-text" : "" }, word));
}

function sourceLines(frame: Frame): HTMLElement | null {
    if (!frame.source?.length)
        return null;
    return el("pre", { class: "source", tabindex: "0" },
        frame.source.map((one) => el("span",
            { class: one.line === number(frame.line) ? "here" : "" },
            el("span", { class: "line-number" }, String(one.line)),
            `${one.text}\n`)));
}

function detail(frame: Frame): Child[] {
    const [word, why] = TRUST[frame.trust ?? ""] ?? ["", ""];

    return [
        sourceLines(frame),
        facts([
            ["Function", frame.function],
            ["Source", frame.file && (frame.line === undefined
                ? frame.file : `${frame.file}:${frame.line}`)],
            ["Module", frame.module],
            ["Offset in module", frame.moduleOffset],
            ["Build ID", frame.buildId],
            ["Program counter", frame.pc],
            ["Found", word && `${word}, ${why}`],
        ], "facts code"),
    ];
}

function frameRow(frame: Frame, index: number): HTMLElement {
    const kind = isSystem(frame) ? "system" : "own";
    const body = el("div", { class: "frame-detail" });
    const row = el("details", {
        class: `frame ${kind}${frame.inlined ? " inlined" : ""}`,
        toggle: () => {
            if (row.open && !body.firstChild)
                body.append(...detail(frame).filter((one) =>
                    one instanceof Node));
        },
    },
    el("summary", { "data-row": true },
        el("span", { class: "index" }, String(index)),
        el("span", { class: "function" }, functionName(frame),
            frame.inlined && el("span", { class: "tag" }, "inlined")),
        el("span", { class: "where" }, location(frame)),
        el("span", { class: "module" }, baseName(frame.module ?? "")),
        trustMark(frame)),
    body);

    return row;
}

/** The folded stretches, by the index of the physical frame before each. */
function folds(thread: Thread): Map<number, HTMLElement> {
    return new Map((thread.repeated ?? []).map((repeat) => {
        const period = number(repeat.period);
        const last = period === 1 ? "frame" : `${count(period)} frames`;
        const more = count(number(repeat.count));
        return [number(repeat.afterFrame), el("p", { class: "fold" },
            el("span", { "aria-hidden": "true" }, "⟳ "),
            `${more} more frames repeat the last ${last}`)];
    }));
}

function rows(thread: Thread): HTMLElement[] {
    const folded = folds(thread);
    const all: HTMLElement[] = [];
    let physical = 0;
    let shown = 0;

    for (const frame of thread.frames ?? []) {
        if (!isGuest(frame))
            all.push(frameRow(frame, shown++));
        const fold = frame.inlined ? undefined : folded.get(physical++);
        if (fold)
            all.push(fold);
    }
    return all;
}

export function stackElement(thread: Thread,
    first = FRAMES_FIRST): HTMLElement {
    const all = rows(thread);
    const stack = el("div", { class: "stack" }, all.slice(0, first));

    if (all.length === 0)
        return el("p", { class: "dim" }, "No frames were read of this thread.");
    if (all.length > first) {
        const more = el("button", {
            class: "button", click: () => {
                more.replaceWith(...all.slice(first));
            },
        }, `Show the other ${count(all.length - first)} frames`);
        stack.append(more);
    }
    return stack;
}

/** The same as text, for a bug tracker. */
export function stackText(thread: Thread): string {
    return (thread.frames ?? []).filter((frame) => !isGuest(frame))
        .map((frame, index) => {
            const at = frame.file
                ? ` at ${frame.file}:${frame.line ?? "?"}` : "";
            const inlined = frame.inlined ? " [inlined]" : "";
            return `#${index} ${frameName(frame)}${at} ` +
                `(${baseName(frame.module ?? "?")})${inlined}`;
        }).join("\n");
}

/** The innermost frame that is the program's own, else the innermost. */
export function topFrame(thread: { frames?: Frame[] }): Frame | undefined {
    const frames = (thread.frames ?? []).filter((frame) => !isGuest(frame));

    return frames.find((frame) => !isSystem(frame)) ?? frames[0];
}
