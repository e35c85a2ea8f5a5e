import { describe, expect, onTestFinished, test } from "vitest";
import { forkWorker } from "../support/fork-worker.js";
import { nextMessage } from "../support/next-message.js";

describe("the memory that a held lease costs, over nodes whose own memory is not counted", () => {
  // Measured are 350 bytes; a few hundred more would be a copy of something that leases can share, or work out when asked.
  test.each<[nodes: number, autoExtend: boolean, bytes: number]>([
    [1, false, 450],
    [3, false, 450],
    [3, true, 700],
  ])("%d nodes, autoExtend %s: no more than %d bytes", async (nodes, autoExtend, bytes) => {
    const worker = forkWorker(new URL("held-memory.worker.ts", import.meta.url), [
      String(nodes),
      String(autoExtend),
    ]);
    onTestFinished(() => void worker.kill("SIGKILL"));
    const { bytesPerLease } = await nextMessage<{ bytesPerLease: number }>(worker);
    expect(bytesPerLease).toBeGreaterThan(100);
    expect(bytesPerLease).toBeLessThan(bytes);
  });
});
