import { AgendaItem } from "./agenda.js";
import type { LeaseHome, LeaseTerms } from "./lease-home.js";
import type { Claim } from "./quorum/claim.js";
import { type Instant, remainingUntil } from "./quorum/validity.js";

/** How a lease was granted. */
export interface LeaseGrant {
  readonly claim: Claim;
  readonly fencingToken: number;
  /** Monotonic time. */
  readonly acquiredAt: number;
  readonly end: Instant;
  readonly ttlMs: number;
  readonly owner: string | undefined;
  readonly autoExtend: boolean;
  readonly minHoldMs: number;
  readonly maxHoldMs: number;
}

/**
 * What a lease keeps of its grants: the lock, the terms and the end. A process can hold very many leases, so each
 * keeps little, and shares with its like what it can.
 */
export abstract class GrantedLease<Lease> extends AgendaItem {
  readonly fencingToken: number;
  /** Monotonic time. */
  readonly acquiredAt: number;
  protected readonly claim: Claim;
  protected terms: LeaseTerms<Lease>;
  #endsAt = 0;
  /** The wall clock's lead over the monotonic one, compared with the home's: a small integer, which takes no room of its own. */
  #leadMs = 0;

  /** @param terms those of the grant, or their like */
  constructor(grant: LeaseGrant, terms: LeaseTerms<Lease>) {
    super();
    this.fencingToken = grant.fencingToken;
    this.acquiredAt = grant.acquiredAt;
    this.claim = grant.claim;
    this.claim.forgetNames();
    this.terms = terms;
    this.endAt(grant.end);
  }

  get keys(): readonly string[] {
    return this.claim.plainKeys;
  }

  get key(): string {
    return this.keys[0] ?? "";
  }

  get token(): string {
    return this.claim.token;
  }

  /** Its name among the leases of its manager. A generated token is one; the caller's own can hold several locks. */
  get id(): string {
    return this.claim.adopted ? idOfAdopted(this.keys, this.token) : this.token;
  }

  get ttlMs(): number {
    return this.terms.ttlMs;
  }

  get owner(): string | undefined {
    return this.terms.owner;
  }

  get autoExtend(): boolean {
    return this.terms.autoExtend;
  }

  /** Monotonic time after which it is not extended automatically any more. */
  get extendUntil(): number {
    return this.acquiredAt + this.terms.maxHoldMs;
  }

  /** Monotonic time at which it ends if it is not extended. */
  get endsAt(): number {
    return this.#endsAt;
  }

  protected get home(): LeaseHome<Lease> {
    return this.terms.home;
  }

  /** What is left until its end by both clocks. */
  protected untilEnd(): number {
    const { clock, wallLeadMs } = this.home;
    const wall = this.#endsAt + wallLeadMs + this.#leadMs;
    return remainingUntil({ monotonic: this.#endsAt, wall }, clock);
  }

  protected endAt({ monotonic, wall }: Instant): void {
    this.#endsAt = monotonic;
    this.#leadMs = Math.round(wall - monotonic - this.home.wallLeadMs);
  }

  /** Takes up another grant of its keys to its token: what is the more of both counts. */
  protected merge({ claim, ttlMs, autoExtend, minHoldMs, maxHoldMs, acquiredAt }: LeaseGrant): void {
    this.claim.merge(claim);
    this.terms = {
      ...this.terms,
      ttlMs,
      autoExtend: this.autoExtend || autoExtend,
      minHoldMs: Math.max(this.terms.minHoldMs, minHoldMs),
      maxHoldMs: Math.max(this.terms.maxHoldMs, acquiredAt - this.acquiredAt + maxHoldMs),
    };
  }
}

/** The name of a lease under a token of the caller's own, which can hold several locks; no key has a null character. */
export function idOfAdopted(keys: readonly string[], token: string): string {
  return `${keys.join("\0")}\0${token}`;
}
