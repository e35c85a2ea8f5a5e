import { setTimeout as sleep } from "node:timers/promises";
import type { Door } from "./door.js";

const SWEEP_MS = 50;
/** Whoever is at work after that is cut off. */
const LONGEST_MS = 1_500;

/** Closes a door, in the end in any case, and does not wait for clients that keep their connections for another request. */
export async function closeDoor(door: Door): Promise<void> {
  // By itself a server that closes ends only the connections that are idle at that moment.
  const sweep = setInterval(() => door.server.closeIdleConnections(), SWEEP_MS);
  const patience = new AbortController();
  try {
    await Promise.race([door.close(), sleep(LONGEST_MS, undefined, { signal: patience.signal })]);
  } finally {
    clearInterval(sweep);
    patience.abort();
  }
}
