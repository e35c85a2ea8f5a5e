import { Stage } from "./stage.js";
import type { NodeSettings } from "./stage-node.js";

/** One stage at a time, which one scene after the other uses for as long as it suits them. */
export class Stages {
  #current: { readonly stage: Stage; readonly is: string } | undefined;
  readonly #ends: string[] = [];

  /** Plays on a stage; one on which something went wrong is not used again. */
  async on<T>(nodes: number, settings: NodeSettings, play: (stage: Stage) => Promise<T>): Promise<T> {
    const is = JSON.stringify([nodes, settings]);
    if (this.#current?.is !== is) {
      await this.#leave();
      this.#current = { stage: await Stage.start(nodes, settings), is };
    }
    const { stage } = this.#current;
    try {
      return await play(stage);
    } catch (error) {
      this.#current = undefined;
      await stage.stop();
      throw error;
    }
  }

  /** Ends; what is worth saying of how workers ended. */
  async close(): Promise<readonly string[]> {
    await this.#leave();
    return this.#ends;
  }

  async #leave(): Promise<void> {
    const stage = this.#current?.stage;
    this.#current = undefined;
    if (stage !== undefined) this.#ends.push(...(await stage.close()));
  }
}
