import { type LockNode, memoryNode } from "@redlock-kit/core";
import { type ManualClock, manualClock } from "@redlock-kit/core/testing";
import { decideFence, FENCE_EPOCH_MS } from "../../packages/core/src/quorum/fencing.js";
import { judgeGrants, majorityOf } from "../../packages/core/src/quorum/majority.js";

/** What the simulation needs of a node. */
export type FencingNode = Pick<LockNode, "grant" | "confirm" | "release">;

/** The parts of the protocol that a wrong variant can replace. */
export interface Protocol {
  readonly node: (clock: ManualClock) => FencingNode;
  readonly decide: typeof decideFence;
}

/** The protocol as it is built. */
export const protocol: Protocol = { node: (clock) => memoryNode({ clock }), decide: decideFence };

/** One run: how many nodes and contenders there are, and the dice that decide everything else. */
export interface Schedule {
  readonly nodes: number;
  readonly contenders: number;
  /** Each from 0 to 999, thrown one after the other, and over again. */
  readonly dice: readonly number[];
}

/** An acquisition that was told its fencing token. */
export interface Acquisition {
  readonly name: string;
  readonly fence: number;
  readonly startedAt: number;
  readonly completedAt: number;
  /** The nodes that vouched for it, and when each of them did the thing that it vouches by. */
  readonly vouched: ReadonlyMap<number, number>;
}

const KEYS = [{ key: "k", lock: "lock:k", fence: "{lock:k}:fence", queue: "{lock:k}:queue" }];
/** Leases are short and late messages very late, so that what must not meet meets. */
const TTL = 6;
const PROMPT = 3;
const LATE = 100;
const START_WITHIN = 400;
const HOLD_WITHIN = 300;
const FOR_EVER = 1e12;
/** No node's time is above the few proposals of a schedule. */
const BEFORE_FENCES = FENCE_EPOCH_MS - 1_000_000;

interface Vote {
  readonly fence: number;
  readonly at: number;
}

/**
 * Contenders for one lock over nodes that have nothing in common but the messages. Most messages take
 * little time; some take longer than any lease, overtake each other, arrive twice or never. Each node's
 * clock goes at a rate of its own, so that leases end anywhere between two messages.
 */
export class Simulation {
  readonly completed: Acquisition[] = [];
  readonly #schedule: Schedule;
  readonly #protocol: Protocol;
  readonly #nodes: { readonly node: FencingNode; readonly clock: ManualClock; readonly rate: number }[];
  readonly #network: { readonly time: number; readonly happen: () => Promise<void> | void }[] = [];
  #time = 0;
  #thrown = 0;
  /** Counts what nodes do, which is the order that fencing tokens must follow. */
  #deeds = 0;

  constructor(schedule: Schedule, variant: Protocol) {
    this.#schedule = schedule;
    this.#protocol = variant;
    this.#nodes = Array.from({ length: schedule.nodes }, () => {
      const clock = manualClock(BEFORE_FENCES);
      return { clock, node: variant.node(clock), rate: [1, 1, 1, 3][this.#throw(4)] ?? 1 };
    });
  }

  /** Runs until nothing is under way any more. */
  async run(): Promise<void> {
    for (let i = 0; i < this.#schedule.contenders; i++) {
      this.#after(this.#throw(START_WITHIN), () => this.#begin("ABCDEFGH"[i] ?? ""));
    }
    for (;;) {
      let next = this.#network[0];
      for (const event of this.#network) if (next === undefined || event.time < next.time) next = event;
      if (next === undefined) return;
      this.#network.splice(this.#network.indexOf(next), 1);
      for (const { clock, rate } of this.#nodes) clock.freeze((next.time - this.#time) * rate);
      this.#time = next.time;
      await next.happen();
    }
  }

  #throw(sides: number): number {
    const { dice } = this.#schedule;
    return (dice[this.#thrown++ % dice.length] ?? 0) % sides;
  }

  #after(delay: number, happen: () => Promise<void> | void): void {
    this.#network.push({ time: this.#time + delay, happen });
  }

  /** Delivers a message soon or late or not at all, and most often a late copy of it. */
  #deliver(arrive: () => Promise<void> | void): void {
    const luck = this.#throw(100);
    if (luck >= 3) this.#after(this.#throw(luck < 33 ? LATE : PROMPT), arrive);
    if (luck % 10 > 0) this.#after(this.#throw(LATE), arrive);
  }

  #begin(name: string): void {
    const proposal = 1 + this.#throw(8);
    const contender: Contender = new Contender(
      name,
      this.#schedule.nodes,
      this.#deeds,
      this.#protocol.decide,
      {
        send: (request) => this.#deliver(() => this.#carryOut(contender, proposal, request)),
        completed: (fence, vouched) => {
          this.completed.push({
            name,
            fence,
            startedAt: contender.startedAt,
            completedAt: this.#deeds,
            vouched,
          });
        },
      },
    );
    contender.begin();
    this.#after(this.#throw(HOLD_WITHIN), () => contender.end());
  }

