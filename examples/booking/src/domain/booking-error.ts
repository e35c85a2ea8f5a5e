/** What the box office says no with. */
export type BookingErrorCode = "NOT_FOUND" | "SEAT_SOLD" | "PAYMENT_FAILED" | "OVERTAKEN";

/** A refusal that is part of the business; the message is meant for the customer. */
export class BookingError extends Error {
  readonly code: BookingErrorCode;

  constructor(code: BookingErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
