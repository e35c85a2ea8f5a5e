import type { Browser } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe } from "vitest";
import { type BookingApp, buildBooking, startBooking } from "../booking/booking-app.js";
import { findBrowser, launchBrowser, NO_BROWSER } from "../support/browser.js";
import { bookASeat } from "./book-a-seat.js";
import { buildPage } from "./build-page.js";
import { rushAtSeats } from "./rush-at-seats.js";
import { seenByOthers } from "./seen-by-others.js";

/*
 * The page as people use it: what was built, served by the application in a process of its own, in a real browser. One
 * file, as starting a browser and two applications takes longer than most of the tests.
 */
const executable = findBrowser();

describe("the page", { timeout: 60_000 }, () => {
  let browser: Browser | undefined;
  const apps: BookingApp[] = [];
  const stageOf = (app: number) => ({ browser: browser as Browser, url: apps[app]?.url ?? "" });

  beforeAll(async () => {
    if (executable === undefined) return;
    await Promise.all([buildBooking(), buildPage()]);
    browser = await launchBrowser(executable);
    const settings = [
      { env: { PORT: "0", PAYMENT_MS: "150" } },
      {
        args: ["--door", "express"],
        env: { PORT: "0", PAYMENT_MS: "50", PAYMENT_FAILURE_RATE: "1", HOLD_MS: "2500" },
      },
    ];
    for (const starting of settings.map(startBooking)) apps.push(await starting);
  }, 60_000);

  beforeEach(({ skip }) => skip(executable === undefined, NO_BROWSER));

  afterAll(async () => {
    await browser?.close();
    await Promise.all(apps.map((app) => app.stop()));
  });

  bookASeat(() => ({ stage: stageOf(0), declining: stageOf(1) }));
  describe("its panel", () => rushAtSeats(() => stageOf(0)));
  seenByOthers(() => stageOf(0));
});
