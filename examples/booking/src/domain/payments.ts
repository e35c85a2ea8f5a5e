import type { Order } from "./booking.js";

/** Takes money from customers, and gives it back. */
export interface Payments {
  /**
   * @param signal stops a payment that is not through yet
   * @returns what the payment is known by
   * @throws BookingError `PAYMENT_FAILED`; the signal's reason
   */
  charge(order: Order, signal: AbortSignal): Promise<string>;
  refund(paymentId: string): Promise<void>;
}
