import { createLockManager, memoryNode } from "@redlock-kit/core";

// An hour of lease and of deadline: a timer that outlived the calls would keep this process as long. No close().
const locks = createLockManager({ nodes: [memoryNode()], ttlMs: 3_600_000, nodeTimeoutMs: 3_600_000 });
await locks.withLock("seat", () => {});
await (await locks.acquire("seat")).release();
await locks.acquire("seat");
await locks.acquire("seat", { waitMs: 20 }).catch(() => {});
process.disconnect();
