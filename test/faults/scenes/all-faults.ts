import { clockFaults } from "./clock-faults.js";
import { crashFaults } from "./crash-faults.js";
import { goesOn } from "./expectations.js";
import type { Fault } from "./fault.js";
import { networkFaults } from "./network-faults.js";
import { serverFaults } from "./server-faults.js";
import { workerFaults } from "./worker-faults.js";

/** What all others are to be compared with. */
const none: Fault = {
  name: "is well",
  aims: { "a quorum": goesOn },
  always: true,
  strike: () => Promise.resolve(() => Promise.resolve()),
};

/** Everything that goes wrong, by where it does. */
export const faults = {
  sound: [none],
  network: networkFaults,
  nodes: [...crashFaults, ...serverFaults, ...clockFaults],
  processes: workerFaults,
} satisfies Record<string, readonly Fault[]>;
