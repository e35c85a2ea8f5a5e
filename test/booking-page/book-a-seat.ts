import { describe, expect, test } from "vitest";
import { holdPath, jsonPost } from "../booking/requests.js";
import { button, focused, seat, seatIs, type Stage, told, visit } from "./visit.js";

/** @param declining where every payment is declined, and holds end soon */
export function bookASeat(open: () => { readonly stage: Stage; readonly declining: Stage }): void {
  describe("a visitor", () => {
    test("books a seat by mouse: holds it, sees the time that is left, and pays", async () => {
      await visit(open().stage, async (page) => {
        await page.getByLabel("Your name").fill("Ada");
        await seat(page, "A1").click();
        await told(page, "A1 is held for you.");
        await seatIs(page, "A1", "held");
        expect(await page.getByRole("timer").textContent()).toMatch(/^(2:00|1:5\d)$/);
        expect(await focused(page)).toBe("Pay");

        await button(page, "Pay").click();
        await told(page, "A1 is yours, Ada.");
        await seatIs(page, "A1", "sold");
        expect(await seat(page, "A1").getAttribute("aria-description")).toBe("sold, yours");
        expect(await focused(page)).toBe("A1");
        await page.reload();
        expect(await page.getByLabel("Your name").inputValue()).toBe("Ada");
      });
    });

    test("books a seat by keyboard alone", async () => {
      await visit(open().stage, async (page) => {
        await page.getByLabel("Your name").focus();
        await page.keyboard.press("Tab");
        expect(await focused(page)).toBe("A1");
        for (const key of ["ArrowDown", "End", "ArrowLeft", "ArrowRight", "ArrowRight", "ArrowDown"]) {
          await page.keyboard.press(key);
        }
        expect(await focused(page)).toBe("C12");
        await page.keyboard.press("Home");
        await page.keyboard.press("Enter");
        await page.getByRole("timer").waitFor();
        expect(await focused(page)).toBe("Pay");
        await page.keyboard.press("Space");
        await seatIs(page, "C1", "sold");
        await expect.poll(() => focused(page)).toBe("C1");

        await page.keyboard.press("Tab");
        expect(await focused(page), "the whole hall is one stop").not.toMatch(/^[A-J]\d+$/);
        await page.keyboard.press("Shift+Tab");
        expect(await focused(page)).toBe("C1");
      });
    });

    test("cancels, and the seat is free again and has the focus", async () => {
      await visit(open().stage, async (page) => {
        await seat(page, "D1").click();
        await button(page, "Cancel").click();
        await told(page, "D1 is free again.");
        await seatIs(page, "D1", "free");
        expect(await focused(page)).toBe("D1");
      });
    });

    test("still holds the seat after a reload, without losing the place on the page", async () => {
      await visit(open().stage, async (page) => {
        await seat(page, "D2").click();
        await page.getByRole("timer").waitFor();
        await page.reload();
        await page.getByRole("group", { name: "Seat D2" }).waitFor();
        expect(await page.locator("*:focus").count()).toBe(0);
        await seatIs(page, "D2", "held");
        await button(page, "Pay").click();
        await told(page, "D2 is yours");
      });
    });

    test("reaches sold and held seats, and is told why they can't be had", async () => {
      const { stage } = open();
      await visit(stage, async (page) => {
        await fetch(stage.url + holdPath("E1"), jsonPost({ customer: "Bob" }));
        await seatIs(page, "E1", "held");
        expect(await seat(page, "E1").getAttribute("aria-disabled")).toBe("true");
        // force: what is aria-disabled can be clicked nevertheless.
        await seat(page, "E1").click({ force: true });
        await told(page, "E1 is held by somebody else.");
        await seat(page, "A1").click({ force: true });
        await told(page, "A1 is sold.");
      });
    });

    test("who is a moment too late is told when to try again", async () => {
      const { stage } = open();
      await visit(
        stage,
        async (page) => {
          await fetch(stage.url + holdPath("E2"), jsonPost({ customer: "Bob" }));
          await seat(page, "E2").click();
          await told(page, /Somebody else is at E2\. Try again in/);
        },
        {
          // Nobody tells this page of changes: the request is never answered.
          before: async (page) => void (await page.route("**/api/events", () => {})),
          complaints: [/status of 423/],
        },
      );
    });

    test("whose payment is declined keeps the seat until its time is over", async () => {
      await visit(
        open().declining,
        async (page) => {
          await seat(page, "B2").click();
          await button(page, "Pay").click();
          await told(page, /declined.*B2 is still held for you/);
          expect(await focused(page)).toBe("Pay");
          await told(page, "Your time for B2 is over.");
          expect(await focused(page)).toBe("B2");
          await seatIs(page, "B2", "free");
        },
        { complaints: [/status of 402/] },
      );
    });
  });
}
