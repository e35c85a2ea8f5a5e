import { describe, expect, test } from "vitest";
import { type BookingApp, startBooking } from "../booking/booking-app.js";
import { holdPath, jsonPost } from "../booking/requests.js";
import { freePort } from "../support/free-port.js";
import { button, seat, seatIs, type Stage, told, visit } from "./visit.js";

/** "Within a second", with room for machines that have much else to do. */
const SOON = { timeout: 3000 };

export function seenByOthers(open: () => Stage): void {
  describe("what one visitor does", () => {
    test("others see within a second", async () => {
      const stage = open();
      await visit(stage, async (ada) => {
        await visit(stage, async (bob) => {
          const seen = (status: string) =>
            seat(bob, "G1")
              .and(bob.locator(`[data-status=${status}]:not([data-mine])`))
              .waitFor(SOON);
          await bob.getByText("Live", { exact: true }).waitFor();
          await seat(ada, "G1").click();
          await seen("held");
          await button(ada, "Cancel").click();
          await seen("free");
          await seat(ada, "G1").click();
          await button(ada, "Pay").click();
          await seen("sold");
        });
      });
    });

    test("others see as well in the other show, and not in this one", async () => {
      const stage = open();
      await visit(stage, async (ada) => {
        await ada.getByRole("link", { name: /Godot/ }).click();
        await ada.getByRole("heading", { level: 1, name: /Godot/ }).waitFor();
        await expect.poll(() => ada.getByRole("gridcell").count()).toBe(48);
        await seat(ada, "A5").click();
        await told(ada, "A5 is held for you.");
        await visit(stage, async (bob) => {
          await seatIs(bob, "A5", "free");
          await bob.getByRole("link", { name: /Godot/ }).click();
          await seatIs(bob, "A5", "held");
        });
      });
    });
  });

  test("a page that has lost its server says so, and catches up when the server is back", async () => {
    const env = { PORT: String(await freePort()) };
    const apps: BookingApp[] = [await startBooking({ env })];
    try {
      const stage = { browser: open().browser, url: apps[0]?.url ?? "" };
      const away = /ERR_(CONNECTION_REFUSED|CONNECTION_RESET|EMPTY_RESPONSE|INCOMPLETE_CHUNKED_ENCODING)/;
      await visit(
        stage,
        async (page) => {
          await page.getByText("Live", { exact: true }).waitFor();
          await apps[0]?.stop();
          await page.getByText("Reconnecting …").waitFor();
          apps.push(await startBooking({ env }));
          await fetch(stage.url + holdPath("A2"), jsonPost({ customer: "Bob" }));
          await page.getByText("Live", { exact: true }).waitFor();
          await seatIs(page, "A2", "held");
        },
        { allowed: away },
      );
    } finally {
      await Promise.all(apps.map((app) => app.stop()));
    }
  });
}
