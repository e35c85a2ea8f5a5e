import { badRequest } from "./problem.js";

/** The body of a request to book a seat. */
export interface BookingRequest {
  readonly customer: string;
}

const LONGEST_CUSTOMER = 100;

/** @throws Problem 400 naming what is wrong */
export function bookingRequest(body: unknown): BookingRequest {
  const { customer } = (body ?? {}) as { customer?: unknown };
  if (typeof customer !== "string" || customer.trim() === "") {
    throw badRequest("customer must be a non-empty string.");
  }
  // Code points: an emoji would be two UTF-16 units.
  if (Array.from(customer).length > LONGEST_CUSTOMER) {
    throw badRequest(`customer may have ${LONGEST_CUSTOMER} characters at most.`);
  }
  if (/[\p{Cc}\p{Cs}]/u.test(customer)) {
    throw badRequest("customer must not contain control characters or broken ones.");
  }
  return { customer };
}
