// A collector that wants a password.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
    close, done, findings, known, newPage, open, shot,
} from "./browser.mjs";

const locked = process.env.PAGE_LOCKED_URL;

before(open);
after(close);

test("before the log-in nothing is shown, then what was asked for",
    async () => {
        const page = await newPage({ home: locked });

        await page.goto(`${locked}/#/versions`);
        await page.getByLabel("Password").waitFor();
        assert.deepEqual(await findings(page), []);
        await shot(page, "login");
        await page.getByLabel("Password").fill("wrong");
        await page.keyboard.press("Enter");
        await page.getByRole("alert").filter({ hasText: /./ }).waitFor();
        await page.getByLabel("Password").fill(known.password);
        await page.keyboard.press("Enter");
        await page.getByRole("heading", { name: "Versions" }).waitFor();
        await page.reload();
        await page.getByRole("heading", { name: "Versions" }).waitFor();
        const cookies = await page.context().cookies();
        assert.equal(cookies.length, 1);
        assert.ok(cookies[0].httpOnly && cookies[0].sameSite === "Strict");
        assert.equal(await page.evaluate(() => document.cookie), "");
        await page.getByRole("button", { name: "Log out" }).click();
        await page.getByLabel("Password").waitFor();
        page.misdeeds.length = 0; // the browser notes the 401 as an error
        await done(page);
    });