  async #carryOut(contender: Contender, proposal: number, request: Request): Promise<void> {
    const { to } = request;
    const node = this.#nodes[to]?.node;
    const common = { keys: KEYS, token: contender.name };
    const at = ++this.#deeds;
    if (request.kind === "release") {
      await node?.release({ ...common, keepMs: 0, lockDelayMs: 0 });
    } else if (request.kind === "confirm") {
      const accepted = await node?.confirm({ ...common, fence: request.fence, fenceTtlMs: FOR_EVER });
      this.#deliver(() => contender.confirmed(to, accepted === true, at));
    } else {
      const times = { ttlMs: TTL, lockDelayMs: 0, fenceTtlMs: FOR_EVER, maxSkewMs: FOR_EVER };
      const reply = await node?.grant({ ...common, ...times, proposal });
      const vote = reply?.kind === "granted" ? { fence: reply.fence, at } : "refused";
      this.#deliver(() => contender.granted(to, vote));
    }
  }
}

type Request =
  | { readonly kind: "grant" | "release"; readonly to: number }
  | { readonly kind: "confirm"; readonly to: number; readonly fence: number };

interface Surroundings {
  send(request: Request): void;
  completed(fence: number, vouched: ReadonlyMap<number, number>): void;
}

/** One acquisition: it knows what it was told, and nothing else. */
class Contender {
  readonly name: string;
  readonly startedAt: number;
  readonly #size: number;
  readonly #decide: typeof decideFence;
  readonly #around: Surroundings;
  readonly #grants = new Map<number, Vote | "refused">();
  readonly #confirms = new Map<number, { accepted: boolean; at: number }>();
  #fence = 0;
  #phase: "granting" | "confirming" | "held" | "over" = "granting";

  constructor(
    name: string,
    size: number,
    startedAt: number,
    decide: typeof decideFence,
    around: Surroundings,
  ) {
    this.name = name;
    this.#size = size;
    this.startedAt = startedAt;
    this.#decide = decide;
    this.#around = around;
  }

  begin(): void {
    for (let to = 0; to < this.#size; to++) this.#around.send({ kind: "grant", to });
  }

  granted(from: number, vote: Vote | "refused"): void {
    if (this.#phase !== "granting" || this.#grants.has(from)) return;
    this.#grants.set(from, vote);
    const votes = [...this.#grants];
    const granting = votes.flatMap(([node, answer]) => (answer === "refused" ? [] : [{ node, ...answer }]));
    const refused = votes.length - granting.length;
    const count = {
      granted: granting.length,
      refused,
      heldByOne: refused,
      pending: this.#size - votes.length,
    };
    const verdict = judgeGrants(this.#size, count);
    if (verdict === undefined) return;
    if (verdict !== "won") return this.end();
    const { fence, agreed } = this.#decide(
      this.#size,
      granting.map((vote) => vote.fence),
    );
    this.#fence = fence;
    if (agreed) {
      const same = granting.filter((vote) => vote.fence === fence);
      return this.#complete(same.length >= majorityOf(this.#size) ? same : granting);
    }
    this.#phase = "confirming";
    for (const { node } of granting) this.#around.send({ kind: "confirm", to: node, fence });
  }

  confirmed(from: number, accepted: boolean, at: number): void {
    if (this.#phase !== "confirming" || this.#confirms.has(from)) return;
    this.#confirms.set(from, { accepted, at });
    const accepting = [...this.#confirms].flatMap(([node, vote]) =>
      vote.accepted ? [{ node, at: vote.at }] : [],
    );
    if (accepting.length >= majorityOf(this.#size)) this.#complete(accepting);
  }

  /** Gives up, or releases. */
  end(): void {
    if (this.#phase === "over") return;
    this.#phase = "over";
    for (let to = 0; to < this.#size; to++) this.#around.send({ kind: "release", to });
  }

  #complete(vouching: readonly { node: number; at: number }[]): void {
    this.#phase = "held";
    this.#around.completed(this.#fence, new Map(vouching.map(({ node, at }) => [node, at])));
  }
}
