import type { AcquireOptions, Lease } from "@redlock-kit/core";
import type { Dice } from "./dice.js";
import type { Judge } from "./judge.js";
import type { Machine } from "./machine.js";
import type { Handed, Process } from "./process.js";
import type { Scene } from "./scene.js";
import { ttlOf, type Wish, wishOf } from "./wish.js";
import type { World } from "./world.js";

export interface ActorParts {
  readonly world: World;
  readonly scene: Scene;
  readonly judge: Judge;
  readonly dice: Dice;
  readonly name: string;
  /** Who can be left a lease. */
  readonly others: readonly Process[];
}

/** Somebody in a process who wants locks again and again, and does with them whatever one can do. */
export class Actor {
  readonly #parts: ActorParts;
  readonly #process: Process;
  readonly #machine: Machine;
  /** Says which token of its own it uses: the same for two wishes, as for a request that is sent again. */
  #wishes = 0;

  constructor(process: Process, parts: ActorParts) {
    this.#parts = parts;
    this.#process = process;
    this.#machine = process.machine;
  }

  /** Goes on until the scene's work is over, or that of its process. */
  async run(): Promise<void> {
    const { world, scene, dice } = this.#parts;
    let got = true;
    for (;;) {
      await this.#machine.sleep(dice.around(got ? scene.holdMs : scene.ttlMs / 4));
      if (world.now > scene.workMs || !this.#process.isOpen) return;
      const handed = this.#process.inbox.shift();
      got = await (handed === undefined ? this.#want() : this.#takeUp(handed));
    }
  }

  /** Wants a lock, in one of the ways that there are. Whether it got it. */
  #want(): Promise<boolean> {
    const { scene, dice, name } = this.#parts;
    const wish = wishOf(dice, scene, this.#machine, `${this.#machine.name}-${name}-${this.#wishes++ >> 1}`);
    if (dice.chance(0.15)) return this.#try(wish);
    return dice.chance(0.15) ? this.#run(wish) : this.#acquire(wish);
  }

  async #acquire({ keys, options, patienceMs }: Wish): Promise<boolean> {
    const { judge } = this.#parts;
    const visit = judge.asked(this.#machine, keys, patienceMs, `acquire ${keys.join("+")}`);
    let lease: Lease;
    try {
      lease = await this.#process.locks.acquire(keys, options);
    } catch (error) {
      judge.refused(visit, error);
      return false;
    }
    judge.answered(visit, lease);
    await this.#hold(lease);
    await this.#end(lease, options);
    return true;
  }

  async #try({ keys, options: { waitMs: _waitMs, retry: _retry, ...options } }: Wish): Promise<boolean> {
    const { judge } = this.#parts;
    const visit = judge.asked(this.#machine, keys, 0, `try ${keys.join("+")}`);
    let lease: Lease | null;
    try {
      lease = await this.#process.locks.tryAcquire(keys, options);
    } catch (error) {
      judge.refused(visit, error);
      return false;
    }
    judge.answered(visit, lease);
    if (lease === null) return false;
    await this.#hold(lease);
    await this.#end(lease, options);
    return true;
  }

  /** Works under a lock, with an error now and then. */
  async #run({ keys, options, patienceMs }: Wish): Promise<boolean> {
    const { judge, dice } = this.#parts;
    const visit = judge.asked(this.#machine, keys, patienceMs, `run under ${keys.join("+")}`);
    const failure = dice.chance(0.2) ? new Error("its work failed") : undefined;
    let began = false;
    const work = async (lease: Lease): Promise<Lease> => {
      began = true;
      judge.answered(visit, lease);
      await this.#hold(lease);
      judge.releasing(lease);
      if (failure !== undefined) throw failure;
      return lease;
    };
    try {
      const { key } = await this.#process.locks.withLock(keys, work, options);
      if (failure !== undefined || key !== keys[0]) judge.tell("withLock did not give what its work gave");
    } catch (error) {
      if (!began) judge.refused(visit, error);
      else if (error !== failure) judge.failed(error, "ERR_LOCK_LOST");
    }
    return began;
  }

  /** Works for a while, writes to the store, extends. */
  async #hold(lease: Lease): Promise<void> {
    const { world, judge, dice, scene } = this.#parts;
    // Some look before each write whether they may; a pause between the look and the write is what fencing is for.
    const isCareful = dice.chance(0.5);
    for (let left = dice.below(4); left >= 0; left--) {
      await this.#machine.sleep(
        dice.chance(0.1) ? dice.between(0, 2 * scene.ttlMs) : dice.around(scene.holdMs),
      );
      if (world.now > scene.workMs || (isCareful && !lease.valid)) return;
      const writeMs = dice.chance(0.1) ? dice.around(scene.ttlMs) : dice.around(2);
      if (dice.chance(0.7)) judge.write(this.#machine, lease, dice.pick(lease.keys), writeMs);
      if (!dice.chance(0.25)) continue;
      world.note(() => `${this.#machine.name} extends ${lease.token}`);
      const ttlMs = dice.chance(0.5) ? undefined : ttlOf(dice, scene);
      judge.extending(lease, ttlMs ?? lease.ttlMs);
      try {
        await lease.extend(ttlMs);
      } catch (error) {
        judge.failed(error, "ERR_LOCK_LOST", "ERR_LOCK_UNAVAILABLE");
      }
    }
  }

  /** Gives the lock back, or not, or leaves it to another process. */
  async #end(lease: Lease, options: AcquireOptions): Promise<void> {
    const { dice } = this.#parts;
    if (options.autoExtend === false && dice.chance(0.1)) return;
    if (options.autoExtend === false && dice.chance(0.2)) return this.#leave(lease);
    if (options.token !== undefined && dice.chance(0.3)) return this.#again(lease, options);
    await this.#release(lease);
    if (dice.chance(0.05)) await lease.release();
  }

