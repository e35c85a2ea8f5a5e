import { LockError } from "../errors.js";
import { Exchange, exchangeOf } from "./exchange.js";

/** How many chunks of a response are read ahead: two show the end of a body of one, such as JSON. */
const READ_AHEAD = 2;

/**
 * The exchange of a request that is answered by a `Response`, where there is nothing of `node:http` underneath: in other
 * runtimes, and where a test calls the application as a function.
 */
export class FetchExchange extends Exchange {
  #hasResponse = false;
  #isAnswered = false;

  /**
   * The exchange of a request: the same object for the same request.
   *
   * @param request by what the leases are found
   * @param left aborts when the client has left
   */
  static of(request: object, left: AbortSignal): FetchExchange {
    const known = exchangeOf(request);
    return known instanceof FetchExchange ? known : new FetchExchange(request, left);
  }

  private constructor(request: object, left: AbortSignal) {
    super(request);
    if (left.aborted) this.#leave();
    else left.addEventListener("abort", () => this.#leave(), { once: true });
  }

  override get canAnswer(): boolean {
    return !this.#hasResponse && !this.isOver;
  }

  /** Says that the client got an answer in place of that of the handler, for whose end {@link abandon} is called. */
  answered(): void {
    this.#isAnswered = true;
    this.tell("answered", over("the request has got its answer"));
  }

  override abandon(): void {
    this.#end();
  }

  /**
   * Takes what the handler made, and ends when all of it was read.
   *
   * @returns what to send in its place
   */
  respond(response: Response): Response {
    if (this.#isAnswered) return response;
    this.#hasResponse = true;
    if (response.body === null) {
      this.#end();
      return response;
    }
    const reader = response.body.getReader();
    const body = new ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          const { done, value } = await reader.read().catch((error: unknown) => {
            this.#end();
            throw error;
          });
          if (!done) return controller.enqueue(value);
          controller.close();
          this.#end();
        },
        // Whoever writes it may still be at work.
        cancel: (reason) => {
          this.#leave();
          return reader.cancel(reason);
        },
      },
      { highWaterMark: READ_AHEAD },
    );
    return new Response(body, response);
  }

  #leave(): void {
    this.tell("left", over("the client has left"));
  }

  #end(): void {
    this.tell("ended", over("the request has got its answer"));
  }
}

function over(why: string): LockError {
  return new LockError("ERR_LOCK_ABORTED", why);
}
