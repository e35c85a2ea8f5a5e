import { setTimeout as sleep } from "node:timers/promises";
import { isLockError, type LockErrorCode, type LockManager } from "@redlock-kit/core";
import type { Redis } from "ioredis";
import { Dice } from "../simulation/dice.js";
import { type Act, acts, type Scene } from "./acts.js";
import { newcomerAt } from "./newcomer.js";
import type { Witness } from "./witness.js";

const EXPECTED: readonly LockErrorCode[] = ["ERR_LOCK_HELD", "ERR_LOCK_UNAVAILABLE", "ERR_LOCK_LOST"];
const LOOK_MS = 100;

/** All acts at the same time, each by so many actors, until it is ended. */
export class Load {
  readonly refusals: Record<string, number> = {};
  names = 0;
  readonly #dice: Dice;
  readonly #nodes: readonly string[];
  readonly #scene: Omit<Scene, "dice">;
  readonly #onStray: (error: unknown) => void;
  #over = false;
  #playing: Promise<unknown> = Promise.resolve();

  constructor(
    parts: { readonly locks: LockManager; readonly witness: Witness; readonly mailbox: Redis },
    { nodes, seed }: { readonly nodes: readonly string[]; readonly seed: string },
    onStray: (error: unknown) => void,
  ) {
    this.#dice = new Dice(seed);
    this.#nodes = nodes;
    this.#onStray = onStray;
    this.#scene = {
      ...parts,
      stay: (ms) => this.#stay(ms),
      freshName: () => `${seed}:${this.names++}`,
      newcomer: () => newcomerAt(this.#nodes, this.#dice.chance(0.5)),
    };
  }

  begin(): void {
    const actors = Object.entries(acts).flatMap(([title, act]) =>
      Array.from({ length: act.actors }, (_, i) =>
        this.#repeat(act, title, this.#dice.fork(`${title} ${i}`)),
      ),
    );
    this.#playing = Promise.all(actors);
  }

  /** Settles when everybody has ended what they were at. */
  async end(): Promise<void> {
    this.#over = true;
    await this.#playing;
  }

  async #repeat(act: Act, title: string, dice: Dice): Promise<void> {
    const expected = [...EXPECTED, ...(act.expects ?? [])];
    while (!this.#over) {
      await this.#stay(dice.around(act.pauseMs));
      try {
        await act.play({ ...this.#scene, dice });
      } catch (error) {
        if (isLockError(error) && expected.includes(error.code))
          this.refusals[error.code] = (this.refusals[error.code] ?? 0) + 1;
        else this.#onStray(new Error(`"${title}" failed`, { cause: error }));
      }
    }
  }

  async #stay(ms: number): Promise<void> {
    const end = performance.now() + ms;
    for (let left = ms; left > 0 && !this.#over; left = end - performance.now()) {
      await sleep(Math.min(left, LOOK_MS));
    }
  }
}
