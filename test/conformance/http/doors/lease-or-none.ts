import { isLockError, type Lease } from "@redlock-kit/core";

/** What `leaseOf` gives; `undefined` if it says that there is none. */
export function leaseOrNone(leaseOf: () => Lease): Lease | undefined {
  try {
    return leaseOf();
  } catch (error) {
    if (isLockError(error, "ERR_LOCK_NOT_HOLDER")) return undefined;
    throw error;
  }
}
