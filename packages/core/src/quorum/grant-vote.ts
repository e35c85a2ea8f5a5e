import type { Clock } from "../clock.js";
import type { GrantReply, GrantRequest, LockKey, LockNode } from "../node/lock-node.js";
import type { AttemptRequest, VotePlace, VoteResult } from "./attempt.js";
import { Claim } from "./claim.js";
import { confirmOnQuorum } from "./confirm.js";
import { correctedTime, decideFence } from "./fencing.js";
import { bit } from "./node-bits.js";
import { type GrantVerdict, judgeGrants } from "./majority.js";
import { freeInMs, type GrantAnswers, isReply, isSkewed, mostFrequent, votesOf } from "./grant-answers.js";
import type { Answer, Question } from "./poll.js";
import type { Roster } from "./roster.js";
import { type Instant, instant, validUntil } from "./validity.js";
import { Unknown } from "./unknown.js";

/**
 * One vote under one token. It is the request that all nodes get, and the question of whether they grant it: every
 * lock makes one, so that it is one object.
 */
export class GrantVote implements GrantRequest, Question<GrantReply, GrantVerdict> {
  readonly keys: readonly LockKey[];
  readonly token: string;
  readonly ttlMs: number;
  readonly lockDelayMs: number;
  readonly fenceTtlMs: number;
  readonly proposal: number;
  readonly maxSkewMs: number;
  readonly place: VotePlace | undefined;
  readonly deadlineMs: number;
  readonly #roster: Roster;
  readonly #request: AttemptRequest;
  readonly #clock: Clock;
  readonly #claim: Claim;
  readonly #start: Instant;
  #answers: GrantAnswers = [];
  /** It was won, but took longer than the lease is. */
  #late = false;

