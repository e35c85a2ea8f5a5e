export { lockConformance } from "./conformance/lock-conformance.js";
export type { ConformanceBackend, ConformanceCase } from "./conformance/scenario.js";
export { faultyNode, type FaultyNode, type NodeFaults, type NodeRequest, type Way } from "./faulty-node.js";
export { grantingLockManager } from "./granting-lock-manager.js";
export { manualClock, type ManualClock } from "./manual-clock.js";
export { refusingLockManager } from "./refusing-lock-manager.js";
