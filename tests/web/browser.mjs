// What the journeys share: one Chromium, pages that note every misdeed.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { chromium } from "playwright-core";

const axe = readFileSync(
    createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

export const base = process.env.PAGE_URL;
export const known = JSON.parse(process.env.PAGE_KNOWN);

let browser;

export async function open() {
    browser = await chromium.launch({
        executablePath: process.env.PAGE_CHROMIUM,
        args: ["--no-sandbox", "--disable-gpu", "--disable-quic",
            "--no-first-run", "--disable-background-networking",
            "--disable-component-update", "--disable-sync"],
    });
}

export async function close() {
    await browser.close();
}

/** A page in a context of its own. Whatever the page does that it must not
 * is in page.misdeeds: errors, violations of its policy, other hosts. */
export async function newPage({ home = base, ...options } = {}) {
    const context = await browser.newContext({
        viewport: { width: 1280, height: 900 }, ...options });
    const page = await context.newPage();

    page.misdeeds = [];
    page.setDefaultTimeout(10_000);
    page.on("pageerror", (error) => page.misdeeds.push(error.message));
    page.on("dialog", (dialog) => {
        page.misdeeds.push(`dialog: ${dialog.message()}`);
        void dialog.dismiss();
    });
    page.on("console", (message) => {
        if (message.type() === "error")
            page.misdeeds.push(message.text());
    });
    page.on("request", (request) => {
        const url = request.url();
        if (!url.startsWith(home) && !url.startsWith("data:"))
            page.misdeeds.push(`asked elsewhere: ${url}`);
    });
    return page;
}

/** Waits until the view of the address stands, not the one before it. */
export async function stands(page, hash) {
    await page.locator(`main[data-stands="${hash}"] > *`).first().waitFor();
}

export async function visit(page, hash) {
    await page.goto(`${base}/${hash}`);
    await stands(page, hash);
}

export async function done(page) {
    assert.deepEqual(page.misdeeds, []);
    await page.context().close();
}

export async function shot(page, name) {
    await page.screenshot({ path: `${process.env.PAGE_SHOTS}/${name}.png` });
}

/** axe-core's serious and critical findings, as lines; in the dark only those
 * of contrast, for the rest is the same. The checker is put in by the test's
 * own channel, which the page's policy does not bind. */
export async function findings(page, colorScheme = "light") {
    await page.evaluate(axe);
    const result = await page.evaluate((dark) => window.axe.run(document, {
        resultTypes: ["violations"],
        ...dark && { runOnly: ["color-contrast"] },
    }), colorScheme === "dark");

    return result.violations
        .filter((one) => ["serious", "critical"].includes(one.impact))
        .flatMap((one) => one.nodes.map((node) =>
            `${one.id}: ${node.html.slice(0, 160)} ${node.failureSummary}`));
}

/** Opens all that is folded, as often as that brings more of it. */
export async function unfold(page) {
    let closed = 1;

    for (let turn = 0; closed > 0 && turn < 4; turn++) {
        closed = await page.evaluate(() => {
            const all = [...document.querySelectorAll("details:not([open])")];
            for (const one of all)
                one.open = true;
            return all.length;
        });
        await page.evaluate(() => new Promise(requestAnimationFrame));
    }
}

/** What makes the page scroll to the side: nothing when it fits. */
export async function overflow(page) {
    return page.evaluate(() => {
        const width = document.documentElement.clientWidth;
        if (document.documentElement.scrollWidth <= width)
            return [];
        return [...document.querySelectorAll("main *")]
            .filter((one) => one.getBoundingClientRect().right > width &&
                !one.closest(".scroll-x, .jump, .source"))
            .map((one) => `${one.tagName} ${one.className}`).slice(0, 10);
    });
}
