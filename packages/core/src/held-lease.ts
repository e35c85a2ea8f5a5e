import { describeVotes, LockError, type NodeVote } from "./errors.js";
import type { Lease } from "./lease.js";
import { idOfAdopted, type LeaseGrant } from "./lease-grant.js";
import type { LeaseHome, Upkeep } from "./lease-home.js";
import { expiryReason, lostError, notExtendedError } from "./lease-errors.js";
import { requireTtl } from "./option-checks.js";
import type { Claim } from "./quorum/claim.js";
import { extendOnQuorum, type ExtendResult } from "./quorum/extend.js";
import { type Instant, instant, laterOf, remainingUntil, validUntil } from "./quorum/validity.js";
import { extendChannel, releaseChannel, traced } from "./telemetry.js";

/** A lease of this process. */
export class HeldLease implements Lease {
  readonly keys: readonly string[];
  readonly fencingToken: number;
  readonly owner: string | undefined;
  autoExtend: boolean;
  /** Monotonic time after which it is not extended automatically any more. */
  extendUntil: number;
  /** When the scheduler looks at it next. */
  upkeep: Upkeep | undefined;
  ttlMs: number;
  readonly #home: LeaseHome<HeldLease>;
  readonly #claim: Claim;
  #minHoldMs: number;
  readonly #acquiredAt: number;
  #end: Instant;
  #state: "held" | "released" | "lost" = "held";
  #loss: LockError | undefined;
  #stolen = false;
  #controller: AbortController | undefined;
  #release: Promise<boolean> | undefined;

  constructor(home: LeaseHome<HeldLease>, grant: LeaseGrant) {
    this.#home = home;
    this.#claim = grant.claim;
    this.keys = grant.claim.keys.map(({ key }) => key);
    this.fencingToken = grant.fencingToken;
    this.owner = grant.owner;
    this.ttlMs = grant.ttlMs;
    this.autoExtend = grant.autoExtend;
    this.#end = grant.end;
    this.#minHoldMs = grant.minHoldMs;
    this.#acquiredAt = grant.acquiredAt;
    this.extendUntil = this.#acquiredAt + grant.maxHoldMs;
  }

  get key(): string {
    return this.keys[0] ?? "";
  }

  /** Its name among the leases of its manager. A generated token is one; the caller's own can hold several locks. */
  get id(): string {
    return this.#claim.adopted ? idOfAdopted(this.keys, this.token) : this.token;
  }

  get token(): string {
    return this.#claim.token;
  }

  get valid(): boolean {
    return this.remainingMs() > 0;
  }

  /** Neither released nor told to be lost; its time may be over all the same. */
  get open(): boolean {
    return this.#state === "held";
  }

  /** Monotonic time at which it ends if it is not extended. */
  get endsAt(): number {
    return this.#end.monotonic;
  }

  get released(): boolean {
    return this.#state === "released";
  }

