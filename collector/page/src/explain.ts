// Why a report is in its group: the signature and every step to it.
import { el, replace } from "./dom";
import type { Explanation, Step } from "./types";
import { facts } from "./view";

const RULES: Record<string, string> = {
    sentinel: "starts the signature",
    irrelevant: "skipped",
    prefix: "kept, and on to its caller",
    taken: "ends the signature",
    none: "not reached",
};

function stepRow(step: Step): HTMLElement {
    return el("tr", { class: `step-${step.rule}` },
        el("td", { class: "number dim" }, step.frame),
        el("td", { class: "code grow" }, step.function || step.module || "–"),
        el("td", null, el("span", { class: "tag" }, step.rule)),
        el("td", { class: "dim nowrap" }, RULES[step.rule] ?? ""),
        el("td", { class: "code dim nowrap" }, step.list &&
            `${step.list}${step.line ? `:${step.line}` : ""}`));
}

function explanationElement(explanation: Explanation): HTMLElement {
    const { parts } = explanation;

    return el("div", null,
        facts([
            ["Signature", el("span", { class: "code" },
                explanation.signature)],
            ["Signal", parts?.signal], ["Code", parts?.code],
            ["Abort message", parts?.abortMessage],
            ["Exception", parts?.exception],
            ["Algorithm", explanation.algorithmVersion &&
                `version ${explanation.algorithmVersion}`],
        ], "facts wide"),
        explanation.steps.length > 0 && el("div", { class: "scroll-x",
            tabindex: "0", role: "region", "aria-label": "Steps" },
        el("table", { class: "data" },
            el("thead", null, el("tr", null,
                ["Frame", "Function", "Rule", "So it is", "List"].map(
                    (label) => el("th", { scope: "col" }, label)))),
            el("tbody", null, explanation.steps.map(stepRow)))));
}

/** Folded; what load answers is asked for when it is opened. */
export function whyElement(title: string,
    load: () => Promise<Explanation>): HTMLElement {
    const body = el("div", null, el("p", { class: "dim" }, "Loading…"));
    const details = el("details", {
        class: "why",
        toggle: () => void show(),
    }, el("summary", null, title), body);
    let asked = false;

    async function show(): Promise<void> {
        if (asked || !details.open)
            return;
        asked = true;
        try {
            replace(body, explanationElement(await load()));
        } catch (error) {
            replace(body, (error as Error).message);
        }
    }
    return details;
}
