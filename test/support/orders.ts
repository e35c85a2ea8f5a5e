import type { ChildProcess } from "node:child_process";

/** What a worker can be ordered to do, by name. */
type Handlers<Orders> = { readonly [Name in keyof Orders]: (...args: never[]) => unknown };

type Result<Order> = Order extends (...args: never[]) => infer R ? Promise<Awaited<R>> : never;
type Arguments<Order> = Order extends (...args: infer A) => unknown ? A : never;

/** Gives a worker an order; settles with what it answers, and rejects when it fails or ends before. */
export type Give<Orders> = <Name extends keyof Orders & string>(
  name: Name,
  ...args: Arguments<Orders[Name]>
) => Result<Orders[Name]>;

interface Order {
  readonly order: number;
  readonly name: string;
  readonly args: readonly unknown[];
}

interface Answer {
  readonly answers: number;
  readonly result?: unknown;
  readonly failure?: string;
}

/** The side of whoever gives orders; `Orders` is what the worker {@link obey}s. */
export function ordersTo<Orders extends Handlers<Orders>>(worker: ChildProcess): Give<Orders> {
  const awaited = new Map<number, { resolve: (result: unknown) => void; reject: (error: Error) => void }>();
  let given = 0;
  worker.on("message", (message) => {
    const { answers, result, failure } = message as Answer;
    const order = awaited.get(answers);
    awaited.delete(answers);
    if (failure === undefined) order?.resolve(result);
    else order?.reject(new Error(failure));
  });
  worker.once("exit", (code, signal) => {
    for (const { reject } of awaited.values()) reject(new Error(`The worker ended with ${signal ?? code}`));
    awaited.clear();
  });
  const give = (name: string, ...args: readonly unknown[]): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const order = ++given;
      awaited.set(order, { resolve, reject });
      worker.send({ order, name, args } satisfies Order, (error) => error && reject(error));
    });
  return give as unknown as Give<Orders>;
}

/** The worker's side. Orders are carried out as they come, none waits for another. */
export function obey<Orders extends Handlers<Orders>>(orders: Orders): void {
  process.on("message", (message) => {
    const { order, name, args } = message as Order;
    const handlers = orders as unknown as Readonly<Record<string, (...args: readonly unknown[]) => unknown>>;
    const handler = handlers[name];
    const answer = (rest: Omit<Answer, "answers">): void => {
      if (process.connected) process.send?.({ answers: order, ...rest } satisfies Answer);
    };
    Promise.resolve()
      .then(() => {
        if (handler === undefined) throw new Error(`It does not know the order ${name}`);
        return handler(...args);
      })
      .then(
        (result) => answer({ result }),
        (error: unknown) =>
          answer({ failure: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
      );
  });
}
