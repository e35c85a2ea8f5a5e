import { ServerResponse } from "node:http";
import type { ArgumentsHost } from "@nestjs/common";
import type { LockError } from "@redlock-kit/core";
import { httpAnswer, REPRESENTATION_HEADERS } from "@redlock-kit/core/adapter";

/** What is used of the requests of both platforms. */
interface PlatformRequest {
  readonly originalUrl?: string;
  readonly url: string;
}

/** What is used of Fastify's reply. */
interface FastifyReply {
  readonly raw: ServerResponse;
  status(code: number): FastifyReply;
  headers(headers: Readonly<Record<string, string>>): FastifyReply;
  removeHeader(name: string): FastifyReply;
  send(body: Buffer): unknown;
}

/** Answers with problem+json, on Express and Fastify. */
export function answerOverHttp(error: LockError, http: ReturnType<ArgumentsHost["switchToHttp"]>): void {
  const request = http.getRequest<PlatformRequest>();
  const response = http.getResponse<ServerResponse | FastifyReply>();
  const answer = httpAnswer(error, { url: request.originalUrl ?? request.url });
  const raw = "raw" in response ? response.raw : response;
  if (raw.headersSent) {
    raw.end();
    return;
  }
  for (const name of REPRESENTATION_HEADERS) response.removeHeader(name);
  // Bytes: with a string or an object, both platforms would add a charset to the content type.
  const body = Buffer.from(JSON.stringify(answer.body));
  if ("raw" in response) {
    response.status(answer.status).headers(answer.headers).send(body);
  } else {
    // Node's own way on Express, whose send() would add an ETag to an answer that is not to be stored.
    response.writeHead(answer.status, { ...answer.headers, "content-length": body.length }).end(body);
  }
}
