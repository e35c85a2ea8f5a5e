import { expect, test } from "vitest";
import { Gate } from "../../support/gate.js";
import type { Handler } from "./door.js";
import { leaseIn } from "./door.js";
import { free, type Stage, waiting } from "./stage.js";

/** How a handler's work begins and ends, and what becomes of the lock then. */
export function endings(stage: Stage): void {
  const ENDINGS: [string, number, (end: () => void) => Handler][] = [
    [
      "answers",
      200,
      (end) => () => {
        end();
        return "done";
      },
    ],
    [
      "answers after a while",
      200,
      (end) => async () => {
        await new Promise((resolve) => setImmediate(resolve));
        end();
        return "done";
      },
    ],
    [
      "throws",
      500,
      (end) => () => {
        end();
        throw new Error("handler");
      },
    ],
    [
      "rejects",
      500,
      (end) => async () => {
        await Promise.resolve();
        end();
        throw new Error("handler");
      },
    ],
    [
      "streams",
      200,
      (end) => () =>
        (async function* () {
          yield "one ";
          await new Promise((resolve) => setImmediate(resolve));
          end();
          yield "two";
        })(),
    ],
  ];

  test.each(ENDINGS)(
    "a handler that %s keeps the lock to its end, and gives it back once",
    async (_, status, handler) => {
      const { client, locks, log } = await stage.open({
        path: "/",
        key: "k",
        handler: (call) => {
          log.push(`begins with ${leaseIn(call).key}`);
          return handler(() => log.push("ends"))(call);
        },
      });
      expect((await client.post("/")).status).toBe(status);
      await free(locks);
      await locks.close();
      expect(log).toEqual(["begins with k", "ends", "released"]);
      expect(locks.stats()).toMatchObject({ acquired: 1, released: 1, held: 0, lost: 0, overrun: 0 });
    },
  );

  test("an answer that streams for longer than the ttl keeps the lock, which is extended", async () => {
    const ttlMs = 500;
    const goOn = new Gate();
    const { client, locks, others } = await stage.open({
      path: "/",
      key: "k",
      options: { ttlMs },
      handler: () =>
        (async function* () {
          yield "first ";
          await goOn.opened;
          yield "last";
        })(),
    });
    const connection = client.connect();
    connection.post("/");
    await connection.receives(/first/);
    await new Promise((resolve) => setTimeout(resolve, ttlMs + 50));
    expect(await others.tryAcquire("k")).toBeNull();
    goOn.open();
    await connection.receives(/last/);
    await free(others);
    expect(locks.stats().extended).toBeGreaterThan(0);
    expect(locks.stats()).toMatchObject({ acquired: 1, released: 1, lost: 0 });
  });

  test("a handler that never answers keeps the lock while its client waits", async () => {
    const ttlMs = 500;
    // What a door can do about it.
    const options = stage.lacks("graceMs") ? { ttlMs, maxHoldMs: 3 * ttlMs } : { ttlMs, graceMs: 20 };
    const begun = new Gate();
    const { client, locks, others } = await stage.open({
      path: "/",
      key: "k",
      options,
      handler: () => {
        begun.open();
        return new Promise(() => {});
      },
    });
    const { leave } = client.leavingPost("/");
    await begun.opened;
    await new Promise((resolve) => setTimeout(resolve, ttlMs + 50));
    expect(await others.tryAcquire("k")).toBeNull();
    leave();
    await free(others);
    expect(locks.stats().acquired).toBe(1);
  });

  test("requests for one key run one at a time, in the order in which they came, each under a higher fencing token", async () => {
    const [first, begun] = [new Gate(), new Gate()];
    const served: string[] = [];
    let running = 0;
    let most = 0;
    const { client, locks } = await stage.open({
      path: "/:n",
      key: "k",
      options: { waitMs: 15_000 },
      handler: async ({ params, lease }) => {
        most = Math.max(most, ++running);
        begun.open();
        await first.opened;
        served.push(params.n ?? "");
        await new Promise((resolve) => setImmediate(resolve));
        running--;
        return String(lease?.fencingToken);
      },
    });
    const answers = [client.post("/0")];
    await begun.opened;
    for (let n = 1; n < 8; n++) {
      answers.push(client.post(`/${n}`));
      await waiting(locks, n);
    }
    first.open();
    const tokens = (await Promise.all(answers)).map(({ text }) => Number(text));
    expect(most).toBe(1);
    expect(served).toEqual(["0", "1", "2", "3", "4", "5", "6", "7"]);
    expect(tokens).toEqual([...new Set(tokens)].sort((a, b) => a - b));
  });

  test("requests for different keys run side by side", async () => {
    const both = new Gate();
    let running = 0;
    const { client } = await stage.open({
      path: "/seats/:id",
      key: "seat:{params.id}",
      handler: async (call) => {
        if (++running === 2) both.open();
        await both.opened;
        return leaseIn(call).key;
      },
    });
    const answers = await Promise.all([client.post("/seats/A1"), client.post("/seats/A2")]);
    expect(answers.map(({ text }) => text)).toEqual(["seat:A1", "seat:A2"]);
  });

  test("several keys are locked at once, all or none", async () => {
    const { client, others } = await stage.open({
      path: "/:from/:to",
      key: ["account:{params.from}", "account:{params.to}"],
      options: { waitMs: 0 },
      handler: (call) => leaseIn(call).keys.join(),
    });
    expect((await client.post("/b/a")).text).toBe("account:a,account:b");
    await free(others, "account:a");
    await using _held = await others.acquire("account:b");
    expect((await client.post("/a/b")).status).toBe(423);
    expect(await others.inspect("account:a")).toBeNull();
  });

  test("a lease knows its lock deeper down, after an await, too", async () => {
    const { client, locks } = await stage.open({
      path: "/",
      key: "k",
      handler: async (call) => {
        await new Promise((resolve) => setImmediate(resolve));
        return String(locks.assertLocked("k").fencingToken === leaseIn(call).fencingToken);
      },
    });
    expect((await client.post("/")).text).toBe("true");
  });
}
