import { type Agenda, AgendaItem } from "../agenda.js";
import type { Clock } from "../clock.js";
import type { LockNode } from "../node/lock-node.js";
import { majorityOf } from "./majority.js";
import { Unknown } from "./unknown.js";
import type { Voter } from "./voter.js";

/** What one node has said so far; `undefined` while it has said nothing. */
export type Answer<Reply> = Reply | Unknown | undefined;

/** One question to all nodes. */
export interface Question<Reply, Verdict> {
  /** How to ask one node. */
  ask(node: LockNode, index: number): Promise<Reply>;
  /** Which nodes are asked; the others count as having said nothing. Default: all. */
  among?(index: number): boolean;
  /** The verdict as soon as it is certain. Must give one when `pending` is 0. */
  decide(answers: readonly Answer<Reply>[], pending: number): Verdict | undefined;
  /** Ask nodes that are out of reach or silent, too: what they are asked must reach them in the end. */
  readonly insist?: boolean;
  /** Monotonic time, if the question has just looked at the clock. */
  readonly askedAt?: number;
  /** Milliseconds after which nodes that have not answered are {@link Unknown}. */
  readonly deadlineMs: number;
  /** The deadline is shorter than what nodes are given otherwise, so that missing it says nothing about a node. */
  readonly hurried?: boolean;
  /** Hears every reply, in time or late, before `decide` does. */
  heard?(index: number, reply: Reply): void;
}

/**
 * Asks all nodes at once and settles as soon as the verdict is certain, at the deadline at the latest. It
 * never rejects, and a late answer is heard however late it comes.
 */
export function poll<Reply, Verdict>(
  voters: readonly Voter[],
  question: Question<Reply, Verdict>,
  agenda: Agenda,
  clock: Clock,
): Promise<Verdict> {
  return new Promise((resolve) => {
    new Poll(voters, question, agenda, clock, resolve).start();
  });
}

/** A deadline that is noticed so late was not waited for: this process did not run, and answers may lie in its sockets. */
const LATE_MS = 20;

class Poll<Reply, Verdict> extends AgendaItem {
  readonly #voters: readonly Voter[];
  readonly #question: Question<Reply, Verdict>;
  readonly #agenda: Agenda;
  readonly #clock: Clock;
  readonly #resolve: (verdict: Verdict) => void;
  readonly #answers: Answer<Reply>[];
  #pending = 0;
  #decided = false;
  /** Monotonic time of the deadline. */
  #due = 0;

  constructor(
    voters: readonly Voter[],
    question: Question<Reply, Verdict>,
    agenda: Agenda,
    clock: Clock,
    resolve: (verdict: Verdict) => void,
  ) {
    super();
    this.#clock = clock;
    this.#voters = voters;
    this.#question = question;
    this.#agenda = agenda;
    this.#resolve = resolve;
    this.#answers = voters.map(() => undefined);
  }

  start(): void {
    const question = this.#question;
    const { insist = false } = question;
    const now = question.askedAt ?? this.#clock.monotonic();
    const sufficient = !insist && this.#canDoWithoutTheSilent();
    for (const voter of this.#voters) {
      const { index } = voter;
      if (question.among !== undefined && !question.among(index)) continue;
      const obstacle = insist ? undefined : voter.obstacle(now);
      if (obstacle !== undefined) {
        this.#answers[index] = new Unknown(obstacle);
        continue;
      }
      if (sufficient && voter.isSilent) this.#answers[index] = new Unknown(voter.standing() ?? "silent");
      else this.#pending++;
      if (!insist) voter.asked(now);
      const asked = insist
        ? question.ask(voter.node, index)
        : voter.ask((node) => this.#askInTime(node, index));
      const { epoch } = voter;
      asked.then(
        (reply) => this.#hear(voter, reply, epoch),
        (error: unknown) => this.#hear(voter, Unknown.of(error), epoch),
      );
    }
    this.#decide();
    if (this.#decided) return;
    this.#due = now + question.deadlineMs;
    this.#agenda.put(this, this.#due);
  }

  /** Whether there is a quorum without the nodes that fell silent: then asking them costs the others no time. */
  #canDoWithoutTheSilent(): boolean {
    let silent = 0;
    let answering = 0;
    for (const voter of this.#voters) {
      if (voter.isSilent) silent++;
      else if (voter.node.state === "ready") answering++;
    }
    return silent > 0 && answering >= majorityOf(this.#voters.length);
  }

  /** The deadline. */
  override run(): void {
    const now = this.#clock.monotonic();
    if (now - this.#due > LATE_MS) {
      this.#due = now + 1;
      this.#agenda.put(this, this.#due);
      return;
    }
    for (const voter of this.#voters) {
      if (this.#answers[voter.index] !== undefined || this.#question.among?.(voter.index) === false) continue;
      this.#answers[voter.index] = new Unknown(
        `no answer within ${Math.round(this.#question.deadlineMs)} ms`,
      );
      if (this.#question.hurried !== true) voter.missed();
    }
    this.#pending = 0;
    this.#decide();
  }

  /** Who had to be connected or identified first may be asked no more: nobody waits for the answer. */
  #askInTime(node: LockNode, index: number): Promise<Reply> {
    if (this.#decided) return Promise.reject(new Error("decided before it could be asked"));
    return this.#question.ask(node, index);
  }

  #hear(voter: Voter, answer: Reply | Unknown, epoch: number): void {
    const { insist } = this.#question;
    if (!insist) voter.answered(!(answer instanceof Unknown));
    if (!(answer instanceof Unknown)) this.#question.heard?.(voter.index, answer);
    if (this.#decided) return;
    // It is heard, since it may have set something, but nobody waits for it.
    if (this.#answers[voter.index] !== undefined) return;
    // A client may ask again by itself after a reconnection, and whoever answers then may have forgotten everything.
    const stale = epoch !== voter.epoch && !insist;
    this.#answers[voter.index] = stale ? new Unknown("its connection was lost before it answered") : answer;
    this.#pending--;
    this.#decide();
  }

  #decide(): void {
    const verdict = this.#question.decide(this.#answers, this.#pending);
    if (verdict === undefined) return;
    this.#decided = true;
    this.#agenda.remove(this);
    this.#resolve(verdict);
  }
}
