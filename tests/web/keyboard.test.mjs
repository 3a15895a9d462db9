// Without a mouse; and the colours.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
    base, close, done, known, newPage, open, shot, visit,
} from "./browser.mjs";

before(open);
after(close);

const focused = (page) => page.evaluate(() =>
    document.activeElement?.getAttribute("href") ??
    document.activeElement?.id ?? "");

test("from the list to a frame and back by keys alone", async () => {
    const page = await newPage();

    await visit(page, "#/groups");
    await page.locator("tr.group").first().waitFor();
    await page.keyboard.press("j");
    await page.keyboard.press("j");
    await page.keyboard.press("k");
    const group = await focused(page);
    assert.match(group, /^#\/groups\/./);
    await shot(page, "focus");
    await page.keyboard.press("Enter");
    await page.locator(".overview").waitFor();
    await page.keyboard.press("j");
    await page.keyboard.press("Enter");
    await page.locator(".frame[open]").waitFor();
    await page.keyboard.press("u");
    await page.locator("tr.group").first().waitFor();
    await page.goBack(); // Alt and left, where there is a window
    await page.locator(".overview").waitFor();
    await page.goBack();
    await page.locator("tr.group").first().waitFor();
    assert.equal(await focused(page), group, "back finds its row");
    await done(page);
});

test("every stop of the tabulator can be seen", async () => {
    const page = await newPage();

    await visit(page, `#/reports/${known.crash}`);
    await page.locator(".frame").first().waitFor();
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement.className),
        "skip");
    for (let stop = 0; stop < 25; stop++) {
        await page.keyboard.press("Tab");
        const seen = await page.evaluate(() => {
            const one = document.activeElement;
            const style = [getComputedStyle(one),
                getComputedStyle(one, "::after")];
            return style.some((s) => s.outlineStyle !== "none" &&
                parseFloat(s.outlineWidth) >= 2) ||
                `${one.tagName} ${one.className}`;
        });
        assert.equal(seen, true);
    }
    await done(page);
});

test("the help lists the keys; search and views have theirs", async () => {
    const page = await newPage();

    await visit(page, "#/groups");
    await page.locator("tr.group").first().waitFor();
    await page.keyboard.press("?");
    await page.locator("dialog[open]").getByText("Next row").waitFor();
    await shot(page, "help");
    await page.keyboard.press("Escape");
    await page.locator("dialog").waitFor({ state: "detached" });
    await page.keyboard.press("/");
    assert.equal(await focused(page), "search");
    await page.keyboard.type("g v");
    assert.equal(await page.locator("#search").inputValue(), "g v");
    await page.keyboard.press("Escape");
    await page.keyboard.press("g");
    await page.keyboard.press("v");
    await page.getByRole("heading", { name: "Versions" }).waitFor();
    await page.keyboard.press("g");
    await page.keyboard.press("r");
    await page.locator("table.rows").waitFor();
    await done(page);
});

test("what is still being typed does not bring a reader back", async () => {
    const page = await newPage();
    let answer = () => undefined;
    const held = new Promise((resolve) => { answer = resolve; });

    await page.route("**/v1/versions*", async (route) => {
        await held;
        await route.continue();
    });
    await visit(page, "#/groups");
    await page.locator("tr.group").first().waitFor();
    await page.clock.install();
    await page.keyboard.press("/");
    await page.keyboard.type("spline");
    await page.keyboard.press("Escape");
    await page.keyboard.press("g");
    await page.keyboard.press("v");
    await page.waitForURL("**/#/versions");
    await page.clock.runFor(1000);
    answer();
    await page.getByRole("heading", { name: "Versions" }).waitFor();
    await done(page);
});

test("colours follow the system, then the reader, who is remembered",
    async () => {
        const page = await newPage({ colorScheme: "dark" });
        const ground = () => page.evaluate(() =>
            getComputedStyle(document.body).backgroundColor);

        await visit(page, "#/groups");
        await page.locator("tr.group").first().waitFor();
        const dark = await ground();
        await shot(page, "groups-dark");
        await page.emulateMedia({ colorScheme: "light" });
        const light = await ground();
        assert.notEqual(dark, light);
        await page.keyboard.press("t"); // light
        await page.keyboard.press("t"); // dark
        assert.equal(await ground(), dark);
        await page.reload();
        await page.locator("tr.group").first().waitFor();
        assert.equal(await ground(), dark);
        await visit(page, `#/reports/${known.crash}?at=memory`);
        await page.locator(".chart canvas").waitFor();
        await shot(page, "memory-dark");
        await done(page);
    });

test("what is not there is said, and the way on is kept", async () => {
    const page = await newPage();

    await visit(page, "#/reports/00000000-0000-7000-8000-000000000000");
    await page.getByRole("alert").getByText("Not here").waitFor();
    await page.goto(`${base}/#/groups`);
    await page.locator("tr.group").first().waitFor();
    page.misdeeds.length = 0; // the browser notes the 404 as an error
    await done(page);
});
