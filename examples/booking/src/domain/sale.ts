import { setTimeout as sleep } from "node:timers/promises";
import type { Payment } from "./payments.js";

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
 * Writes a sale that is paid for, and gives the money back if the store says no. Without an answer it asks again: the
 * sale must be one that can be written twice. Money whose sale stays unknown is not given back, since the sale may
 * stand; that is for the accounts to settle.
 *
 * @throws OutcomeUnknown; what `write` throws
 */
export async function sellPaid(write: () => Promise<void>, payment: Payment): Promise<void> {
  const until = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await write();
    } catch (error) {
      if (!(error instanceof OutcomeUnknown)) {
        await payment.refund();
        throw error;
      }
      if (performance.now() > until) throw error;
      await sleep(PAUSE_MS);
    }
  }
}
