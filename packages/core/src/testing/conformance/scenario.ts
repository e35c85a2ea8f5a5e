import { randomToken } from "../../clock.js";
import type { LockManager } from "../../lock-manager.js";
import type { LockManagerOptions } from "../../options.js";

/** What the conformance suite runs on. */
export interface ConformanceBackend {
  /**
   * A new manager over the same nodes each time, so that all of them exclude each other. The suite closes what
   * it was given; nodes, clients and servers are the backend's own business.
   */
  manager(options?: Omit<LockManagerOptions, "nodes">): LockManager;
}

/** One promise of the contract. */
export interface ConformanceCase {
  /** The promise, as a sentence. */
  readonly name: string;
  /** Rejects with an `AssertionError` if the promise is broken. Cases share no keys, so they may run side by side. */
  readonly run: (backend: ConformanceBackend) => Promise<void>;
}

/** What one case works with: keys of its own, and managers that are closed however it ends. */
export class Scenario implements AsyncDisposable {
  readonly #backend: ConformanceBackend;
  readonly #managers: LockManager[] = [];
  readonly #id = `conformance-${randomToken().slice(0, 12)}`;

  constructor(backend: ConformanceBackend) {
    this.#backend = backend;
  }

  manager(options?: Omit<LockManagerOptions, "nodes">): LockManager {
    const manager = this.#backend.manager(options);
    this.#managers.push(manager);
    return manager;
  }

  key(name = "key"): string {
    return `${this.#id}:${name}`;
  }

  /** Keys for one lock: with a hash tag, since in a Redis Cluster they must share a slot. */
  keys<const Names extends readonly string[]>(...names: Names): { readonly [I in keyof Names]: string } {
    return names.map((name) => `{${this.#id}}:${name}`) as { readonly [I in keyof Names]: string };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#managers.map((manager) => manager.close({ graceMs: 0 })));
  }
}

/** The cases of one subject, by their sentences. */
export function casesOf(
  subject: string,
  sentences: Readonly<Record<string, (scenario: Scenario) => Promise<void>>>,
): readonly ConformanceCase[] {
  return Object.entries(sentences).map(([sentence, play]) => ({
    name: `${subject}: ${sentence}`,
    async run(backend) {
      await using scenario = new Scenario(backend);
      await play(scenario);
    },
  }));
}
