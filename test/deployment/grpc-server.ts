/** The gRPC server of a plugin, as Pulumi's engine expects it from the programs that it starts. */

import grpc from "@grpc/grpc-js";

/** One function a method: from the request's message to the answer's. */
export type Handlers<Service> = {
  [Method in keyof Service]?: Service[Method] extends grpc.MethodDefinition<
    infer Request,
    infer Response
  >
    ? (request: Request) => Promise<Response>
    : never;
};

/** The archive of a program may be larger than what gRPC takes by default. */
const MAX_MESSAGE_BYTES = 64 * 1024 * 1024;
/** How often a plugin looks whether its engine is still there, in milliseconds. */
const LOOK_MS = 500;

/**
 * Serves on a free port of loopback and prints that port, which is how the engine learns it. Ends
 * with the engine, also when that is killed. An error that a handler throws reaches the engine as its
 * message, and its metadata if it has any.
 */
export async function serve<Service extends grpc.ServiceDefinition>(
  service: Service,
  handlers: Handlers<Service>,
): Promise<void> {
  const engine = process.ppid;
  const server = new grpc.Server({ "grpc.max_receive_message_length": MAX_MESSAGE_BYTES });
  const implementation: grpc.UntypedServiceImplementation = {};
  for (const [method, handler] of Object.entries(handlers)) {
    implementation[method] = (
      call: grpc.ServerUnaryCall<unknown, unknown>,
      callback: grpc.sendUnaryData<unknown>,
    ) => {
      handler(call.request).then(
        (response: unknown) => callback(null, response),
        ({ message: details, metadata }: Error & Partial<grpc.ServiceError>) =>
          callback({ code: grpc.status.UNKNOWN, details, ...(metadata && { metadata }) }),
      );
    };
  }
  server.addService(service, implementation);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  setInterval(() => {
    if (process.ppid !== engine) process.exit();
  }, LOOK_MS);
  console.log(String(port));
}
