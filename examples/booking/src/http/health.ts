import type { LockStats, NodeHealth } from "@redlock-kit/core";
import { Problem } from "./problem.js";

/** How the locks stand: `degraded` means that they work, with fewer nodes than there should be. */
export interface Health {
  readonly locks: "up" | "degraded" | "down";
  readonly nodes: readonly NodeHealth[];
}

/** @throws Problem 503 if no lock can be taken, or work goes on under a lock that was lost */
export function healthOf({ nodes, overrun }: LockStats): Health {
  const voting = nodes.filter((node) => node.voting).length;
  if (overrun > 0 || voting <= nodes.length / 2) {
    const members: Health = { locks: "down", nodes };
    throw new Problem(503, "UNHEALTHY", "Seats can't be locked at the moment.", { members });
  }
  return { locks: voting === nodes.length ? "up" : "degraded", nodes };
}
