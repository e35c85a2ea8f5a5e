import { createLockManager, memoryNode } from "@redlock-kit/core";
import { expect, test } from "vitest";

/** How much longer the event loop takes for `await` than before. */
async function promisesTakeMs(): Promise<number> {
  const before = performance.now();
  for (let i = 0; i < 100_000; i++) await Promise.resolve();
  return performance.now() - before;
}

test("managers that came and went leave no trace on the promises of their process", async () => {
  const useOnce = async () => {
    const locks = createLockManager({ nodes: [memoryNode()] });
    await locks.withLock("k", () => {});
    await locks.close();
  };
  await useOnce();
  await promisesTakeMs();
  const withOne = await promisesTakeMs();
  for (let i = 0; i < 300; i++) await useOnce();
  // With a storage of async context for each, it would be a thousand times as much.
  expect(await promisesTakeMs()).toBeLessThan(10 * withOne);
}, 60_000);
