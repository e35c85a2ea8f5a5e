import type { Door } from "./door.js";

const SWEEP_MS = 50;

/** Closes a door, and does not wait for clients that keep their connections open for another request. */
export async function closeDoor(door: Door): Promise<void> {
  // By itself a server that closes ends only the connections that are idle at that moment.
  const sweep = setInterval(() => door.server.closeIdleConnections(), SWEEP_MS);
  try {
    await door.close();
  } finally {
    clearInterval(sweep);
  }
}
