import type { LockStats, NodeHealth } from "@redlock-kit/core";
import type { DoorName } from "../settings.js";
import { Problem } from "./problem.js";

/** How the application stands. */
export interface Health {
  /** `degraded` means that they work, with fewer nodes than there should be. */
  readonly locks: "up" | "degraded" | "down";
  readonly nodes: readonly NodeHealth[];
  readonly database: "up" | "down";
  /** The process that says so, which knows of its own connections only. */
  readonly server: { readonly pid: number; readonly door: DoorName };
}

/** @throws Problem 503 if no seat can be sold, or work goes on under a lock that was lost */
export function healthOf({ nodes, overrun }: LockStats, isDatabaseUp: boolean, door: DoorName): Health {
  const voting = nodes.filter((node) => node.voting).length;
  const isLocking = overrun === 0 && voting > nodes.length / 2;
  const health: Health = {
    locks: !isLocking ? "down" : voting === nodes.length ? "up" : "degraded",
    nodes,
    database: isDatabaseUp ? "up" : "down",
    server: { pid: process.pid, door },
  };
  if (isLocking && isDatabaseUp) return health;
  const what = isLocking ? "The database can't be asked" : "Seats can't be locked";
  throw new Problem(503, "UNHEALTHY", `${what} at the moment.`, { members: health });
}
