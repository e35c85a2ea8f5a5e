import type { Dice } from "../simulation/dice.js";
import { blackhole, forward, stall, type TcpProxy } from "../support/tcp-proxy.js";
import { LONGEST_TTL_MS } from "./answers.js";
import type { Node, Stage, StageWorker } from "./stage.js";

/** Something that goes wrong, and what puts it right again. */
export interface Fault {
  readonly name: string;
  readonly lastsMs: number;
  readonly strike: () => unknown;
  readonly mend: () => unknown;
}

const SHORTEST_MS = 300;
const LONGEST_MS = 2_500;
/** Longer than any lease, so that whoever is frozen for so long has lost all of its own. */
const FREEZE_MS = LONGEST_TTL_MS + 600;
/** A node that forgot leases has made up for it when they are over; a little is for the clocks. */
const FORGETFUL_MS = LONGEST_TTL_MS + 1_000;

type LinkFault = (dice: Dice) => {
  readonly name: string;
  readonly strike: (link: TcpProxy) => void;
  /** Bytes are lost. No answer would match its question any more afterwards, so connections end with it. */
  readonly loses?: boolean;
};

const linkFaults: readonly LinkFault[] = [
  (dice) => {
    const [requestDelayMs, replyDelayMs] = [dice.around(40), dice.around(40)];
    return { name: "slow", strike: (link) => link.apply({ requestDelayMs, replyDelayMs }) };
  },
  () => ({ name: "stalled", strike: (link) => link.apply(stall) }),
  () => ({ name: "requests lost", strike: (link) => link.apply({ dropRequests: true }), loses: true }),
  () => ({ name: "replies lost", strike: (link) => link.apply({ dropReplies: true }), loses: true }),
  () => ({ name: "black hole", strike: (link) => link.apply(blackhole), loses: true }),
  () => ({ name: "abandoned", strike: (link) => link.abandon(), loses: true }),
  () => ({ name: "cut", strike: (link) => link.cut() }),
  () => ({
    name: "refused",
    strike(link) {
      link.refuse();
      link.cut();
    },
  }),
];

/** Draws what goes wrong next: the same from the same dice. */
export class Storms {
  readonly #stage: Stage;
  readonly #dice: Dice;
  /** Until when each node may have forgotten leases that are not over. */
  readonly #forgetfulUntil: number[];

  constructor(stage: Stage, dice: Dice) {
    this.#stage = stage;
    this.#dice = dice;
    this.#forgetfulUntil = stage.nodes.map(() => -Infinity);
  }

  /** One to three faults that last equally long. */
  next(): readonly Fault[] {
    const dice = this.#dice;
    const draws = [() => this.#linkFault(), () => this.#nodeFault(), () => this.#workerFault()];
    const shares = [0.75, 0.6, 0.15];
    const faults = draws.filter((_, i) => dice.chance(shares[i] ?? 0)).map((draw) => draw());
    return faults.length > 0 ? faults : [this.#linkFault()];
  }

  #lasting(): number {
    return this.#dice.between(SHORTEST_MS, LONGEST_MS);
  }

  /** On one way, on all ways to a node, or on all ways of a worker. */
  #linkFault(): Fault {
    const { nodes, workers } = this.#stage;
    const dice = this.#dice;
    const [worker, node] = [dice.below(workers.length), dice.below(nodes.length)];
    const all = workers.map(({ links }) => links[node] as TcpProxy);
    const [where, links] = dice.pick<readonly [string, readonly TcpProxy[]]>([
      [`between worker ${worker + 1} and node ${node + 1}`, all.slice(worker, worker + 1)],
      [`to node ${node + 1}`, all],
      [`of worker ${worker + 1}`, (workers[worker] as StageWorker).links],
    ]);
    const { name, strike, loses = false } = dice.pick(linkFaults)(dice);
    return {
      name: `${name} ${where}`,
      lastsMs: this.#lasting(),
      strike: () => links.forEach(strike),
      async mend() {
        if (loses) for (const link of links) link.cut();
        for (const link of links) link.apply(forward);
        await Promise.all(links.map((link) => link.accept()));
      },
    };
  }

  #workerFault(): Fault {
    const no = this.#dice.below(this.#stage.workers.length);
    const { process } = this.#stage.workers[no] as StageWorker;
    return {
      name: `worker ${no + 1} frozen`,
      lastsMs: FREEZE_MS,
      strike: () => process.freeze(),
      mend: () => process.thaw(),
    };
  }

  #nodeFault(): Fault {
    const dice = this.#dice;
    const no = dice.below(this.#stage.nodes.length);
    const node = this.#stage.nodes[no] as Node;
    const lastsMs = this.#lasting();
    const drawn = dice.pick(nodeFaults);
    const kind = drawn === crashed && !this.#mayForget(no) ? hung : drawn;
    const fault = kind(node, lastsMs);
    return {
      name: `node ${no + 1} ${fault.name}`,
      lastsMs,
      strike: fault.strike,
      mend: async () => {
        await fault.mend();
        await node.control.ping();
        if (kind === crashed) this.#forgetfulUntil[no] = performance.now() + FORGETFUL_MS;
      },
    };
  }

  /** Exclusion is promised while no more than a minority has forgotten what it granted. */
  #mayForget(no: number): boolean {
    const minority = Math.ceil(this.#stage.nodes.length / 2) - 1;
    const now = performance.now();
    const others = this.#forgetfulUntil.filter((until, i) => i !== no && until > now);
    return others.length < minority;
  }
}

type NodeFault = (node: Node, lastsMs: number) => Omit<Fault, "lastsMs">;

const nothing = (): void => {};

const hung: NodeFault = ({ server }) => ({
  name: "hung",
  strike: () => server.pause(),
  mend: () => server.resume(),
});

const crashed: NodeFault = ({ server }) => ({
  name: "crashed, and empty when it came back",
  strike: () => server.kill(),
  mend: () => server.restart(),
});

const full: NodeFault = ({ control }) => ({
  name: "out of memory",
  strike: () => control.config("SET", "maxmemory", "1"),
  mend: () => control.config("SET", "maxmemory", "0"),
});

const paused: NodeFault = ({ control }, lastsMs) => ({
  name: "pausing its clients",
  // It ends by itself: the command that ends it could not come through.
  strike: () => control.client("PAUSE", Math.ceil(lastsMs)),
  mend: nothing,
});

const dropsClients: NodeFault = ({ control }) => ({
  name: "dropping its clients",
  strike: () => control.call("CLIENT", "KILL", "SKIPME", "yes"),
  mend: nothing,
});

const forgetsScripts: NodeFault = ({ control }) => ({
  name: "forgetting its scripts",
  strike: () => control.script("FLUSH"),
  mend: nothing,
});

/** The hardest one has two chances. */
const nodeFaults: readonly NodeFault[] = [hung, crashed, crashed, full, paused, dropsClients, forgetsScripts];
