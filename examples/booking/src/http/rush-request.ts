import { membersOf, text } from "./body-members.js";
import { badRequest } from "./problem.js";

/** The body of a request for a rush. */
export interface RushRequest {
  readonly showId: string;
  /** Without one: the whole hall. */
  readonly seatId: string | undefined;
  readonly buyers: number;
  readonly lock: boolean;
}

/** The body of a request to take back what rushes have bought. */
export interface ClearRushRequest {
  readonly showId: string;
}

const MOST_BUYERS = 1000;

/** @throws Problem 400 naming what is wrong */
export function rushRequest(body: unknown): RushRequest {
  const { seatId, buyers, lock } = membersOf(body);
  const { showId } = clearRushRequest(body);
  if (typeof buyers !== "number" || !Number.isInteger(buyers) || buyers < 1 || buyers > MOST_BUYERS) {
    throw badRequest(`buyers must be a whole number from 1 to ${MOST_BUYERS}.`);
  }
  if (typeof lock !== "boolean") throw badRequest("lock must be true or false.");
  return { showId, seatId: seatId === undefined ? undefined : text("seatId", seatId), buyers, lock };
}

/** @throws Problem 400 naming what is wrong */
export function clearRushRequest(body: unknown): ClearRushRequest {
  return { showId: text("showId", membersOf(body).showId) };
}
