// Talks to the collector: JSON in, JSON out, errors as sentences.
import type {
    Explanation, Facets, Group, GroupDetail, GroupPage, Report, ReportRow,
    Session, Status, Version,
} from "./types";

export class ApiError extends Error {
    constructor(readonly status: number, sentence: string) {
        super(sentence);
    }
}

/** The filters that lists share; absent or empty means any. */
export type Filter = Record<string, string | number | undefined>;

function address(path: string, filter: Filter = {}): string {
    const query = new URLSearchParams();

    for (const [name, value] of Object.entries(filter)) {
        if (value !== undefined && value !== "")
            query.set(name, String(value));
    }
    const text = query.toString();
    return text ? `${path}?${text}` : path;
}

async function sentenceOf(response: Response): Promise<string> {
    try {
        const body: unknown = await response.json();
        if (body && typeof body === "object" && "error" in body)
            return String(body.error);
    } catch {
        // not JSON: the status says what there is to say
    }
    return `The collector answered ${response.status}.`;
}

async function call(method: string, path: string, body?: unknown,
    signal?: AbortSignal): Promise<unknown> {
    const headers: Record<string, string> = { Accept: "application/json" };
    const options: RequestInit = { method, headers };

    if (method !== "GET")
        headers["X-Inquest"] = "1"; // not from another site's form
    if (body !== undefined) {
        headers["Content-Type"] = "application/json";
        options.body = JSON.stringify(body);
    }
    if (signal)
        options.signal = signal;
    const response = await fetch(path, options).catch((error: unknown) => {
        if (error instanceof DOMException && error.name === "AbortError")
            throw error;
        throw new ApiError(0, "The collector cannot be reached.");
    });
    if (!response.ok)
        throw new ApiError(response.status, await sentenceOf(response));
    return response.status === 204 ? null : response.json();
}

async function get<T>(path: string, filter?: Filter,
    signal?: AbortSignal): Promise<T> {
    return await call("GET", address(path, filter), undefined, signal) as T;
}

function one(path: string, id: string): string {
    return `${path}/${encodeURIComponent(id)}`;
}

export const api = {
    session: () => get<Session>("/v1/session"),
    logIn: (password: string) => call("POST", "/v1/session", { password }),
    logOut: () => call("DELETE", "/v1/session"),
    groups: (filter: Filter, signal?: AbortSignal) =>
        get<GroupPage>("/v1/groups", filter, signal),
    group: (id: string, signal?: AbortSignal) =>
        get<GroupDetail>(one("/v1/groups", id), {}, signal),
    explain: (of: "groups" | "reports", id: string, signal?: AbortSignal) =>
        get<Explanation>(`${one(`/v1/${of}`, id)}/explain`, {}, signal),
    setStatus: async (id: string, status: Status, resolvedVersion?: string) =>
        await call("PATCH", one("/v1/groups", id),
            { status, ...(resolvedVersion && { resolvedVersion }) }) as Group,
    reports: (filter: Filter, signal?: AbortSignal) =>
        get<ReportRow[]>("/v1/reports", filter, signal),
    report: (id: string, signal?: AbortSignal) =>
        get<Report>(one("/v1/reports", id), {}, signal),
    reportAddress: (id: string) => one("/v1/reports", id),
    versions: (filter: Filter, signal?: AbortSignal) =>
        get<Version[]>("/v1/versions", filter, signal),
    facets: (filter: Filter, signal?: AbortSignal) =>
        get<Facets>("/v1/facets", filter, signal),
};
