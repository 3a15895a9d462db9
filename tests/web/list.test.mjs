// From the list to the line of code; search and filters, all in the address.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
    base, close, done, newPage, open, overflow, findings, shot, visit,
} from "./browser.mjs";

before(open);
after(close);

const titles = (page) => page.locator(".group-title a").allTextContents();

async function until(page, wanted) {
    await page.waitForFunction((count) => document.querySelectorAll(
        ".group-title a").length === count, wanted);
}

test("the journey from the list to the line of code", async () => {
    const page = await newPage();

    await page.goto(`${base}/`);
    await page.locator(".group-title a").first().waitFor();
    await shot(page, "groups");
    const row = page.locator("tr.group").filter({ hasText: "blend" });
    assert.match(await row.locator(".group-title > a").textContent(),
        /^read of address 0x7f12aa000ff8, just .* in raster::Canvas::blend$/);
    assert.match(await row.locator(".signature").innerText(), / \| raster/);
    assert.equal(await row.locator(".group-machines").innerText(), "5");
    assert.equal(await row.locator(".group-versions").innerText(),
        "4.1.0 → 4.2.0");
    assert.equal(await row.locator(".spark rect").count(), 14);
    await row.locator("a").click();
    await page.locator(".days").waitFor();
    await page.locator(".frame").first().waitFor();
    assert.match(await page.locator("h1").innerText(),
        /^read of address .* in raster::Canvas::blend/);
    await shot(page, "group");
    await page.locator("table.rows tbody a").first().click();
    await page.locator("h1.cause").waitFor();
    await page.getByText("raster/canvas.cpp:218").click();
    await page.getByText("/src/editor/raster/canvas.cpp:218").waitFor();
    await done(page);
});

test("a row says what happened where there is no place", async () => {
    const page = await newPage();
    const said = (app) => page.locator("tr.group").filter({ hasText: app })
        .locator(".group-title > a").allTextContents();

    await visit(page, "#/groups?app=indexer");
    await until(page, 2);
    assert.deepEqual((await said("indexer")).map((one) => one.trim()).sort(), [
        "Killed, it seems for want of memory",
        "Memory rises in load_tiles"]);
    await done(page);
});

test("a long cause does not push the place out of sight", async () => {
    for (const width of [1280, 400]) {
        const page = await newPage({ viewport: { width, height: 800 } });

        await visit(page, "#/groups");
        await until(page, 50);
        const cut = await page.locator(".group-title code").evaluateAll(
            (all) => all.filter((one) => {
                const box = one.getBoundingClientRect();
                const cell = one.closest("td").getBoundingClientRect();
                return box.width === 0 || box.left >= cell.right ||
                    box.bottom > cell.bottom;
            }).map((one) => one.textContent));
        assert.deepEqual(cut, []);
        await done(page);
    }
});

test("search narrows as one types, and the address keeps it", async () => {
    const page = await newPage();

    await visit(page, "#/groups");
    const all = (await titles(page)).length;
    await page.locator("#search").fill("read_row");
    await until(page, 1);
    assert.match((await titles(page))[0], /read_row/);
    assert.match(page.url(), /q=read_row/);
    await page.reload();
    await until(page, 1);
    assert.equal(await page.locator("#search").inputValue(), "read_row");
    await page.locator("#search").fill("");
    await until(page, all);
    await page.locator("#search").fill("no such thing");
    await page.getByText("No group matches.").waitFor();
    await done(page);
});

test("the list goes on where its first page ends", async () => {
    const page = await newPage();

    await visit(page, "#/groups");
    await until(page, 50);
    const tally = await page.locator(".list-head [role=status]").innerText();
    const total = Number(tally.match(/^50 of (\d+) groups$/)[1]);
    await page.getByRole("button", { name: "Show more" }).click();
    await until(page, total);
    const all = await titles(page);
    assert.equal(new Set(all).size, total, "none twice");
    await page.getByText(`${total} groups`, { exact: true }).waitFor();
    await done(page);
});

test("function: in the search becomes a filter of its own", async () => {
    const page = await newPage();

    await visit(page, "#/groups");
    await page.locator("#search").fill("function:Canvas::blend");
    await page.keyboard.press("Enter");
    await until(page, 1);
    await page.getByRole("button", { name: /Remove: Function/ }).click();
    await page.waitForFunction(() => !location.hash.includes("function"));
    await done(page);
});

test("filters by signal, version and time; back undoes them", async () => {
    const page = await newPage();

    await visit(page, "#/groups");
    const all = (await titles(page)).length;
    await page.getByLabel("Signal").selectOption("SIGFPE");
    await until(page, 1);
    assert.match((await titles(page))[0], /read_row/);
    await page.goBack();
    await until(page, all);
    await page.getByLabel("Version", { exact: true }).selectOption("4.1.0");
    await until(page, 1);
    assert.match((await titles(page))[0], /blend/);
    await page.goBack();
    await until(page, all);
    await page.getByLabel("Time").selectOption("24h");
    await page.locator(".group-title a").filter({ hasText: "filler" }).first()
        .waitFor({ state: "detached" });
    assert.ok((await titles(page)).some((title) => /blend/.test(title)));
    await visit(page, "#/reports?since=24h&signal=SIGFPE");
    await page.locator("table.rows").waitFor();
    const kinds = await page.locator("table.rows tbody td:nth-child(5)")
        .allInnerTexts();
    assert.deepEqual([...new Set(kinds)], ["SIGFPE"]);
    await done(page);
});

test("a machine's reports are one link away", async () => {
    const page = await newPage();

    await visit(page, "#/groups");
    await page.locator(".group-title a").filter({ hasText: "blend" }).click();
    await page.locator(".overview-part").filter({ hasText: "Machines" })
        .getByRole("link").first().click();
    await page.getByRole("button", { name: /Remove: Machine/ }).waitFor();
    await page.locator("table.rows tbody tr").first().waitFor();
    await done(page);
});

test("versions tell their crash-free rate", async () => {
    const page = await newPage();

    await visit(page, "#/versions");
    const row = page.locator("tbody tr").filter({ hasText: "4.2.0" });
    assert.match(await row.innerText(), /99\.\d+ %/);
    await shot(page, "versions");
    await done(page);
});

for (const colorScheme of ["light", "dark"]) {
    test(`lists: no serious finding of the checker, ${colorScheme}`,
        async () => {
            const page = await newPage({ colorScheme });

            for (const hash of ["#/groups?status=all&since=7d",
                "#/reports?since=24h", "#/versions"]) {
                await visit(page, hash);
                await page.locator("table tbody tr").first().waitFor();
                assert.deepEqual(await findings(page, colorScheme), []);
            }
            await shot(page, `versions-${colorScheme}`);
            await visit(page, "#/groups?status=all");
            await shot(page, `groups-${colorScheme}`);
            await done(page);
        });
}

test("lists fit into 400 pixels", async () => {
    const page = await newPage({ viewport: { width: 400, height: 800 } });

    for (const hash of ["#/groups?status=all", "#/reports", "#/versions"]) {
        await visit(page, hash);
        await page.locator("table tbody tr").first().waitFor();
        assert.deepEqual(await overflow(page), []);
    }
    await visit(page, "#/groups");
    await shot(page, "groups-narrow");
    await done(page);
});
