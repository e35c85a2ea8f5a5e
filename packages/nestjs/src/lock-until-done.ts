import { finished } from "node:stream";
import { StreamableFile } from "@nestjs/common";
import type { Lease, LockKeys, LockManager, WithLockOptions } from "@redlock-kit/core";
import { isObservable } from "rxjs";
import { holdWhileObserved } from "./hold-while-observed.js";
import { onAbort } from "./on-abort.js";

/**
 * `withLock` for work whose result may go on when it is there: an Observable holds the lock until it has completed,
 * failed or lost its last subscriber, a `StreamableFile` until its stream has ended. The promise resolves to it at once.
 *
 * @param options with a signal that also ends what goes on, for want of somebody to send it to
 */
export function lockUntilDone(
  manager: LockManager,
  keys: LockKeys,
  work: (lease: Lease) => unknown,
  options: WithLockOptions,
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const outcome = manager.withLock(
      keys,
      async (lease) => {
        const result: unknown = await work(lease);
        if (isObservable(result)) {
          await new Promise<void>((done) =>
            resolve(holdWhileObserved(result, done, () => outcome, options.signal)),
          );
          return undefined;
        }
        if (result instanceof StreamableFile) {
          resolve(result);
          await streamEnd(result, options.signal);
        }
        return result;
      },
      options,
    );
    outcome.then(resolve, reject);
  });
}

/** The end of a file's stream, in whatever way. A stream that nobody will read is destroyed. */
function streamEnd(file: StreamableFile, over: AbortSignal | undefined): Promise<void> {
  const stream = file.getStream();
  return new Promise((resolve) => {
    finished(stream, () => resolve());
    onAbort(over, () => stream.destroy());
  });
}