  remainingMs(): number {
    return this.#state === "held" ? remainingUntil(this.#end, this.#home.clock) : 0;
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    // After a freeze the timer that would tell comes late; whoever looks must not see a signal that is behind.
    if (this.#state === "held" && !this.valid) this.expire([]);
    if (this.#loss !== undefined) this.#controller.abort(this.#loss);
    return this.#controller.signal;
  }

  async extend(ttlMs: number = this.ttlMs): Promise<Lease> {
    requireTtl(ttlMs, this.#home.driftFactor);
    if (this.#state === "released") throw lostError(this.keys, "it was released");
    const result = this.valid ? await this.extendOnce(ttlMs, false) : undefined;
    if (this.valid && result?.kind === "unknown") {
      throw notExtendedError(this.keys, result.votes, this.remainingMs());
    }
    if (this.#state === "held" && !this.valid) this.expire(result?.votes ?? []);
    if (this.#loss !== undefined) throw this.#loss;
    if (!this.valid) throw lostError(this.keys, "it was released");
    this.ttlMs = ttlMs;
    return this;
  }

  /** One round of extension, which changes the lease if it has a clear answer. */
  async extendOnce(ttlMs: number, automatic: boolean): Promise<ExtendResult> {
    const { roster, clock, driftFactor, lockDelayMs } = this.#home;
    const { keys, owner, fencingToken } = this;
    const start = instant(clock);
    this.#claim.outlast(ttlMs);
    const round = {
      keys: this.#claim.keys,
      token: this.token,
      ttlMs,
      lockDelayMs,
      fenceTtlMs: this.#home.fenceTtlFor(ttlMs),
      fencingToken,
      deadlineMs: Math.min(roster.deadlineFor(ttlMs), this.remainingMs()),
      claim: this.#claim,
      repairMs: () => this.remainingMs(),
    };
    const result = await traced(
      extendChannel,
      () => ({ keys, owner, fencingToken, ttlMs, automatic }),
      () => extendOnQuorum(roster, round, () => this.#renew(validUntil(start, ttlMs, driftFactor))),
    );
    if (this.#state === "held" && result.kind === "lost") {
      this.#lose(`its nodes say that it is not ours any more (${describeVotes(result.votes)})`, result.votes);
      if (lockDelayMs === 0 && !this.#claim.adopted) void this.#claim.drop();
    }
    return result;
  }

  /** Takes up a grant of its own keys to its own token: the caller acquired it again, and gets what is the more of both. */
  reacquired({ claim, end, ttlMs, autoExtend, maxHoldMs, minHoldMs, acquiredAt }: LeaseGrant): void {
    this.#claim.merge(claim);
    this.ttlMs = ttlMs;
    this.autoExtend ||= autoExtend;
    this.extendUntil = Math.max(this.extendUntil, acquiredAt + maxHoldMs);
    this.#minHoldMs = Math.max(this.#minHoldMs, minHoldMs);
    this.#renew(end);
  }

  /** Ends it because its nodes granted the keys anew, which they do only when they were free. */
  superseded(): void {
    if (this.#state === "held") this.#lose("its nodes had lost it when it was acquired again", []);
  }

  /** Takes the extension up, unless it came when the lease was over. */
  #renew(end: Instant): void {
    if (!this.valid) return;
    this.#end = laterOf(this.#end, end);
    this.#home.extended(this);
  }

  /** Ends the lease because its time is over. `votes`: what the last extension was told. */
  expire(votes: readonly NodeVote[]): void {
    if (this.#state !== "held") return;
    // The last extension is left out when it would have gained little.
    const heldForMax = this.extendUntil - this.#home.clock.monotonic() <= this.ttlMs / 4;
    const why = expiryReason(this.autoExtend, heldForMax, votes);
    this.#lose(why, votes);
  }

  /** Ends the lease because the manager gives it up. */
  async revoke(why: string): Promise<void> {
    if (this.#state === "held") this.#lose(why, []);
    await this.#claim.drop(this.#keepMs());
  }

  release(): Promise<boolean> {
    this.#release ??= this.#releaseOnce();
    return this.#release;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.release();
  }

  /** For how long the keys must be kept from everybody after a release. */
  #keepMs(): number {
    return this.#minHoldMs === 0 ? 0 : Math.max(0, Math.ceil(this.#minHoldMs - this.#heldMs()));
  }

  #heldMs(): number {
    return this.#home.clock.monotonic() - this.#acquiredAt;
  }

  #releaseOnce(): Promise<boolean> {
    if (this.#state === "held" && !this.valid) this.expire([]);
    // Its keys expire by themselves; by now they may be another lease's under the same token.
    if (this.#state === "lost") return Promise.resolve(false);
    this.#state = "released";
    this.#home.ended(this, undefined);
    const { keys, owner, fencingToken } = this;
    const handOver = this.#home.handOver(keys);
    return traced(
      releaseChannel,
      () => ({ keys, owner, fencingToken, heldMs: this.#heldMs() }),
      () => {
        const dropped = this.#claim.drop(this.#keepMs(), handOver?.quiet);
        handOver?.next();
        return dropped.then((result) => {
          this.#stolen = result === "gone";
          return result === "released";
        });
      },
    );
  }

  #lose(why: string, votes: readonly NodeVote[]): void {
    this.#state = "lost";
    this.#loss = lostError(this.keys, why, votes);
    this.#home.ended(this, this.#loss);
    this.#controller?.abort(this.#loss);
  }

  /** Whether it ended before it was released, as far as is known; a release may bring it to light. */
  get wasLost(): boolean {
    return this.#state === "lost" || this.#stolen;
  }

  /** The loss as an error, for work that ended all the same with `result`. */
  lossWith(result: unknown): LockError {
    if (this.#state === "held") this.expire([]);
    const { keys } = this;
    if (this.#loss === undefined)
      return lostError(keys, "a quorum of nodes did not have it any more when it was released", [], result);
    const { message, votes } = this.#loss;
    return new LockError("ERR_LOCK_LOST", message, { keys, votes, result });
  }
}
