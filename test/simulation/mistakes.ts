import type { Clock, LockKey, LockNode } from "@redlock-kit/core";
import type * as Claims from "../../packages/core/src/quorum/claim.js";
import type * as Fencing from "../../packages/core/src/quorum/fencing.js";
import type * as Majority from "../../packages/core/src/quorum/majority.js";
import type * as Quarantines from "../../packages/core/src/quorum/quarantine.js";
import type * as Validity from "../../packages/core/src/quorum/validity.js";
import type * as Paces from "../../packages/core/src/waiting/pace.js";
import type { Scene } from "./scene.js";
import type { Wrap } from "./server.js";

/** A mistake that somebody has made, or easily makes, in one place of the real code. */
export interface Mistake {
  readonly name: string;
  /** What it makes the judge say. */
  readonly says: RegExp;
  /** In which scenes it can show. Default: in all. */
  readonly where?: (scene: Scene) => boolean;
  /** It is in a module of the core, named from its `src`: what this exports in place of the real thing. */
  readonly path?: string;
  readonly change?: (real: object) => object;
  /** It is in what a server does. */
  readonly wrap?: Wrap;
}

type About = Pick<Mistake, "name" | "says" | "where">;

/** A mistake in a module of the core. */
function inModule<Module extends object>(
  path: string,
  about: About,
  change: (real: Module) => Partial<Module>,
): Mistake {
  return { ...about, path, change: (real) => ({ ...real, ...change(real as Module) }) };
}

/** A mistake in the scripts of a server. */
function inServer(about: About, change: (node: LockNode) => Partial<LockNode>): Mistake {
  const wrap: Wrap = (node) => {
    const changed = change(node);
    return new Proxy(node, {
      get(real, name) {
        const value: unknown = Reflect.get(changed, name) ?? Reflect.get(real, name);
        return typeof value === "function" ? (value.bind(real) as unknown) : value;
      },
    });
  };
  return { ...about, wrap };
}

/** Two leases at a time, or what follows from them. */
const TWO_HOLD = /both .*hold |both got |got \d+ for . after|the store |was not ours any more|is back for/;
const STRAYS = /is still on|has not found/;

const isQuiet = ({ flavour }: Scene): boolean => flavour === "quiet";
const forgets = ({ faults, durable, nodes }: Scene): boolean =>
  faults.includes("crash") && !durable && nodes > 2;

const validity = (about: About, change: (real: typeof Validity) => Partial<typeof Validity>): Mistake =>
  inModule("quorum/validity.js", about, change);
const claim = (about: About, change: (real: typeof Claims) => Partial<typeof Claims>): Mistake =>
  inModule("quorum/claim.js", about, change);

