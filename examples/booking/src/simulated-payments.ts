import { setTimeout as sleep } from "node:timers/promises";
import { BookingError } from "./domain/booking-error.js";
import type { Order } from "./domain/booking.js";
import type { Payment, Payments } from "./domain/payments.js";

export interface SimulatedPaymentsOptions {
  /** How long a payment takes. */
  readonly delayMs: number;
  /** The share of payments that fail, from 0 to 1. */
  readonly failureRate: number;
  /** Hears of every payment; for those who want to freeze or end the process that has one. Default: nobody. */
  readonly tell?: (line: string) => void;
}

/** A payment provider without money: it takes its time and fails now and then. */
export class SimulatedPayments implements Payments {
  readonly #options: SimulatedPaymentsOptions;

  constructor(options: SimulatedPaymentsOptions) {
    this.#options = options;
  }

  async charge(
    { customer, showId, seatId }: Order,
    _bookingId: string,
    signal: AbortSignal,
  ): Promise<Payment> {
    const purpose = `${customer} for ${showId} ${seatId}`;
    this.#tell(`${purpose}: paying …`);
    // The timer's own error only says that it was aborted, not why.
    await sleep(this.#options.delayMs, undefined, { signal }).catch(() => signal.throwIfAborted());
    if (Math.random() < this.#options.failureRate) {
      this.#tell(`${purpose}: declined`);
      throw new BookingError("PAYMENT_FAILED", "The payment was declined. Nothing was sold to you.");
    }
    this.#tell(`${purpose}: paid`);
    return { refund: async () => this.#tell(`${purpose}: given back`) };
  }

  #tell(line: string): void {
    this.#options.tell?.(line);
  }
}
