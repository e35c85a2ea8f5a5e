import { type Clock, systemClock } from "../clock.js";
import { invalidArgument } from "../errors.js";
import { requireKnown } from "../option-checks.js";
import { requireFencingToken, requireFresh, requireResource, resolveMemory } from "./fence-checks.js";
import type { FenceGuard } from "./fence-guard.js";
import { NewestTokens } from "./newest-tokens.js";

/** Options of {@link memoryFence}. */
export interface MemoryFenceOptions {
  /**
   * For how long a token is remembered after the last call for its resource, in milliseconds: an integer from 1 to a
   * year. Must exceed the longest time for which a holder can be frozen. Default 86,400,000, a day.
   */
  readonly ttlMs?: number | undefined;
  /** Source of time. Default: this machine's. */
  readonly clock?: Clock | undefined;
}

const OPTIONS: ReadonlySet<string> = new Set<keyof MemoryFenceOptions>(["ttlMs", "clock"]);

/**
 * A guard in this process, for tests and for resources that live in this process.
 *
 * It decides in the call itself, and answers come in the order of the calls: what is done right after
 * `await guard.admit(…)`, with no other `await` between, is done in the order in which the guard decided.
 *
 * @throws LockError `ERR_LOCK_INVALID_ARGUMENT` naming the option that is not usable
 */
export function memoryFence(options: MemoryFenceOptions = {}): FenceGuard {
  if (typeof options !== "object" || options === null) throw invalidArgument("options", "must be an object");
  requireKnown(options, OPTIONS);
  const clock = options.clock ?? systemClock;
  if (typeof clock?.monotonic !== "function")
    throw invalidArgument("clock", "must have the method monotonic");
  return new MemoryFence(resolveMemory(options.ttlMs), clock);
}

class MemoryFence implements FenceGuard {
  readonly #newest: NewestTokens;
  readonly #clock: Clock;

  constructor(ttlMs: number, clock: Clock) {
    this.#newest = new NewestTokens(ttlMs);
    this.#clock = clock;
  }

  async admit(resource: string, fencingToken: number): Promise<boolean> {
    return this.#advance(resource, fencingToken) === fencingToken;
  }

  async admitOrThrow(resource: string, fencingToken: number): Promise<void> {
    requireFresh(resource, fencingToken, this.#advance(resource, fencingToken));
  }

  #advance(resource: string, fencingToken: number): number {
    const now = this.#clock.monotonic();
    return this.#newest.advance(
      requireResource("resource", resource),
      requireFencingToken(fencingToken),
      now,
    );
  }
}
