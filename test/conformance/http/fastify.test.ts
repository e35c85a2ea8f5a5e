import { fastifyDoor } from "./doors/fastify.js";
import { httpConformance } from "./http-conformance.js";

httpConformance(fastifyDoor);
