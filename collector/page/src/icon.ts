// The few icons, as strokes on a grid of 16.
import { svg } from "./dom";

const PATHS: Record<string, string> = {
    pulse: "M1.5 9h3L6.5 3.5 9.5 13 11.5 9h3",
    auto: "M8 2.5a5.5 5.5 0 1 0 0 11zM8 2.5a5.5 5.5 0 0 1 0 11",
    light: "M8 5.2a2.8 2.8 0 1 0 0 5.6 2.8 2.8 0 0 0 0-5.6zM8 1v1.6M8 13.4V15" +
        "M1 8h1.6M13.4 8H15M3.1 3.1l1.1 1.1M11.8 11.8l1.1 1.1" +
        "M3.1 12.9l1.1-1.1M11.8 4.2l1.1-1.1",
    dark: "M13.5 9.6A5.8 5.8 0 0 1 6.4 2.5a5.8 5.8 0 1 0 7.1 7.1z",
    help: "M5.8 6a2.2 2.2 0 1 1 3.2 2c-.7.4-1 .8-1 1.6M8 11.9v.1" +
        "M8 1.6a6.4 6.4 0 1 0 0 12.8A6.4 6.4 0 0 0 8 1.6z",
    out: "M6 2.5H3v11h3M9.5 5l3 3-3 3M12.5 8H6",
    search: "M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9zM10.3 10.3 14 14",
    close: "M4 4l8 8M12 4l-8 8",
    copy: "M5.5 5.5v-3h8v8h-3M2.5 5.5h8v8h-8z",
    check: "M3 8.5 6.5 12 13 4.5",
    back: "M9.5 3.5 5 8l4.5 4.5",
    up: "M8 13V3.5M4 7.5l4-4 4 4",
};

export function icon(name: string): SVGElement {
    const path = svg("path", { d: PATHS[name] ?? "" });

    return svg("svg", { class: `icon icon-${name}`, viewBox: "0 0 16 16",
        "aria-hidden": "true" }, path);
}
