// Pages of `inquest memory --html` and `inquest show --html`: files, without
// a server and without a script.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
    close, done, findings, known, newPage, open, overflow, shot, unfold,
} from "./browser.mjs";

before(open);
after(close);

async function visit(name, options) {
    const url = `file://${known[name].path}`;
    const page = await newPage({ home: url, ...options });

    await page.goto(url);
    return page;
}

/** How many points a line has in all its parts. */
async function points(page, within, line) {
    return page.evaluate(([a, b]) =>
        [...document.querySelectorAll(`${a} polyline.${b}`)].reduce((sum, one) =>
            sum + one.points.numberOfItems, 0), [within, line]);
}

test("a whole day is drawn, each sample a point of each line", async () => {
    const page = await visit("leak");
    const { count, hours, minutes } = known.leak;

    for (const line of ["rss", "anon", "cgroup", "limit"]) {
        assert.equal(await points(page, ".span-0 .memory", line), count);
        assert.equal(await points(page, ".span-1 .memory", line), hours);
        assert.equal(await points(page, ".span-2 .memory", line), minutes);
    }
    for (const [chart, line] of [["pressure", "some"], ["pressure", "full"],
        ["threads", "threads"], ["threads", "fds"]])
        assert.equal(await points(page, `.span-0 .${chart}`, line), count);
    for (const [span, samples] of [count, hours, minutes].entries()) {
        const rows = page.locator(`.span-${span} .memory tbody tr`);
        assert.equal(await rows.count(),
            Math.ceil(samples / Math.ceil(samples / 240)));
    }
    // A rate needs a sample before it.
    for (const [chart, line] of [["faults", "minor"], ["major", "major"]])
        assert.equal(await points(page, `.span-0 .${chart}`, line), count - 1);
    await shot(page, "charts");
    await done(page);
});

test("death and alarms are marked, and told as a list", async () => {
    const page = await visit("leak");

    assert.equal(await page.locator(".span-0 .memory .mark.death").count(), 1);
    assert.equal(await page.locator(".span-0 .memory .mark.alarm").count(), 2);
    assert.equal(await page.locator(".span-2 .memory .mark.alarm").count(), 1);
    assert.deepEqual(await page.locator(".events b").allInnerTexts(),
        ["▲ alarm", "▲ alarm", "● OOM kill", "✕ OOM_KILL"]);
    await page.locator(".memory .flags").first().getByText("OOM_KILL").waitFor();
    await done(page);
});

test("a span is chosen without a script, by mouse and by key", async () => {
    const page = await visit("leak", { javaScriptEnabled: false });

    await page.locator(".span-0 .memory").waitFor();
    await page.getByText("Last 10 minutes").click();
    await page.locator(".span-2 .memory").waitFor();
    await page.locator(".span-0 .memory").waitFor({ state: "hidden" });
    await page.keyboard.press("ArrowLeft");
    await page.locator(".span-1 .memory").waitFor();
    await page.context().close();
});

test("pointing at a moment names its figures", async () => {
    const page = await visit("crash");
    const titles = await page.locator(".memory .strips title").allTextContents();

    assert.equal(titles.length, known.crash.count);
    assert.match(titles[0], /^\d\d:\d\d:\d\d\nResident: 30.0 MiB\nAnonymous: 18/);
    await done(page);
});

test("where nothing was sampled the line is broken", async () => {
    const page = await visit("crash");

    assert.equal(await page.locator(".memory polyline.rss").count(), 2);
    assert.equal(await points(page, ".memory", "rss"), known.crash.count);
    await page.getByText("Nothing was swapped out.").waitFor();
    assert.equal(await page.locator(".pressure").count(), 0);
    await done(page);
});

test("a figure that is read every ten seconds is one line", async () => {
    const page = await visit("swap");

    for (const [span, known] of [[0, 361], [1, 60]]) {
        const within = `.span-${span} .memory`;
        assert.equal(await page.locator(`${within} polyline.swap`).count(), 1);
        assert.equal(await points(page, within, "swap"), known);
    }
    await page.locator(".span-0 .memory .legend b")
        .getByText("60.0 MiB").waitFor();
    await shot(page, "charts-swap");
    await done(page);
});

test("a cgroup of another scale has a chart of its own", async () => {
    const page = await visit("cgroup");

    assert.equal(await points(page, ".memory", "cgroup"), 0);
    assert.equal(await points(page, ".cgroup", "cgroup"), known.cgroup.count);
    assert.equal(await points(page, ".cgroup", "limit"), 0);
    await page.locator(".cgroup .legend").getByText("64.0 GiB").waitFor();
    await done(page);
});

test("behind each chart is a table, and memory by kind adds up", async () => {
    const page = await visit("crash");

    await unfold(page);
    const rows = page.locator(".memory tbody tr");
    assert.equal(await rows.count(), known.crash.count);
    assert.match(await rows.last().innerText(), /^12:00:00\s+35.0 MiB\s+23.0/);
    const widths = await page.locator(".bar rect").evaluateAll((all) =>
        all.map((one) => one.width.baseVal.value));
    assert.equal(widths.length, 5);
    const sum = widths.reduce((a, b) => a + b);
    assert.ok(Math.abs(sum - 1000) < 1, `${sum}`);
    assert.deepEqual(
        await page.locator(".kinds tbody th").allInnerTexts(),
        ["Heap", "Anonymous", "Stacks", "Files", "Shared"]);
    await done(page);
});

for (const name of ["leak", "live", "report"]) {
    test(`${name}: no finding of axe, light and dark, and it fits`, async () => {
        for (const colorScheme of ["light", "dark"]) {
            const page = await visit(name, { colorScheme });
            if (name !== "leak")
                await unfold(page);
            assert.deepEqual(await findings(page, colorScheme), []);
            await page.setViewportSize({ width: 360, height: 800 });
            assert.deepEqual(await overflow(page), []);
            await shot(page, `charts-${name}-${colorScheme}`);
            await done(page);
        }
    });
}

test("on paper nothing is left that only a screen can use", async () => {
    const page = await visit("leak", { viewport: { width: 700, height: 990 } });

    await page.emulateMedia({ media: "print" });
    await page.locator(".memory").first().waitFor();
    for (const unneeded of [".pick", ".pick + label", ".strips", ".behind"]) {
        assert.equal(await page.locator(unneeded).first().isVisible(), false,
            unneeded);
    }
    await page.screenshot({ path: `${process.env.PAGE_SHOTS}/charts-paper.png`,
        fullPage: true });
    await done(page);
});

test("a report's page has the charts beside all else", async () => {
    const page = await visit("report");

    for (const part of ["Threads", "Memory", "Modules"])
        await page.getByRole("heading", { name: part }).first().waitFor();
    assert.equal(await points(page, ".memory", "rss"), known.report.count);
    assert.equal(await page.locator(".memory .mark.death").count(), 1);
    await page.getByText("Memory as a table").waitFor();
    await shot(page, "charts-report");
    await done(page);
});
