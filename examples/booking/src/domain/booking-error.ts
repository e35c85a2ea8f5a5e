/** What the box office says no with. */
export type BookingErrorCode =
  | "NOT_FOUND"
  | "SEAT_SOLD"
  | "SEAT_HELD"
  | "NOT_YOUR_HOLD"
  | "PAYMENT_FAILED"
  | "OVERTAKEN";

/** A refusal that is part of the business; the message is meant for the customer. */
export class BookingError extends Error {
  readonly code: BookingErrorCode;
  /** When it is worth another try, if that is known. */
  readonly retryAfterMs: number | undefined;

  constructor(code: BookingErrorCode, message: string, retryAfterMs?: number) {
    super(message);
    this.code = code;
    this.retryAfterMs = retryAfterMs;
  }
}
