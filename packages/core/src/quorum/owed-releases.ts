import type { ReleaseRequest } from "../node/lock-node.js";

/** Only so many are kept: a node that is away for long must cost no memory, and locks expire by themselves. */
const MOST = 10_000;

/** The releases that a node could not be given, until the lock would be gone without them. */
export class OwedReleases {
  readonly #byToken = new Map<string, { request: ReleaseRequest; until: number }>();

  /** Remembers a release until monotonic time `until`. */
  add(request: ReleaseRequest, until: number): void {
    if (request.token === null) return;
    if (this.#byToken.size >= MOST) this.#byToken.delete(this.#byToken.keys().next().value ?? "");
    this.#byToken.set(request.token, { request, until });
  }

  /** Everything that is worth sending yet, and for how long it is; forgets it all. */
  take(now: number): { request: ReleaseRequest; leftMs: number }[] {
    const owed = [...this.#byToken.values()];
    this.#byToken.clear();
    return owed
      .filter(({ until }) => until > now)
      .map(({ request, until }) => ({ request, leftMs: until - now }));
  }

  clear(): void {
    this.#byToken.clear();
  }
}
