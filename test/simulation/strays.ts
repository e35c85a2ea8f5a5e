import type { LockKey } from "@redlock-kit/core";
import type { Server } from "./server.js";
import type { World } from "./world.js";

/** A vote, or a release, is over everywhere after so long where nothing goes wrong. */
const SETTLED_MS = 200;

/** Made for one vote; its lease may have been granted, and be over since some time. */
interface Token {
  readonly madeAt: number;
  isLease: boolean;
  overAt: number | undefined;
}

/** Which tokens were made, and what became of them: nothing of a vote that failed may stay on a node. */
export class Strays {
  readonly #world: World;
  readonly #tokens = new Map<string, Token>();
  #made = 0;

  constructor(world: World) {
    this.#world = world;
  }

  /** A token for one more vote. */
  make(owner: string): string {
    const token = `${owner}-${this.#made++}`;
    this.#tokens.set(token, { madeAt: this.#world.now, isLease: false, overAt: undefined });
    return token;
  }

  /** When the vote under this token began, if it was made for it. */
  madeAt(token: string): number | undefined {
    return this.#tokens.get(token)?.madeAt;
  }

  granted(token: string): void {
    const made = this.#tokens.get(token);
    if (made !== undefined) made.isLease = true;
  }

  released(token: string): void {
    const made = this.#tokens.get(token);
    if (made !== undefined) made.overAt ??= this.#world.now;
  }

  /** It was left to another process, while its first holder's takes it for its own. */
  shared(token: string): void {
    this.#tokens.delete(token);
  }

  /**
   * What is still on a server although it was given back, or should have been.
   *
   * @param ordered whether messages of one connection keep their order; else a repair can come after a release
   */
  async violation(
    servers: readonly Server[],
    keys: readonly LockKey[],
    ordered: boolean,
  ): Promise<string | undefined> {
    const { now } = this.#world;
    for (const { name, node } of servers) {
      for (const key of keys) {
        const { token } = await node.inspect(key);
        const made = this.#tokens.get(token ?? "");
        if (made === undefined || (made.isLease && !ordered)) continue;
        const overAt = made.overAt ?? (made.isLease ? Infinity : made.madeAt);
        if (now - overAt > SETTLED_MS) return `${token} is still on ${name} for ${key.key}`;
      }
    }
    return undefined;
  }
}
