// Express 4 under a name of its own. For what the tests do with it the types of Express 5 are right.
declare module "express4" {
  export { default } from "express";
}
