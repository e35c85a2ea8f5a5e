/** One step of an orderly end. */
export type Close = () => Promise<void>;

/** A Ctrl-C must end everything within three seconds. */
const LONGEST_MS = 2_500;

/** How this process ends, from its first moment on: in good order on Ctrl-C and SIGTERM, and in any case soon. */
export class Ending {
  readonly #closes: Close[] = [];
  #isEnding = false;
  #isAtWork = false;

  constructor() {
    // One Ctrl-C comes twice when npm has started this process: from the terminal and from npm.
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => this.#told());
  }

  /** Whether it has begun. */
  get hasBegun(): boolean {
    return this.#isEnding;
  }

  /** To be told of everything that is opened, right behind that: the last is closed first. */
  add(close: Close): void {
    this.#closes.push(close);
  }

  /** To be told when the start is over: from then on there are requests to be answered first. */
  isAtWork(): void {
    this.#isAtWork = true;
  }

  /** Closes everything and ends the process; does nothing if that has begun already. */
  async end(code: number): Promise<void> {
    if (this.#isEnding) return;
    this.#isEnding = true;
    // What still runs then ends with the process, and the leases that it holds run out by themselves.
    setTimeout(() => process.exit(code), LONGEST_MS);
    let failed = false;
    for (const close of this.#closes.toReversed()) {
      await close().catch((error: unknown) => {
        failed = true;
        console.error(error);
      });
    }
    process.exit(failed ? 1 : code);
  }

  #told(): void {
    if (this.#isAtWork || this.#isEnding) return void this.end(0);
    // What is half open can't be closed, and needn't be: what was started ends with this process.
    this.#isEnding = true;
    process.exit(0);
  }
}
