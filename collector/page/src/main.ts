// The page starts here: colours first, then the bar, the session, the view.
import { listenToKeys, moveRow, setGlobalShortcuts, showHelp } from "./keys";
import { link } from "./route";
import { forget, go, startRouter } from "./router";
import { buildShell, changeTheme, showSession } from "./shell";
import { applyTheme } from "./theme";
import type { Session } from "./types";
import { showLogIn } from "./view_login";
import { reportView } from "./view_report";
import { reportsView } from "./view_reports";
import "./style/all.css";

function focusSearch(): void {
    const search = document.getElementById("search");

    if (search instanceof HTMLInputElement) {
        search.focus();
        search.select();
    } else {
        location.hash = link("reports");
    }
}

const shortcuts = [
    { keys: "/", does: "Search", run: focusSearch },
    { keys: "j", does: "Next row", run: () => moveRow(1) },
    { keys: "k", does: "Previous row", run: () => moveRow(-1) },
    { keys: "g r", does: "Reports",
        run: () => { location.hash = link("reports"); } },
    { keys: "t", does: "Colours: auto, light, dark", run: changeTheme },
    { keys: "?", does: "This list", run: showHelp },
];

function logIn(): void {
    showLogIn(() => void start());
}

async function start(): Promise<void> {
    const session: Session = { authenticated: true, required: false };

    showSession(session);
    forget();
    if (session.required && !session.authenticated)
        logIn();
    else
        await go();
}

applyTheme();
document.addEventListener("DOMContentLoaded", () => {
    setGlobalShortcuts(shortcuts);
    buildShell();
    listenToKeys();
    startRouter({
        reports: (context) => context.route.id
            ? reportView(context) : reportsView(context),
    }, logIn);
    void start();
});
