import { LockError } from "../errors.js";
import { type Exchange, ExchangeEvents, type ExchangeEvent } from "./exchange.js";

/** How many chunks of a response are read ahead: two show the end of a body of one, such as JSON. */
const READ_AHEAD = 2;

const exchanges = new WeakMap<object, FetchExchange>();

/**
 * The exchange of a request that is answered by a `Response`, where there is nothing of `node:http` underneath: in other
 * runtimes, and where a test calls the application as a function.
 */
export class FetchExchange implements Exchange {
  readonly request: object;
  readonly #events = new ExchangeEvents();
  #hasResponse = false;
  #isAnswered = false;

  /**
   * The exchange of a request: the same object for the same request.
   *
   * @param request by what the leases are found
   * @param left aborts when the client has left
   */
  static of(request: object, left: AbortSignal): FetchExchange {
    const known = exchanges.get(request);
    if (known !== undefined) return known;
    const exchange = new FetchExchange(request, left);
    exchanges.set(request, exchange);
    return exchange;
  }

  private constructor(request: object, left: AbortSignal) {
    this.request = request;
    if (left.aborted) this.#leave();
    else left.addEventListener("abort", () => this.#leave(), { once: true });
  }

  get over(): AbortSignal {
    return this.#events.over;
  }

  get isOver(): boolean {
    return this.#events.isOver;
  }

  get canAnswer(): boolean {
    return !this.#hasResponse && !this.isOver;
  }

  watch(listener: (event: ExchangeEvent) => void): () => void {
    return this.#events.watch(listener);
  }

  /** Says that the client got an answer in place of that of the handler, for whose end {@link abandon} is called. */
  answered(): void {
    this.#isAnswered = true;
    this.#events.tell("answered", over("the request has got its answer"));
  }

  abandon(): void {
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
    this.#events.tell("left", over("the client has left"));
  }

  #end(): void {
    this.#events.tell("ended", over("the request has got its answer"));
  }
}

function over(why: string): LockError {
  return new LockError("ERR_LOCK_ABORTED", why);
}
