import type { Order } from "./booking.js";

/**
 * Takes money from customers. A process that dies between payment and sale leaves money behind that nobody gives back:
 * against real customers, authorize here and capture once the sale is written, and compare payments with bookings by
 * their ids from time to time.
 */
export interface Payments {
  /**
   * @param bookingId made before the money is taken: the idempotency key by which the provider takes it once
   * @param signal stops a payment that is not through yet
   * @throws BookingError `PAYMENT_FAILED`; the signal's reason
   */
  charge(order: Order, bookingId: string, signal: AbortSignal): Promise<Payment>;
}

/** Money that was taken. */
export interface Payment {
  /** Gives it back. */
  refund(): Promise<void>;
}
