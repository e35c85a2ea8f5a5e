import pg from "pg";
import { StoreUnavailable } from "../domain/store-unavailable.js";

/** SQLSTATE classes in which the server speaks of itself and not of the statement. */
const OF_THE_SERVER = /^(08|53|57|58)/;
/** `query_canceled`, which here is the statement's own timeout. */
const CANCELED = "57014";

/** Runs statements; what kept the database from answering becomes a `StoreUnavailable`. */
export async function asking<T>(statements: () => Promise<T>): Promise<T> {
  try {
    return await statements();
  } catch (error) {
    throw isUnavailable(error) ? new StoreUnavailable(error) : error;
  }
}

/** Whether the server itself says of a statement that it was undone, and does not end at the same moment. */
export function wasUndone(error: unknown): boolean {
  return error instanceof pg.DatabaseError && (error.code === CANCELED || !isUnavailable(error));
}

function isUnavailable(error: unknown): boolean {
  if (error instanceof pg.DatabaseError) return OF_THE_SERVER.test(error.code ?? "");
  if (!(error instanceof Error)) return false;
  // node-postgres has no class and no code for these.
  return "syscall" in error || /connect|terminated|timeout/i.test(error.message);
}

/** Whether a statement was refused by a unique index. */
export function isUniqueViolation(error: unknown, index: string): boolean {
  return error instanceof pg.DatabaseError && error.code === "23505" && error.constraint === index;
}
