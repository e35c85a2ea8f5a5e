import type { PipeTransform } from "@nestjs/common";

/** Checks a body. Pipes run before the lock: a bad request waits for nobody. */
export class CheckedBody<T> implements PipeTransform<unknown, T> {
  readonly #check: (body: unknown) => T;

  constructor(check: (body: unknown) => T) {
    this.#check = check;
  }

  transform(body: unknown): T {
    return this.#check(body);
  }
}
