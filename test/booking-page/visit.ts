import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, BrowserContextOptions, Locator, Page } from "playwright-core";
import { expect } from "vitest";

/** What the suites of the page share. Ready when the tests run. */
export interface Stage {
  readonly browser: Browser;
  /** Where the application listens. */
  readonly url: string;
}

export interface VisitOptions extends BrowserContextOptions {
  /** Makes the visitor ready, before the page is opened. */
  readonly before?: (page: Page) => Promise<void>;
  /** What the browser complains about when the test goes as it should; Chromium does so about every 4xx. */
  readonly complaints?: readonly RegExp[];
  /** What it may complain about besides, or not. */
  readonly allowed?: RegExp;
}

/**
 * Opens the page as a new visitor. Fails also when the browser complained about anything but what was to be expected. A
 * failure leaves a picture of the page, whose place the error names.
 */
export async function visit(
  { browser, url }: Stage,
  act: (page: Page) => Promise<void>,
  { before, complaints = [], allowed = /(?!)/, ...options }: VisitOptions = {},
): Promise<void> {
  const context = await browser.newContext(options);
  context.setDefaultTimeout(10_000);
  const page = await context.newPage();
  const heard = complaintsOf(page);
  try {
    await before?.(page);
    await page.goto(url);
    await seat(page, "A1").waitFor();
    await act(page);
    expect(
      heard.filter((complaint) => !allowed.test(complaint)),
      "complaints of the browser",
    ).toEqual(complaints.map((pattern) => expect.stringMatching(pattern)));
  } catch (error) {
    const path = join(await mkdtemp(join(tmpdir(), "booking-page-")), "failure.png");
    await page.screenshot({ path, fullPage: true });
    if (error instanceof Error) error.message += `\nThe page when it failed: ${path}`;
    throw error;
  } finally {
    await context.close();
  }
}

/** Everything that goes wrong on a page, as the browser's console tells it; it grows. */
function complaintsOf(page: Page): string[] {
  const heard: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error") heard.push(`${message.text()} ${message.location().url}`);
  });
  page.on("pageerror", (error) => heard.push(String(error)));
  return heard;
}

export function seat(page: Page, id: string): Locator {
  return page.getByRole("button", { name: id, exact: true });
}

/** The seat, once it has come to stand so. */
export async function seatIs(page: Page, id: string, status: "free" | "held" | "sold"): Promise<void> {
  await seat(page, id)
    .and(page.locator(`[data-status=${status}]`))
    .waitFor();
}

export function button(page: Page, name: string): Locator {
  return page.getByRole("button", { name, exact: true });
}

/** The accessible name or the text of what has the focus. */
export async function focused(page: Page): Promise<string | null> {
  const element = page.locator("*:focus");
  return (await element.getAttribute("aria-label")) ?? (await element.textContent());
}

/** What the page has told the visitor last. */
export async function told(page: Page, words: string | RegExp): Promise<void> {
  await page.getByRole("status").filter({ hasText: words }).waitFor();
}
