import type { Clock } from "./clock.js";
import { idOfAdopted } from "./lease-grant.js";
import { attempt } from "./quorum/acquire.js";
import type { AttemptRequest, AttemptResult, VotePlace } from "./quorum/attempt.js";
import type { Roster } from "./quorum/roster.js";

/** The attempts of a manager: counts them, and knows when none is under way. */
export class Attempts {
  readonly counts = { contended: 0, unavailable: 0 };
  readonly #roster: Roster;
  readonly #clock: Clock;
  readonly #adopting = new Map<string, Promise<void>>();
  #underWay = 0;
  #onIdle: (() => void) | undefined;

  constructor(roster: Roster, clock: Clock) {
    this.#roster = roster;
    this.#clock = clock;
  }

  /**
   * Makes one. Those under one token of the caller's go one after the other: what one of them gives back, another could
   * be counting on.
   */
  make(request: AttemptRequest, place: VotePlace | undefined): Promise<AttemptResult> {
    if (!request.adopted) return this.#makeNow(request, place);
    const id = idOfAdopted(
      request.lockKeys.map(({ key }) => key),
      request.newToken(),
    );
    const before = this.#adopting.get(id);
    const made =
      before === undefined ? this.#makeNow(request, place) : before.then(() => this.#makeNow(request, place));
    const settled = made.then(
      () => {},
      () => {},
    );
    this.#adopting.set(id, settled);
    void settled.then(() => {
      if (this.#adopting.get(id) === settled) this.#adopting.delete(id);
    });
    return made;
  }

  /** Settles when none is under way. */
  async idle(): Promise<void> {
    if (this.#underWay > 0) await new Promise<void>((resolve) => (this.#onIdle = resolve));
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
