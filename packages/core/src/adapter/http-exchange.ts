import type { IncomingMessage, ServerResponse } from "node:http";
import { LockError } from "../errors.js";
import { detachResponse } from "./detached-response.js";
import type { HttpAnswer } from "./http-answer.js";
import { onSocketEnd } from "./socket-end.js";

const exchanges = new WeakMap<IncomingMessage, HttpExchange>();

/** Headers that describe a body, which an answer replaces by its own. */
const REPRESENTATION_HEADERS = [
  "content-disposition",
  "content-encoding",
  "content-language",
  "content-range",
  "etag",
  "last-modified",
  "transfer-encoding",
];

// One for all: an error costs more than the rest of a request's end, and nearly every request ends in this way.
const ANSWERED = new LockError("ERR_LOCK_ABORTED", "the request has got its answer");

/**
 * What became of a request: `left`, the client is gone, and the handler may still be at work · `answered`, the client
 * got an answer in place of the handler's, which may still be at work · `ended`, the handler has done its part.
 */
export type ExchangeEvent = "left" | "answered" | "ended";

/**
 * How one request and its response end, told apart as a lock needs it. There is one object per request, however
 * many locks it takes, and it listens from the moment at which it is made.
 *
 * Node has no single event for this: `finish` never comes once the socket is gone, `close` of a pipelined response
 * comes only after its turn, and the end of the client's side alone is no end where half-open connections are allowed.
 */
export class HttpExchange {
  /** Whose exchange this is. */
  readonly request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #over = new AbortController();
  readonly #listeners = new Set<(event: ExchangeEvent) => void>();
  readonly #ignoreSocket: () => void;
  #hasLeft = false;
  #isAnswered = false;
  #noticesEnd = false;

  /** The exchange of a request: the same object for the same request. */
  static of(request: IncomingMessage, response: ServerResponse): HttpExchange {
    const known = exchanges.get(request);
    if (known !== undefined) return known;
    const exchange = new HttpExchange(request, response);
    exchanges.set(request, exchange);
    return exchange;
  }

  private constructor(request: IncomingMessage, response: ServerResponse) {
    this.request = request;
    this.#response = response;
    const { socket } = request;
    this.#ignoreSocket = onSocketEnd(socket, (byClient) => this.#socketEnded(byClient));
    response.once("finish", () => this.#isAnswered || this.#end());
    if (response.writableEnded || response.destroyed) this.#end();
    else if (socket.destroyed) this.#leave();
    // A response that waits for its turn can't finish; if it waited for a lock that another one of its
    // connection holds, both would stand still. So it counts as ended when its handler has ended it.
    else if (response.socket === null) this.#noticeEnd();
  }

  /**
   * Aborts, with an `ERR_LOCK_ABORTED` error, when there is nothing to wait for any more: the client has left or has
   * got an answer.
   */
  get over(): AbortSignal {
    return this.#over.signal;
  }

  /** Whether {@link over} has come, or somebody has given an answer that is still on its way. */
  get isOver(): boolean {
    return this.over.aborted || this.#response.writableEnded;
  }

  /** Whether nothing was sent yet, so that an answer is still possible. */
  get canAnswer(): boolean {
    return !this.#response.headersSent && !this.isOver;
  }

  /**
   * Tells `listener` what becomes of the request from now on. `ended` is the last it hears, and may never come after
   * `left` or `answered`, if the handler does not end its response.
   *
   * @returns stops it
   */
  watch(listener: (event: ExchangeEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Sends an answer as it is. Only while {@link canAnswer}. */
  answer({ status, headers, body }: HttpAnswer): void {
    const text = JSON.stringify(body);
    for (const name of REPRESENTATION_HEADERS) this.#response.removeHeader(name);
    for (const [name, value] of Object.entries(headers)) this.#response.setHeader(name, value);
    this.#response.setHeader("content-length", Buffer.byteLength(text));
    this.#response.statusCode = status;
    this.#response.end(text);
  }

  /**
   * Answers in place of a handler that is still at work. What the handler writes later goes nowhere and does no
   * harm; `ended` tells when it ends its response. Only while {@link canAnswer}.
   */
  answerForHandler(answer: HttpAnswer): void {
    this.#isAnswered = true;
    this.answer(answer);
    detachResponse(this.#response, () => this.#end());
    this.#tell("answered", ANSWERED);
  }

  /** Says that the handler will never run, so that other locks of the request don't wait for its end. */
  abandon(): void {
    this.#end();
  }

  #socketEnded(byClient: boolean): void {
    if (this.#isAnswered) return;
    if (this.#response.writableEnded || this.#response.destroyed || !byClient) return this.#end();
    this.#leave();
    this.#noticeEnd();
  }

  /** Without a socket no event tells that a response was ended. */
  #noticeEnd(): void {
    if (this.#noticesEnd) return;
    this.#noticesEnd = true;
    const response = this.#response;
    const end = response.end.bind(response) as (...args: unknown[]) => ServerResponse;
    const noticed = (...args: unknown[]): ServerResponse => {
      const result = end(...args);
      if (this.#hasLeft || response.socket === null) this.#end();
      return result;
    };
    response.end = noticed as ServerResponse["end"];
  }

  #leave(): void {
    if (this.#hasLeft) return;
    this.#hasLeft = true;
    this.#tell("left", new LockError("ERR_LOCK_ABORTED", "the client has left"));
  }

  #end(): void {
    this.#ignoreSocket();
    this.#tell("ended", ANSWERED);
    this.#listeners.clear();
  }

  #tell(event: ExchangeEvent, reason: LockError): void {
    this.#over.abort(reason);
    for (const listener of this.#listeners) listener(event);
  }
}
