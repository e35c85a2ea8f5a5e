import { AsyncLocalStorage } from "node:async_hooks";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { CallHandler, ExecutionContext, NestInterceptor } from "@nestjs/common";
import { HttpExchange, type HttpRoots } from "@redlock-kit/core/adapter";
import type { Observable } from "rxjs";

/** One HTTP request on its way into a handler. */
export interface HttpCall {
  /** The platform's request, with the parts that templates read. */
  readonly request: HttpRoots;
  /** Aborts when there is nobody to answer any more; `undefined` where the handler is already at work. */
  readonly over: AbortSignal | undefined;
}

interface RunningHandler {
  readonly propertyKey: string | symbol;
  readonly context: ExecutionContext;
}

const running = new AsyncLocalStorage<RunningHandler>();

/**
 * Lets a `@Locked` method know the request that it is called for, since the arguments of a handler need not hold
 * it. `@Locked` puts one on its own method only, so that other routes pay nothing.
 */
export class HttpCallInterceptor implements NestInterceptor {
  readonly #propertyKey: string | symbol;

  constructor(propertyKey: string | symbol) {
    this.#propertyKey = propertyKey;
  }

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return running.run({ propertyKey: this.#propertyKey, context }, () => next.handle());
  }
}

/**
 * The request that Nest called this very method for. `undefined` for what the handler calls in its turn: the keys
 * of that must not depend on its caller, and its wait must not end with the client, as the handler's work does not.
 *
 * Methods are told by their names, not by identity: tracers put functions of their own in a handler's place.
 *
 * @param ofClass also the request of another handler of the same class: a lock of the whole class is entered again
 */
export function httpCallOf(
  instance: object,
  propertyKey: string | symbol,
  ofClass: boolean,
): HttpCall | undefined {
  const handler = running.getStore();
  if (handler === undefined || instance.constructor !== handler.context.getClass()) return undefined;
  const isHandler = handler.propertyKey === propertyKey;
  if (handler.context.getType() !== "http" || !(isHandler || ofClass)) return undefined;
  const http = handler.context.switchToHttp();
  const request = http.getRequest<HttpRoots>();
  if (!isHandler) return { request, over: undefined };
  const response = http.getResponse<ServerResponse | FastifyLike<ServerResponse>>();
  const exchange =
    "writableEnded" in response
      ? HttpExchange.of(request as HttpRoots & IncomingMessage, response)
      : HttpExchange.of((request as HttpRoots & FastifyLike<IncomingMessage>).raw, response.raw);
  return { request, over: exchange.over };
}

/** Fastify's request and reply stand around Node's own. */
interface FastifyLike<Raw> {
  readonly raw: Raw;
}
