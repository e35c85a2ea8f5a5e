import { type ArgumentsHost, Catch, type ExceptionFilter, Logger } from "@nestjs/common";
import { isLockError, type LockError } from "@redlock-kit/core";
import { isUnusableValue } from "@redlock-kit/core/adapter";
import { throwError } from "rxjs";
import { answerOverHttp } from "./answer-over-http.js";
import { errorOfGraphQL, errorMessage, sendToSocket } from "./error-message.js";

/** Stands for the lock errors of every copy of the core package, which `instanceof LockError` would miss. */
class AnyLockError {
  static [Symbol.hasInstance](value: unknown): boolean {
    return isLockError(value);
  }
}

/**
 * Tells a client of a `LockError`, in the form that its protocol has for errors and without the names of keys. Over
 * HTTP: problem+json, 423 for a held lock, 503 where another try may help, 400 for an unusable key. Microservices and
 * WebSockets: `{ status: "error", code, message, retryAfterMs }`. GraphQL: an error with `extensions.code`. In other
 * contexts the error is left to Nest.
 *
 * `LockModule` registers it for the application; gateways, and microservices of an application that also serves HTTP,
 * name it themselves: `@UseFilters(LockExceptionFilter)`.
 */
@Catch(AnyLockError)
export class LockExceptionFilter implements ExceptionFilter<LockError> {
  readonly #logger = new Logger("LockModule");

  /** What Nest is to make of the error in this context: nothing over HTTP and WebSockets, which are answered here. */
  catch(error: LockError, host: ArgumentsHost): unknown {
    if (isMistake(error)) this.#logger.error(error);
    switch (host.getType<"http" | "rpc" | "ws" | "graphql">()) {
      case "http":
        return answerOverHttp(error, host.switchToHttp());
      case "rpc":
        return throwError(() => errorMessage(error));
      case "ws":
        return sendToSocket(error, host.switchToWs().getClient());
      case "graphql":
        return errorOfGraphQL(error);
      default:
        return undefined;
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
