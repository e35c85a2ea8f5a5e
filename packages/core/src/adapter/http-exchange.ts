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
  readonly #left = new AbortController();
  readonly #ended = new AbortController();
  readonly #ignoreSocket: () => void;
  #answered = false;
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
    response.once("finish", () => this.#answered || this.#end());
    if (response.writableEnded || response.destroyed) this.#end();
    else if (socket.destroyed) this.#leave();
    // A response that waits for its turn can't finish; if it waited for a lock that another one of its
    // connection holds, both would stand still. So it counts as ended when its handler has ended it.
    else if (response.socket === null) this.#noticeEnd();
  }

  /** Aborts when there is nothing to wait for any more: the client has left or has got an answer. */
  get over(): AbortSignal {
    return this.#over.signal;
  }

  /** Aborts, with an `ERR_LOCK_ABORTED` error, when the client has left before the response was ended. */
  get left(): AbortSignal {
    return this.#left.signal;
  }

  /**
   * Aborts when the handler has done its part: the response has finished, was ended after the client had left, or was
   * destroyed by the server. May never come after the client has left.
   */
  get ended(): AbortSignal {
    return this.#ended.signal;
  }

  /** Whether {@link over} has come, or somebody has given an answer that is still on its way. */
  get isOver(): boolean {
    return this.over.aborted || this.#response.writableEnded;
  }

  /** Whether nothing was sent yet, so that an answer is still possible. */
  get canAnswer(): boolean {
    return !this.#response.headersSent && !this.isOver;
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
   * harm; {@link ended} tells when it ends its response. Only while {@link canAnswer}.
   */
  answerForHandler(answer: HttpAnswer): void {
    this.#answered = true;
    this.answer(answer);
    detachResponse(this.#response, () => this.#end());
    this.#over.abort(new LockError("ERR_LOCK_ABORTED", "the request was answered"));
  }

  /** Says that the handler will never run, so that other locks of the request don't wait for its end. */
  abandon(): void {
    this.#end();
  }

  #socketEnded(byClient: boolean): void {
    if (this.#answered) return;
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
      if (this.left.aborted || response.socket === null) this.#end();
      return result;
    };
    response.end = noticed as ServerResponse["end"];
  }

  #leave(): void {
    const reason = new LockError("ERR_LOCK_ABORTED", "the client has left");
    this.#left.abort(reason);
    this.#over.abort(reason);
  }

  #end(): void {
    this.#ignoreSocket();
    this.#ended.abort();
    this.#over.abort(new LockError("ERR_LOCK_ABORTED", "the response has ended"));
  }
}
