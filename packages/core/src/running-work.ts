import type { Clock } from "./clock.js";
import type { HeldLease } from "./held-lease.js";

/** The functions that run under a lease. */
export class RunningWork {
  readonly #clock: Clock;
  /** How many functions run under each lease: a token can be acquired again while it is at work. */
  readonly #leases = new Map<HeldLease, number>();
  #onIdle: (() => void) | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** How many run although their lease is over. */
  get overrun(): number {
    let overrun = 0;
    for (const lease of this.#leases.keys()) if (!lease.valid && !lease.released) overrun++;
    return overrun;
  }

  /** Whether a function runs under this lease, or is about to. */
  has(lease: HeldLease): boolean {
    return this.#leases.has(lease);
  }

  /** A function is about to run under this lease. */
  enter(lease: HeldLease): void {
    this.#leases.set(lease, (this.#leases.get(lease) ?? 0) + 1);
  }

  /** Runs `work` under a lease that was entered, and releases the lease in every outcome, if nobody else is at work under it. */
  async run<T>(lease: HeldLease, work: () => Promise<T> | T): Promise<T> {
    try {
      return await work();
    } finally {
      const others = (this.#leases.get(lease) ?? 1) - 1;
      if (others > 0) {
        this.#leases.set(lease, others);
      } else {
        await lease.release();
        this.#leases.delete(lease);
      }
      if (this.#leases.size === 0) this.#onIdle?.();
    }
  }

  /** Settles when nothing runs any more, or after `graceMs`. */
  async idle(graceMs: number): Promise<void> {
    if (this.#leases.size === 0) return;
    await new Promise<void>((resolve) => {
      const timer = this.#clock.setTimer(resolve, graceMs);
      this.#onIdle = () => {
        timer.cancel();
        resolve();
      };
    });
  }
}
