import type { Page } from "playwright-core";
import { afterEach, describe, expect, test } from "vitest";
import { jsonPost } from "../booking/requests.js";
import { seat, seatIs, type Stage, told, visit } from "./visit.js";

/** Lets buyers loose by the panel, and returns its figures when it is over. */
async function rush(page: Page, { lock, target = "One seat" }: { lock: boolean; target?: string }) {
  const panel = page.getByRole("region", { name: "Rush", exact: true });
  await panel.getByRole("radio", { name: target }).check({ force: true });
  await panel.getByRole("switch", { name: "Use the lock", exact: true }).setChecked(lock);
  await panel.getByRole("button", { name: "Rush", exact: true }).click();
  await panel.locator("xpath=self::*[@data-running='false']").waitFor();
  await panel.locator(".verdict:not(:empty)").waitFor();
  const figure = async (name: string): Promise<number> =>
    Number(await panel.getByRole("status", { name, exact: true }).textContent());
  return {
    sold: await figure("Sold"),
    refused: await figure("Refused"),
    doubleSold: await figure("Double sold"),
    text: (await panel.textContent()) ?? "",
  };
}

export function rushAtSeats(open: () => Stage): void {
  afterEach(async () => {
    await fetch(`${open().url}/api/rush`, { ...jsonPost({ showId: "hamlet" }), method: "DELETE" });
  });

  describe("a rush", () => {
    test("without the lock sells one seat again and again, and the map shows which", async () => {
      await visit(open(), async (page) => {
        const { sold, refused, doubleSold, text } = await rush(page, { lock: false });
        expect(doubleSold).toBeGreaterThan(0);
        expect({ doubleSold, refused }).toEqual({ doubleSold: sold - 1, refused: 200 - sold });
        expect(text).toContain(`was sold ${sold} times`);
        const victim = page.locator("button[data-double]");
        expect(await victim.count()).toBe(1);
        expect(await victim.textContent()).toContain(`×${sold}`);
        expect(await victim.getAttribute("aria-description")).toBe(`sold ${sold} times`);
      });
    });

    test("with the lock sells the seat once, and both rushes stand side by side", async () => {
      await visit(open(), async (page) => {
        await rush(page, { lock: false });
        const { text, ...figures } = await rush(page, { lock: true });
        expect(figures).toEqual({ sold: 1, refused: 199, doubleSold: 0 });
        expect(text).toMatch(/was sold once\. 199 were refused/);
        expect(text).toMatch(/Lock hand-offs[1-9]/);
        expect(text).toMatch(/process \d+ 200/);
        expect(await page.locator("button[data-double]").count()).toBe(0);
        const rows = page.getByRole("region", { name: "Side by side" }).getByRole("row");
        expect(await rows.nth(1).getByRole("rowheader").textContent()).toBe("Without lock");
        expect(await rows.nth(2).getByRole("cell").allTextContents()).toContain("199");
      });
    });

    test("at the whole hall sells no seat twice under the lock, and can be taken back", async () => {
      await visit(open(), async (page) => {
        const free = await page.locator("button[data-status=free]").count();
        const without = await rush(page, { lock: false, target: "Whole hall" });
        expect(without.doubleSold).toBeGreaterThan(0);
        const under = await rush(page, { lock: true, target: "Whole hall" });
        expect(under).toMatchObject({ doubleSold: 0, sold: free, refused: 200 - free });
        await page.getByRole("button", { name: "Free these seats again" }).click();
        await told(page, "free again");
        await seatIs(page, "J12", "free");
        expect(await page.locator("*:focus").textContent()).toBe("Rush");
      });
    });

    test("says what will happen, and asks for a number of buyers that can be had", async () => {
      await visit(open(), async (page) => {
        const panel = page.getByRole("region", { name: "Rush", exact: true });
        expect(await panel.textContent()).toMatch(/200 buyers want \w+ .*sold again and again/);
        await panel.getByLabel("Use the lock").check();
        expect(await panel.textContent()).toMatch(/each seat is sold once/);
        await panel.getByLabel("Buyers").fill("5000");
        await panel.getByRole("alert").filter({ hasText: "From 1 to 1000" }).waitFor();
        await panel.getByRole("button", { name: "Rush", exact: true }).click({ force: true });
        expect(await panel.getAttribute("data-running")).toBe("false");
      });
    });
  });

  describe("on a phone", () => {
    test("of 360 pixels nothing has to be scrolled sideways, and every seat can be hit", async () => {
      await visit(
        open(),
        async (page) => {
          await seat(page, "F6").tap();
          await page.getByRole("button", { name: "Cancel" }).tap();
          await seatIs(page, "F6", "free");
          const { doubleSold } = await rush(page, { lock: false });
          expect(doubleSold).toBeGreaterThan(0);
          expect((await rush(page, { lock: true })).doubleSold).toBe(0);
          expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(360);
          const box = await seat(page, "J12").boundingBox();
          expect(Math.min(box?.width ?? 0, box?.height ?? 0)).toBeGreaterThanOrEqual(24);
          expect((box?.x ?? 360) + (box?.width ?? 0)).toBeLessThanOrEqual(360);
        },
        { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true, colorScheme: "dark" },
      );
    });
  });
}
