import { describe, expect, test } from "vitest";
import { holdPath, jsonPost } from "../booking/requests.js";
import { startTcpProxy } from "../support/tcp-proxy.js";
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

    test("others see in the show that it was done in, and in no other", async () => {
      const stage = open();
      await visit(stage, async (bob) => {
        await bob.getByText("Live", { exact: true }).waitFor();
        await visit(stage, async (ada) => {
          await ada.getByRole("link", { name: /Godot/ }).click();
          await ada.getByRole("heading", { level: 1, name: /Godot/ }).waitFor();
          await expect.poll(() => ada.getByRole("gridcell").count()).toBe(48);
          await seat(ada, "A5").click();
          await told(ada, "A5 is held for you.");
          await ada.getByRole("link", { name: "Hamlet" }).click();
          await seat(ada, "H6").click();
          // Changes are told in their order: whoever has heard of this one has heard of that one.
          await seatIs(bob, "H6", "held");
          await seatIs(bob, "A5", "free");
          await bob.getByRole("link", { name: /Godot/ }).click();
          await seatIs(bob, "A5", "held");
        });
      });
    });
  });

  test("a page that can't reach its server says so, and catches up when it can again", async () => {
    const { browser, url } = open();
    using proxy = await startTcpProxy(Number(new URL(url).port));
    await visit(
      { browser, url: `http://127.0.0.1:${proxy.port}` },
      async (page) => {
        await page.getByText("Live", { exact: true }).waitFor();
        proxy.refuse();
        proxy.cut();
        await page.getByText("Reconnecting …").waitFor();
        await fetch(url + holdPath("J2"), jsonPost({ customer: "Bob" }));
        await proxy.accept();
        await page.getByText("Live", { exact: true }).waitFor();
        await seatIs(page, "J2", "held");
      },
      { allowed: /ERR_(CONNECTION_REFUSED|CONNECTION_RESET|EMPTY_RESPONSE|INCOMPLETE_CHUNKED_ENCODING)/ },
    );
  });
}
