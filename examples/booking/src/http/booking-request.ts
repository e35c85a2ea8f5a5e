import { membersOf, text } from "./body-members.js";
import { badRequest } from "./problem.js";

/** The body of a request to book a seat. */
export interface BookingRequest {
  readonly customer: string;
  readonly holdToken: string | undefined;
  readonly rush: boolean;
}

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
