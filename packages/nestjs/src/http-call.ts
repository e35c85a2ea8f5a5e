import { AsyncLocalStorage } from "node:async_hooks";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { CallHandler, ExecutionContext, NestInterceptor } from "@nestjs/common";
import { HttpExchange, type HttpRoots } from "@redlock-kit/core/adapter";
import type { Observable } from "rxjs";

/** One HTTP request on its way into a handler. */
export interface HttpCall {
  /** The platform's request, with the parts that templates read. */
  readonly request: HttpRoots;
  /** Aborts when there is nobody to answer any more. */
  readonly over: AbortSignal;
}

const running = new AsyncLocalStorage<ExecutionContext>();

/**
 * Lets a `@Locked` method know the request that it is called for, since the arguments of a handler need not hold
 * it. `@Locked` puts this on its own method only, so that other routes pay nothing.
 */
export class HttpCallInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return running.run(context, () => next.handle());
  }
}

/**
 * The request that Nest called this very method for. `undefined` for what the handler calls in its turn: the keys
 * of that must not depend on its caller, and its wait must not end with the client, as the handler's work does not.
 */
export function httpCallOf(instance: object, propertyKey: string | symbol): HttpCall | undefined {
  const context = running.getStore();
  if (context?.getType() !== "http" || context.getHandler() !== Reflect.get(instance, propertyKey))
    return undefined;
  const http = context.switchToHttp();
  const request = http.getRequest<HttpRoots>();
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
