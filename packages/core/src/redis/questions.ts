import type {
  ConfirmRequest,
  ExtendReply,
  ExtendRequest,
  GrantReply,
  GrantRequest,
  KeyState,
  LockKey,
  ReleaseReply,
  ReleaseRequest,
  WithdrawRequest,
} from "../node/lock-node.js";
import { type Batch, UNREADABLE } from "./batch.js";
import { Script } from "./script.js";
import * as exclusive from "./scripts/exclusive.js";

/** With more, client and server would wait for each other in turn when many locks come and go. */
const MOST_LOCKS = 32;
/** Those of leases that are extended come in portions, and nobody waits for them. */
const MOST_EXTENDED_LOCKS = 128;

export type NameOfLock = "lock" | "fence" | "queue";

/** One kind of request to a node: how it is put, alone or among others, and how the reply is read. */
export interface Question<Request extends { readonly keys: readonly LockKey[] }, Reply> {
  /** What carries it out when it is alone. */
  readonly script: Script;
  /** Which names of each lock it needs. */
  readonly names: readonly NameOfLock[];
  /** How many locks one call may be for: a server carries out nothing else meanwhile. */
  readonly mostLocks: number;
  argsOf(request: Request, clustered: boolean): (string | number)[];
  /** Writes all but the keys. */
  write(request: Request, batch: Batch): void;
  read(reply: unknown, request: Request): Reply;
}

export const GRANT: Question<GrantRequest, GrantReply> = {
  script: new Script(exclusive.GRANT),
  names: ["lock", "fence", "queue"],
  mostLocks: MOST_LOCKS,
  argsOf(request, clustered) {
    const { token, ttlMs, lockDelayMs, proposal, fenceTtlMs, maxSkewMs, place } = request;
    const args = [token, ttlMs + lockDelayMs, proposal, fenceTtlMs, maxSkewMs];
    if (clustered) args.push(place?.process ?? "", place?.ticket ?? "", lockDelayMs, 1);
    else if (lockDelayMs > 0) args.push(place?.process ?? "", place?.ticket ?? "", lockDelayMs);
    else if (place?.ticket !== undefined) args.push(place.process, place.ticket);
    else if (place !== undefined) args.push(place.process);
    return args;
  },
  write({ keys, token, ttlMs, lockDelayMs, proposal, fenceTtlMs, maxSkewMs, place }, batch) {
    batch.share(lockDelayMs, fenceTtlMs, ttlMs + lockDelayMs, maxSkewMs, place?.process);
    if (place === undefined) batch.ask("g", keys.length, token, proposal);
    else if (place.ticket === undefined) batch.ask("w", keys.length, token, proposal);
    else batch.ask("t", keys.length, token, proposal, place.ticket);
  },
  read(reply, { proposal }) {
    if (!Array.isArray(reply)) {
      if (Number(reply) === 1) return { kind: "granted", fence: proposal, fresh: true };
      throw new Error(UNREADABLE);
    }
    const [status, value, left, holder, enrolled] = reply as [number, string, string, string, number?];
    switch (Number(status)) {
      case 0:
        return {
          kind: "held",
          holder,
          remainingMs: remaining(left),
          fence: Number(value),
          ...(enrolled === undefined ? {} : { enrolled: false }),
        };
      case -1:
        return { kind: "skewed", nodeTimeMs: Number(value) };
      default:
        return { kind: "granted", fence: Number(value), fresh: Number(status) === 1 };
    }
  },
};

export const CONFIRM: Question<ConfirmRequest, boolean> = {
  script: new Script(exclusive.CONFIRM),
  names: ["lock", "fence"],
  mostLocks: MOST_LOCKS,
  argsOf: ({ token, fence, fenceTtlMs }) => [token, fence, fenceTtlMs],
  write({ keys, token, fence, fenceTtlMs }, batch) {
    batch.share(undefined, fenceTtlMs);
    batch.ask("c", keys.length, token, fence);
  },
  read: (reply) => Number(reply) === 1,
};

export const EXTEND: Question<ExtendRequest, ExtendReply> = {
  script: new Script(exclusive.EXTEND),
  names: ["lock", "fence"],
  mostLocks: MOST_EXTENDED_LOCKS,
  argsOf: ({ token, ttlMs, lockDelayMs, fenceTtlMs, fence, repair }) => [
    token,
    ttlMs + lockDelayMs,
    lockDelayMs,
    fenceTtlMs,
    fence,
    repair ? 1 : 0,
  ],
  write({ keys, token, ttlMs, lockDelayMs, fenceTtlMs, fence, repair }, batch) {
    batch.share(lockDelayMs, fenceTtlMs, ttlMs + lockDelayMs);
    batch.ask(repair ? "p" : "e", keys.length, token, fence);
  },
  read(reply) {
    const [status, value] = reply as [number, string];
    switch (Number(status)) {
      case 1:
        return { kind: "extended", fence: Number(value) };
      case 2:
        return { kind: "repaired" };
      case 0:
        return { kind: "free" };
      default:
        return { kind: "held", remainingMs: remaining(value) };
    }
  },
};

export const RELEASE: Question<ReleaseRequest, ReleaseReply> = {
  script: new Script(exclusive.RELEASE),
  names: ["lock", "queue"],
  mostLocks: MOST_LOCKS,
  argsOf({ token, quiet, keepMs, lockDelayMs }, clustered) {
    const args: (string | number)[] = [token ?? ""];
    if (quiet || keepMs > 0 || lockDelayMs > 0 || clustered) args.push(quiet ? 1 : 0);
    if (keepMs > 0 || lockDelayMs > 0 || clustered) args.push(keepMs, lockDelayMs);
    if (clustered) args.push(1);
    return args;
  },
  write({ keys, token, quiet, keepMs, lockDelayMs }, batch) {
    batch.share(lockDelayMs);
    if (keepMs > 0) batch.ask("k", keys.length, token ?? "", keepMs);
    else batch.ask(quiet ? "q" : "r", keys.length, token ?? "");
  },
  read(reply) {
    if (Number(reply) === 1) return "released";
    return Number(reply) === 0 ? "free" : "held";
  },
};

export const WITHDRAW: Question<WithdrawRequest, void> = {
  script: new Script(exclusive.WITHDRAW),
  names: ["lock", "queue"],
  mostLocks: MOST_LOCKS,
  argsOf: ({ process }, clustered) => (clustered ? [process, 1] : [process]),
  write({ keys, process }, batch) {
    batch.share(undefined, undefined, undefined, undefined, process);
    batch.ask("d", keys.length);
  },
  read: () => {},
};

export const INSPECT: Question<{ readonly keys: readonly [LockKey] }, KeyState> = {
  script: new Script(exclusive.INSPECT),
  names: ["lock", "fence"],
  mostLocks: MOST_LOCKS,
  argsOf: () => [],
  write: (_request, batch) => batch.ask("i", 1),
  read(reply) {
    const [token, left, fence] = reply as [string | null, number, string | null];
    return { token, remainingMs: token === null ? 0 : remaining(left), fence: Number(fence ?? 0) };
  },
};

/** PTTL says -1 of a key without TTL, which is held for ever. */
function remaining(pttl: number | string): number {
  const left = Number(pttl);
  return left === -1 ? Infinity : Math.max(0, left);
}
