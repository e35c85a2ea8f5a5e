import type { Problem } from "./problem.js";

export type Wish = "hold" | "pay" | "cancel";

/** Says to a visitor what came of a wish for a seat, and what to do. */
export function problemInWords(problem: Problem, wish: Wish, seatId: string): string {
  switch (problem.status) {
    case 0:
      return "The box office did not answer. Check the connection and try again.";
    case 402:
      return `The payment was declined. ${seatId} is still held for you: try again.`;
    case 409:
      if (problem.code === "SEAT_SOLD") return `${seatId} has been sold to somebody else.`;
      return wish === "hold"
        ? `${seatId} can't be held: ${problem.detail}`
        : `Your hold on ${seatId} is over.`;
    case 423:
      return `Somebody else is at ${seatId}. ${tryAgain(problem.retryAfterS)}`;
    case 503:
      return wish === "hold"
        ? `No lock can be had at the moment, so nothing is sold. ${tryAgain(problem.retryAfterS)}`
        : `No lock can be had at the moment. ${seatId} stays held for you. ${tryAgain(problem.retryAfterS)}`;
    default:
      return `That did not work: ${problem.detail}`;
  }
}

/** Whether a refusal means that the hold that was shown is gone. */
export function endsHold({ status }: Problem): boolean {
  return status === 409;
}

export function tryAgain(retryAfterS: number | undefined): string {
  if (retryAfterS === undefined) return "Try again in a moment.";
  return `Try again in ${retryAfterS} second${retryAfterS === 1 ? "" : "s"}.`;
}
