import { Injectable } from "@nestjs/common";
import { Cron, Interval, ScheduleModule, SchedulerRegistry } from "@nestjs/schedule";
import type { Lease, LockManager } from "@redlock-kit/core";
import { CurrentLease, getLockManagerToken, Locked, LockModule } from "@redlock-kit/nestjs";
import { describe, expect, test, vi } from "vitest";
import { redisServer } from "../support/this-test.js";
import { startProviders } from "./start-app.js";

const never = "0 0 0 1 1 *";

@Injectable()
class Reports {
  static runs: string[] = [];

  @Cron(never, { name: "nightly" })
  @Locked("nightly-report", { waitMs: 0, whenHeld: "skip", minHoldMs: 30_000 })
  async report(@CurrentLease() lease?: Lease) {
    Reports.runs.push(`report under ${lease?.key}`);
  }

  @Locked("sweep", { waitMs: 0, whenHeld: "skip" })
  @Interval("sweep", 3_600_000)
  async sweep() {}
}

/** An instance of the application; several on one server are what runs in several places. */
async function start(url: string) {
  const module = await startProviders({
    imports: [ScheduleModule.forRoot(), LockModule.forRoot({ nodes: [url] })],
    providers: [Reports],
  });
  const registry = module.get(SchedulerRegistry);
  return { registry, locks: module.get<LockManager>(getLockManagerToken()) };
}

describe("a cron method", () => {
  test("keeps its job, in either order of decorators", async () => {
    const { registry } = await start((await redisServer()).url);
    expect([...registry.getCronJobs().keys()]).toEqual(["nightly"]);
    expect(registry.getIntervals()).toEqual(["sweep"]);
  });

  test("runs once, however many instances of the application there are, and minHoldMs keeps late ones out", async () => {
    Reports.runs = [];
    const { url } = await redisServer();
    const instances = await Promise.all([start(url), start(url), start(url)]);
    const [, late] = instances;
    const turns = () => instances.map(({ locks }) => locks.stats().acquired + locks.stats().contended);
    for (const { registry } of instances) void registry.getCronJob("nightly").fireOnTick();
    await vi.waitFor(() => expect(turns()).toEqual([1, 1, 1]));
    await vi.waitFor(() => expect(Reports.runs).toEqual(["report under nightly-report"]));

    // A clock that is behind: its turn comes when the report is done.
    void late.registry.getCronJob("nightly").fireOnTick();
    await vi.waitFor(() => expect(turns()).toEqual([1, 2, 1]));
    expect(Reports.runs).toHaveLength(1);
    expect((await late.locks.inspect("nightly-report"))?.remainingMs).toBeGreaterThan(10_000);
  });
});
