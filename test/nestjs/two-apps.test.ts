import { Body, Controller, Injectable, Param, Post, Scope } from "@nestjs/common";
import type { Lease } from "@redlock-kit/core";
import { CurrentLease, Locked, LockModule } from "@redlock-kit/nestjs";
import { describe, expect, test } from "vitest";
import { redisServers, urlsOf } from "../support/this-test.js";
import { platforms, startApp } from "./start-app.js";

const REQUESTS = 500;

/** A counter that loses steps as soon as two count at once; its two instances share it as they would a database. */
function counter() {
  const seats = { sold: 0, running: 0, most: 0, tokens: [] as number[] };

  @Injectable({ scope: Scope.REQUEST })
  class Sales {
    @Locked("show:{0}", { waitMs: 120_000, nested: "reenter" })
    async sell(_showId: string, @CurrentLease() lease?: Lease) {
      seats.most = Math.max(seats.most, ++seats.running);
      const { sold } = seats;
      await new Promise((resolve) => setImmediate(resolve));
      seats.sold = sold + 1;
      seats.tokens.push(lease?.fencingToken ?? 0);
      seats.running -= 1;
    }
  }

  @Controller("shows/:showId")
  class Shows {
    constructor(private readonly sales: Sales) {}

    @Post("by-handler")
    @Locked("show:{params.showId}", { waitMs: 120_000 })
    async handler(@Param("showId") showId: string) {
      await this.sales.sell(showId);
    }

    @Post("by-provider")
    async provider(@Body() { showId }: { showId: string }) {
      await this.sales.sell(showId);
    }
  }
  return { seats, Sales, Shows };
}

describe("500 concurrent requests on one key over two instances of an application", () => {
  test.each([
    { nodes: 1, way: "by-handler" },
    { nodes: 3, way: "by-provider" },
  ])(
    "run strictly one at a time: $nodes Redis, locked $way",
    { timeout: 180_000 },
    async ({ nodes, way }) => {
      const { seats, Sales, Shows } = counter();
      const servers = urlsOf(await redisServers(nodes));
      const start = (platform: keyof typeof platforms) =>
        startApp(
          {
            imports: [LockModule.forRoot({ nodes: servers, nodeTimeoutMs: 5_000, ttlMs: 60_000 })],
            controllers: [Shows],
            providers: [Sales],
          },
          platforms[platform],
        );
      const [first, second] = [await start("Express"), await start("Fastify")];
      const post = async (index: number) => {
        const { url } = index % 2 === 0 ? first : second;
        const { status } = await fetch(`${url}/shows/7/${way}`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({ showId: "7" }),
        });
        return status;
      };

      const statuses = await Promise.all(Array.from({ length: REQUESTS }, (_, index) => post(index)));

      expect(new Set(statuses)).toEqual(new Set([201]));
      expect(seats).toMatchObject({ sold: REQUESTS, most: 1, running: 0 });
      expect(seats.tokens).toEqual([...new Set(seats.tokens)].sort((a, b) => a - b));
    },
  );
});
