import { type LockManagerOptions, memoryNode } from "@redlock-kit/core";
import type { Settings } from "./settings.js";

/** What the locks of the application are made of. */
export function lockOptions({ redisUrls, lockTtlMs }: Settings): LockManagerOptions {
  return {
    nodes: redisUrls.length > 0 ? redisUrls : [memoryNode()],
    ttlMs: lockTtlMs,
  };
}
