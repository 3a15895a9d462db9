// All threads of a report: the crashed one first and open, equal ones as one.
import { copyButton } from "./copy";
import { el, replace } from "./dom";
import { count, plural } from "./format";
import { frameName, stackElement, stackText, topFrame } from "./stack";
import type { Thread } from "./types";

const SEARCH_FROM = 6; // threads; fewer are seen at a glance
const NAMES_SHOWN = 4;

interface Bundle {
    threads: Thread[];
    text: string; // what the search looks through
}

function stackKey(thread: Thread): string {
    return JSON.stringify([thread.crashed ?? false, thread.repeated ?? [],
        (thread.frames ?? []).map((frame) => [frame.pc, frame.function])]);
}

/** Threads with the same stack, in the order of the first of each. */
function bundles(threads: Thread[]): Bundle[] {
    const byStack = new Map<string, Thread[]>();

    for (const thread of threads) {
        const key = thread.frames?.length ? stackKey(thread)
            : `none ${byStack.size}`;
        byStack.set(key, [...byStack.get(key) ?? [], thread]);
    }
    return [...byStack.values()].map((same) => ({
        threads: same,
        text: [...same.map((thread) => `${thread.name} ${thread.tid}`),
            ...(same[0]?.frames ?? []).map((frame) =>
                `${frame.function} ${frame.file} ${frame.module}`)]
            .join("\n").toLowerCase(),
    }));
}

function names(threads: Thread[]): string {
    const shown = threads.slice(0, NAMES_SHOWN).map((thread) =>
        thread.name || `thread ${thread.tid ?? "?"}`).join(", ");

    return threads.length > NAMES_SHOWN
        ? `${shown} and ${count(threads.length - NAMES_SHOWN)} more` : shown;
}

function body(thread: Thread): HTMLElement {
    return el("div", { class: "thread-body" },
        thread.notes?.map((note) => el("p", { class: "note" }, note)),
        stackElement(thread));
}

function summary(bundle: Bundle, thread: Thread): HTMLElement {
    const top = topFrame(thread);
    const many = bundle.threads.length > 1;

    return el("summary", { "data-row": true },
        el("span", { class: "thread-name" }, names(bundle.threads)),
        thread.crashed && el("span", { class: "tag danger" }, "crashed"),
        many && el("span", { class: "tag" },
            `${count(bundle.threads.length)} with this stack`),
        el("span", { class: "thread-top" }, top ? frameName(top) : ""),
        el("span", { class: "thread-id" },
            !many && thread.tid !== undefined && `tid ${thread.tid} · `,
            plural(thread.frames?.length ?? 0, "frame")));
}

function threadElement(bundle: Bundle, open: boolean): HTMLElement {
    const thread = bundle.threads[0] ?? {};
    const element = el("details", {
        class: `thread${thread.crashed ? " crashed" : ""}`, open,
        toggle: () => {
            if (element.open && element.childElementCount === 1)
                element.append(body(thread));
        },
    }, summary(bundle, thread));

    if (open)
        element.append(body(thread));
    return element;
}

function search(all: { bundle: Bundle; element: HTMLElement }[]): HTMLElement {
    const found = el("span", { class: "dim", role: "status" });
    const input = el("input", {
        type: "search", class: "small",
        placeholder: "Find a thread or function",
        "aria-label": "Find a thread or function",
        input: () => {
            const wanted = input.value.trim().toLowerCase();
            let shown = 0;
            for (const { bundle, element } of all) {
                element.hidden = !bundle.text.includes(wanted);
                shown += element.hidden ? 0 : bundle.threads.length;
            }
            replace(found, wanted && `${count(shown)} match`);
        },
    });

    return el("div", { class: "row" }, found, input);
}

/** Hides the frames of the system's libraries, in all stacks at once. */
function ownFramesSwitch(body: HTMLElement): HTMLElement {
    const button = el("button", {
        class: "button quiet", id: "own-frames", "aria-pressed": "false",
        title: "Hide frames of system libraries (a)",
        click: () => button.setAttribute("aria-pressed",
            String(body.classList.toggle("only-own"))),
    }, "Own frames only");

    return button;
}

export function threadsElements(threads: Thread[]): {
    note: HTMLElement;
    body: HTMLElement;
} {
    const crashed = threads.find((thread) => thread.crashed) ?? threads[0];
    const ordered = [...threads].sort((a, b) =>
        Number(b === crashed) - Number(a === crashed));
    const all = bundles(ordered).map((bundle, index) => ({
        bundle, element: threadElement(bundle, index === 0),
    }));

    const body = el("div", { class: "threads" },
        all.map((one) => one.element));

    return {
        note: el("div", { class: "row" }, ownFramesSwitch(body),
            threads.length >= SEARCH_FROM && search(all),
            crashed && copyButton("Copy stack", () => stackText(crashed))),
        body,
    };
}
