/** Why the application can't start, in a line that is all its user needs. */
export class StartUpError extends Error {}
