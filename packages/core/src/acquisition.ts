import type { LockKey } from "./node/lock-node.js";
import { requireToken } from "./option-checks.js";
import type { ResolvedLockOptions, ResolvedOptions } from "./options.js";
import type { AttemptRequest, AttemptResult, VotePlace } from "./quorum/attempt.js";
import type { Wanted } from "./waiting/waiter.js";

/** A vote that was won. */
export type Won = Extract<AttemptResult, { kind: "won" }>;

/** What an acquisition does itself with. */
interface Acquiring {
  readonly options: ResolvedOptions;
  /** Makes one attempt. */
  attempt(acquisition: Acquisition, place: VotePlace | undefined): Promise<AttemptResult>;
  /** Whether a lease of one of the acquisition's keys is held under its token, which is the caller's own. */
  holds(acquisition: Acquisition): boolean;
  /** Has one more node keep what was won. */
  take(acquisition: Acquisition, won: Won, index: number, place: VotePlace): void;
}

/** One acquire that asks the nodes: what is wanted, as one object, since every lock makes one. */
export class Acquisition implements Wanted<Won>, AttemptRequest {
  readonly keys: readonly string[];
  readonly lockKeys: readonly LockKey[];
  readonly options: ResolvedLockOptions;
  readonly fenceTtlMs: number;
  setOn = 0;
  returned: Promise<unknown> | undefined;
  readonly #home: Acquiring;

  constructor(
    home: Acquiring,
    keys: readonly string[],
    lockKeys: readonly LockKey[],
    options: ResolvedLockOptions,
    fenceTtlMs: number,
  ) {
    this.#home = home;
    this.keys = keys;
    this.lockKeys = lockKeys;
    this.options = options;
    this.fenceTtlMs = fenceTtlMs;
  }

  get ttlMs(): number {
    return this.options.ttlMs;
  }

  get adopted(): boolean {
    return this.options.token !== undefined;
  }

  get lockDelayMs(): number {
    return this.#home.options.lockDelayMs;
  }

  get maxSkewMs(): number {
    return this.#home.options.maxSkewMs;
  }

  get driftFactor(): number {
    return this.#home.options.driftFactor;
  }

  newToken(): string {
    return this.options.token ?? requireToken(this.#home.options.generateToken(this.keys[0] ?? ""));
  }

  isReliedOn(): boolean {
    return this.#home.holds(this);
  }

  attempt(place: VotePlace | undefined): Promise<AttemptResult> {
    return this.#home.attempt(this, place);
  }

  take(won: Won, index: number, place: VotePlace): boolean {
    // Under a token of the caller's, the lease can be another claim's by now.
    if (won.claim.adopted || won.claim.mayBeAt(index)) return false;
    this.#home.take(this, won, index, place);
    return true;
  }

  discard(won: Won): void {
    won.claim.fail();
  }
}
