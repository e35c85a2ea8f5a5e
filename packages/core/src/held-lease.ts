import { describeVotes, LockError, type NodeVote } from "./errors.js";
import type { Lease } from "./lease.js";
import { GrantedLease, type LeaseGrant } from "./lease-grant.js";
import type { LossWatcher } from "./lease-home.js";
import { expiryReason, lostError, notExtendedError } from "./lease-errors.js";
import { requireTtl } from "./option-checks.js";
import { extendOnQuorum, type ExtendResult } from "./quorum/extend.js";
import { type Instant, instant, validUntil } from "./quorum/validity.js";
import { extendChannel, releaseChannel, traced } from "./telemetry.js";

/** A lease of this process. */
export class HeldLease extends GrantedLease<HeldLease> implements Lease {
  /** How it has ended. `stolen`: it was released, and turned out to have ended before. */
  #ended: "released" | "stolen" | LockError | undefined;
  #release: Promise<boolean> | undefined;
  #controller: AbortController | undefined;

  get valid(): boolean {
    return this.remainingMs() > 0;
  }

  /** Neither released nor told to be lost; its time may be over all the same. */
  get open(): boolean {
    return this.#ended === undefined;
  }

  get released(): boolean {
    return this.#ended === "released" || this.#ended === "stolen";
  }

  remainingMs(): number {
    return this.open ? this.untilEnd() : 0;
  }

  override get leewayMs(): number {
    return this.home.leewayOf(this);
  }

  override run(): void {
    this.home.due(this);
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    // After a freeze the timer that would tell comes late; whoever looks must not see a signal that is behind.
    this.#expireIfOver([]);
    if (this.#loss !== undefined) this.#controller.abort(this.#loss);
    return this.#controller.signal;
  }

  /** @throws LockError `ERR_LOCK_LOST` if it is lost */
  throwIfLost(): void {
    this.#expireIfOver([]);
    if (this.#loss !== undefined) throw this.#loss;
  }

  /**
   * Calls `onLost` when it is lost, as {@link signal} would tell, at a fraction of its price.
   *
   * @returns stops it
   */
  watchLoss(onLost: LossWatcher): () => void {
    return this.home.watchLoss(this, onLost);
  }

  async extend(ttlMs: number = this.ttlMs): Promise<Lease> {
    requireTtl(ttlMs, this.home.driftFactor);
    if (this.released) throw lostError(this.keys, "it was released");
    const result = this.valid ? await this.extendOnce(ttlMs, false) : undefined;
    if (this.valid && result?.kind === "unknown") {
      throw notExtendedError(this.keys, result.votes, this.remainingMs());
    }
    this.#expireIfOver(result?.votes ?? []);
    if (this.#loss !== undefined) throw this.#loss;
    if (!this.valid) throw lostError(this.keys, "it was released");
    if (ttlMs !== this.ttlMs) this.terms = { ...this.terms, ttlMs };
    return this;
  }

  /** One round of extension, which changes the lease if it has a clear answer. */
  async extendOnce(ttlMs: number, automatic: boolean): Promise<ExtendResult> {
    const { roster, clock, driftFactor, lockDelayMs } = this.home;
    const start = instant(clock);
    this.claim.outlast(ttlMs);
    roster.announce(ttlMs);
    const [deadlineMs, leftMs] = [roster.deadlineFor(ttlMs), this.remainingMs()];
    const round = {
      keys: this.claim.keys,
      token: this.token,
      ttlMs,
      lockDelayMs,
      fenceTtlMs: this.home.fenceTtlFor(ttlMs),
      fencingToken: this.fencingToken,
      deadlineMs: Math.min(deadlineMs, leftMs),
      hurried: leftMs < deadlineMs,
      claim: this.claim,
      repairMs: () => this.remainingMs(),
    };
    const result = await traced(
      extendChannel,
      () => ({ ...this.#label(), ttlMs, automatic }),
      () => extendOnQuorum(roster, round, () => this.#renew(validUntil(start, ttlMs, driftFactor))),
    );
    if (this.open && result.kind === "lost") {
      this.#lose(`its nodes say that it is not ours any more (${describeVotes(result.votes)})`, result.votes);
      if (lockDelayMs === 0 && !this.claim.adopted) void this.claim.drop();
    }
    return result;
  }

  /** Takes up a grant of its own keys to its own token: the caller acquired it again. */
  reacquired(grant: LeaseGrant): void {
    this.merge(grant);
    this.#renew(grant.end);
  }

  /** Ends it because its nodes granted the keys anew, which they do only when they were free. */
  superseded(): void {
    if (this.open) this.#lose("its nodes had lost it when it was acquired again", []);
  }

  /** Takes the extension up, unless it came when the lease was over. */
  #renew(end: Instant): void {
    if (!this.valid) return;
    if (end.monotonic > this.endsAt) this.endAt(end);
    this.home.extended(this);
  }

  #expireIfOver(votes: readonly NodeVote[]): void {
    if (this.open && !this.valid) this.expire(votes);
  }

  /** Ends the lease because its time is over. `votes`: what the last extension was told. */
  expire(votes: readonly NodeVote[]): void {
    if (!this.open) return;
    // The last extension is left out when it would have gained little.
    const heldForMax = this.extendUntil - this.home.clock.monotonic() <= this.ttlMs / 4;
    const why = expiryReason(this.autoExtend, heldForMax, votes);
    this.#lose(why, votes);
  }

  /** Ends the lease because the manager gives it up. */
  async revoke(why: string): Promise<void> {
    if (this.open) this.#lose(why, []);
    await this.claim.drop(this.#keepMs());
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
    const { minHoldMs } = this.terms;
    return minHoldMs === 0 ? 0 : Math.max(0, Math.ceil(minHoldMs - this.#heldMs()));
  }

  #heldMs(): number {
    return this.home.clock.monotonic() - this.acquiredAt;
  }

  #releaseOnce(): Promise<boolean> {
    this.#expireIfOver([]);
    // Its keys expire by themselves; by now they may be another lease's under the same token.
    if (!this.open) return Promise.resolve(false);
    this.#ended = "released";
    this.home.ended(this, undefined);
    const handOver = this.home.handOver(this.keys);
    return traced(
      releaseChannel,
      () => ({ ...this.#label(), heldMs: this.#heldMs() }),
      () => {
        const dropped = this.claim.drop(this.#keepMs(), handOver?.quiet);
        handOver?.next();
        return dropped.then((result) => {
          if (result === "gone") this.#ended = "stolen";
          return result === "released";
        });
      },
    );
  }

  #lose(why: string, votes: readonly NodeVote[]): void {
    const loss = lostError(this.keys, why, votes);
    this.#ended = loss;
    this.home.ended(this, loss);
    this.#controller?.abort(loss);
  }

  get #loss(): LockError | undefined {
    return this.#ended instanceof LockError ? this.#ended : undefined;
  }

  #label(): { keys: readonly string[]; owner: string | undefined; fencingToken: number } {
    const { keys, owner, fencingToken } = this;
    return { keys, owner, fencingToken };
  }

  /** Whether it ended before it was released, as far as is known; a release may bring it to light. */
  get wasLost(): boolean {
    return this.#ended === "stolen" || this.#loss !== undefined;
  }

  /** The loss as an error, for work that ended all the same with `result`. */
  lossWith(result: unknown): LockError {
    if (this.open) this.expire([]);
    const { keys } = this;
    const loss = this.#loss;
    if (loss === undefined)
      return lostError(keys, "a quorum of nodes did not have it any more when it was released", [], result);
    return new LockError("ERR_LOCK_LOST", loss.message, { keys, votes: loss.votes, result });
  }
}
