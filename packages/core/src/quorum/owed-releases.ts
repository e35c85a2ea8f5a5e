import type { LockKey, ReleaseRequest } from "../node/lock-node.js";

/** Only so many are kept: a node that is away for long must cost no memory, and locks expire by themselves. */
const MOST = 10_000;

/** A release that a node could not be given. */
interface Owed {
  readonly request: ReleaseRequest;
  /** Its token is the caller's. */
  readonly adopted: boolean;
  /** Monotonic time. */
  readonly until: number;
}

/** The releases that a node could not be given, until the lock would be gone without them. */
export class OwedReleases {
  readonly #owed = new Map<string, Owed>();

  /** Those that have left and were not answered yet. */
  readonly #underWay = new Set<ReleaseRequest>();

  get size(): number {
    return this.#owed.size;
  }

  /**
   * A release leaves.
   *
   * @param adopted its token is the caller's, who can ask for the keys under it again
   * @returns tells, when it has ended, whether it is still wanted: nobody has asked for its keys under its token since
   */
  leaves(request: ReleaseRequest, adopted: boolean): () => boolean {
    if (!adopted) return always;
    this.#underWay.add(request);
    return () => this.#underWay.delete(request);
  }

  /** Remembers a release until monotonic time `until`. */
  add(request: ReleaseRequest, until: number, adopted: boolean): void {
    if (request.token === null) return;
    if (this.#owed.size >= MOST) this.#owed.delete(this.#owed.keys().next().value ?? "");
    // Whoever was to ask right behind it has asked by the time that it is paid.
    const loud = request.quiet ? { ...request, quiet: false } : request;
    this.#owed.set(idOf(request.keys, request.token), { request: loud, until, adopted });
  }

  /** Forgets those that would release any of `keys` from `token`. */
  cancel(keys: readonly LockKey[], token: string): void {
    const concerns = (request: ReleaseRequest): boolean =>
      request.token === token && request.keys.some(({ lock }) => keys.some((key) => key.lock === lock));
    for (const [id, { request }] of this.#owed) if (concerns(request)) this.#owed.delete(id);
    for (const request of this.#underWay) if (concerns(request)) this.#underWay.delete(request);
  }

  /** Everything that is worth sending yet; forgets it all. */
  take(now: number): Owed[] {
    const owed = [...this.#owed.values()];
    this.#owed.clear();
    return owed.filter(({ until }) => until > now);
  }

  clear(): void {
    this.#owed.clear();
  }
}

/** One token can hold several locks. */
function idOf(keys: readonly LockKey[], token: string): string {
  return [token, ...keys.map(({ lock }) => lock)].join("\0");
}

const always = (): boolean => true;
