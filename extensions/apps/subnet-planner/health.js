/** Ends with 0 while the server answers, for the container's health check. */
import http from "node:http";

http
  .get("http://127.0.0.1:3000/", { timeout: 2000 }, (reply) => process.exit(reply.statusCode === 200 ? 0 : 1))
  .on("error", () => process.exit(1))
  .on("timeout", () => process.exit(1));
