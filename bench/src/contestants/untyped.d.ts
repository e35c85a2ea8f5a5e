/** redlock 5 comes with types that its package.json doesn't lead to; these are the parts in use. */
declare module "redlock" {
  export interface Lock {
    release(): Promise<unknown>;
  }
  export default class Redlock {
    constructor(clients: Iterable<unknown>, settings?: Readonly<Record<string, number>>);
    on(event: "error", listener: (error: Error) => void): this;
    acquire(resources: string[], durationMs: number): Promise<Lock>;
  }
}

/** redlock 4, which has no types, by its alias. */
declare module "redlock4" {
  export interface Lock {
    unlock(): PromiseLike<void>;
  }
  export default class Redlock {
    constructor(clients: readonly unknown[], settings?: Readonly<Record<string, number>>);
    on(event: "clientError", listener: (error: Error) => void): this;
    lock(resource: string, ttlMs: number): PromiseLike<Lock>;
  }
}
