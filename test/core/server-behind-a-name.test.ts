import { type LockNode, memoryNode } from "@redlock-kit/core";
import { type ManualClock, manualClock } from "@redlock-kit/core/testing";
import { expect, test } from "vitest";
import { manager } from "./cluster.js";

const AN_HOUR_MS = 3_600_000;

/** A name behind which one server or another answers, each of which has been up for an hour. */
class Name implements LockNode {
  readonly name = "behind a name";
  state: "ready" | "disconnected" = "ready";
  readonly #listeners = new Set<() => void>();

  constructor(private server: LockNode) {}

  async lead(to: LockNode, clock: ManualClock): Promise<void> {
    for (const state of ["disconnected", "ready"] as const) {
      this.state = state;
      for (const listener of this.#listeners) listener();
      this.server = to;
      await clock.advance(10);
    }
  }

  watch(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  identify: LockNode["identify"] = async () => ({ ...(await this.server.identify()), uptimeMs: AN_HOUR_MS });
  grant: LockNode["grant"] = (request) => this.server.grant(request);
  confirm: LockNode["confirm"] = (request) => this.server.confirm(request);
  extend: LockNode["extend"] = (request) => this.server.extend(request);
  release: LockNode["release"] = (request) => this.server.release(request);
  inspect: LockNode["inspect"] = (key) => this.server.inspect(key);
  close: LockNode["close"] = () => this.server.close();
}

async function start() {
  const clock = manualClock();
  const [first, second, ...others] = ["first", "second", "other", "another"].map((name) =>
    memoryNode({ clock, name }),
  );
  if (first === undefined || second === undefined) throw new Error("there are four");
  const node = new Name(first);
  const locks = manager({ nodes: [node, ...others], clock, ttlMs: 10_000 }, clock);
  // Every node has had a vote that counted.
  for (const key of ["first", "second"]) await (await locks.acquire(key)).release();
  await clock.advance(60_000);
  const stands = () => locks.stats().nodes[0];
  return { clock, node, stands, first, second };
}

test("another server behind the name of one that was lost is kept out for as long as a restarted one", async () => {
  const { clock, node, stands, second } = await start();
  await node.lead(second, clock);
  expect(stands()).toMatchObject({ voting: false, reason: expect.stringMatching(/^restarted/) });
  await clock.advance(10_000);
  expect(stands()).toMatchObject({ voting: true });
});

test("so is the first one when it comes back: others may have been granted leases by the second", async () => {
  const { clock, node, stands, first, second } = await start();
  await node.lead(second, clock);
  await node.lead(first, clock);
  expect(stands()).toMatchObject({ voting: false, reason: expect.stringMatching(/^restarted/) });
});

test("the same server votes at once when its connection is back", async () => {
  const { clock, node, stands, first } = await start();
  await node.lead(first, clock);
  expect(stands()).toMatchObject({ voting: true });
});
