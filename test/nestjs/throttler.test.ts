import { Controller, Get } from "@nestjs/common";
import { APP_GUARD } from "@nestjs/core";
import { SkipThrottle, Throttle, ThrottlerGuard, ThrottlerModule } from "@nestjs/throttler";
import { memoryNode } from "@redlock-kit/core";
import { Locked, LockModule } from "@redlock-kit/nestjs";
import { describe, expect, test } from "vitest";
import { platforms, startApp } from "./start-app.js";

@Controller()
class Shows {
  @Get("first")
  @Locked("show")
  first() {}

  @Locked("show")
  @Get("second")
  second() {}

  @Throttle({ default: { limit: 1, ttl: 60_000 } })
  @Locked("show")
  @Get("strict")
  strict() {}

  @Locked("show")
  @SkipThrottle()
  @Get("free")
  free() {}
}

describe.each(Object.entries(platforms))("the throttler on %s", (_name, platform) => {
  test("counts each locked route by itself, and knows the limits that stand above and below", async () => {
    const { url } = await startApp(
      {
        imports: [
          ThrottlerModule.forRoot([{ limit: 2, ttl: 60_000 }]),
          LockModule.forRoot({ nodes: [memoryNode()] }),
        ],
        providers: [{ provide: APP_GUARD, useClass: ThrottlerGuard }],
        controllers: [Shows],
      },
      platform,
    );
    const statuses = async (path: string) => {
      const answers: number[] = [];
      for (let i = 0; i < 3; i += 1) answers.push((await fetch(`${url}/${path}`)).status);
      return answers;
    };
    expect(await statuses("first")).toEqual([200, 200, 429]);
    expect(await statuses("second")).toEqual([200, 200, 429]);
    expect(await statuses("strict")).toEqual([200, 429, 429]);
    expect(await statuses("free")).toEqual([200, 200, 200]);
  });

  test("refuses before the lock is asked for", async () => {
    const { url, locks } = await startApp(
      {
        imports: [
          ThrottlerModule.forRoot([{ limit: 0, ttl: 60_000 }]),
          LockModule.forRoot({ nodes: [memoryNode()] }),
        ],
        providers: [{ provide: APP_GUARD, useClass: ThrottlerGuard }],
        controllers: [Shows],
      },
      platform,
    );
    await locks.acquire("show");
    expect((await fetch(`${url}/first`)).status).toBe(429);
    expect(locks.stats()).toMatchObject({ waiting: 0, contended: 0 });
  });
});
