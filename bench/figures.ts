export { compare, median } from "./side-by-side.ts";
