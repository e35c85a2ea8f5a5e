import { LockError } from "@redlock-kit/core";
import { describe, expect, test, vi } from "vitest";
import { Gate } from "../../support/gate.js";
import { type HandlerCall, leaseIn, type RouteOptions } from "./door.js";
import { manualManager, type Stage } from "./stage.js";

/** A lease that is not extended. */
const FRAGILE: RouteOptions = { ttlMs: 150, maxHoldMs: 1 };

/** What becomes of a request whose lease is over before its handler is. */
export function lost(stage: Stage): void {
  describe("when the lease is lost while the handler runs,", () => {
    test("its signal aborts with ERR_LOCK_LOST, and the client gets 503", async () => {
      const reasons: unknown[] = [];
      const { client, locks } = await stage.open({
        path: "/seats",
        key: "s3cret",
        options: FRAGILE,
        handler: (call) =>
          new Promise((resolve) => {
            const { signal } = leaseIn(call);
            signal.addEventListener("abort", () => {
              reasons.push(signal.reason);
              resolve("too late");
            });
          }),
      });
      const { status, headers, json, text } = await client.post("/seats?a=b");
      expect(status).toBe(503);
      expect(headers).toMatchObject({ "content-type": "application/problem+json", "retry-after": "1" });
      expect(json).toMatchObject({ status: 503, code: "ERR_LOCK_LOST", instance: "/seats" });
      expect(text).not.toContain("s3cret");
      expect(reasons).toEqual([expect.objectContaining({ code: "ERR_LOCK_LOST" })]);
      await vi.waitFor(() => expect(locks.stats()).toMatchObject({ held: 0, lost: 1, overrun: 0 }));
    });

    const atTheEnd = stage.lacks("answer at the loss");
    test.each([
      ["answers", [503], () => "late"],
      // What the handler ended with comes before the loss, where both are known.
      ["throws", [atTheEnd ? 500 : 503], () => Promise.reject(new Error("late"))],
      [
        "streams",
        [503],
        () =>
          (async function* () {
            yield "late";
          })(),
      ],
    ])("a handler that goes on and %s does no harm to its connection", async (_, statuses, finish) => {
      const rejections = vi.fn();
      process.on("unhandledRejection", rejections);
      const [gate, aborted] = [new Gate(), new Gate()];
      const { client, locks } = await stage.open([
        {
          path: "/lost",
          key: "k",
          options: FRAGILE,
          handler: async (call) => {
            leaseIn(call).signal.addEventListener("abort", () => aborted.open());
            await gate.opened;
            return finish();
          },
        },
        { path: "/next", key: "other", handler: () => "next" },
      ]);
      const connection = client.connect();
      connection.post("/lost");
      await aborted.opened;
      if (!atTheEnd) await connection.receives(/503[^]*ERR_LOCK_LOST/);
      gate.open();
      await vi.waitFor(() => expect(locks.stats().overrun).toBe(0));
      connection.post("/next");
      await connection.receives(/next$/);
      process.off("unhandledRejection", rejections);
      expect(rejections).not.toHaveBeenCalled();
      const [first, next] = [...connection.received.matchAll(/HTTP\/1.1 (\d+)/g)].map(([, code]) =>
        Number(code),
      );
      expect(statuses).toContain(first);
      expect(next).toBe(200);
    });

    test("an answer that was begun goes on", async () => {
      const { client } = await stage.open({
        path: "/",
        key: "k",
        options: FRAGILE,
        handler: (call) =>
          (async function* () {
            yield "first ";
            const { signal } = leaseIn(call);
            await new Promise((resolve) => signal.addEventListener("abort", resolve));
            yield "last";
          })(),
      });
      expect(await client.post("/")).toMatchObject({ status: 200, text: "first last" });
    });
  });

  if (!stage.lacks("answer at the loss")) {
    test("a lease that is over in the moment of its grant is answered by 503, and the handler never runs", async () => {
      const { locks, grant, lose } = manualManager();
      const handler = vi.fn(() => "done");
      const client = await stage.openWith(locks, { path: "/", key: "k", handler });
      lose(new LockError("ERR_LOCK_LOST", "lost"));
      grant();
      expect((await client.post("/")).json.code).toBe("ERR_LOCK_LOST");
      expect(handler).not.toHaveBeenCalled();
    });
  }

  // Where the lease's signal is the manager's own, it is for the manager to show.
  if (!stage.lacks("signal of leaving")) {
    test("the signal never aborts after a normal end", async () => {
      const { locks, grant, lose } = manualManager();
      let signal: AbortSignal | undefined;
      const handler = (call: HandlerCall): string => {
        signal = leaseIn(call).signal;
        return "done";
      };
      const client = await stage.openWith(locks, { path: "/", key: "k", handler });
      grant();
      const closed = client.connectionClosed();
      expect((await client.post("/")).text).toBe("done");
      await closed;
      lose(new LockError("ERR_LOCK_LOST", "lost"));
      expect(signal?.aborted).toBe(false);
    });
  }
}
