import type { Hold } from "../logic/hold-storage.js";
import type { Seat } from "../logic/seat.js";
import { type Answer, send } from "./send.js";

export interface Show {
  readonly id: string;
  readonly title: string;
  readonly startsAt: string;
  readonly seatCount: number;
}

export interface HeldSeat {
  readonly holdToken: string;
  readonly expiresAt: string;
  readonly fencingToken: number;
}

export interface Ticket {
  readonly id: string;
  readonly fencingToken: number;
}

type Place = Pick<Hold, "showId" | "seatId">;

export function listShows(): Promise<Answer<{ readonly shows: readonly Show[] }>> {
  return send("GET", "/api/shows");
}

export function listSeats(showId: string): Promise<Answer<{ readonly seats: readonly Seat[] }>> {
  return send("GET", `/api/shows/${encodeURIComponent(showId)}/seats`);
}

export function holdSeat(place: Place, customer: string): Promise<Answer<HeldSeat>> {
  return send("POST", `${pathOf(place)}/hold`, { customer });
}

export function cancelHold(hold: Hold): Promise<Answer<undefined>> {
  return send("DELETE", `${pathOf(hold)}/hold`, { holdToken: hold.holdToken });
}

export function payFor(hold: Hold, customer: string): Promise<Answer<Ticket>> {
  return send("POST", `${pathOf(hold)}/booking`, { customer, holdToken: hold.holdToken });
}

function pathOf({ showId, seatId }: Place): string {
  return `/api/shows/${encodeURIComponent(showId)}/seats/${encodeURIComponent(seatId)}`;
}
