export { faultyNode, type FaultyNode, type NodeFaults, type NodeRequest, type Way } from "./faulty-node.js";
export { manualClock, type ManualClock } from "./manual-clock.js";
