// Puts text on the clipboard, where the browser lets the page do so.
import { el } from "./dom";
import { icon } from "./icon";
import { say } from "./shell";

export async function copyText(text: string): Promise<void> {
    try {
        await navigator.clipboard.writeText(text); // https and loopback only
        say("Copied.");
    } catch {
        say("The browser does not let this page copy.");
    }
}

export function copyButton(label: string, text: () => string): HTMLElement {
    return el("button", {
        class: "button quiet", click: () => void copyText(text()),
    }, icon("copy"), label);
}
