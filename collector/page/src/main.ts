// The page starts here: colours first, then the bar, the session, the view.
import { ApiError, api } from "./api";
import { listenToKeys, moveRow, setGlobalShortcuts, showHelp } from "./keys";
import { link } from "./route";
import { reload, startRouter } from "./router";
import { buildShell, changeTheme, showSession } from "./shell";
import { applyTheme } from "./theme";
import type { Session } from "./types";
import { groupsView } from "./view_groups";
import { groupView } from "./view_group";
import { showLogIn } from "./view_login";
import { reportView } from "./view_report";
import { reportsView } from "./view_reports";
import { versionsView } from "./view_versions";
import "./style/all.css";

function focusSearch(): void {
    const search = document.getElementById("search");

    if (search instanceof HTMLInputElement) {
        search.focus();
        search.select();
    } else {
        location.hash = link("groups");
    }
}

function goTo(view: string): () => void {
    return () => {
        location.hash = link(view);
    };
}

const shortcuts = [
    { keys: "/", does: "Search", run: focusSearch },
    { keys: "j", does: "Next row", run: () => moveRow(1) },
    { keys: "k", does: "Previous row", run: () => moveRow(-1) },
    { keys: "g g", does: "Groups", run: goTo("groups") },
    { keys: "g r", does: "Reports", run: goTo("reports") },
    { keys: "g v", does: "Versions", run: goTo("versions") },
    { keys: "t", does: "Colours: auto, light, dark", run: changeTheme },
    { keys: "?", does: "This list", run: showHelp },
];

function logIn(): void {
    showLogIn(() => void start());
}

async function start(): Promise<void> {
    let session: Session;

    try {
        session = await api.session();
    } catch (error) {
        if (error instanceof ApiError && error.status === 401)
            session = { authenticated: false, required: true };
        else
            session = { authenticated: true, required: false };
    }
    showSession(session);
    if (session.required && !session.authenticated)
        logIn();
    else
        reload();
}

applyTheme();
document.addEventListener("DOMContentLoaded", () => {
    setGlobalShortcuts(shortcuts);
    buildShell();
    listenToKeys();
    startRouter({
        groups: (context) => context.route.id
            ? groupView(context) : groupsView(context),
        reports: (context) => context.route.id
            ? reportView(context) : reportsView(context),
        versions: versionsView,
    }, logIn);
    void start();
});
