// What stands around every view: the bar at the top, the progress line, the
// word at the bottom that says what was done.
import { api } from "./api";
import { el, replace } from "./dom";
import { icon } from "./icon";
import { showHelp } from "./keys";
import { link, parseRoute } from "./route";
import { nextTheme, theme } from "./theme";
import type { Session } from "./types";

const TABS: [string, string][] = [
    ["groups", "Groups"], ["reports", "Reports"], ["versions", "Versions"],
];
const TOAST_MS = 5000;

const nav = el("nav", { "aria-label": "Views", class: "tabs" });
const tools = el("div", { class: "tools" });
const progress = el("div", { class: "progress", hidden: true });
const toast = el("div", { class: "toast", role: "status" });
export const main = el("main", { id: "main", tabindex: "-1" });

let toastTimer = 0;

function themeButton(): HTMLElement {
    const label = () => `Colours: ${theme()}`;
    const button = el("button", {
        class: "icon-button", id: "theme", title: "Colours (t)",
        "aria-label": label(), click: () => changeTheme(),
    }, icon(theme()));

    return button;
}

export function changeTheme(): void {
    nextTheme();
    const button = document.getElementById("theme");
    const focused = button === document.activeElement;
    const fresh = themeButton();

    button?.replaceWith(fresh);
    if (focused)
        fresh.focus();
    say(`Colours: ${theme()}`);
}

function projectSelect(session: Session): HTMLElement | null {
    const projects = session.projects ?? [];
    const now = parseRoute(location.hash).query.get("project") ??
        session.project?.id ?? "";

    if (projects.length < 2)
        return null;
    const select = el("select", {
        "aria-label": "Project", class: "project",
        change: () => {
            const project = encodeURIComponent(select.value);
            location.hash = `#/groups?project=${project}`;
        },
    }, projects.map((project) => el("option",
        { value: project.id, selected: project.id === now }, project.name)));
    return select;
}

/** Runs what a button asks for; a failure is said, not lost. */
export function attempt(action: () => Promise<void>): void {
    action().catch((error: unknown) => {
        if (!(error instanceof DOMException && error.name === "AbortError"))
            say(error instanceof Error ? error.message : String(error));
    });
}

async function logOut(): Promise<void> {
    await api.logOut();
    location.reload();
}

export function buildShell(): void {
    const skip = el("button", { class: "skip", click: () => main.focus() },
        "Skip to the content");

    document.body.append(skip,
        el("header", { class: "top" },
            el("a", { class: "brand", href: "#/groups" }, icon("pulse"),
                "inquest"),
            nav, tools),
        progress, main, toast);
}

export function showSession(session: Session): void {
    replace(tools,
        projectSelect(session),
        themeButton(),
        el("button", {
            class: "icon-button", title: "Keyboard (?)",
            "aria-label": "Keyboard shortcuts", click: showHelp,
        }, icon("help")),
        session.required && session.authenticated && el("button", {
            class: "icon-button", title: "Log out", "aria-label": "Log out",
            click: () => attempt(logOut),
        }, icon("out")));
}

export function showTabs(view: string): void {
    replace(nav, TABS.map(([name, label]) => el("a", {
        href: link(name), "aria-current": name === view ? "page" : null,
    }, label)));
}

export function hideTabs(): void {
    replace(nav);
}

export function showProgress(shown: boolean): void {
    progress.hidden = !shown;
}

/** Says a sentence to the eye and to a screen reader. */
export function say(sentence: string): void {
    toast.textContent = sentence;
    toast.classList.add("shown");
    clearTimeout(toastTimer);
    toastTimer = window.setTimeout(() => toast.classList.remove("shown"),
        TOAST_MS);
}
