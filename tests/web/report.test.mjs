// One report in the browser.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
    close, done, findings, known, newPage, open, overflow, shot, unfold,
    visit,
} from "./browser.mjs";

before(open);
after(close);

const crash = `#/reports/${known.crash}`;

test("a crash says its cause first, then its marked stack", async () => {
    const page = await newPage();

    await visit(page, crash);
    assert.equal(await page.locator("h1").innerText(),
        "read of address 0x7f12aa000ff8, just below the mapping of a layer");
    const stack = page.locator(".thread").first();
    await stack.getByText("raster::Canvas::blend").waitFor();
    await stack.getByText("raster/canvas.cpp:218").waitFor();
    await stack.getByText("inlined").waitFor();
    await stack.getByText("0x7f0cc0941260 (generated code)").waitFor();
    await stack.getByText("20,412 more frames repeat the last 2 frames")
        .waitFor();
    await stack.getByText("guess", { exact: true }).waitFor();
    await stack.getByText("frame pointer", { exact: true }).waitFor();
    await page.getByText("40 with this stack").waitFor();
    await page.locator(".registers .match").getByText("7f12aa000ff8").waitFor();
    await page.getByText("tiles-v2").waitFor();
    await page.getByText("thread 4280 could not be stopped").waitFor();
    await shot(page, "report");
    await done(page);
});

test("a kill for want of memory is as certain as its evidence", async () => {
    const page = await newPage();

    await visit(page, `#/reports/${known.memory}`);
    assert.equal(await page.locator("h1").innerText(),
        "Killed by the kernel for want of memory");
    await visit(page, `#/reports/${known.killed}`);
    await page.locator("h1").getByText("Killed, it seems for want of memory")
        .waitFor();
    await done(page);
});

test("a frame opens to its file, module and trust", async () => {
    const page = await newPage();

    await visit(page, crash);
    await page.getByText("raster/canvas.cpp:218").click();
    await page.getByText("/src/editor/raster/canvas.cpp:218").waitFor();
    await page.locator(".frame-detail").getByText("/opt/editor/bin/editor")
        .waitFor();
    await done(page);
});

test("frames of the system are hidden by a key, and come back", async () => {
    const page = await newPage();

    await visit(page, crash);
    const libc = page.locator(".frame").filter({ hasText: "__memmove" });
    await libc.waitFor();
    await page.keyboard.press("a");
    await libc.waitFor({ state: "hidden" });
    await page.getByText("main", { exact: true }).waitFor();
    await page.keyboard.press("a");
    await libc.waitFor();
    await done(page);
});

test("a report names its group, and why it is in it", async () => {
    const page = await newPage();

    await visit(page, crash);
    await page.locator(".crumbs").getByText(/Canvas::blend, \d reports/)
        .waitFor();
    await page.getByText("Why this report is in its group").click();
    await page.locator(".why .step-taken").getByText("Canvas::blend").waitFor();
    await done(page);
});

test("memory is drawn, and told as a table behind it", async () => {
    const page = await newPage();

    await visit(page, `#/reports/${known.memory}?at=memory`);
    await page.locator(".chart canvas").waitFor();
    await page.locator(".legend").getByText("Limit").waitFor();
    await page.getByText("40 samples as a table").click();
    await page.locator(".behind").getByText("129 MiB").first().waitFor();
    assert.equal(await page.locator(".behind tbody tr").count(), 40);
    await shot(page, "memory");
    await done(page);
});

test("an alarm says its rule, and the heap is drawn by call path", async () => {
    const page = await newPage();

    await visit(page, `#/reports/${known.alarm}`);
    assert.equal(await page.locator("h1").innerText(),
        "Memory rises: 104 MiB/min over 10 min");
    await page.locator(".crumbs").getByText("MEMORY slope | load_tiles")
        .waitFor();
    await page.locator("[data-part=alarm]").getByText("104 MiB a minute")
        .waitFor();
    await page.locator("[data-part=alarm]").getByText(/139 MiB of 256 MiB/)
        .waitFor();
    const box = (name) => page.locator(".flame-box").filter({ hasText: name });
    const width = async (name) => (await box(name).boundingBox()).width;
    await box("load_tiles").waitFor();
    assert.ok(await width("main") > await width("Cache::keep"));
    assert.ok(await width("load_tiles") > 3 * await width("parse_row"));
    await shot(page, "heap");
    await box("Cache::keep").click();
    await box("__fopen_internal").waitFor({ state: "detached" });
    await page.keyboard.press("ArrowDown");
    assert.match(await page.evaluate(() =>
        document.activeElement.getAttribute("aria-label")),
    /^load_tiles\(int\): 80 MiB, 76\.\d %$/);
    await page.keyboard.press("Escape");
    await box("__fopen_internal").waitFor();
    await page.getByText("3 sites as a table").click();
    await page.locator(".behind").getByText("4,000").waitFor();
    assert.deepEqual(await findings(page), []);
    await done(page);
});

test("modules and threads are found by typing", async () => {
    const page = await newPage();

    await visit(page, crash);
    await page.getByLabel("Find a module").fill("part17");
    assert.equal(await page.locator("[data-part=modules] tbody tr:visible")
        .count(), 1);
    await page.getByLabel("Find a thread or function").fill("worker-7");
    assert.equal(await page.locator(".thread:visible").count(), 1);
    await done(page);
});

test("real reports stand as they came", async () => {
    const page = await newPage();

    for (const id of known.real) {
        await visit(page, `#/reports/${id}`);
        await page.locator(".frame").first().waitFor();
    }
    await done(page);
});

test("hostile strings in every field do nothing", async () => {
    const page = await newPage();

    await visit(page, `#/reports/${known.hostile}`);
    await page.locator(".thread-body").first().waitFor();
    await unfold(page);
    assert.equal(await page.evaluate(() => window.pwned), undefined);
    assert.equal(await page.locator("main img, main script, main iframe, " +
        "main style, main [onerror], main [style*=expression]").count(), 0);
    const text = await page.locator("main").innerText();
    const shown = text.split("onerror=\"window.pwned=1\"").length - 1;
    assert.ok(shown >= 20, `shown as text ${shown} times`);
    assert.ok(!/[\u202a-\u202e\u2066-\u2069\u0007]/.test(text));
    for (const href of await page.locator("main a").evaluateAll((links) =>
        links.map((link) => link.getAttribute("href"))))
        assert.match(href, /^(#\/|\/v1\/)/);
    assert.equal(await page.title().then((title) => title.includes("<img")),
        true);
    await shot(page, "hostile");
    await done(page);
});

for (const colorScheme of ["light", "dark"]) {
    test(`no serious finding of the checker, ${colorScheme}`, async () => {
        const page = await newPage({ colorScheme });

        for (const id of [known.crash, known.memory, known.alarm]) {
            await visit(page, `#/reports/${id}`);
            await page.locator("[data-part] summary").last().click();
            await page.locator("main details[open] > :not(summary)").last()
                .waitFor();
            assert.deepEqual(await findings(page, colorScheme), []);
        }
        await done(page);
    });
}

test("at 400 pixels nothing leaves the side", async () => {
    const page = await newPage({ viewport: { width: 400, height: 800 } });

    for (const id of [known.crash, known.hostile, known.alarm]) {
        await visit(page, `#/reports/${id}`);
        await page.locator("[data-part]").first().waitFor();
        assert.deepEqual(await overflow(page), []);
    }
    await shot(page, "narrow");
    await done(page);
});
