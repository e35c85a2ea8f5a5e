import { ServerResponse } from "node:http";
import { type ArgumentsHost, Catch, type ExceptionFilter, Inject, Logger } from "@nestjs/common";
import { HttpAdapterHost } from "@nestjs/core";
import { isLockError, type LockError } from "@redlock-kit/core";
import { httpAnswer, isUnusableValue } from "@redlock-kit/core/adapter";

/** Stands for the lock errors of every copy of the core package, which `instanceof LockError` would miss. */
class AnyLockError {
  static [Symbol.hasInstance](value: unknown): boolean {
    return isLockError(value);
  }
}

/** What is used of Fastify's reply. */
interface FastifyReply {
  status(code: number): FastifyReply;
  headers(headers: Readonly<Record<string, string>>): FastifyReply;
  send(body: Buffer): unknown;
}

/**
 * Answers a `LockError` over HTTP with problem+json: 423 for a held lock, 503 where another try may help, 400 for
 * an unusable key. In other contexts the error is left to Nest.
 */
@Catch(AnyLockError)
export class LockExceptionFilter implements ExceptionFilter<LockError> {
  readonly #logger = new Logger("LockModule");
  readonly #adapterHost: HttpAdapterHost;

  constructor(@Inject(HttpAdapterHost) adapterHost: HttpAdapterHost) {
    this.#adapterHost = adapterHost;
  }

  catch(error: LockError, host: ArgumentsHost): void {
    if (host.getType() !== "http") return;
    const { httpAdapter } = this.#adapterHost;
    const http = host.switchToHttp();
    const response = http.getResponse<ServerResponse | FastifyReply>();
    const answer = httpAnswer(error, { url: String(httpAdapter.getRequestUrl(http.getRequest())) });
    if (isMistake(error)) this.#logger.error(error);
    if (httpAdapter.isHeadersSent(response)) {
      httpAdapter.end(response);
      return;
    }
    // Bytes: with a string or an object, both platforms would add a charset to the content type.
    const body = Buffer.from(JSON.stringify(answer.body));
    // Node's own way on Express, whose send() would add an ETag to an answer that is not to be stored.
    if (response instanceof ServerResponse) {
      response.writeHead(answer.status, { ...answer.headers, "content-length": body.length }).end(body);
    } else {
      response.status(answer.status).headers(answer.headers).send(body);
    }
  }
}

/** Whether the program is wrong, rather than the request or the moment. The client is not told why. */
function isMistake(error: LockError): boolean {
  return (
    error.code === "ERR_LOCK_NESTED" ||
    (error.code === "ERR_LOCK_INVALID_ARGUMENT" && !isUnusableValue(error))
  );
}
