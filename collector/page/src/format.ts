// Numbers, times and paths for people.

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A number that JSON may carry as text, as proto3 does with 64 bits. */
export function number(value: string | number | undefined | null): number {
    return value === undefined || value === null || value === ""
        ? NaN : Number(value);
}

export function bytes(value: number): string {
    let unit = 0;

    while (Math.abs(value) >= 1024 && unit + 1 < UNITS.length) {
        value /= 1024;
        unit++;
    }
    const whole = Number.isInteger(value) || Math.abs(value) >= 100;
    const digits = whole ? 0 : 1;
    return `${value.toFixed(digits)} ${UNITS[unit]}`;
}

export function count(value: number): string {
    return value.toLocaleString("en-US");
}

/** "1 report", "2 reports". */
export function plural(value: number, noun: string): string {
    return `${count(value)} ${noun}${value === 1 ? "" : "s"}`;
}

export function percent(ratio: number): string {
    const value = ratio * 100;

    return `${value.toFixed(value === 100 || value < 90 ? 1 : 2)} %`;
}

function two(value: number): string {
    return String(value).padStart(2, "0");
}

/** "2026-11-25 04:10:02", in the reader's own time zone. */
export function dateTime(time: string): string {
    const at = new Date(time);

    if (isNaN(at.getTime()))
        return time;
    const date = [at.getFullYear(), two(at.getMonth() + 1), two(at.getDate())];
    const clock = [at.getHours(), at.getMinutes(), at.getSeconds()].map(two);
    return `${date.join("-")} ${clock.join(":")}`;
}

export function day(time: string): string {
    return dateTime(time).slice(0, 10);
}

/** "3 min ago", and from a month on the day itself. */
export function ago(time: string, now = Date.now()): string {
    const at = new Date(time).getTime();
    const age = now - at;

    if (isNaN(at))
        return time || "–";
    if (age < MINUTE)
        return age < -MINUTE ? dateTime(time) : "just now";
    if (age < HOUR)
        return `${Math.floor(age / MINUTE)} min ago`;
    if (age < 2 * DAY)
        return `${Math.floor(age / HOUR)} h ago`;
    return age < 30 * DAY ? `${Math.floor(age / DAY)} days ago` : day(time);
}

/** "3 h 12 min" */
export function duration(milliseconds: number): string {
    if (milliseconds < 1000)
        return `${Math.round(milliseconds)} ms`;
    if (milliseconds < MINUTE)
        return `${(milliseconds / 1000).toFixed(1)} s`;
    if (milliseconds < HOUR) {
        return `${Math.floor(milliseconds / MINUTE)} min ` +
            `${Math.floor(milliseconds % MINUTE / 1000)} s`;
    }
    if (milliseconds < 2 * DAY) {
        return `${Math.floor(milliseconds / HOUR)} h ` +
            `${Math.floor(milliseconds % HOUR / MINUTE)} min`;
    }
    return `${Math.floor(milliseconds / DAY)} days ` +
        `${Math.floor(milliseconds % DAY / HOUR)} h`;
}

export function baseName(path: string): string {
    return path.slice(path.lastIndexOf("/") + 1);
}

/** The last two parts of a source path: enough to know it by. */
export function shortFile(path: string): string {
    return path.split("/").filter(Boolean).slice(-2).join("/");
}

/** "HEAP_PROFILE" to "Heap profile", "OOM_KILL" to "OOM kill". */
export function words(constant: string): string {
    const text = constant.replaceAll("_", " ").toLowerCase()
        .replace(/\boom\b/, "OOM");

    return text.charAt(0).toUpperCase() + text.slice(1);
}
