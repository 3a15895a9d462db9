// Prints how long a browser takes from an empty tab to the first group of the
// list, in milliseconds, TRIES times: each with a cache of its own, as a reader
// comes for the first time.
import { chromium } from "playwright-core";

const TRIES = 11;
const browser = await chromium.launch({
    executablePath: process.env.PAGE_CHROMIUM,
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
        "--disable-background-networking", "--disable-component-update",
        "--disable-sync"],
});

for (let turn = 0; turn < TRIES; turn++) {
    const context = await browser.newContext({ ignoreHTTPSErrors: true });
    const page = await context.newPage();
    const begin = performance.now();
    await page.goto(process.env.PAGE_URL, { waitUntil: "commit" });
    await page.locator(".group-title a").first().waitFor();
    console.log((performance.now() - begin).toFixed(1));
    await context.close();
}
await browser.close();
