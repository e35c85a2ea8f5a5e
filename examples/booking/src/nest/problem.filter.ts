import type { IncomingMessage, ServerResponse } from "node:http";
import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException } from "@nestjs/common";
import { answerProblem } from "../http/answer-problem.js";
import { badRequest, notFound, type Problem } from "../http/problem.js";

/** Answers everything but lock errors: Nest asks the filters of imported modules, such as LockModule's, first. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  catch(exception: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const error = exception instanceof HttpException ? problemOfNest(exception) : exception;
    answerProblem(error, http.getRequest<IncomingMessage>(), http.getResponse<ServerResponse>());
  }
}

/** Nest's own exceptions here: for an unknown address, and for one with a broken percent-encoding. */
function problemOfNest(exception: HttpException): Problem | HttpException {
  switch (exception.getStatus()) {
    case 404:
      return notFound();
    case 400:
      return badRequest("The address is malformed.");
    default:
      return exception;
  }
}
