import type { ServerResponse } from "node:http";
import { PassThrough, Readable } from "node:stream";
import { Controller, Get, Header, Injectable, Res, StreamableFile } from "@nestjs/common";
import { type LockManager } from "@redlock-kit/core";
import { getLockManagerToken, Locked } from "@redlock-kit/nestjs";
import { describe, expect, test, vi } from "vitest";
import { Gate } from "../support/gate.js";
import { platforms, redisLocks, startApp, startProviders } from "./start-app.js";

describe.each(Object.entries(platforms))("on %s, a handler", (_name, platform) => {
  async function start(stream: () => Readable) {
    @Controller()
    class Exports {
      @Get("export")
      @Locked("export")
      @Header("content-type", "text/plain")
      read() {
        return new StreamableFile(stream());
      }
    }
    return startApp({ controllers: [Exports], imports: [await redisLocks()] }, platform);
  }

  test("that returns a StreamableFile holds the lock until its stream has ended", async () => {
    const stream = new PassThrough();
    const { url, locks } = await start(() => stream);
    const answer = fetch(`${url}/export`);
    stream.write("one ");
    const { body } = await answer;
    expect(await locks.tryAcquire("export")).toBeNull();
    stream.end("two");
    expect(await new Response(body).text()).toBe("one two");
    await vi.waitFor(async () => expect(await locks.inspect("export")).toBeNull());
  });

  test("whose stream fails lets go of the lock", async () => {
    const stream = new PassThrough();
    const { url, locks } = await start(() => stream);
    const answer = fetch(`${url}/export`).then((response) => response.text());
    answer.catch(() => {});
    stream.write("one ");
    await vi.waitFor(async () => expect(await locks.inspect("export")).not.toBeNull());
    stream.destroy(new Error("disk on fire"));
    await answer.catch(() => {});
    await vi.waitFor(async () => expect(await locks.inspect("export")).toBeNull());
  });

  test("whose client leaves in the middle of the stream has it destroyed, and lets go of the lock", async () => {
    const stream = new PassThrough();
    const { url, locks } = await start(() => stream);
    const client = new AbortController();
    const answer = fetch(`${url}/export`, { signal: client.signal });
    stream.write("one ");
    await answer;
    expect(await locks.tryAcquire("export")).toBeNull();
    client.abort();
    await vi.waitFor(async () => expect(await locks.inspect("export")).toBeNull());
    expect(stream.destroyed).toBe(true);
  });

  test("of a HEAD request, whose file nobody reads, lets go of the lock", async () => {
    const stream = Readable.from(["one", "two"]);
    const { url, locks } = await start(() => stream);
    expect((await fetch(`${url}/export`, { method: "HEAD" })).status).toBe(200);
    await vi.waitFor(async () => expect(await locks.inspect("export")).toBeNull());
  });

  test("that answers through @Res() holds the lock until it has settled, long after the answer", async () => {
    const finish = new Gate();
    @Controller()
    class Reports {
      @Get("report")
      @Locked("report")
      async read(@Res() response: ServerResponse & { send(body: string): void }) {
        response.send("early");
        await finish.opened;
      }
    }
    const { url, locks } = await startApp({ controllers: [Reports] }, platform);
    expect(await (await fetch(`${url}/report`)).text()).toBe("early");
    expect(await locks.tryAcquire("report")).toBeNull();
    finish.open();
    await vi.waitFor(async () => expect(await locks.inspect("report")).toBeNull());
  });
});

test.each(Object.entries(platforms))(
  "a file that is not sent is destroyed with the answer (%s)",
  async (_name, platform) => {
    const stream = new PassThrough();
    @Controller()
    class Exports {
      @Get("export")
      @Locked("export")
      read(@Res() response: ServerResponse & { send(body: string): void }) {
        response.send("nothing to export");
        return new StreamableFile(stream);
      }
    }
    const { url, locks } = await startApp({ controllers: [Exports] }, platform);
    expect(await (await fetch(`${url}/export`)).text()).toBe("nothing to export");
    await vi.waitFor(async () => expect(await locks.inspect("export")).toBeNull());
    expect(stream.destroyed).toBe(true);
  },
);

test("a file of a provider's method holds the lock until its reader is done with it", async () => {
  @Injectable()
  class Archive {
    @Locked("archive")
    async open() {
      return new StreamableFile(Buffer.from("all of it"));
    }
  }
  const module = await startProviders({ providers: [Archive] });
  const locks = module.get<LockManager>(getLockManagerToken());
  const file = await module.get(Archive).open();
  expect(await locks.tryAcquire("archive")).toBeNull();
  expect(await new Response(Readable.toWeb(file.getStream()) as ReadableStream).text()).toBe("all of it");
  await vi.waitFor(async () => expect(await locks.inspect("archive")).toBeNull());
});
