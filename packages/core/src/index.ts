export { randomToken, systemClock, type Clock, type ClockTimer } from "./clock.js";
export { createLockManager } from "./create-lock-manager.js";
export {
  LockError,
  isLockError,
  type LockErrorCode,
  type LockErrorDetails,
  type NodeVote,
} from "./errors.js";
export type { Lease } from "./lease.js";
export type {
  AcquireOptions,
  CloseOptions,
  ListOptions,
  LockKeys,
  LockManager,
  LockNodeState,
  LockState,
  LockStats,
  NodeHealth,
  TryAcquireOptions,
  WithLockOptions,
} from "./lock-manager.js";
export type {
  ConfirmRequest,
  ExtendReply,
  ExtendRequest,
  GrantReply,
  GrantRequest,
  KeyState,
  LockKey,
  LockNode,
  LockPage,
  NodeIdentity,
  NodeState,
  NoticeSubscription,
  QueuePlace,
  ReleaseReply,
  ReleaseRequest,
  WithdrawRequest,
} from "./node/lock-node.js";
export { memoryNode, type MemoryNode, type MemoryNodeOptions } from "./node/memory-node.js";
export type { NodeSource } from "./node-source.js";
export type { LockManagerOptions } from "./options.js";
export type {
  AcquireEvent,
  ContendedEvent,
  ExtendEvent,
  ForceReleaseEvent,
  LeaseEvent,
  NodeEvent,
  ReleaseEvent,
  WaitedEvent,
} from "./telemetry.js";
export {
  exponentialBackoff,
  fixedDelay,
  limitAttempts,
  type ExponentialBackoffOptions,
  type RetryStrategy,
} from "./waiting/backoff.js";
