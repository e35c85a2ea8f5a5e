import { Agenda } from "../agenda.js";
import type { Clock } from "../clock.js";
import type { HandOver } from "../lease-home.js";
import { lockKeyOf } from "../keys/lock-key.js";
import type { Roster } from "../quorum/roster.js";
import { attemptBeside, attemptOnce, tellContended } from "./attempt-once.js";
import { First } from "./first.js";
import type { Lane } from "./lane.js";
import type { LaneHome } from "./lane-home.js";
import { Lanes } from "./lanes.js";
import { Notices } from "./notices.js";
import { closedError, type Refusal, refusedError } from "./refusal.js";
import { Register } from "./register.js";
import { attemptOf, type Waiter, type Wanted } from "./waiter.js";

interface WaitingRoomParts {
  readonly clock: Clock;
  readonly roster: Roster;
  readonly keyPrefix: string;
  readonly maxWaiters: number;
}

/**
 * The one door to waiting: whoever goes in comes out with the lock or with an error. Inside, those who want the same
 * keys stand in a {@link Lane}, whose head alone talks to the nodes.
 */
export class WaitingRoom<Won extends { readonly kind: "won" }> implements LaneHome<Lane<Won>> {
  readonly clock: Clock;
  readonly agenda: Agenda;
  readonly notices: Notices;
  readonly quorum: number;
  readonly tally = { handedOver: 0 };
  readonly #roster: Roster;
  readonly #keyPrefix: string;
  readonly #lanes = new Lanes<Won>();
  readonly #firsts = new Map<string, First<Won>>();
  readonly #register: Register<Won>;
  #closed = false;

