import type { QueuePlace } from "./lock-node.js";

/** The beginning of a lock's value between its release and the grant to the process that it is kept for. */
export const RESERVED_PREFIX = "redlock-kit:next:";

/** The value of a lock that was released and is kept for `process`, whose turn it is. */
export function reservedFor(process: string): string {
  return RESERVED_PREFIX + process;
}

/** Whether a value says that the lock is nobody's, but kept for the one whose turn it is. */
export function isReserved(value: string): boolean {
  return value.startsWith(RESERVED_PREFIX);
}

/** Nobody holds what is kept for somebody; only those who wait have to mind their turn. */
export function isFreeFor(place: QueuePlace | undefined, value: string): boolean {
  return isReserved(value) && (place === undefined || value === reservedFor(place.process));
}

/** For how long a released lock is kept for the process whose turn it is, in milliseconds. */
export const RESERVED_MS = 50;

/** For how long a queue outlives the last refusal, in milliseconds; who waits asks again more often. */
export const QUEUE_LIFE_MS = 30_000;

/** The channel on which a process hears that a lock is its to take; the message is the lock's name on the node. */
export function wakeChannel(process: string): string {
  return WAKE_CHANNEL_PREFIX + process;
}

/** The beginning of every channel for notices. */
export const WAKE_CHANNEL_PREFIX = "redlock-kit:wake:";
