import assert from "node:assert/strict";
import { createLockManager, type LockNode, memoryNode } from "@redlock-kit/core";
import { lockConformance } from "@redlock-kit/core/testing";
import { expect, test } from "vitest";

/** What the case with this sentence says to managers over a memory node of which some part is broken. */
async function verdictOn(sentence: string, broken: (sound: LockNode) => Partial<LockNode>): Promise<unknown> {
  const sound = memoryNode();
  const inherited: LockNode = {
    name: sound.name,
    state: sound.state,
    watch: (listener) => sound.watch(listener),
    identify: () => sound.identify(),
    grant: (request) => sound.grant(request),
    confirm: (request) => sound.confirm(request),
    extend: (request) => sound.extend(request),
    release: (request) => sound.release(request),
    inspect: (key) => sound.inspect(key),
    close: () => sound.close(),
  };
  const node = { ...inherited, ...broken(sound) };
  const found = lockConformance.filter(({ name }) => name.includes(sentence));
  expect(found).toHaveLength(1);
  return found[0]
    ?.run({ manager: (options) => createLockManager({ ...options, nodes: [node] }) })
    .catch((error: unknown) => error);
}

test("managers that share no node fail the suite", async () => {
  const [exclusion] = lockConformance.filter(({ name }) => name.includes("what one manager holds"));
  const manager = () => createLockManager({ nodes: [memoryNode()] });
  await expect(exclusion?.run({ manager })).rejects.toThrow(assert.AssertionError);
});

test.each<[fault: string, sentence: string, broken: (sound: LockNode) => Partial<LockNode>]>([
  [
    "grants what is held",
    "what one manager holds",
    () => ({ grant: async ({ proposal }) => ({ kind: "granted", fence: proposal, fresh: true }) }),
  ],
  [
    "gives every lease the same fencing token",
    "rise from lease to lease",
    (sound) => ({
      grant: async (request) => {
        const reply = await sound.grant(request);
        return reply.kind === "granted" ? { ...reply, fence: 7 } : reply;
      },
    }),
  ],
  [
    "releases whoever asks",
    "of somebody else don't get a lock that is held",
    (sound) => ({ release: (request) => sound.release({ ...request, token: null }) }),
  ],
  [
    "brings leases back that are over",
    "don't extend what is free",
    (sound) => ({
      extend: async (request) => {
        await sound.extend({ ...request, repair: true });
        return { kind: "extended", fence: 7 };
      },
    }),
  ],
  [
    "takes the first of several keys alone",
    "that overlap in part",
    (sound) => ({ grant: (request) => sound.grant({ ...request, keys: request.keys.slice(0, 1) }) }),
  ],
  [
    "lets go too early",
    "a lease that is not extended expires",
    (sound) => ({ grant: (request) => sound.grant({ ...request, ttlMs: request.ttlMs / 4 }) }),
  ],
  [
    "forgets to keep what was released too early",
    "minHoldMs keeps the lock",
    (sound) => ({ release: (request) => sound.release({ ...request, keepMs: 0 }) }),
  ],
  ["never releases anything", "are one lease, under one token", () => ({ release: async () => "released" })],
])("a node that %s fails the suite", async (_fault, sentence, broken) => {
  expect(await verdictOn(sentence, () => ({}))).toBeUndefined();
  expect(await verdictOn(sentence, broken)).toBeInstanceOf(assert.AssertionError);
});
