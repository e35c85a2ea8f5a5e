import type { Direction, Path } from "./path.js";
import type { World } from "./world.js";

/** Who receives at the two ends of a connection. */
interface Ends {
  readonly server: { readonly run: number };
  readonly machine: { receive(task: () => void): void };
}

/** One connection of a process to one run of a server; no other run ever sees what is sent on it. */
export class Connection {
  /** Whether the client still has it. */
  open = true;
  /** What is under way on it reaches the server no more. */
  lost = false;
  readonly #world: World;
  readonly #path: Path;
  readonly #ends: Ends;
  readonly #run: number;
  readonly #onLoss: () => void;
  /** The last call in each direction: when it arrives, in which turn it left, and what is in it. */
  readonly #last: Record<Direction, { at: number; turn: number; letters: (() => void)[] }> = {
    up: { at: 0, turn: -1, letters: [] },
    down: { at: 0, turn: -1, letters: [] },
  };
  /** Something was lost, and what comes after it waits for it to be sent again. */
  readonly #torn = { up: false, down: false };

  /** @param onLoss something was lost, so that the connection will break some day */
  constructor(world: World, path: Path, ends: Ends, onLoss: () => void) {
    this.#world = world;
    this.#path = path;
    this.#ends = ends;
    this.#run = ends.server.run;
    this.#onLoss = onLoss;
  }

  /** Sends something on its way. What leaves in one turn arrives in one, as what leaves in one call does. */
  carry(direction: Direction, arrive: () => void): void {
    const path = this.#path;
    if (this.#torn[direction]) return;
    const arrives = (): void => {
      if (direction === "down") this.#ends.machine.receive(arrive);
      else if (!this.lost && this.#run === this.#ends.server.run) arrive();
    };
    if (path.loses()) {
      this.#torn[direction] = path.ordered;
      this.#onLoss();
      return;
    }
    path.whenFree(direction, () => {
      const last = this.#last[direction];
      const { now, turn } = this.#world;
      if (turn === last.turn) return void last.letters.push(arrives);
      const letters = [arrives];
      const at = path.ordered ? Math.max(last.at, now + path.wayMs()) : now + path.wayMs();
      this.#last[direction] = { at, turn, letters };
      this.#world.at(at, () => {
        for (const letter of letters) letter();
      });
    });
    if (path.doubles()) path.whenFree(direction, () => void this.#world.after(path.copyMs(), arrives));
  }
}
