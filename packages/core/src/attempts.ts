import type { Clock } from "./clock.js";
import { idOfAdopted } from "./lease-grant.js";
import { attempt, isReturned, stillReturning } from "./quorum/acquire.js";
import type { AttemptRequest, AttemptResult, VotePlace } from "./quorum/attempt.js";
import type { Roster } from "./quorum/roster.js";

/** The last attempt at a key under one token of the caller's. */
interface Turn {
  readonly request: AttemptRequest;
  readonly ended: Promise<void>;
}

/** The attempts of a manager: counts them, and knows when none is under way. */
export class Attempts {
  readonly counts = { contended: 0, unavailable: 0 };
  readonly #roster: Roster;
  readonly #clock: Clock;
  readonly #adopting = new Map<string, Turn>();
  #underWay = 0;
  #onIdle: (() => void) | undefined;

  constructor(roster: Roster, clock: Clock) {
    this.#roster = roster;
    this.#clock = clock;
  }

  /**
   * Makes one. Those that want one key under one token of the caller's go one after the other, and each is given back
   * before the next: what one of them gives back, another could be counting on.
   */
  make(request: AttemptRequest, place: VotePlace | undefined): Promise<AttemptResult> {
    if (!request.adopted) return this.#makeNow(request, place);
    const token = request.newToken();
    const ids = request.lockKeys.map(({ key }) => idOfAdopted([key], token));
    const before = new Set(ids.flatMap((id) => this.#adopting.get(id) ?? []));
    const made = before.size === 0 ? this.#makeNow(request, place) : this.#makeAfter(before, request, place);
    const turn: Turn = { request, ended: made.then(nothing, nothing) };
    for (const id of ids) this.#adopting.set(id, turn);
    void turn.ended
      .then(() => request.returned)
      .then(() => {
        for (const id of ids) if (this.#adopting.get(id) === turn) this.#adopting.delete(id);
      });
    return made;
  }

  /** Settles when none is under way. */
  async idle(): Promise<void> {
    if (this.#underWay > 0) await new Promise<void>((resolve) => (this.#onIdle = resolve));
  }

  async #makeAfter(
    before: ReadonlySet<Turn>,
    request: AttemptRequest,
    place: VotePlace | undefined,
  ): Promise<AttemptResult> {
    this.#underWay++;
    try {
      const turns = [...before];
      await Promise.all(turns.map(({ ended }) => ended));
      const returned = turns.flatMap((turn) => turn.request.returned ?? []);
      request.returned = returned.length === 0 ? undefined : Promise.all(returned);
      if (await isReturned(this.#roster, request)) return await this.#makeNow(request, place);
    } finally {
      this.#ended();
    }
    this.counts.unavailable++;
    return stillReturning(this.#roster, request);
  }

  #makeNow(request: AttemptRequest, place: VotePlace | undefined): Promise<AttemptResult> {
    const made = attempt(this.#roster, request, this.#clock, place);
    this.#underWay++;
    return made.then(
      (result) => {
        this.#ended();
        if (result.kind === "held") this.counts.contended++;
        else if (result.kind === "unavailable") this.counts.unavailable++;
        // Nodes say who they are when they are first asked, so a twin may show up only with the vote.
        const conflict = this.#roster.conflict();
        if (conflict === undefined) return result;
        if (result.kind === "won") result.claim.fail();
        throw conflict;
      },
      (error: unknown) => {
        this.#ended();
        throw error;
      },
    );
  }

  #ended(): void {
    this.#underWay--;
    if (this.#underWay === 0) this.#onIdle?.();
  }
}

function nothing(): void {}
