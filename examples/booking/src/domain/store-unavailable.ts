/** The store could not be asked, or gave up on the way. */
export class StoreUnavailable extends Error {
  constructor(cause: unknown) {
    super(`The store can't be asked: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}