  constructor({ clock, roster, keyPrefix, maxWaiters }: WaitingRoomParts) {
    this.clock = clock;
    this.agenda = new Agenda(clock, true);
    this.#roster = roster;
    this.quorum = roster.quorum;
    this.#keyPrefix = keyPrefix;
    this.#register = new Register(clock, this.agenda, maxWaiters);
    this.notices = new Notices(roster, (index, lock) => this.#hear(index, lock));
  }

  get size(): number {
    return this.#register.size;
  }

  /** How many acquires got a lock after waiting, for how long they all did, and how many directly from another. */
  get counts(): { readonly waited: number; readonly waitedMs: number; readonly handedOver: number } {
    return { ...this.#register.counts, ...this.tally };
  }

  waitersFor(key: string): number {
    return this.#register.waitersFor(key);
  }

  /**
   * Gets the lock, waiting if need be.
   *
   * @throws LockError `ERR_LOCK_HELD`, `ERR_LOCK_UNAVAILABLE`, `ERR_LOCK_ABORTED`, `ERR_LOCK_OVERLOADED`,
   * `ERR_LOCK_CLOSED`
   */
  enter(wanted: Wanted<Won>): Promise<Won> {
    const since = this.clock.monotonic();
    const { keys, options } = wanted;
    const { waitMs, token } = options;
    if (waitMs === 0)
      return this.#tryOnce(wanted, since).then((result) => {
        if (result.kind === "won") return result;
        throw refusedError(keys, result, 1, this.clock.monotonic() - since);
      });
    const lane = this.#laneFor(keys);
    if (lane === undefined && keys.length === 1) return this.#enterFirst(keys[0] ?? "", wanted, since);
    if (lane === undefined) return this.#enterLane(wanted, since);
    const waiter = this.#register.welcome(wanted, since);
    // A lock that the caller's token already holds is not waited for.
    if (token === undefined) this.#wait(waiter);
    else attemptBeside(waiter, lane.place, this.clock, (refusal) => this.#wait(waiter, refusal));
    return waiter.promise;
  }

  /**
   * One attempt, without waiting. `undefined`: somebody else holds the lock.
   *
   * @throws LockError `ERR_LOCK_UNAVAILABLE`, `ERR_LOCK_ABORTED`, `ERR_LOCK_CLOSED`
   */
  async tryEnter(wanted: Wanted<Won>): Promise<Won | undefined> {
    const since = this.clock.monotonic();
    const result = await this.#tryOnce(wanted, since);
    if (result.kind === "won") return result;
    if (result.kind === "held") return undefined;
    throw refusedError(wanted.keys, result, 1, this.clock.monotonic() - since);
  }

  /** What a release of `keys` does for the waiters of this process; `undefined` if there are none. */
  handOver(keys: readonly string[]): HandOver | undefined {
    return this.#lanes.size === 0 ? undefined : this.#lanes.handOver(keys);
  }

  /** A lease has ended without a release: its keys may be free. */
  freed(keys: readonly string[]): void {
    this.#lanes.freed(keys);
  }

  close(): void {
    this.#closed = true;
    this.#register.close();
    this.notices.close();
    this.agenda.clear();
  }

  withdraw(lane: Lane<Won>, nodes: readonly number[] = this.#roster.voters.map(({ index }) => index)): void {
    for (const key of lane.keys) {
      const others = this.#lanes.touching([key]).filter((other) => other !== lane && other.isWanted);
      if (others.length === 0 && !this.#firsts.has(key)) this.withdrawKey(key, nodes);
    }
  }

  withdrawKey(key: string, nodes: readonly number[]): void {
    const request = { keys: [lockKeyOf(this.#keyPrefix, key)], process: this.notices.process };
    for (const index of nodes) this.#roster.voters[index]?.withdraw(request);
  }

  emptied(lane: Lane<Won>): void {
    this.#lanes.delete(lane);
  }

  /** Nobody else here wants this key: an attempt at once, which makes nothing that would have to be cleaned up. */
  #enterFirst(key: string, wanted: Wanted<Won>, since: number): Promise<Won> {
    const first = new First<Won>(key, this);
    this.#firsts.set(key, first);
    const leaves = this.#register.welcomeFirst(wanted, since);
    const entered = attemptOf(wanted, first).then(
      (result) => {
        this.#firsts.delete(key);
        if (result.kind === "won" && !this.#closed && leaves?.left !== true) {
          if (first.lane === undefined) first.giveUp();
          else first.lane.begunHasWon(wanted, result);
          leaves?.dismiss();
          return result;
        }
        const waiter = leaves ?? this.#register.welcome(wanted, since);
        this.#begun(this.#laneOf(first), waiter, result);
        return waiter.promise;
      },
      (error: unknown) => {
        this.#firsts.delete(key);
        if (first.lane === undefined) first.giveUp();
        else first.lane.begunHasFailed(undefined);
        leaves?.dismiss();
        throw error;
      },
    );
    return leaves === undefined ? entered : Promise.race([entered, leaves.promise]);
  }

  /** The same for somebody who wants several keys. */
  #enterLane(wanted: Wanted<Won>, since: number): Promise<Won> {
    const lane = this.#lanes.add(wanted.keys, this);
    const waiter = this.#register.welcome(wanted, since);
    lane.begin();
    attemptOf(wanted, lane.place).then(
      (result) => this.#begun(lane, waiter, result),
      (error: unknown) => {
        lane.begunHasFailed(undefined);
        waiter.leave(error);
      },
    );
    return waiter.promise;
  }

  /** Where a first attempt goes on, since it is not alone any more or was refused. */
  #laneOf(first: First<Won>): Lane<Won> {
    if (first.lane !== undefined) return first.lane;
    const lane = this.#lanes.add([first.key], this);
    lane.begin(first.told);
    first.goOnIn(lane);
    return lane;
  }

  /** Where whoever comes now has to wait, if anywhere. */
  #laneFor(keys: readonly string[]): Lane<Won> | undefined {
    const first = keys.length === 1 ? this.#firsts.get(keys[0] ?? "") : undefined;
    return first === undefined ? this.#lanes.of(keys) : this.#laneOf(first);
  }

  /** The first attempt of a lane has ended. */
  #begun(lane: Lane<Won>, waiter: Waiter<Won>, result: Won | Refusal): void {
    if (waiter.attempts === 0) waiter.attempting(waiter.since);
    if (this.#closed) waiter.leave(closedError(waiter.keys));
    if (result.kind === "won") {
      if (waiter.left) {
        waiter.wanted.discard(result);
        lane.begunHasFailed(undefined);
      } else {
        lane.begunHasWon(waiter.wanted, result);
        waiter.win(result);
      }
      return;
    }
    if (!waiter.left && this.#register.admit(waiter, lane, result, true)) lane.begunWaits(waiter, result);
    else lane.begunHasFailed(result);
  }

  /** Waits behind those who wait already; who was `refused` beside them may find that they have all left. */
  #wait(waiter: Waiter<Won>, refused?: Refusal): void {
    const lane = this.#laneFor(waiter.keys);
    if (lane === undefined && refused !== undefined) {
      this.#begun(this.#lanes.add(waiter.keys, this), waiter, refused);
    } else if (lane !== undefined && this.#register.admit(waiter, lane, refused ?? lane.knowledge.last)) {
      tellContended(waiter.wanted, refused ?? lane.knowledge.last, waiter.attempts);
      lane.join(waiter);
    }
  }

  /** One attempt for somebody who may leave but does not wait. */
  async #tryOnce(wanted: Wanted<Won>, since: number): Promise<Won | Refusal> {
    const leaves = wanted.options.signal !== undefined;
    const result = await attemptOnce(wanted, leaves ? this.#register.welcome(wanted, since) : undefined);
    if (!this.#closed) return result;
    if (result.kind === "won") wanted.discard(result);
    throw closedError(wanted.keys);
  }

  /** A node says that a lock is ours to take. */
  #hear(index: number, lock: string): void {
    if (this.#closed || !lock.startsWith(this.#keyPrefix)) return;
    const key = lock.slice(this.#keyPrefix.length);
    const first = this.#firsts.get(key);
    if (this.#lanes.called(key, index)) return;
    if (first === undefined) this.withdrawKey(key, [index]);
    else first.called(index);
  }
}
