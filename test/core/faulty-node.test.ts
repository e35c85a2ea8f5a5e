import { memoryNode } from "@redlock-kit/core";
import { faultyNode, manualClock } from "@redlock-kit/core/testing";
import { describe, expect, test } from "vitest";
import { FENCE_EPOCH_MS } from "../../packages/core/src/quorum/fencing.js";
import { namesOf, stateOf } from "./cluster.js";

function setUp() {
  const clock = manualClock(FENCE_EPOCH_MS);
  const server = memoryNode({ clock, name: "server" });
  const node = faultyNode(server, clock);
  const times = { ttlMs: 10_000, lockDelayMs: 0, fenceTtlMs: 60_000, maxSkewMs: 60_000, proposal: 1 };
  const grant = (key: string, token = "me") => node.grant({ keys: [namesOf(key)], token, ...times });
  const holder = async (key: string) => (await server.inspect(namesOf(key))).token;
  return { clock, server, node, grant, holder };
}

describe("a faulty node", () => {
  test("is the node itself until it is told otherwise", async () => {
    const { node, grant } = setUp();
    expect([node.name, node.state]).toEqual(["server", "ready"]);
    expect((await node.identify()).runId).toBe("server/1");
    expect(await grant("k")).toEqual({ kind: "granted", fence: 1, fresh: true });
    expect(node.faults.carriedOut).toEqual(["identify", "grant"]);
  });

  test("loses requests: nothing is carried out, nothing is answered", async () => {
    const { clock, node, grant, holder } = setUp();
    node.faults.lose("requests");
    const granting = grant("k");
    await clock.advance(60_000);
    expect([await stateOf(granting), await holder("k"), node.faults.underWay]).toEqual(["pending", null, 1]);
  });

  test("loses replies: it is carried out, and nothing is answered, not even after resume", async () => {
    const { clock, node, grant, holder } = setUp();
    node.faults.lose("replies");
    const granting = grant("k");
    node.faults.resume();
    await clock.advance(0);
    expect(await holder("k")).toBe("me");
    const lost = grant("l");
    await clock.advance(0);
    expect([await stateOf(granting), await stateOf(lost)]).toEqual(["fulfilled", "fulfilled"]);
  });

  test.each([
    ["requests", null],
    ["replies", "me"],
  ] as const)("holds %s back until it is resumed", async (way, meanwhile) => {
    const { clock, node, grant, holder } = setUp();
    node.faults.hold(way);
    const granting = grant("k");
    await clock.advance(60_000);
    expect([await stateOf(granting), way === "requests" ? await holder("k") : "me"]).toEqual([
      "pending",
      meanwhile,
    ]);
    node.faults.resume();
    await clock.advance(0);
    expect(await stateOf(granting)).toBe("fulfilled");
  });

  test("carries out what it held in its order, or with the last first", async () => {
    const { clock, node, grant, holder } = setUp();
    for (const [order, expected] of [
      ["in order", "one"],
      ["last first", "two"],
    ] as const) {
      node.faults.hold("requests", "grant");
      void grant(order, "one");
      void grant(order, "two");
      node.faults.resume(order);
      await clock.advance(0);
      expect(await holder(order)).toBe(expected);
    }
  });

  test("delays by the clock, each request by as much as is said for it", async () => {
    const { clock, node, grant, holder } = setUp();
    const delays = [300, 100];
    node.faults.delay("requests", () => delays.shift() ?? 0, "grant");
    node.faults.delay("replies", 50);
    const slow = grant("k", "slow");
    const quick = grant("k", "quick");
    await clock.advance(149);
    expect([await holder("k"), await stateOf(quick)]).toEqual(["quick", "pending"]);
    await clock.advance(1);
    expect([await stateOf(quick), await stateOf(slow)]).toEqual(["fulfilled", "pending"]);
    await clock.advance(200);
    expect(await slow).toMatchObject({ kind: "held" });
  });

  test("fails with an error, without carrying anything out", async () => {
    const { node, grant, holder } = setUp();
    node.faults.fail(new Error("OOM"), "grant");
    await expect(grant("k")).rejects.toThrow("OOM");
    expect([await holder("k"), node.faults.underWay]).toEqual([null, 0]);
    expect((await node.identify()).runId).toBe("server/1");
  });

  test("carries out twice, and gives the second reply", async () => {
    const { node, grant } = setUp();
    node.faults.duplicate("grant");
    expect(await grant("k")).toEqual({ kind: "granted", fence: 1, fresh: false });
    expect(node.faults.carriedOut).toEqual(["grant", "grant"]);
  });

  test("disconnects: everything under way is rejected, carried out or not, and it says so", async () => {
    const { clock, node, grant, holder } = setUp();
    const states: string[] = [];
    node.watch(() => states.push(node.state));
    node.faults.lose("replies", "grant");
    const granting = grant("k");
    await clock.advance(0);
    node.faults.disconnect();
    await expect(granting).rejects.toThrow("disconnected");
    await expect(grant("l")).rejects.toThrow("disconnected");
    expect([await holder("k"), await holder("l")]).toEqual(["me", null]);
    node.faults.reconnect();
    node.faults.resume();
    expect(await grant("l")).toMatchObject({ kind: "granted" });
    expect(states).toEqual(["disconnected", "ready"]);
  });

  test("passes on what the node's own state is", () => {
    const { server, node } = setUp();
    const states: string[] = [];
    const unwatch = node.watch(() => states.push(node.state));
    server.restart();
    unwatch();
    server.restart();
    expect(states).toEqual(["disconnected", "ready"]);
  });

  test("passes a failure of the node itself on", async () => {
    const { clock, server } = setUp();
    const failing = faultyNode(
      { ...faultyNode(server, clock), grant: () => Promise.reject(new Error("READONLY")) },
      clock,
    );
    await expect(failing.grant({} as never)).rejects.toThrow("READONLY");
    expect(failing.faults.underWay).toBe(0);
  });
});
