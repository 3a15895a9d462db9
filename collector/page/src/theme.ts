// Light, dark, or as the system says. Runs before the first paint.

const KEY = "inquest.theme";
const THEMES = ["auto", "light", "dark"] as const;

export type Theme = typeof THEMES[number];

const listeners = new Set<() => void>();

function stored(): Theme {
    try {
        const value = localStorage.getItem(KEY);
        return THEMES.find((theme) => theme === value) ?? "auto";
    } catch {
        return "auto"; // storage is denied: nothing is remembered
    }
}

let current = stored();

export function theme(): Theme {
    return current;
}

export function applyTheme(): void {
    if (current === "auto")
        document.documentElement.removeAttribute("data-theme");
    else
        document.documentElement.setAttribute("data-theme", current);
}

export function nextTheme(): Theme {
    current = THEMES[(THEMES.indexOf(current) + 1) % THEMES.length] ?? "auto";
    try {
        localStorage.setItem(KEY, current);
    } catch {
        // as above
    }
    applyTheme();
    for (const listener of listeners)
        listener();
    return current;
}

/** Calls when colours change, by the switch or by the system. */
export function onThemeChange(listener: () => void, signal: AbortSignal): void {
    const dark = matchMedia("(prefers-color-scheme: dark)");

    listeners.add(listener);
    dark.addEventListener("change", listener, { signal });
    signal.addEventListener("abort", () => listeners.delete(listener));
}
