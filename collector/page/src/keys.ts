// The keyboard: single keys and "g" followed by one, never with a modifier
// and never while something is typed. "?" lists them.
import { el } from "./dom";

export interface Shortcut {
    keys: string; // "e", "g v"
    does: string;
    run: () => void;
}

const PAUSE_MS = 1200; // longest between the two keys of a pair

let globals: Shortcut[] = [];
let ofView: Shortcut[] = [];
let first = "";
let firstAt = 0;

export function setGlobalShortcuts(shortcuts: Shortcut[]): void {
    globals = shortcuts;
}

export function setViewShortcuts(shortcuts: Shortcut[]): void {
    ofView = shortcuts;
}

/** Moves the focus by one among the rows of the lists in view. */
export function moveRow(step: number): void {
    const rows = [...document.querySelectorAll<HTMLElement>("[data-row]")]
        .filter((row) => row.offsetParent !== null);
    const at = rows.indexOf(document.activeElement as HTMLElement);
    const next = at < 0 && step < 0 ? rows.length - 1 : at + step;
    const row = rows[Math.max(0, Math.min(rows.length - 1, next))];

    row?.focus();
    row?.scrollIntoView({ block: "nearest" });
}

function list(title: string, shortcuts: Shortcut[]): HTMLElement {
    return el("section", null, el("h3", null, title),
        el("dl", { class: "keys" }, shortcuts.map((one) => el("div", null,
            el("dt", null, one.keys.split(" ").map((key) =>
                el("kbd", null, key))),
            el("dd", null, one.does)))));
}

export function showHelp(): void {
    const close = el("button", { class: "button", autofocus: true,
        click: () => dialog.close() }, "Close");
    const dialog = el("dialog", { class: "dialog", "aria-labelledby": "keys" },
        el("h2", { id: "keys" }, "Keyboard"),
        el("div", { class: "keys-columns" },
            list("Everywhere", globals),
            ofView.length > 0 && list("Here", ofView)),
        el("div", { class: "dialog-actions" }, close));

    dialog.addEventListener("close", () => dialog.remove());
    document.body.append(dialog);
    dialog.showModal();
}

function isTyping(target: EventTarget | null): boolean {
    return target instanceof HTMLElement &&
        (target.isContentEditable ||
            ["INPUT", "SELECT", "TEXTAREA"].includes(target.tagName));
}

function onKey(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey ||
        document.querySelector("dialog[open]"))
        return;
    if (isTyping(event.target)) {
        if (event.key === "Escape")
            (event.target as HTMLElement).blur();
        return;
    }
    const pair = event.timeStamp - firstAt < PAUSE_MS
        ? `${first} ${event.key}` : "";
    const all = [...ofView, ...globals];
    const found = all.find((one) => one.keys === pair) ??
        all.find((one) => one.keys === event.key);
    first = event.key;
    firstAt = event.timeStamp;
    if (found) {
        event.preventDefault();
        firstAt = -PAUSE_MS;
        found.run();
    }
}

export function listenToKeys(): void {
    document.addEventListener("keydown", onKey);
}
