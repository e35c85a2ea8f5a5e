import type { IncomingMessage, OutgoingHttpHeader, ServerResponse } from "node:http";
import { LockError } from "../errors.js";
import { detachResponse } from "./detached-response.js";
import { Exchange, exchangeOf } from "./exchange.js";
import { type HttpAnswer, REPRESENTATION_HEADERS } from "./http-answer.js";
import { onSocketEnd } from "./socket-end.js";

/** Headers that a framework keeps to itself until it answers. */
export type KeptHeaders = Readonly<Record<string, OutgoingHttpHeader | undefined>>;

// One for all: an error costs more than the rest of a request's end, and nearly every request ends in this way.
const ANSWERED = new LockError("ERR_LOCK_ABORTED", "the request has got its answer");

/**
 * The exchange of a request of `node:http`. It listens from the moment at which it is made.
 *
 * Node has no single event for this: `finish` never comes once the socket is gone, `close` of a pipelined response
 * comes only after its turn, and the end of the client's side alone is no end where half-open connections are allowed.
 */
export class HttpExchange extends Exchange {
  readonly #response: ServerResponse;
  readonly #ignoreSocket: () => void;
  #hasLeft = false;
  #isAnswered = false;
  #noticesEnd = false;

  /** The exchange of a request: the same object for the same request. */
  static of(request: IncomingMessage, response: ServerResponse): HttpExchange {
    const known = exchangeOf(request);
    return known instanceof HttpExchange ? known : new HttpExchange(request, response);
  }

  private constructor(request: IncomingMessage, response: ServerResponse) {
    super(request);
    this.#response = response;
    const { socket } = request;
    this.#ignoreSocket = onSocketEnd(socket, (byClient) => this.#socketEnded(byClient));
    // Comes but once, and a listener that takes itself off costs more.
    response.on("finish", () => this.#isAnswered || this.#end());
    if (response.writableEnded || response.destroyed) this.#end();
    else if (socket.destroyed) this.#leave();
    // A response that waits for its turn can't finish; if it waited for a lock that another one of its
    // connection holds, both would stand still. So it counts as ended when its handler has ended it.
    else if (response.socket === null) this.#noticeEnd();
  }

  override get isOver(): boolean {
    return super.isOver || this.#response.writableEnded;
  }

  override get canAnswer(): boolean {
    return !this.#response.headersSent && !this.isOver;
  }

  /**
   * Sends an answer as it is. Only while {@link canAnswer}.
   *
   * @param kept sent, too, if they are not of the body
   */
  answer({ status, headers, body }: HttpAnswer, kept: KeptHeaders = {}): void {
    const text = JSON.stringify(body);
    for (const [name, value] of Object.entries(kept)) {
      if (value !== undefined) this.#response.setHeader(name, value);
    }
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
  answerForHandler(answer: HttpAnswer, kept?: KeptHeaders): void {
    this.#isAnswered = true;
    this.answer(answer, kept);
    detachResponse(this.#response, () => this.#end());
    this.tell("answered", ANSWERED);
  }

  override abandon(): void {
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
    this.tell("left", new LockError("ERR_LOCK_ABORTED", "the client has left"));
  }

  #end(): void {
    this.#ignoreSocket();
    this.tell("ended", ANSWERED);
  }
}
