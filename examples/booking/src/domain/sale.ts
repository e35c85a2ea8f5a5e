import { setTimeout as sleep } from "node:timers/promises";
import { BookingError } from "./booking-error.js";
import type { Booking } from "./booking.js";
import type { Payment } from "./payments.js";
import { StoreUnavailable } from "./store-unavailable.js";

/** For how long an answer is sought, and the pause between two tries. */
const PATIENCE_MS = 20_000;
const PAUSE_MS = 250;

/** A sale was sent to the store and no answer came: it may be written, or be written yet. */
export class OutcomeUnknown extends Error {
  constructor(cause: unknown) {
    super("Nobody knows yet whether the seat was sold to you. Ask before you pay again.", { cause });
  }
}

/**
 * Writes a sale that is paid for, and gives the money back if nothing was written. Without an answer it asks again: the
 * sale must be one that can be written twice. Money whose sale stays unknown is not given back, since the sale may
 * stand; that is for the accounts to settle, who find it in the log.
 *
 * @throws OutcomeUnknown; what `write` throws
 */
export async function sellPaid(
  booking: Booking,
  payment: Payment,
  write: () => Promise<void>,
): Promise<void> {
  const until = performance.now() + PATIENCE_MS;
  for (let isUnknown = false; ; ) {
    try {
      return await write();
    } catch (error) {
      // The box office's no is about the sale, and holds for what was sent before. All other errors are about this try
      // alone: they prove something while it is the only one.
      isUnknown ||= error instanceof OutcomeUnknown;
      if (error instanceof BookingError || !isUnknown) {
        await giveBack(booking, payment);
        throw error;
      }
      if (performance.now() > until || !isOutage(error)) {
        tellAccounts(
          booking,
          "nobody knows whether it was sold; the money is kept, look into the bookings",
          error,
        );
        throw error instanceof OutcomeUnknown ? error : new OutcomeUnknown(error);
      }
      await sleep(PAUSE_MS);
    }
  }
}

/** Whether it is worth asking again. */
function isOutage(error: unknown): boolean {
  return (error instanceof OutcomeUnknown ? error.cause : error) instanceof StoreUnavailable;
}

async function giveBack(booking: Booking, payment: Payment): Promise<void> {
  try {
    await payment.refund();
  } catch (error) {
    // Why nothing was sold is what the customer must hear.
    tellAccounts(booking, "nothing was sold, and the money could not be given back", error);
  }
}

function tellAccounts({ id, customer, showId, seatId }: Booking, what: string, why: unknown): void {
  const reason = why instanceof Error ? why.message : String(why);
  console.error(`Booking ${id} (${customer}, ${showId} ${seatId}): ${what}. ${reason}`);
}