  constructor(roster: Roster, request: AttemptRequest, clock: Clock, place: VotePlace | undefined) {
    this.#roster = roster;
    this.#request = request;
    this.#clock = clock;
    this.#start = instant(clock);
    this.keys = request.lockKeys;
    this.token = request.newToken();
    this.ttlMs = request.ttlMs;
    this.lockDelayMs = request.lockDelayMs;
    this.fenceTtlMs = request.fenceTtlMs;
    this.maxSkewMs = request.maxSkewMs;
    this.proposal = roster.fenceClock.propose(this.#start, clock.random());
    this.place = place;
    roster.announce(request.ttlMs);
    this.deadlineMs = roster.deadlineFor(request.ttlMs);
    this.#claim = new Claim(roster, this.keys, this.token, this.ttlMs, request.adopted);
  }

  /** Asks all nodes at once. */
  allAtOnce(): Promise<GrantVerdict> {
    return this.#roster.poll(this);
  }

  get askedAt(): number {
    return this.#start.monotonic;
  }

  ask(node: LockNode, index: number): Promise<GrantReply> {
    this.#claim.asked(index);
    return node.grant(this);
  }

  heard(index: number, reply: GrantReply): void {
    this.#claim.answered(index, reply);
    if (this.#claim.adopted && reply.kind === "granted" && reply.fresh) this.#request.setOn |= bit(index);
    if (reply.kind === "held" && reply.enrolled !== false) this.place?.enrolled(index);
    else if (reply.kind === "granted") this.#granted(index, reply.unconfirmed);
    if (reply.kind !== "skewed")
      this.#roster.fenceClock.observe(reply.fence, this.#start.wall + this.maxSkewMs);
  }

  #granted(index: number, unconfirmed: string | undefined): void {
    this.place?.taken(index);
    if (unconfirmed !== undefined) this.#roster.voters[index]?.doubt(unconfirmed);
  }

  /** Asks the nodes one by one in the common order, as far as they grant. */
  async oneByOne(): Promise<GrantVerdict> {
    const answers: Answer<GrantReply>[] = this.#roster.voters.map(
      () => new Unknown("not asked: another contender was first"),
    );
    for (const { index } of this.#roster.inFixedOrder()) {
      answers[index] = await this.#roster.poll<GrantReply, Answer<GrantReply>>({
        among: (i) => i === index,
        ask: (node) => this.ask(node, index),
        heard: (_, reply) => this.heard(index, reply),
        deadlineMs: this.deadlineMs,
        decide: (given, pending) => (pending === 0 ? given[index] : undefined),
      });
      const answer = answers[index];
      if (answer === undefined || answer instanceof Unknown) continue;
      if (answer.kind === "held" || this.decide(answers, 0) === "won") break;
    }
    this.#answers = answers;
    const verdict = this.decide(answers, 0);
    if (verdict === "won") return verdict;
    const replies = answers.filter(isReply);
    if (!replies.some(({ kind }) => kind === "held")) return "unavailable";
    // Whoever is first at the first node goes on; who meets another later than that meets a vote that will be given back.
    return replies.some(({ kind }) => kind === "granted") ? "split" : "held";
  }

  /** The result of a won vote, unless something spoils it yet. */
  win(): VoteResult | Promise<VoteResult> {
    const { fence, agreed } = decideFence(this.#roster.size, this.#fences());
    if (agreed) return this.#grantIfValid(fence);
    return this.#confirm(fence).then((confirmed) =>
      confirmed ? this.#grantIfValid(fence) : this.lose("split"),
    );
  }

  /** The result of any other vote. */
  lose(verdict: Exclude<GrantVerdict, "won">): VoteResult {
    const votes = votesOf(this.#roster, this.#answers);
    return verdict === "unavailable"
      ? { kind: verdict, votes }
      : { kind: verdict, votes, freeInMs: freeInMs(this.#answers) };
  }

  #grantIfValid(fencingToken: number): VoteResult {
    const { ttlMs, driftFactor } = this.#request;
    const end = validUntil(this.#start, ttlMs, driftFactor);
    const acquiredAt = this.#clock.monotonic();
    if (acquiredAt < end.monotonic && this.#clock.wall() < end.wall) {
      const fresh = this.#answers.some((answer, i) => this.#counts(answer, i) && answer.fresh);
      return { kind: "won", claim: this.#claim, fencingToken, fresh, acquiredAt, end };
    }
    this.#late = true;
    const took = Math.round(acquiredAt - this.#start.monotonic);
    const reason = `granted, but the vote took ${took} ms of a lease of ${ttlMs} ms`;
    return {
      kind: "unavailable",
      votes: votesOf(this.#roster, this.#answers).map((vote) => ({ ...vote, outcome: "unknown", reason })),
    };
  }

  /** Releases what the vote set, everywhere where it may be, before anything else is sent. */
  giveBack(): void {
    const request = this.#request;
    if (!request.adopted) return this.#claim.fail();
    request.returned = this.#claim.failAdopted(this.#late || request.isReliedOn(), request.setOn);
  }

  /** Goes by the nodes' time if the vote failed because they found this machine's clock to be ahead. */
  correctClock(): boolean {
    const skewed = this.#answers.filter(isSkewed).map(({ nodeTimeMs }) => nodeTimeMs);
    if (skewed.length === 0) return false;
    const accepting = this.#answers.filter((answer) => isReply(answer) && answer.kind !== "skewed").length;
    const time = correctedTime(this.#roster.size, accepting, skewed);
    if (time === undefined) return false;
    this.#roster.fenceClock.correct(time, this.#clock.monotonic());
    return true;
  }

  decide(answers: GrantAnswers, pending: number): GrantVerdict | undefined {
    this.#answers = answers;
    let granted = 0;
    let refused = 0;
    let holders: string[] | undefined;
    for (let i = 0; i < answers.length; i++) {
      const answer = answers[i];
      if (!isReply(answer)) continue;
      if (answer.kind === "held") {
        refused++;
        (holders ??= []).push(answer.holder);
      } else if (this.#counts(answer, i)) granted++;
    }
    const heldByOne = holders === undefined ? 0 : mostFrequent(holders);
    const verdict = judgeGrants(answers.length, { granted, refused, heldByOne, pending });
    // Nodes that find this machine's clock ahead could be asked again; how far to set it back, all answers tell.
    if (verdict === "unavailable" && pending > 0 && answers.some(isSkewed)) return undefined;
    // Taking up a lease that exists: the nodes that still have not answered may show which token it has.
    if (
      verdict === "won" &&
      pending > 0 &&
      this.#request.adopted &&
      !decideFence(answers.length, this.#fences()).agreed
    ) {
      return undefined;
    }
    return verdict;
  }

  /** Whether an answer is a vote for us. */
  #counts(answer: Answer<GrantReply>, index: number): answer is GrantReply & { kind: "granted" } {
    if (!isReply(answer) || answer.kind !== "granted" || answer.unconfirmed !== undefined) return false;
    return this.#roster.quarantine(index) === undefined;
  }

  #fences(): number[] {
    const fences: number[] = [];
    for (let i = 0; i < this.#answers.length; i++) {
      const answer = this.#answers[i];
      if (this.#counts(answer, i)) fences.push(answer.fence);
    }
    return fences;
  }

  #confirm(fence: number): Promise<boolean> {
    const { keys, token, fenceTtlMs } = this;
    const counted = this.#answers.map((answer, i) => this.#counts(answer, i));
    const request = { keys, token, fence, fenceTtlMs };
    return confirmOnQuorum(this.#roster, request, (index) => counted[index] === true, this.deadlineMs);
  }
}
