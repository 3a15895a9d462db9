// A group: why it is one, and its status from open to resolved and back.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { readFileSync } from "node:fs";
import {
    base, close, done, findings, known, newPage, open, overflow, shot, visit,
} from "./browser.mjs";

before(open);
after(close);

async function openGroup(page, text, status = "open") {
    await visit(page, `#/groups?status=${status}`);
    await page.locator(".group-title a").filter({ hasText: text }).click();
    await page.locator(".overview").waitFor();
}

async function send({ id, path }) {
    const answer = await fetch(`${base}/v1/reports`, {
        method: "POST", body: readFileSync(path),
        headers: { "Content-Type": "application/x-protobuf",
            "Idempotency-Key": id },
    });
    assert.ok(answer.ok, `${answer.status} ${await answer.text()}`);
}

test("a group says why its reports belong together", async () => {
    const page = await newPage();

    await openGroup(page, "blend");
    await page.getByText("Why these reports are one group").click();
    const why = page.locator(".why");
    await why.locator("tbody tr").first().waitFor();
    await why.getByText("prefix", { exact: true }).first().waitFor();
    await why.locator(".step-taken").first().waitFor();
    assert.deepEqual(await findings(page), []);
    await why.scrollIntoViewIfNeeded();
    await shot(page, "why");
    await done(page);
});

test("resolved in a version, then seen again: a regression", async () => {
    const page = await newPage();

    await openGroup(page, "read_row");
    await page.getByRole("button", { name: "Resolve…" }).click();
    assert.deepEqual(await findings(page), []);
    await page.getByLabel("Fixed in version").fill("4.3.0");
    await page.getByRole("button", { name: "Resolve", exact: true }).click();
    await page.locator(".tag.resolved").getByText("resolved in 4.3.0")
        .waitFor();
    await visit(page, "#/groups");
    await page.locator("tr.group").filter({ hasText: "blend" }).waitFor();
    assert.equal(await page.locator(".group-title a")
        .filter({ hasText: "read_row" }).count(), 0);
    await visit(page, "#/groups?status=resolved");
    await page.locator(".group-title a").filter({ hasText: "read_row" })
        .waitFor();
    await send(known.before);
    await page.reload();
    await page.locator(".group-title a").filter({ hasText: "read_row" })
        .waitFor();
    await send(known.regression);
    await visit(page, "#/groups");
    await page.locator("tr.group").filter({ hasText: "read_row" })
        .getByText("regressed").waitFor();
    await openGroup(page, "read_row");
    await page.getByText("Seen again").waitFor();
    await shot(page, "regressed");
    await done(page);
});

test("muted and opened again, by keys alone", async () => {
    const page = await newPage();

    await openGroup(page, "blend");
    await page.keyboard.press("m");
    await page.locator(".tag.muted").waitFor();
    await page.keyboard.press("o");
    await page.locator(".tag.muted").waitFor({ state: "detached" });
    await page.keyboard.press("e");
    await page.getByLabel("Fixed in version").waitFor();
    await page.keyboard.press("Escape");
    assert.equal(await page.locator(".tag.resolved").count(), 0);
    await done(page);
});

test("a group of hostile reports does nothing", async () => {
    const page = await newPage();

    await visit(page, "#/groups?status=all");
    await page.locator("tr.group").filter({ hasText: "<img" }).first()
        .locator("a").click();
    await page.locator(".overview").waitFor();
    await page.getByText("Why these reports are one group").click();
    await page.locator(".why tbody tr, .why .facts").first().waitFor();
    assert.equal(await page.evaluate(() => window.pwned), undefined);
    assert.equal(await page.locator("main img, main script").count(), 0);
    await page.setViewportSize({ width: 400, height: 800 });
    assert.deepEqual(await overflow(page), []);
    for (const hash of ["#/groups?status=all", "#/reports", "#/versions"]) {
        await visit(page, hash);
        await page.locator("main td").filter({ hasText: "<img" }).first()
            .waitFor();
        assert.deepEqual(await overflow(page), []);
    }
    await shot(page, "hostile-narrow");
    await done(page);
});
