import { Controller, Get, Inject } from "@nestjs/common";
import { HealthCheck, HealthCheckService, TerminusModule } from "@nestjs/terminus";
import { type LockManager, memoryNode } from "@redlock-kit/core";
import { type FaultyNode, faultyNode, manualClock } from "@redlock-kit/core/testing";
import { getLockManagerToken, LockHealthIndicator, LockModule } from "@redlock-kit/nestjs";
import { describe, expect, test } from "vitest";
import { redisServers, urlsOf } from "../support/this-test.js";
import { startApp, startProviders } from "./start-app.js";

@Controller("health")
class HealthController {
  constructor(
    @Inject(HealthCheckService) private readonly health: HealthCheckService,
    @Inject(LockHealthIndicator) private readonly locks: LockHealthIndicator,
  ) {}

  @Get()
  @HealthCheck()
  check() {
    return this.health.check([() => this.locks.isHealthy(), () => this.locks.isHealthy("seats", "seats")]);
  }
}

/** Three nodes, and the indicator of a manager over them. */
async function threeNodes() {
  const clock = manualClock();
  const nodes = ["a", "b", "c"].map((name) => faultyNode(memoryNode({ clock, name }), clock));
  const module = await startProviders({ imports: [LockModule.forRoot({ nodes, clock })] });
  const indicator = module.get(LockHealthIndicator);
  const healthNow = async () => {
    const result = indicator.isHealthy();
    await clock.advance(1_000);
    return (await result).locks;
  };
  const locks = module.get<LockManager>(getLockManagerToken());
  return { nodes: nodes as [FaultyNode, FaultyNode, FaultyNode], locks, clock, healthNow };
}

describe("the health of locks", () => {
  test("is up while every node votes", async () => {
    const { healthNow } = await threeNodes();
    expect(await healthNow()).toEqual({
      status: "up",
      state: "up",
      voting: 3,
      quorum: 2,
      overrun: 0,
      nodes: { a: "voting", b: "voting", c: "voting" },
    });
  });

  test("is degraded, and still healthy, while a quorum stands", async () => {
    const { nodes, healthNow } = await threeNodes();
    await healthNow();
    nodes[1].faults.disconnect();
    expect(await healthNow()).toMatchObject({
      status: "up",
      state: "degraded",
      voting: 2,
      nodes: { a: "voting", b: "disconnected" },
    });
  });

  test("notices a node that hangs without anybody having asked for a lock", async () => {
    const { nodes, healthNow } = await threeNodes();
    await healthNow();
    nodes[2].faults.hold("requests");
    expect(await healthNow()).toMatchObject({
      state: "degraded",
      nodes: { c: expect.stringMatching(/^silent for/) as string },
    });
  });

  test("is down below a quorum", async () => {
    const { nodes, healthNow } = await threeNodes();
    await healthNow();
    for (const { faults } of nodes.slice(1)) faults.disconnect();
    expect(await healthNow()).toMatchObject({ status: "down", state: "down", voting: 1, quorum: 2 });
  });

  test("is down while work goes on under a lease that is over", async () => {
    const { locks, clock, healthNow } = await threeNodes();
    await healthNow();
    let finish = (): void => {};
    const work = new Promise<void>((resolve) => (finish = resolve));
    const result = locks.withLock("seat", () => work, { ttlMs: 500, autoExtend: false, onLost: "ignore" });
    await clock.advance(600);
    expect(await healthNow()).toMatchObject({ status: "down", state: "down", voting: 3, overrun: 1 });
    finish();
    await result;
    expect(await healthNow()).toMatchObject({ status: "up", overrun: 0 });
  });

  test("is down once the manager is closed", async () => {
    const { locks, clock, healthNow } = await threeNodes();
    await healthNow();
    const closed = locks.close();
    await clock.advance(2_000);
    await closed;
    expect(await healthNow()).toMatchObject({ status: "down" });
  });

  test("says why a node that has just restarted does not vote", async () => {
    const servers = await redisServers(3);
    const module = await startProviders({
      imports: [LockModule.forRoot({ nodes: urlsOf(servers), ttlMs: 60_000 })],
    });
    const indicator = module.get(LockHealthIndicator);
    const voting = async () => (await indicator.isHealthy()).locks.voting;
    await expect.poll(voting, { timeout: 10_000 }).toBe(3);
    await servers[0]?.kill();
    await servers[0]?.restart();
    const reason = async () => (await indicator.isHealthy()).locks.nodes[`127.0.0.1:${servers[0]?.port}`];
    await expect.poll(reason, { timeout: 10_000 }).toMatch(/^restarted: votes again in \d+ ms$/);
    expect((await indicator.isHealthy()).locks).toMatchObject({ status: "up", state: "degraded", voting: 2 });
  });
});

test("Terminus answers 200 with what each manager's nodes say, and 503 when one of them is down", async () => {
  const clock = manualClock();
  const node = faultyNode(memoryNode({ clock, name: "a" }), clock);
  const { url } = await startApp({
    imports: [
      TerminusModule.forRoot({ logger: false }),
      LockModule.forRoot({ nodes: [memoryNode({ name: "m" })] }),
      LockModule.forRoot({ nodes: [node], clock, name: "seats" }),
    ],
    controllers: [HealthController],
  });
  const healthy = await fetch(`${url}/health`);
  expect(healthy.status).toBe(200);
  expect(await healthy.json()).toMatchObject({
    status: "ok",
    details: { locks: { status: "up", nodes: { m: "voting" } }, seats: { status: "up", state: "up" } },
  });
  node.faults.disconnect();
  const unhealthy = await fetch(`${url}/health`);
  expect(unhealthy.status).toBe(503);
  expect(await unhealthy.json()).toMatchObject({
    status: "error",
    info: { locks: { status: "up" } },
    error: { seats: { status: "down", voting: 0, quorum: 1, nodes: { a: "disconnected" } } },
  });
});
