import { Agenda } from "../agenda.js";
import type { Clock } from "../clock.js";
import type { HandOver } from "../lease-home.js";
import { lockKeyOf } from "../keys/lock-key.js";
import type { Roster } from "../quorum/roster.js";
import { publish } from "../telemetry.js";
import { Lane, type LaneHome } from "./lane.js";
import { Lanes } from "./lanes.js";
import { Notices } from "./notices.js";
import { closedError, overloadedError, type Refusal, refusedError } from "./refusal.js";
import { attemptOf, Waiter, type Wanted } from "./waiter.js";

/** What a waiting room is furnished with. */
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
export class WaitingRoom<Won extends { readonly kind: "won" }> implements LaneHome<Won> {
  readonly clock: Clock;
  readonly agenda: Agenda;
  readonly notices: Notices;
  readonly quorum: number;
  /** How many got a lock after waiting, and for how long they all did; and how many directly from another waiter. */
  readonly counts = { waited: 0, waitedMs: 0, handedOver: 0 };
  readonly #roster: Roster;
  readonly #keyPrefix: string;
  readonly #maxWaiters: number;
  readonly #lanes = new Lanes<Won>();
  /** Everybody who can be sent away, and where they stand. */
  readonly #inside = new Map<Waiter<Won>, Lane<Won> | undefined>();
  readonly #perKey = new Map<string, number>();
  #waiting = 0;
  #closed = false;

