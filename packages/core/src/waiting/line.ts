import type { Waiter } from "./waiter.js";

/** Waiters one behind the other, of whom any may leave. */
export class Line<Won> {
  /** Who is first. */
  head: Waiter<Won> | undefined;
  /** Made when it is needed: most lines never have anybody behind the head. */
  #rest: Set<Waiter<Won>> | undefined;

  get isEmpty(): boolean {
    return this.head === undefined && (this.#rest === undefined || this.#rest.size === 0);
  }

  /** Stands last. */
  join(waiter: Waiter<Won>): void {
    this.#rest ??= new Set();
    this.#rest.add(waiter);
  }

  /** The next becomes the head. */
  moveUp(): void {
    this.head = this.#rest?.values().next().value;
    if (this.head !== undefined) this.#rest?.delete(this.head);
  }

  /** Takes somebody out of the line who is not its head. */
  remove(waiter: Waiter<Won>): void {
    this.#rest?.delete(waiter);
  }

  /** Those who wait under a token of their own. */
  under(token: string): Waiter<Won>[] {
    const rest = this.#rest ?? [];
    const all = this.head === undefined ? [...rest] : [this.head, ...rest];
    return all.filter((waiter) => waiter.wanted.options.token === token);
  }
}
