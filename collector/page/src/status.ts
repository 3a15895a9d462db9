// The status of a group: shown as a tag, changed by buttons and a dialog.
import { api } from "./api";
import { el } from "./dom";
import { attempt, say } from "./shell";
import type { Group, GroupDetail, Status } from "./types";

const WORDS: Record<Status, string> = {
    open: "open", resolved: "resolved", muted: "muted",
};

/** Nothing for what is plainly open. */
export function statusTag(group: Group): HTMLElement | null {
    if (group.regressed && group.status === "open") {
        return el("span", { class: "tag danger",
            title: group.resolvedVersion
                ? `was resolved in ${group.resolvedVersion}` : null },
        "regressed");
    }
    if (group.status === "open")
        return null;
    return el("span", { class: `tag ${group.status}` }, WORDS[group.status],
        group.status === "resolved" && group.resolvedVersion &&
            ` in ${group.resolvedVersion}`);
}

function change(group: Group, status: Status, version: string,
    done: () => Promise<void>): void {
    attempt(async () => {
        await api.setStatus(group.id, status, version || undefined);
        await done();
        say(status === "resolved" && version ? `Resolved in ${version}.`
            : status === "open" ? "Open again." : `Now ${status}.`);
    });
}

/** Asks in which version; a report of a later one opens the group again. */
function askVersion(group: GroupDetail, done: () => Promise<void>): void {
    const known = group.byVersion?.map((one) => one.version) ?? [];
    const version = el("input", {
        id: "version", type: "text", list: "versions", autocomplete: "off",
        autofocus: true,
    });
    const form = el("form", { method: "dialog" },
        el("h2", { id: "resolve" }, "Resolve this group"),
        el("label", { for: "version" }, "Fixed in version"), version,
        el("datalist", { id: "versions" }, known.map((one) =>
            el("option", { value: one }))),
        el("p", { class: "dim" }, group.lastVersion &&
            `Seen last in ${group.lastVersion}. `,
        "A report of the version given here or of a later one opens the ",
        "group again; without one, any new report does."),
        el("div", { class: "dialog-actions" },
            el("button", { class: "button", value: "cancel", type: "button",
                click: () => dialog.close("cancel") }, "Cancel"),
            el("button", { class: "button primary", value: "resolve" },
                "Resolve")));
    const dialog = el("dialog",
        { class: "dialog", "aria-labelledby": "resolve" }, form);

    dialog.addEventListener("close", () => {
        dialog.remove();
        if (dialog.returnValue === "resolve")
            change(group, "resolved", version.value.trim(), done);
    });
    document.body.append(dialog);
    dialog.showModal();
}

export interface StatusAction {
    key: string;
    label: string;
    does: string;
    primary: boolean;
    run: () => void;
}

/** What can be done with a group as it is now. */
export function statusActions(group: GroupDetail,
    done: () => Promise<void>): StatusAction[] {
    const to = (status: Status) => () => change(group, status, "", done);
    const resolve: StatusAction = {
        key: "e", label: "Resolve…", does: "Resolve this group",
        primary: true, run: () => askVersion(group, done),
    };
    const mute: StatusAction = {
        key: "m", label: "Mute", does: "Mute this group", primary: false,
        run: to("muted"),
    };
    const open: StatusAction = {
        key: "o", label: "Open again", does: "Open this group again",
        primary: false, run: to("open"),
    };

    return group.status === "open" ? [resolve, mute]
        : group.status === "muted" ? [resolve, open] : [open];
}
