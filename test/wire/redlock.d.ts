// What the tests use of redlock 5, whose `exports` hide its types from NodeNext resolution.
declare module "redlock" {
  interface Lock {
    readonly resources: string[];
    readonly value: string;
    release(): Promise<unknown>;
    extend(durationMs: number): Promise<Lock>;
  }
  export default class Redlock {
    constructor(clients: Iterable<object>, settings: { readonly retryCount: number });
    on(event: "error", listener: () => void): this;
    acquire(resources: string[], durationMs: number): Promise<Lock>;
  }
}
