/** The names that one lock has on a node. */
export interface LockKey {
  /** The key as the caller gave it, without prefix. */
  readonly key: string;
  /** Where the lock's value lives: prefix + key. */
  readonly lock: string;
  /** Where the fencing counter lives, in the same hash slot. */
  readonly fence: string;
  /** Where the queue of waiting processes lives, in the same hash slot. */
  readonly queue: string;
}

/** What is asked of a node about `keys`, always all or none of them. */
interface LockRequest {
  readonly keys: readonly LockKey[];
  /** The ownership token. */
  readonly token: string;
}

/** How long a node keeps the keys, and beyond. */
interface TimedRequest extends LockRequest {
  /** Lease time in milliseconds. */
  readonly ttlMs: number;
  /** Milliseconds for which nobody gets the lock after a lease that expired. */
  readonly lockDelayMs: number;
  /** How long the node remembers the fencing counter. */
  readonly fenceTtlMs: number;
}

export interface GrantRequest extends TimedRequest {
  /** The fencing token that the client proposes. */
  readonly proposal: number;
  /** How far a proposal may be ahead of the node's own clock, in milliseconds. */
  readonly maxSkewMs: number;
  /** Who is willing to wait: a refusal enrols the process in the queue. `undefined`: nobody waits. */
  readonly place?: QueuePlace | undefined;
}

/** A process's place in the queue of a lock. */
export interface QueuePlace {
  /** The name under which the process hears notices; see {@link LockNode.listen}. */
  readonly process: string;
  /** Whoever has the lower one is first, on every node. `undefined`: not enrolled yet, and its proposal is its ticket. */
  readonly ticket: number | undefined;
}

export type GrantReply =
  /** The keys are ours, under this counter; `fresh` if they were free before. */
  | {
      readonly kind: "granted";
      readonly fence: number;
      readonly fresh: boolean;
      /** Why it is no vote all the same, if so: too few replicas have it. */
      readonly unconfirmed?: string;
    }
  /**
   * At least one key is another's, the first of them `holder`'s, for `remainingMs` (the longest), which is Infinity
   * for one without TTL.
   */
  | {
      readonly kind: "held";
      readonly holder: string;
      readonly remainingMs: number;
      readonly fence: number;
      /** `false`: whoever is willing to wait could not be put into the queue, and will not be told of a release. */
      readonly enrolled?: false;
    }
  /** The proposal is from the future; the node's clock says `nodeTimeMs`. Nothing was changed. */
  | { readonly kind: "skewed"; readonly nodeTimeMs: number };

export interface ConfirmRequest extends LockRequest {
  /** The fencing token to settle on. */
  readonly fence: number;
  readonly fenceTtlMs: number;
}

export interface ExtendRequest extends TimedRequest {
  /** The lease's fencing token: a counter that the node has lost is raised to it. 0 if not known. */
  readonly fence: number;
  /** Set the keys if they are free. A node that did so answers `repaired`, which is no vote. */
  readonly repair: boolean;
}

export type ExtendReply =
  | { readonly kind: "extended"; readonly fence: number }
  | { readonly kind: "repaired" }
  /** At least one key is nobody's. */
  | { readonly kind: "free" }
  | { readonly kind: "held"; readonly remainingMs: number };

export interface ReleaseRequest {
  readonly keys: readonly LockKey[];
  /** `null` releases whoever holds the keys: for operators. */
  readonly token: string | null;
  /** A lease that is over but still in this delay is not ours to release. */
  readonly lockDelayMs: number;
  /** Keep the keys from everybody for so many milliseconds more, in place of deleting them. */
  readonly keepMs: number;
  /**
   * Wake nobody, since a waiter of the same process asks for the keys right behind. Else each key that becomes free is
   * kept for a moment for the process that is first in its queue, which is told so.
   */
  readonly quiet?: boolean | undefined;
}

export interface WithdrawRequest {
  readonly keys: readonly LockKey[];
  readonly process: string;
}

/** Notices of a node; see {@link LockNode.listen}. */
export interface NoticeSubscription {
  /** Whether notices arrive at present. */
  readonly active: boolean;
  stop(): void;
}

