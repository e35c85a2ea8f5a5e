import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { forkWorker } from "../support/fork-worker.js";
import { nextMessage } from "../support/next-message.js";
import type { Answers, WorkerSetting } from "./answers.js";

const PATIENCE_MS = 60_000;

/** A worker of a soak, from outside. Asked one thing at a time. */
export class WorkerProcess {
  readonly #child: ChildProcess;
  readonly #ended: Promise<string>;

  private constructor(setting: WorkerSetting) {
    this.#child = forkWorker(new URL("./soak.worker.ts", import.meta.url), [JSON.stringify(setting)]);
    this.#ended = once(this.#child, "exit").then(([code, signal]) => String(signal ?? code));
  }

  /** @param onStart is given what kills it, before anything can go wrong */
  static async start(
    setting: WorkerSetting,
    onStart: (kill: () => Promise<void>) => void,
  ): Promise<WorkerProcess> {
    const worker = new WorkerProcess(setting);
    onStart(() => worker.kill());
    await worker.#answer("start");
    return worker;
  }

  async ask<Question extends keyof Answers>(question: Question): Promise<Answers[Question]> {
    const answer = this.#answer(question);
    this.#child.send({ question });
    return (await answer) as Answers[Question];
  }

  /** Nothing runs in it until `thaw`. */
  freeze(): void {
    this.#child.kill("SIGSTOP");
  }

  thaw(): void {
    this.#child.kill("SIGCONT");
  }

  /** How it ended: its exit code, or a signal, or that it did not within `ms`. */
  async end(ms: number): Promise<string> {
    const patience = new AbortController();
    const late = sleep(ms, `still running after ${ms / 1_000} s`, { signal: patience.signal });
    late.catch(() => {});
    try {
      return await Promise.race([this.#ended, late]);
    } finally {
      patience.abort();
    }
  }

  /** Harmless when it has ended. */
  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#ended;
  }

  async #answer(question: string): Promise<unknown> {
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      this.#child.kill("SIGKILL");
    }, PATIENCE_MS);
    try {
      const { answer, error } = await nextMessage<{ answer: unknown; error?: string }>(this.#child);
      if (error !== undefined) throw new Error(error);
      return answer;
    } catch (cause) {
      const what = late ? `gave no answer in ${PATIENCE_MS / 1_000} s` : "failed";
      throw new Error(`A worker ${what} when it was to ${question}`, { cause });
    } finally {
      clearTimeout(timer);
    }
  }
}
