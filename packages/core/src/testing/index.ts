export { lockConformance } from "./conformance/lock-conformance.js";
export type { ConformanceBackend, ConformanceCase } from "./conformance/scenario.js";
export { faultyNode, type FaultyNode } from "./faulty-node.js";
export type { NodeFaults, NodeRequest, Way } from "./node-faults.js";
export { grantingLockManager } from "./granting-lock-manager.js";
export { manualClock, type ManualClock } from "./manual-clock.js";
export { refusingLockManager } from "./refusing-lock-manager.js";
