import type { LockManager } from "@redlock-kit/core";
import { expect } from "vitest";

/** Waits until every node has said who it is: a vote that a quorum has decided before does not reach the others. */
export async function everyNodeVotes(locks: LockManager): Promise<void> {
  await expect.poll(() => locks.stats().nodes.every(({ voting }) => voting)).toBe(true);
}
