import { fileURLToPath } from "node:url";
import type { Page } from "playwright-core";
import { buildBooking, startBooking } from "../booking/booking-app.js";
import { findBrowser, launchBrowser, NO_BROWSER } from "../support/browser.js";
import { buildPage } from "./build-page.js";
import { seat } from "./visit.js";

/*
 * Takes the pictures of the README anew: `test/node_modules/.bin/tsx test/booking-page/take-screenshots.ts`. The same
 * rush twice, at three servers that lock with three Redis servers.
 */
const executable = findBrowser();
if (executable === undefined) throw new Error(NO_BROWSER);
await Promise.all([buildBooking(), buildPage()]);
const app = await startBooking({
  args: ["--servers", "3", "--redis"],
  env: { PORT: "0", PATH: process.env.PATH ?? "" },
});
const browser = await launchBrowser(executable);
try {
  const page = await browser.newPage({ viewport: { width: 1280, height: 1010 }, colorScheme: "light" });
  await page.goto(app.url);
  await seat(page, "A1").waitFor();
  await page.getByLabel("Buyers").fill("300");
  await page.getByLabel("Whole hall").check({ force: true });
  await rushAndTake(page, "booking-rush-without-lock");
  await page.getByLabel("Use the lock").check();
  await rushAndTake(page, "booking-rush-with-lock");
} finally {
  await browser.close();
  app.kill("SIGINT");
  await app.ended;
}

async function rushAndTake(page: Page, name: string): Promise<void> {
  await page.getByRole("button", { name: "Rush", exact: true }).click();
  await page.locator(".verdict:empty").waitFor({ state: "attached" });
  await page.locator(".verdict:not(:empty)").waitFor({ timeout: 60_000 });
  await page.mouse.move(0, 0);
  // Seats take their colours in a moment's transition.
  await page.waitForTimeout(300);
  const path = fileURLToPath(new URL(`../../docs/images/${name}.png`, import.meta.url));
  await page.screenshot({ path });
}
