import { expect, test } from "vitest";
import { Gate } from "../../support/gate.js";
import { held, type Stage, waiting } from "./stage.js";

const REQUESTS = 1_000;
const MAX_WAITERS = 100;

/** More than can be served. */
export function flood(stage: Stage): void {
  test("of 1,000 requests for one key, 100 wait behind the running one and are served in order; the others get 503 at once", async () => {
    const gate = new Gate();
    const came: string[] = [];
    const served: string[] = [];
    const { client, locks, others } = await stage.open(
      {
        path: "/:n",
        key: ({ n = "" }) => {
          came.push(n);
          return "k";
        },
        options: { waitMs: 60_000 },
        handler: async ({ params }) => {
          await gate.opened;
          served.push(params.n ?? "");
          return "served";
        },
      },
      { maxWaiters: MAX_WAITERS },
    );
    const running = client.post("/0");
    await held(locks);
    const refused: string[] = [];
    const paths = Array.from({ length: REQUESTS - 1 }, (_, i) => `/${i + 1}`);
    const answers = (await client.flood(paths)).map(async (answer) => {
      const text = await answer;
      if (text.startsWith("HTTP/1.1 200")) return;
      refused.push(/^HTTP\/1.1 (\d+)/.exec(text)?.[1] ?? text);
      expect(text).toMatch(/\r\nretry-after: [1-9]\d*\r\n/i);
      expect(text).toContain('"ERR_LOCK_OVERLOADED"');
    });
    // All of them, before anybody of those who wait was served.
    await expect.poll(() => refused.length, { timeout: 15_000 }).toBe(REQUESTS - 1 - MAX_WAITERS);
    await waiting(locks, MAX_WAITERS);
    expect(served).toEqual([]);
    gate.open();
    await Promise.all([running, ...answers]);
    expect(new Set(refused)).toEqual(new Set(["503"]));
    expect(served).toEqual(came.slice(0, 1 + MAX_WAITERS));
    await held(locks, 0);
    expect(locks.stats()).toMatchObject({ waiting: 0, acquired: 101, released: 101, lost: 0, overrun: 0 });
    expect(await others.inspect("k")).toBeNull();
  });
}
