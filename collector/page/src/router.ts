// From an address to a view that stands in the page. One view at a time; what
// an abandoned one still loads is aborted.
import { ApiError } from "./api";
import { setViewShortcuts } from "./keys";
import { parseRoute, type Route } from "./route";
import { main, showProgress, showTabs } from "./shell";
import { problem, type View, type ViewMaker } from "./view";
import { replace } from "./dom";

const PROGRESS_AFTER_MS = 120;

let makers: Record<string, ViewMaker> = {};
let askToLogIn: () => void = () => undefined;
let lifetime = new AbortController(); // of the view that stands
let loading = new AbortController();  // of the request under way
let standing: { route: Route; view: View } | null = null;
let hashNow = "";
let byClick = false;
const scrolls = new Map<string, number>();

function isSame(route: Route): boolean {
    return standing?.view.update !== undefined &&
        standing.route.view === route.view && standing.route.id === route.id;
}

function stand(route: Route, view: View): void {
    const cameFrom = hashNow;

    hashNow = location.hash;
    standing = { route, view };
    document.title = `${view.title} · inquest`;
    view.changed = () => setViewShortcuts(view.shortcuts ?? []);
    view.changed();
    showTabs(route.view);
    replace(main, view.element);
    main.dataset.stands = hashNow;
    const before = byClick ? undefined : scrolls.get(hashNow);
    if (before === undefined) {
        scrollTo(0, 0);
        if (cameFrom)
            main.focus({ preventScroll: true });
        view.arrived?.();
        return;
    }
    scrollTo(0, before);
    const row = [...main.querySelectorAll<HTMLElement>("[data-row]")].find(
        (one) => one.getAttribute("href") === cameFrom);
    (row ?? main).focus({ preventScroll: true });
}

async function load(route: Route, signal: AbortSignal): Promise<void> {
    const maker = makers[route.view];

    if (isSame(route) && standing) {
        await standing.view.update?.(route, signal);
        hashNow = location.hash;
        main.dataset.stands = hashNow;
        standing.route = route;
        return;
    }
    lifetime.abort();
    lifetime = new AbortController();
    if (!maker)
        throw new ApiError(404, "There is no such view.");
    const view = await maker({ route, signal: lifetime.signal });
    if (!signal.aborted)
        stand(route, view);
}

function failed(route: Route, error: unknown): void {
    if (error instanceof ApiError && error.status === 401) {
        askToLogIn();
        return;
    }
    stand(route, problem(error));
}

export async function go(): Promise<void> {
    const route = parseRoute(location.hash);

    if (hashNow)
        scrolls.set(hashNow, scrollY);
    loading.abort();
    loading = new AbortController();
    const { signal } = loading;
    const timer = setTimeout(() => showProgress(true), PROGRESS_AFTER_MS);
    try {
        await load(route, signal);
    } catch (error) {
        if (!signal.aborted)
            failed(route, error);
    } finally {
        clearTimeout(timer);
        byClick = false;
        if (!signal.aborted)
            showProgress(false);
    }
}

/** Changes the query of the view that stands; the history keeps one entry. */
export function replaceQuery(hash: string): void {
    history.replaceState(null, "", hash);
    void go();
}

export function startRouter(views: Record<string, ViewMaker>,
    logIn: () => void): void {
    makers = views;
    askToLogIn = logIn;
    history.scrollRestoration = "manual";
    document.addEventListener("click", (event) => {
        byClick ||= event.target instanceof Element &&
            event.target.closest("a[href^='#']") !== null;
    }, true);
    window.addEventListener("hashchange", () => void go());
}

/** The same view once more, from fresh data. */
export function reload(): void {
    standing = null;
    void go();
}