export const MISTAKES: readonly Mistake[] = [
  validity(
    { name: "a lease holds until it is released, and nobody looks at the time", says: TWO_HOLD },
    () => ({
      remainingUntil: () => 1_000,
    }),
  ),
  validity(
    { name: "a lease lasts for its ttl from its grant, and not from its request", says: TWO_HOLD },
    (real) => {
      const clocks = new WeakMap<Validity.Instant, Clock>();
      return {
        instant(clock) {
          const now = real.instant(clock);
          clocks.set(now, clock);
          return now;
        },
        validUntil(start, ttlMs, driftFactor) {
          const clock = clocks.get(start);
          return real.validUntil(clock === undefined ? start : real.instant(clock), ttlMs, driftFactor);
        },
      };
    },
  ),
  validity({ name: "a lease lasts for its whole ttl, as if all clocks ran alike", says: TWO_HOLD }, () => ({
    validUntil: ({ monotonic, wall }, ttlMs) => ({ monotonic: monotonic + ttlMs, wall: wall + ttlMs }),
  })),
  validity(
    {
      name: "leases are measured by Date.now() alone",
      says: TWO_HOLD,
      where: ({ flavour, faults }) => flavour === "sound" && faults.includes("set wall clock"),
    },
    () => ({ remainingUntil: (end, clock) => Math.max(0, end.wall - clock.wall()) }),
  ),
  validity(
    {
      name: "leases are measured by performance.now() alone, which stands still while a machine is suspended",
      says: TWO_HOLD,
      where: ({ faults }) => faults.includes("suspend"),
    },
    () => ({ remainingUntil: (end, clock) => Math.max(0, end.monotonic - clock.monotonic()) }),
  ),
  inModule<typeof Majority>(
    "quorum/majority.js",
    { name: "half of the nodes are a quorum", says: TWO_HOLD, where: ({ nodes }) => nodes % 2 === 0 },
    (real) => {
      const half = (n: number): number => Math.ceil(n / 2);
      return { majorityOf: half, judgeGrants: (n, count) => real.judgeGrants(2 * half(n) - 1, count) };
    },
  ),
  inModule<typeof Fencing>(
    "quorum/fencing.js",
    { name: "the fencing token is the largest of the replies, and nobody confirms it", says: /got / },
    () => ({ decideFence: (_n, granted) => ({ fence: Math.max(0, ...granted), agreed: true }) }),
  ),
  claim(
    { name: "what a vote that failed has set is left to expire", says: STRAYS, where: isQuiet },
    ({ Claim }) => ({
      Claim: class extends Claim {
        override fail(): void {}
      },
    }),
  ),
  claim(
    {
      name: "a grant that is heard after its vote has failed is left to expire",
      says: STRAYS,
      where: (scene) => isQuiet(scene) && !scene.network.ordered,
    },
    ({ Claim }) => ({
      Claim: class extends Claim {
        override answered(...[index, reply]: Parameters<Claims.Claim["answered"]>): void {
          if (!this.dropped) super.answered(index, reply);
        }
      },
    }),
  ),
  inModule<typeof Quarantines>(
    "quorum/quarantine.js",
    { name: "a node that restarted votes at once", says: TWO_HOLD, where: forgets },
    ({ Quarantine }) => ({
      Quarantine: class extends Quarantine {
        override reason(): undefined {}
        override reasonNotToCount(): undefined {}
      },
    }),
  ),
  inModule<typeof Paces>(
    "waiting/pace.js",
    { name: "a waiter looks only when it is called", says: /has not found|still wait/ },
    ({ Pace }) => ({
      Pace: class extends Pace {
        override plan(...[, isOurs, place]: Parameters<Paces.Pace["plan"]>): void {
          this.answer(place.calls, isOurs);
        }
      },
    }),
  ),
  inServer(
    {
      name: "an extension sets a lock that is free (SET in place of PEXPIRE)",
      says: TWO_HOLD,
      where: isQuiet,
    },
    (node) => ({
      async extend(request) {
        const reply = await node.extend({ ...request, repair: true });
        return reply.kind === "repaired"
          ? { kind: "extended", fence: await counterOf(node, request) }
          : reply;
      },
    }),
  ),
  inServer(
    { name: "an extension does not ask whose the lock is (PEXPIRE alone)", says: TWO_HOLD },
    (node) => ({
      async extend(request) {
        const reply = await node.extend(request);
        return reply.kind === "held" ? { kind: "extended", fence: await counterOf(node, request) } : reply;
      },
    }),
  ),
  inServer({ name: "a release does not ask whose the lock is (DEL alone)", says: TWO_HOLD }, (node) => ({
    release: (request) => node.release({ ...request, token: null }),
  })),
  inServer({ name: "a lock is set whether it is there or not (SET without NX)", says: TWO_HOLD }, (node) => ({
    async grant(request) {
      await node.release({ keys: request.keys, token: null, lockDelayMs: 0, keepMs: 0 });
      return node.grant(request);
    },
  })),
];

async function counterOf(node: LockNode, { keys: [key] }: { keys: readonly LockKey[] }): Promise<number> {
  return key === undefined ? 0 : (await node.inspect(key)).fence;
}
