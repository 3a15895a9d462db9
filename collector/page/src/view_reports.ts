// All reports, newest first, whatever their group.
import { el, replace } from "./dom";
import { apiFilter, filterBar } from "./filters";
import { reportTable } from "./report_table";
import type { Context, View } from "./view";

export async function reportsView({ route, signal }: Context): Promise<View> {
    const place = el("div");
    const [bar, table] = await Promise.all([
        filterBar(route, null, signal),
        reportTable(apiFilter(route), true, signal)]);

    place.append(table);
    return {
        title: "Reports",
        element: el("div", null,
            el("h1", { class: "hidden-text" }, "Reports"), bar.element, place),
        update: async (next, loading) => {
            const fresh = await reportTable(apiFilter(next), true, loading);
            bar.show(next);
            replace(place, fresh);
        },
    };
}
