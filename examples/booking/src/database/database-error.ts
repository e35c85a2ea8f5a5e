import pg from "pg";

/** The database could not be asked, or gave up on the way. */
export class DatabaseUnavailable extends Error {
  constructor(cause: unknown) {
    super(`The database can't be asked: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  }
}

/** SQLSTATE classes in which the server speaks of itself and not of the statement. */
const OF_THE_SERVER = /^(08|53|57|58)/;

/** Runs statements; what kept the database from answering becomes a `DatabaseUnavailable`. */
export async function asking<T>(statements: () => Promise<T>): Promise<T> {
  try {
    return await statements();
  } catch (error) {
    if (error instanceof pg.DatabaseError && !OF_THE_SERVER.test(error.code ?? "")) throw error;
    throw isOfConnection(error) ? new DatabaseUnavailable(error) : error;
  }
}

function isOfConnection(error: unknown): boolean {
  if (error instanceof pg.DatabaseError) return true;
  if (!(error instanceof Error)) return false;
  // node-postgres has no class and no code for these.
  return "syscall" in error || /connect|terminated|timeout/i.test(error.message);
}

/** Whether a statement was refused by a unique index. */
export function isUniqueViolation(error: unknown, index: string): boolean {
  return error instanceof pg.DatabaseError && error.code === "23505" && error.constraint === index;
}