/** `released`: ours and now free · `free`: it was not held · `held`: another holds it. */
export type ReleaseReply = "released" | "free" | "held";

/** What a node knows of one key. */
export interface KeyState {
  /** `null`: free, or kept for the process whose turn it is. */
  readonly token: string | null;
  /** 0 when free, Infinity for a key without TTL. */
  readonly remainingMs: number;
  /** The fencing counter; 0 if there is none. */
  readonly fence: number;
}

/** A part of what {@link LockNode.list} finds. */
export interface LockPage {
  readonly names: readonly string[];
  /** Where the next page begins; `null` behind the last. */
  readonly next: string | null;
}

/** Who a node is, and whether it is fit to vote. */
export interface NodeIdentity {
  /** The same for two connections to one server, another after a restart. `null`: not known. */
  readonly runId: string | null;
  /** For how long the server has been running at least. Infinity: not known. */
  readonly uptimeMs: number;
  /** Whether it forgets nothing in a restart, since every write is on disk before it is answered. Default false. */
  readonly durable?: boolean;
  /** Why it must not vote (a replica, say), or `null`. */
  readonly unfit: string | null;
  /** What an operator should know of its configuration. */
  readonly warnings: readonly string[];
}

/** `connecting`: the first connection is under way · `disconnected`: known to be out of reach. */
export type NodeState = "ready" | "connecting" | "disconnected";

/**
 * One independent server's vote. The algorithm knows nodes only through this, and
 * {@link memoryNode} is its executable specification.
 *
 * Every method rejects when the node gave no usable answer; the error's message is the reason that
 * operators read. None may retry by itself. None needs a time limit: the quorum has one.
 */
export interface LockNode {
  /** How operators know the node, such as `10.0.0.5:6379`. Never holds a password. */
  readonly name: string;
  readonly state: NodeState;
  /** Why it is out of reach, in words for an operator, as far as that is known. Never holds a password. */
  readonly trouble?: string | undefined;
  /** Why these keys can't be used on this node, or `null`. Asked before anything is sent. */
  refusal?(keys: readonly LockKey[]): string | null;
  /** Calls `listener` on every change of `state`; returns how to stop it. */
  watch(listener: () => void): () => void;
  identify(): Promise<NodeIdentity>;
  grant(request: GrantRequest): Promise<GrantReply>;
  /** Whether the keys are the token's and no counter is above `fence`, which all then get. */
  confirm(request: ConfirmRequest): Promise<boolean>;
  /** Never shortens: a node that already keeps the keys for longer goes on doing so. */
  extend(request: ExtendRequest): Promise<ExtendReply>;
  release(request: ReleaseRequest): Promise<ReleaseReply>;
  inspect(key: LockKey): Promise<KeyState>;
  /** Takes a process off the queues of `keys`; what is kept for it, or free, is offered to the next. */
  withdraw?(request: WithdrawRequest): Promise<void>;
  /**
   * Calls `hear` with the name of every lock that was released and is kept for `process` now. A hint: a notice can be
   * lost, and whoever heard one must still be granted the lock.
   */
  listen?(process: string, hear: (lock: string) => void): NoticeSubscription;
  /** Exchanges the record of which nodes the users of this prefix know: stores `mine`, returns the one before. */
  exchange?(name: string, mine: string, ttlMs: number): Promise<string | null>;
  /**
   * Says that leases of `ttlMs` are in use, which is remembered under the name of `record` for `lifeMs`, and tells the
   * longest lease time that is.
   */
  announce?(record: string, ttlMs: number, lifeMs: number): Promise<number>;
  /**
   * A page of the names of locks that begin with `prefix` and go on like `pattern`, in which `*` stands for any characters and
   * `?` for one. A name can come twice, and one that comes or goes meanwhile can be missing.
   *
   * @param from `next` of the page before, or `null`
   */
  list?(prefix: string, pattern: string, from: string | null): Promise<LockPage>;
  /** Opens the connection anew, if the node itself opened it: this one gives no answers any more. */
  reconnect?(): void;
  /** Closes what the node itself opened. */
  close(): Promise<void>;
}
