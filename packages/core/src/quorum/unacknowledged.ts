/** The nodes that have not answered all releases they were sent. One that is never answered stays. */
export class Unacknowledged {
  readonly #releases = new Map<number, number>();

  /** A release has left for a node. */
  add(index: number, release: Promise<unknown>): void {
    this.#count(index, 1);
    release.then(
      () => this.#count(index, -1),
      () => {},
    );
  }

  has(index: number): boolean {
    return (this.#releases.get(index) ?? 0) > 0;
  }

  #count(index: number, more: number): void {
    this.#releases.set(index, (this.#releases.get(index) ?? 0) + more);
  }
}
