// The address behind '#': which view, of what, filtered how. All that a reader
// chose is in it, so that a link shows another reader the same.

export interface Route {
    view: string; // "groups", "reports", "versions"
    id: string;   // "" for a list
    query: URLSearchParams;
}

const HOME = "groups";

function decode(part: string): string {
    try {
        return decodeURIComponent(part);
    } catch {
        return part;
    }
}

export function parseRoute(hash: string): Route {
    const [path = "", query = ""] = hash.replace(/^#?\/?/, "").split("?", 2);
    const [view = "", id = ""] = path.split("/");

    return {
        view: view || HOME, id: decode(id), query: new URLSearchParams(query),
    };
}

/** A link; empty values are left out, and so the address stays short. */
export function link(view: string, id = "",
    query: Record<string, string | undefined> | URLSearchParams = {}): string {
    const kept = new URLSearchParams();
    const entries = query instanceof URLSearchParams
        ? [...query] : Object.entries(query);

    const project = parseRoute(location.hash).query.get("project");
    if (project)
        kept.set("project", project);
    for (const [name, value] of entries) {
        if (value)
            kept.set(name, value);
    }
    const text = kept.toString();
    return `#/${view}` + (id && `/${encodeURIComponent(id)}`) +
        (text && `?${text}`);
}
