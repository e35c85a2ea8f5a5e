import type { Acquisition } from "./history.js";

/** An acquisition that was granted. */
type Granted = Acquisition & Required<Pick<Acquisition, "lease" | "settledAt">>;

/** Those that were granted, in the order in which their callers heard of it. */
export function grantedOf(acquisitions: readonly Acquisition[]): Granted[] {
  return acquisitions
    .filter((one): one is Granted => one.lease !== undefined && one.settledAt !== undefined)
    .sort((a, b) => a.settledAt - b.settledAt);
}

/** {@link grantedOf}, key by key. */
export function leasesByKey(acquisitions: readonly Acquisition[]): Map<string, Granted[]> {
  const keys = new Map<string, Granted[]>();
  for (const granted of grantedOf(acquisitions)) {
    for (const key of granted.keys) keys.set(key, [...(keys.get(key) ?? []), granted]);
  }
  return keys;
}

/**
 * While a lease was seen to be valid, nobody else had heard of one of the same key.
 *
 * An interval begins with a time that was read after the grant, and ends with one that was read before a look that
 * found the lease valid, so whatever the reader was held up by, it lies within the truth.
 */
export function exclusion(acquisitions: readonly Acquisition[]): string[] {
  const found: string[] = [];
  for (const [key, leases] of leasesByKey(acquisitions)) {
    let before: Granted | undefined;
    for (const lease of leases) {
      const until = before?.validAt ?? -Infinity;
      if (
        before !== undefined &&
        until > lease.settledAt &&
        (lease.validAt ?? -Infinity) >= lease.settledAt
      ) {
        found.push(
          `two at once on ${key}: ${before.id} (fencing token ${before.lease.fencingToken}) was valid for ` +
            `${(until - lease.settledAt).toFixed(1)} ms more when ${lease.id} (${lease.lease.fencingToken}) had got it`,
        );
      }
      if (before === undefined || (lease.validAt ?? -Infinity) > until) before = lease;
    }
  }
  return found;
}

/** A lease that was asked for when another had been granted has a larger fencing token; no two have the same. */
export function tokensIncrease(acquisitions: readonly Acquisition[]): string[] {
  const found: string[] = [];
  for (const [key, leases] of leasesByKey(acquisitions)) {
    const owners = new Map<number, Granted>();
    for (const lease of leases) {
      const owner = owners.get(lease.lease.fencingToken);
      if (owner !== undefined)
        found.push(`fencing token ${lease.lease.fencingToken} of ${key} twice: ${owner.id} and ${lease.id}`);
      owners.set(lease.lease.fencingToken, lease);
    }
    const asked = [...leases].sort((a, b) => a.askedAt - b.askedAt);
    let heard = 0;
    let largest: Granted | undefined;
    for (const later of asked) {
      for (
        let earlier = leases[heard];
        earlier && earlier.settledAt < later.askedAt;
        earlier = leases[++heard]
      ) {
        if (earlier.lease.fencingToken > (largest?.lease.fencingToken ?? 0)) largest = earlier;
      }
      if (largest !== undefined && later.lease.fencingToken < largest.lease.fencingToken) {
        found.push(
          `fencing tokens of ${key} went back: ${later.id} was asked for when ${largest.id} had ` +
            `${largest.lease.fencingToken}, and got ${later.lease.fencingToken}`,
        );
      }
    }
  }
  return found;
}

/** Whoever looks and finds the lease over finds its signal aborted. */
export function holdersAreTold(acquisitions: readonly Acquisition[]): string[] {
  return acquisitions
    .filter(({ over }) => over?.aborted === false)
    .map(({ id }) => `the lease of ${id} was not valid any more, and its signal had not aborted`);
}
