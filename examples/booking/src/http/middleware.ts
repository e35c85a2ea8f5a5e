import type { IncomingMessage, ServerResponse } from "node:http";

/**
 * A middleware for both doors, since Nest runs on Express here. Typed by Node's own objects, so that the handlers
 * behind it keep the types of their parameters.
 */
export type Middleware = (req: IncomingMessage, res: ServerResponse, next: (error?: unknown) => void) => void;