  constructor({ clock, roster, keyPrefix, maxWaiters }: WaitingRoomParts) {
    this.clock = clock;
    this.agenda = new Agenda(clock, true);
    this.#roster = roster;
    this.quorum = roster.quorum;
    this.#keyPrefix = keyPrefix;
    this.#maxWaiters = maxWaiters;
    this.notices = new Notices(roster, (index, lock) => this.#hear(index, lock));
  }

  /** How many are waiting. */
  get size(): number {
    return this.#waiting;
  }

  /** How many are waiting for a key. */
  waitersFor(key: string): number {
    return this.#perKey.get(key) ?? 0;
  }

  /**
   * Gets the lock, waiting if need be.
   *
   * @throws LockError `ERR_LOCK_HELD`, `ERR_LOCK_UNAVAILABLE`, `ERR_LOCK_ABORTED`, `ERR_LOCK_OVERLOADED`,
   * `ERR_LOCK_CLOSED`
   */
  enter(wanted: Wanted<Won>): Promise<Won> {
    const since = this.clock.monotonic();
    const { waitMs, token, signal } = wanted.options;
    if (waitMs === 0) {
      return this.#tryOnce(wanted, since).then((result) => {
        if (result.kind === "won") return result;
        throw refusedError(wanted.keys, result, 1, this.clock.monotonic() - since);
      });
    }
    const lane = this.#lanes.of(wanted.keys);
    if (lane === undefined)
      return signal === undefined ? this.#enterFirst(wanted, since) : this.#enterLeaving(wanted, since);
    const waiter = this.#waiter(wanted, since);
    // A lock that the caller's token already holds is not waited for.
    if (token === undefined) this.#wait(waiter);
    else this.tryBeside(waiter, (refusal) => this.#wait(waiter, refusal));
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

  /**
   * What a release of `keys` does for the waiters of this process; `undefined` if there are none. The next one's request
   * leaves in the same tick as the release, and so in the same call.
   */
  handOver(keys: readonly string[]): HandOver | undefined {
    if (this.#lanes.size === 0) return undefined;
    const lanes = this.#lanes.touching(keys);
    if (lanes.length === 0) return undefined;
    const turns = new Map(lanes.map((lane) => [lane, lane.isReady && lane.hasTurn]));
    // A key that nobody here asks for right behind may be somebody else's to take.
    const isAsked = (key: string): boolean =>
      lanes.some(
        (lane) => turns.get(lane) && lane.keys.includes(key) && lane.keys.every((own) => keys.includes(own)),
      );
    const quiet = keys.every(isAsked);
    return { quiet, next: () => lanes.forEach((lane) => lane.freed(quiet)) };
  }

  /** A lease has ended without a release: its keys may be free. */
  freed(keys: readonly string[]): void {
    for (const lane of this.#lanes.touching(keys)) lane.freed(true);
  }

  /** Sends everybody away, now and from now on. */
  close(): void {
    this.#closed = true;
    for (const waiter of [...this.#inside.keys()]) waiter.leave(closedError(waiter.keys));
    this.notices.close();
    this.agenda.clear();
  }

  /** An attempt at once for somebody who need not be the head, since their token may hold the lock already. */
  tryBeside(waiter: Waiter<Won>, onRefused?: (refusal: Refusal) => void): void {
    waiter.attempts++;
    attemptOf(waiter.wanted, undefined).then(
      (result) => {
        if (result.kind !== "won") {
          if (!waiter.left) onRefused?.(result);
        } else if (waiter.left) waiter.wanted.discard(result);
        else waiter.win(result);
      },
      (error: Error) => waiter.leave(error),
    );
  }

  withdraw(lane: Lane<Won>, nodes: readonly number[]): void {
    const unwanted = lane.keys.filter((key) => {
      const others = this.#lanes.touching([key]);
      return !others.some((other) => other !== lane && other.isWanted);
    });
    if (unwanted.length > 0) this.#withdraw(unwanted, nodes);
  }

  handedOver(): void {
    this.counts.handedOver++;
  }

  emptied(lane: Lane<Won>): void {
    this.#lanes.delete(lane);
  }

  /** Nobody else here wants these keys: an attempt at once, which makes nothing that would have to be cleaned up. */
  #enterFirst(wanted: Wanted<Won>, since: number): Promise<Won> {
    const lane = this.#lanes.add(wanted.keys, this);
    lane.begin();
    return attemptOf(wanted, lane.queuePlace).then(
      (result) => {
        if (result.kind === "won" && !this.#closed) {
          lane.begunHasWon(wanted.options.ttlMs);
          return result;
        }
        const waiter = this.#waiter(wanted, since);
        this.#begun(lane, waiter, result);
        return waiter.promise;
      },
      (error: unknown) => {
        lane.begunHasFailed(undefined);
        throw error;
      },
    );
  }

  /** The same for somebody who may leave. */
  #enterLeaving(wanted: Wanted<Won>, since: number): Promise<Won> {
    const lane = this.#lanes.add(wanted.keys, this);
    const waiter = this.#waiter(wanted, since);
    lane.begin();
    attemptOf(wanted, lane.queuePlace).then(
      (result) => this.#begun(lane, waiter, result),
      (error: Error) => {
        lane.begunHasFailed(undefined);
        waiter.leave(error);
      },
    );
    return waiter.promise;
  }

  /** The first attempt of a lane has ended. */
  #begun(lane: Lane<Won>, waiter: Waiter<Won>, result: Won | Refusal): void {
    waiter.attempts = 1;
    if (this.#closed) waiter.leave(closedError(waiter.keys));
    if (result.kind === "won") {
      if (waiter.left) {
        waiter.wanted.discard(result);
        lane.begunHasFailed(undefined);
      } else {
        lane.begunHasWon(waiter.wanted.options.ttlMs);
        waiter.win(result);
      }
      return;
    }
    if (!waiter.left && this.#enrol(waiter, lane, result)) lane.begunWaits(waiter, result);
    else lane.begunHasFailed(result);
  }

  /** Waits behind those who wait already. */
  #wait(waiter: Waiter<Won>, refusal?: Refusal): void {
    const { keys } = waiter;
    const lane = this.#lanes.of(keys);
    const known = refusal ?? lane?.known;
    if (lane !== undefined) {
      if (!this.#enrol(waiter, lane, known)) return;
      tell(waiter.wanted, known, waiter.attempts);
      lane.join(waiter);
    } else if (refusal !== undefined) {
      const alone = this.#lanes.add(keys, this);
      if (this.#enrol(waiter, alone, refusal)) alone.begunWaits(waiter, refusal);
      else alone.begunHasFailed(refusal);
    }
  }

  /** Counts a waiter in, unless there are too many. */
  #enrol(waiter: Waiter<Won>, lane: Lane<Won>, refusal: Refusal | undefined): boolean {
    const { keys, since } = waiter;
    const full = keys.find((key) => this.waitersFor(key) >= this.#maxWaiters);
    if (full !== undefined) {
      waiter.leave(overloadedError(keys, full, this.#maxWaiters, refusal));
      return false;
    }
    for (const key of keys) this.#perKey.set(key, this.waitersFor(key) + 1);
    this.#waiting++;
    this.#inside.set(waiter, lane);
    const { waitMs } = waiter.wanted.options;
    if (waitMs !== Infinity) this.agenda.put(waiter, since + waitMs);
    return true;
  }

  #waiter(wanted: Wanted<Won>, since: number): Waiter<Won> {
    const waiter = new Waiter<Won>(
      wanted,
      since,
      (left) => this.#left(left),
      (late) => this.#inside.get(late)?.timedOut(late),
    );
    this.#inside.set(waiter, undefined);
    return waiter;
  }

  #left(waiter: Waiter<Won>): void {
    const lane = this.#inside.get(waiter);
    this.#inside.delete(waiter);
    this.agenda.remove(waiter);
    if (lane === undefined) return;
    this.#waiting--;
    for (const key of waiter.keys) {
      const left = this.waitersFor(key) - 1;
      if (left > 0) this.#perKey.set(key, left);
      else this.#perKey.delete(key);
    }
    const { keys, attempts, hasWon: granted } = waiter;
    const waitedMs = this.clock.monotonic() - waiter.since;
    if (granted) {
      this.counts.waited++;
      this.counts.waitedMs += waitedMs;
    }
    const { owner } = waiter.wanted.options;
    publish.waited(() => ({ keys, owner, waitedMs, attempts, granted }));
    lane.left(waiter);
  }

  /** One attempt for somebody who may leave but does not wait. */
  #tryOnce(wanted: Wanted<Won>, since: number): Promise<Won | Refusal> {
    const attempt = attemptOf(wanted, undefined).then((result) => {
      if (this.#closed) {
        if (result.kind === "won") wanted.discard(result);
        throw closedError(wanted.keys);
      }
      if (result.kind !== "won") tell(wanted, result, 1);
      return result;
    });
    if (wanted.options.signal === undefined) return attempt;
    const waiter = this.#waiter(wanted, since);
    const unlessLeft = attempt.then((result) => {
      if (waiter.left && result.kind === "won") wanted.discard(result);
      waiter.dismiss();
      return result;
    });
    return Promise.race([unlessLeft, waiter.promise]);
  }

  /** A node says that a lock is ours to take. */
  #hear(index: number, lock: string): void {
    if (this.#closed || !lock.startsWith(this.#keyPrefix)) return;
    const key = lock.slice(this.#keyPrefix.length);
    const lanes = this.#lanes.touching([key]).filter((lane) => lane.isWanted);
    if (lanes.length === 0) this.#withdraw([key], [index]);
    for (const lane of lanes) lane.called(index);
  }

  #withdraw(keys: readonly string[], nodes: readonly number[]): void {
    const request = {
      keys: keys.map((key) => lockKeyOf(this.#keyPrefix, key)),
      process: this.notices.process,
    };
    for (const index of nodes) this.#roster.voters[index]?.withdraw(request);
  }
}

function tell(
  { keys, options }: Pick<Wanted<unknown>, "keys" | "options">,
  known: Refusal | undefined,
  attempt: number,
): void {
  if (known?.kind !== "held") return;
  const { freeInMs } = known;
  publish.contended(() => ({ keys, owner: options.owner, attempt, freeInMs }));
}
