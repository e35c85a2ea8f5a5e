import { badRequest } from "./problem.js";

/** The body of a request to book a seat. */
export interface BookingRequest {
  readonly customer: string;
  readonly holdToken: string | undefined;
  readonly rush: boolean;
}

const LONGEST_TEXT = 100;

/** @throws Problem 400 naming what is wrong */
export function bookingRequest(body: unknown): BookingRequest {
  const { customer, holdToken, rush = false } = membersOf(body);
  if (typeof rush !== "boolean") throw badRequest("rush must be true or false.");
  return {
    customer: text("customer", customer),
    holdToken: holdToken === undefined ? undefined : text("holdToken", holdToken),
    rush,
  };
}

/** The body of a request to hold a seat. */
export interface HoldRequest {
  readonly customer: string;
}

/** @throws Problem 400 naming what is wrong */
export function holdRequest(body: unknown): HoldRequest {
  return { customer: text("customer", membersOf(body).customer) };
}

/** The body of a request to give a hold up. */
export interface DropHoldRequest {
  readonly holdToken: string;
}

/** @throws Problem 400 naming what is wrong */
export function dropHoldRequest(body: unknown): DropHoldRequest {
  return { holdToken: text("holdToken", membersOf(body).holdToken) };
}

export function membersOf(body: unknown): Record<string, unknown> {
  return (body ?? {}) as Record<string, unknown>;
}

function text(name: string, value: unknown): string {
  if (typeof value !== "string" || value.trim() === "") {
    throw badRequest(`${name} must be a non-empty string.`);
  }
  // Code points: an emoji would be two UTF-16 units.
  if (Array.from(value).length > LONGEST_TEXT) {
    throw badRequest(`${name} may have ${LONGEST_TEXT} characters at most.`);
  }
  if (/[\p{Cc}\p{Cs}]/u.test(value)) {
    throw badRequest(`${name} must not contain control characters or broken ones.`);
  }
  return value;
}
