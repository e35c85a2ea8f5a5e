import { setTimeout as sleep } from "node:timers/promises";

/** Bytes in use after several full collections, with turns of the event loop between them for what they set free. */
export async function collectedHeap(): Promise<number> {
  for (let i = 0; i < 4; i++) {
    globalThis.gc?.();
    await sleep(20);
  }
  return process.memoryUsage().heapUsed;
}
