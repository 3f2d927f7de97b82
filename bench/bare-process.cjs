// The least that can answer over HTTP: it says that it is there, and stays until it is ended.
require("node:http");
process.stdout.write("ready");
setInterval(() => {}, 1 << 30);
