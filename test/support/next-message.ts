import type { ChildProcess } from "node:child_process";

/** What a worker says next; rejects if it ends without another word. */
export function nextMessage<Message>(worker: ChildProcess): Promise<Message> {
  return new Promise((resolve, reject) => {
    const onExit = (code: number | null, signal: string | null): void => {
      worker.off("message", onMessage);
      reject(new Error(`The worker ended with ${signal ?? code} where a message was awaited`));
    };
    const onMessage = (message: unknown): void => {
      worker.off("exit", onExit);
      resolve(message as Message);
    };
    worker.once("message", onMessage);
    worker.once("exit", onExit);
  });
}
