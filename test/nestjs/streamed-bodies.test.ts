import { once } from "node:events";
import type { Server, ServerResponse } from "node:http";
import { PassThrough, Readable } from "node:stream";
import { Controller, Get } from "@nestjs/common";
import { type LockManager } from "@redlock-kit/core";
import { InjectLockManager, Locked } from "@redlock-kit/nestjs";
import { describe, expect, test, vi } from "vitest";
import { Gate } from "../support/gate.js";
import { platforms, redisLocks, startApp } from "./start-app.js";

/** Two lines, the second one when the gate is open. */
async function* lines(finish: Gate, atTheEnd: () => void = () => {}) {
  try {
    yield "one ";
    await finish.opened;
    yield "two";
  } finally {
    atTheEnd();
  }
}

/** What a handler of Nest 12 may return to have it sent piece by piece. */
const bodies: Record<string, (finish: Gate) => unknown> = {
  "an async generator": (finish) => lines(finish),
  "a stream of Node": (finish) => Readable.from(lines(finish)),
  "a transforming stream of Node": (finish) => Readable.from(lines(finish)).pipe(new PassThrough()),
  "a stream of the web": (finish) => Readable.toWeb(Readable.from(lines(finish))),
  "a Response": (finish) =>
    new Response(Readable.toWeb(Readable.from(lines(finish))) as ReadableStream, { status: 202 }),
};

describe.each(Object.entries(platforms))("on %s, a handler", (_name, platform) => {
  async function start(open: (locks: LockManager) => unknown) {
    @Controller()
    class Exports {
      constructor(@InjectLockManager() private readonly locks: LockManager) {}

      @Get("export")
      @Locked("export")
      read() {
        return open(this.locks);
      }
    }
    return startApp({ controllers: [Exports], imports: [await redisLocks()] }, platform);
  }

  test.each(Object.entries(bodies))("that returns %s holds the lock until it is sent", async (what, open) => {
    const finish = new Gate();
    const { url, locks } = await start(() => open(finish));
    const answer = await fetch(`${url}/export`);
    expect(await locks.tryAcquire("export")).toBeNull();
    finish.open();
    expect(await answer.text()).toBe("one two");
    expect(answer.status).toBe(what === "a Response" ? 202 : 200);
    await vi.waitFor(async () => expect(await locks.inspect("export")).toBeNull());
  });

  test.each(Object.entries(bodies))(
    "of a HEAD request, whose answer has no body, lets go of the lock: %s",
    async (_what, open) => {
      const { url, locks } = await start(() => open(new Gate()));
      await fetch(`${url}/export`, { method: "HEAD" });
      await vi.waitFor(async () => expect(await locks.inspect("export")).toBeNull());
    },
  );

  test("whose client leaves has its generator ended, and keeps the lock until then", async () => {
    const [finish, heldAtTheEnd] = [new Gate(), vi.fn()];
    const { app, url, locks } = await start((manager) =>
      lines(finish, () => heldAtTheEnd(manager.currentLease()?.valid)),
    );
    const client = new AbortController();
    const arrived = once(app.getHttpServer() as Server, "request") as Promise<[unknown, ServerResponse]>;
    await fetch(`${url}/export`, { signal: client.signal });
    const [, response] = await arrived;
    client.abort();
    await once(response, "close");
    expect(await locks.tryAcquire("export")).toBeNull();
    finish.open();
    await vi.waitFor(async () => expect(await locks.inspect("export")).toBeNull());
    expect(heldAtTheEnd).toHaveBeenCalledWith(true);
  });

  test("that returns a Response without a body holds nothing longer", async () => {
    const { url, locks } = await start(() => new Response(null, { status: 204 }));
    expect((await fetch(`${url}/export`)).status).toBe(204);
    await vi.waitFor(async () => expect(await locks.inspect("export")).toBeNull());
  });
});
