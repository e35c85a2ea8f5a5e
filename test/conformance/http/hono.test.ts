import { honoDoor } from "./doors/hono.js";
import { httpConformance } from "./http-conformance.js";

httpConformance(honoDoor);
