// All reports, newest first.
import { el } from "./dom";
import { reportTable } from "./report_table";
import type { Context, View } from "./view";

export async function reportsView({ signal }: Context): Promise<View> {
    return {
        title: "Reports",
        element: el("div", null, el("h1", { class: "hidden-text" }, "Reports"),
            await reportTable({}, true, signal)),
    };
}
