import { compileTemplate } from "@redlock-kit/core/adapter";
import type { SeatRef } from "./domain/show.js";

// As on the routes, and built in the same way: a key of our own making would differ for ids with colons or blanks.
const template = compileTemplate("show:{params.showId}:seat:{params.seatId}", { roots: ["params"] });

/** The key of the lock on a seat, for code that has no request: the same as of the routes' templates. */
export function seatLock({ showId, seatId }: SeatRef): string {
  return template.build({ params: { showId, seatId } });
}
