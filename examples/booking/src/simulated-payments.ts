import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { BookingError } from "./domain/booking-error.js";
import type { Order } from "./domain/booking.js";
import type { Payments } from "./domain/payments.js";

export interface SimulatedPaymentsOptions {
  /** How long a payment takes. */
  readonly delayMs: number;
  /** The share of payments that fail, from 0 to 1. */
  readonly failureRate: number;
}

/** A payment provider without money: it takes its time and fails now and then. */
export class SimulatedPayments implements Payments {
  readonly #options: SimulatedPaymentsOptions;
  readonly #charged = new Set<string>();

  constructor(options: SimulatedPaymentsOptions) {
    this.#options = options;
  }

  async charge(_order: Order, signal: AbortSignal): Promise<string> {
    // The timer's own error only says that it was aborted, not why.
    await sleep(this.#options.delayMs, undefined, { signal }).catch(() => signal.throwIfAborted());
    if (Math.random() < this.#options.failureRate) {
      throw new BookingError("PAYMENT_FAILED", "The payment was declined. The seat is still free.");
    }
    const paymentId = randomUUID();
    this.#charged.add(paymentId);
    return paymentId;
  }

  async refund(paymentId: string): Promise<void> {
    if (!this.#charged.delete(paymentId)) throw new Error(`There is no payment ${paymentId} to give back.`);
  }
}
