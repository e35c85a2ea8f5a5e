import { Inject } from "@nestjs/common";

export const SERVICES = Symbol("what both doors open to");

export const InjectServices = () => Inject(SERVICES);
