/**
 * Stands before a resource and turns away holders whose lease is over, however sure they are of it: it remembers the
 * newest fencing token that it has seen for each resource, and refuses older ones.
 *
 * The tokens of one resource must come from one lock: those of different locks say nothing about each other.
 */
export interface FenceGuard {
  /**
   * Whether the holder with this fencing token may still touch the resource. If so, its token is remembered, and
   * from now on every older one is refused; the same token passes again and again.
   *
   * @param resource what is protected, such as `document:7`; at most 1,024 bytes, without a `}` outside a Redis hash tag
   * @param fencingToken `lease.fencingToken` of the lock that protects it
   * @returns true: no newer token has been seen · false: stale, a newer holder has been here
   * @throws LockError `ERR_LOCK_INVALID_ARGUMENT`; `ERR_LOCK_UNAVAILABLE` if the guard gave no answer
   */
  admit(resource: string, fencingToken: number): Promise<boolean>;
  /**
   * {@link admit}, for code that has nothing else to do when the token is stale.
   *
   * @throws LockError `ERR_LOCK_LOST` naming the resource, the token and the newer one; else as {@link admit}
   */
  admitOrThrow(resource: string, fencingToken: number): Promise<void>;
}