  #leave(lease: Lease): void {
    const { world, judge, dice, others, scene } = this.#parts;
    world.note(() => `${this.#machine.name} leaves ${lease.token} to another`);
    const { keys, token } = lease;
    judge.leaving(lease);
    // The token is the other's now.
    this.#wishes += 2;
    this.#process.handsOffUntil = this.#machine.monotonic() + 2 * scene.ttlMs;
    const other = dice.pick(others);
    world.after(dice.around(3), () => void other.inbox.push({ keys, token }));
  }

  /** Asks once more under the token that has the lock, as a request does that was sent twice. */
  async #again(lease: Lease, options: AcquireOptions): Promise<void> {
    const { judge } = this.#parts;
    const { signal: _signal, retry: _retry, ...rest } = options;
    const visit = judge.asked(this.#machine, lease.keys, 0, `acquire ${lease.keys.join("+")} again`);
    try {
      const same = await this.#process.locks.acquire(lease.keys, { ...rest, waitMs: 0 });
      judge.answered(visit, same);
      if (same !== lease) judge.holders.remove(lease);
      await this.#release(same);
    } catch (error) {
      judge.refused(visit, error);
      await this.#release(lease);
    }
  }

  async #release(lease: Lease): Promise<void> {
    const { judge, world } = this.#parts;
    world.note(() => `${this.#machine.name} releases ${lease.token}`);
    const leftMs = lease.remainingMs();
    judge.releasing(lease);
    judge.released(lease, leftMs, await lease.release());
  }

  /** Does with a lease of another process what can be done by its token. */
  async #takeUp({ keys, token }: Handed): Promise<boolean> {
    const { world, judge, scene, dice } = this.#parts;
    const { locks } = this.#process;
    try {
      if (dice.chance(0.5)) {
        const since = world.now;
        const lease = await locks.extend(keys, token, ttlOf(dice, scene));
        judge.takenOver(this.#machine, lease, since);
        await this.#hold(lease);
        if (dice.chance(0.5)) {
          await this.#release(lease);
          return true;
        }
      }
      world.note(() => `${this.#machine.name} releases ${token} by its token`);
      judge.holders.removeToken(keys, token);
      await locks.release(keys, token);
    } catch (error) {
      judge.failed(error, "ERR_LOCK_NOT_HOLDER", "ERR_LOCK_UNAVAILABLE", "ERR_LOCK_CLOSED");
    }
    return true;
  }
}
