import { Controller, Get, type MessageEvent, Param, Sse } from "@nestjs/common";
import type { NestFastifyApplication } from "@nestjs/platform-fastify";
import { Locked } from "@redlock-kit/nestjs";
import { map, type Observable, timer } from "rxjs";
import { describe, expect, test, vi } from "vitest";
import { platforms, startApp } from "./start-app.js";

@Controller()
class Feeds {
  @Sse("declared")
  @Locked("feed", { waitMs: 0 })
  declared(): Observable<MessageEvent> {
    return ticks();
  }

  @Sse("promised")
  @Locked("feed", { waitMs: 0 })
  async promised() {
    return ticks();
  }

  @Get("shows/:id")
  @Locked("show:{params.id}", { waitMs: 0 })
  read(@Param("id") id: string) {
    return { id };
  }
}

function ticks(): Observable<MessageEvent> {
  return timer(0, 20).pipe(map((tick) => ({ data: { tick } })));
}

describe.each(Object.entries(platforms))("server-sent events on %s", (_name, platform) => {
  test.each(["declared", "promised"])(
    "hold the lock until the client leaves, and are refused with 423 while it is held (%s)",
    async (path) => {
      const { url, locks } = await startApp({ controllers: [Feeds] }, platform);
      const client = new AbortController();
      const answer = await fetch(`${url}/${path}`, { signal: client.signal });
      expect(answer.headers.get("content-type")).toMatch(/^text\/event-stream/);
      expect(locks.stats().held).toBe(1);

      const refused = await fetch(`${url}/${path}`);
      expect(refused.status).toBe(423);
      expect(await refused.json()).toMatchObject({ code: "ERR_LOCK_HELD" });

      client.abort();
      await vi.waitFor(() => expect(locks.stats().held).toBe(0));
    },
  );
});

test("requests that are injected into Fastify, without a socket, are locked like others", async () => {
  const { app, locks } = await startApp({ controllers: [Feeds] }, platforms.Fastify);
  const fastify = app as unknown as NestFastifyApplication;
  const get = (path: string) => fastify.inject(path);
  expect((await get("/shows/7")).json()).toEqual({ id: "7" });
  await locks.acquire("show:7");
  const refused = await get("/shows/7");
  expect(refused.statusCode).toBe(423);
  expect(refused.headers["content-type"]).toBe("application/problem+json");
});
