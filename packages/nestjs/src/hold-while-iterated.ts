import { AsyncResource } from "node:async_hooks";
import { types } from "node:util";
import { onAbort } from "./on-abort.js";

/** Whether it is what a call of an `async function*` gives, for which there is no other use than to iterate over it. */
export function isAsyncGenerator(value: unknown): value is AsyncGenerator {
  return types.isGeneratorObject(value) && Symbol.asyncIterator in value;
}

/**
 * The same generator, which tells when it has ended, in whatever way. Its end waits for the release, so that a completed
 * one can still tell of a lost lease.
 *
 * @param done releases the lock
 * @param outcome what became of the lease then
 * @param lost when the lease is: what nobody has begun to read is over then
 * @param over when nobody will iterate any more
 */
export function holdWhileIterated(
  generator: AsyncGenerator,
  done: () => void,
  outcome: () => Promise<unknown>,
  lost: AbortSignal,
  over: AbortSignal | undefined,
): AsyncGenerator {
  let isBegun = false;
  // It is asked for values outside of the locked call, but what it does then is still the locked work.
  const step = AsyncResource.bind((name: "next" | "return" | "throw", value?: unknown) =>
    generator[name](value),
  );
  const toEnd = async (
    name: "next" | "return" | "throw",
    value?: unknown,
  ): Promise<IteratorResult<unknown>> => {
    isBegun = true;
    const result = await step(name, value).catch(async (error: unknown) => {
      done();
      await outcome().catch(() => {});
      throw error;
    });
    if (result.done !== true) return result;
    done();
    await outcome();
    return result;
  };
  const end = (): void => void toEnd("return").catch(() => {});
  onAbort(lost, () => isBegun || end());
  onAbort(over, end);
  // What it inherits, such as its own iterator, calls these.
  return Object.create(generator, {
    next: { value: (value: unknown) => toEnd("next", value) },
    return: { value: (value: unknown) => toEnd("return", value) },
    throw: { value: (error: unknown) => toEnd("throw", error) },
  }) as AsyncGenerator;
}
