import type { Order } from "./booking.js";

/** Takes money from customers. */
export interface Payments {
  /**
   * @param signal stops a payment that is not through yet
   * @throws BookingError `PAYMENT_FAILED`; the signal's reason
   */
  charge(order: Order, signal: AbortSignal): Promise<Payment>;
}

/** Money that was taken. */
export interface Payment {
  /** Gives it back. */
  refund(): Promise<void>;
}
