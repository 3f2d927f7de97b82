/** The gRPC server of a plugin, as Pulumi's engine expects it. */

import grpc from "@grpc/grpc-js";

/** One function a method: from the request's message to the answer's. */
type Handlers<Service> = {
  [Method in keyof Service]?: Service[Method] extends grpc.MethodDefinition<
    infer Request,
    infer Response
  >
    ? (request: Request) => Promise<Response>
    : never;
};

export interface Plugin {
  port: number;
  close(): void;
}

/**
 * Serves on a free port of loopback. An error that a handler throws reaches the engine as its message,
 * and its metadata if it has any.
 */
export async function serve<Service extends grpc.ServiceDefinition>(
  service: Service,
  handlers: Handlers<Service>,
): Promise<Plugin> {
  const server = new grpc.Server();
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
  return { port, close: () => server.forceShutdown() };
}
